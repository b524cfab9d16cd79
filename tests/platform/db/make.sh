#!/bin/sh
# Make the cluster of the image, with everything but passwords.
set -eu
. /opt/pafar/offline.sh
"${bin:?}/initdb" -D "$PGIMAGE" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
offline_start "$PGIMAGE"
psql -X -v ON_ERROR_STOP=1 -q -h /tmp -U postgres -d postgres -f /opt/pafar/roles.sql
psql -X -v ON_ERROR_STOP=1 -q -o /dev/null -h /tmp -U postgres -d pafar -f /opt/pafar/schema.sql
offline_stop "$PGIMAGE"
