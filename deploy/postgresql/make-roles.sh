#!/bin/sh
# Run once by PostgreSQL's image, when it makes the database.
set -eu
psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v runtime_password="$RUNTIME_PASSWORD" \
    --username "${POSTGRES_USER:-postgres}" --file /roles.sql "$POSTGRES_DB"
