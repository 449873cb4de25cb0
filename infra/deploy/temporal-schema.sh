#!/bin/sh
# Brings Temporal's own databases to the version of this temporal-sql-tool; safe to repeat. Run before the server of
# that version. Where the server is comes from the tool's SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD.
set -eu
export SQL_PLUGIN=postgres12
prepare() {
  temporal-sql-tool --db "$1" create-database
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}
prepare temporal temporal
prepare temporal_visibility visibility
