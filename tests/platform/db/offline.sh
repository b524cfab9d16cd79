# shellcheck shell=sh
# Sourced: a server that listens on its socket alone, while a cluster is made ready.
bin=/usr/lib/postgresql/15/bin

# Nothing is lost if the machine stops here, so the disk need not be waited for.
offline_start() {
    "$bin/pg_ctl" -D "$1" -w -t 600 -s \
        -o "-c config_file=/opt/pafar/postgresql.conf -c listen_addresses='' -c fsync=off" start
}

offline_stop() {
    "$bin/pg_ctl" -D "$1" -w -t 600 -s -m fast stop
}
