-- The roles of a database of Consign: consign_owner runs the migrations and owns what they make; consign_app is the
-- product, which reads and writes rows and owns nothing. Run by a superuser in that database; safe to repeat. Who
-- runs it gives each role its password.

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['consign_owner', 'consign_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I', role_name);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role_name);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
  END LOOP;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO consign_owner', current_database());
END $$;

-- For the table that records which migrations were applied.
GRANT CREATE ON SCHEMA public TO consign_owner;

-- A database of an older version has all that it holds from its superuser.
DO $$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    WITH place AS (
      SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    )
    SELECT format('ALTER SCHEMA %I OWNER TO consign_owner', nspname) FROM place
    WHERE nspowner <> 'consign_owner'::regrole AND nspname <> 'public'
    UNION ALL
    -- A sequence of a column belongs to whom its table belongs.
    SELECT format('ALTER TABLE %I.%I OWNER TO consign_owner', nspname, relname)
    FROM pg_class c JOIN place ON place.oid = relnamespace
    WHERE relowner <> 'consign_owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND relkind = 'S' AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT format('ALTER TYPE %I.%I OWNER TO consign_owner', nspname, typname)
    FROM pg_type JOIN place ON place.oid = typnamespace
    WHERE typowner <> 'consign_owner'::regrole AND typtype IN ('e', 'd')
    UNION ALL
    SELECT format('ALTER ROUTINE %s OWNER TO consign_owner', p.oid::regprocedure)
    FROM pg_proc p JOIN place ON place.oid = pronamespace
    WHERE proowner <> 'consign_owner'::regrole
  LOOP
    EXECUTE statement;
  END LOOP;
END $$;

-- What migrations will make, and what is there.
ALTER DEFAULT PRIVILEGES FOR ROLE consign_owner GRANT USAGE ON SCHEMAS TO consign_app;
ALTER DEFAULT PRIVILEGES FOR ROLE consign_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO consign_app;
ALTER DEFAULT PRIVILEGES FOR ROLE consign_owner GRANT USAGE ON SEQUENCES TO consign_app;
DO $$
DECLARE
  place text;
BEGIN
  FOR place IN SELECT nspname FROM pg_namespace WHERE nspowner = 'consign_owner'::regrole LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO consign_app', place);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO consign_app', place);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO consign_app', place);
  END LOOP;
END $$;
