#!/bin/sh
# Starts PostgreSQL with what the container's arguments set, such as `-c max_connections=60`. An empty
# PGDATA gets a cluster, a user with a password, a database, and what /schema/*.sql says.
set -eu
export PATH="$(echo /usr/lib/postgresql/*/bin):$PATH"
: "${PGDATA:=/data/postgres}" "${POSTGRES_USER:?}" "${POSTGRES_PASSWORD:?}" "${POSTGRES_DB:?}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata "$PGDATA" --username postgres --no-sync --locale=C --encoding=UTF8 \
    --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --wait --silent --options "-c listen_addresses= -k /tmp" start
  # As variables, quoted by psql itself.
  psql --host /tmp --username postgres --quiet --set ON_ERROR_STOP=1 \
    --set user="$POSTGRES_USER" --set password="$POSTGRES_PASSWORD" --set database="$POSTGRES_DB" <<'SQL'
create role :"user" login password :'password';
create database :"database" owner :"user";
SQL
  for file in /schema/*.sql; do
    [ -e "$file" ] || continue
    psql --host /tmp --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --quiet \
      --set ON_ERROR_STOP=1 --file "$file"
  done
  pg_ctl --pgdata "$PGDATA" --wait --silent --mode fast stop
fi
# What is in it is worth nothing.
exec postgres -D "$PGDATA" -c listen_addresses='*' -k /tmp -c fsync=off -c shared_buffers=16MB \
  -c jit=off "$@"
