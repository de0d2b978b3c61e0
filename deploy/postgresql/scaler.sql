-- A role for what counts the queue, KEDA for instance: it sees how tasks are and nothing of what they are.
--
--   psql -v ON_ERROR_STOP=1 -v scaler_password=… -f scaler.sql DATABASE
--
-- Run it once after the first `omnireel db upgrade`, as somebody who may make roles.

BEGIN;

CREATE ROLE omnireel_scaler LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 4 PASSWORD :'scaler_password';
SELECT current_database() AS database \gset
GRANT CONNECT ON DATABASE :"database" TO omnireel_scaler;
GRANT USAGE ON SCHEMA public TO omnireel_scaler;
GRANT SELECT (status) ON task TO omnireel_scaler;

COMMIT;
