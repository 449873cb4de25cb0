#!/bin/sh
# Makes the roles of Consign's database and gives them their passwords. The image of PostgreSQL runs it when it makes a
# new volume; safe to repeat by hand, which is how a volume of an older version gets them.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\i /consign/roles.sql
\getenv owner CONSIGN_OWNER_PASSWORD
\getenv app CONSIGN_APP_PASSWORD
ALTER ROLE consign_owner PASSWORD :'owner';
ALTER ROLE consign_app PASSWORD :'app';
SQL
