-- Two roles for Omnireel in a database of its own: one owns the tables and changes them, the other works with them.
--
--   psql -v ON_ERROR_STOP=1 -v owner_password=… -v runtime_password=… -f roles.sql DATABASE
--
-- Run it once, as somebody who may make roles, before the first `omnireel db upgrade`. That is then done as
-- omnireel_owner; servers, workers and operators' commands are omnireel_runtime.

BEGIN;

CREATE ROLE omnireel_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE omnireel_runtime LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'runtime_password';

SELECT current_database() AS database \gset
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO omnireel_owner, omnireel_runtime;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO omnireel_owner;
GRANT USAGE ON SCHEMA public TO omnireel_runtime;

-- For all tables that the owner makes from now on.
ALTER DEFAULT PRIVILEGES FOR ROLE omnireel_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO omnireel_runtime;
ALTER DEFAULT PRIVILEGES FOR ROLE omnireel_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO omnireel_runtime;

COMMIT;
