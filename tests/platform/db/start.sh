#!/bin/sh
# Make the cluster if there is none yet, then be PostgreSQL. It is made beside its place and moved there whole,
# so that a start that was interrupted half-way begins again.
set -eu
bin=/usr/lib/postgresql/15/bin
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    new=$PGDATA.new
    rm -rf "$new"
    "$bin/initdb" -D "$new" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    # Nothing is lost if the machine stops here, so the disk need not be waited for.
    "$bin/pg_ctl" -D "$new" -w -s -o "-c config_file=/opt/pafar/postgresql.conf -c listen_addresses='' -c fsync=off" start
    psql -X -v ON_ERROR_STOP=1 -q -h /tmp -U postgres -d postgres -f /opt/pafar/roles.sql
    psql -X -v ON_ERROR_STOP=1 -q -o /dev/null -h /tmp -U postgres -d pafar -f /opt/pafar/schema.sql
    "$bin/pg_ctl" -D "$new" -w -s -m fast stop
    mv "$new" "$PGDATA"
fi
exec "$bin/postgres" -D "$PGDATA" -c config_file=/opt/pafar/postgresql.conf
