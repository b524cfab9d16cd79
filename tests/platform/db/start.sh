#!/bin/sh
# Take the image's cluster if there is none yet, then be PostgreSQL. It is made ready beside its place and moved there
# whole, so that a start that was interrupted half-way begins again.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    new=$PGDATA.new
    rm -rf "$new"
    cp -R "$PGIMAGE" "$new"
    chmod 0700 "$new"
    . /opt/pafar/offline.sh
    offline_start "$new"
    psql -X -v ON_ERROR_STOP=1 -q -o /dev/null -h /tmp -U postgres -d pafar -f /opt/pafar/passwords.sql
    offline_stop "$new"
    mv "$new" "$PGDATA"
fi
exec /usr/lib/postgresql/15/bin/postgres -D "$PGDATA" -c config_file=/opt/pafar/postgresql.conf
