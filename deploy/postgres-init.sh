#!/bin/sh
# Run once by the PostgreSQL image on an empty data folder: a role that owns its one database and may do nothing else.
set -eu
psql --set=ON_ERROR_STOP=1 --username=postgres --dbname=postgres --quiet \
    --set=password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE intacct_usage LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE intacct_usage OWNER intacct_usage ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE intacct_usage FROM PUBLIC;
ALTER ROLE intacct_usage IN DATABASE intacct_usage SET timezone = 'UTC';
SQL
