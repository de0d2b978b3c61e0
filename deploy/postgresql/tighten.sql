-- What only the owner of the tables can say: run it as omnireel_owner after `omnireel db upgrade`, as often as you like.
--
--   psql -v ON_ERROR_STOP=1 -f tighten.sql DATABASE

BEGIN;

-- The ledger is only ever added to, and which tables there are is the owner's to say.
REVOKE UPDATE, DELETE ON ledger_transaction, ledger_entry FROM omnireel_runtime;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM omnireel_runtime;

COMMIT;
