#!/usr/bin/env bash
# Backups as platforms make them: the write-ahead log as it is written, and a compressed dump every night at two.
set -u
dumps=/var/backups/postgresql
bin=/usr/lib/postgresql/15/bin
mkdir -p "$dumps/wal"

dump() {
    local file
    file=$dumps/pafar-$(date -u +%Y-%m-%dT%H%M).sql.gz
    # A dump that broke off must not look like one: it gets its name when it is whole.
    if set -o pipefail && pg_dump -d pafar | gzip >"$file.part"; then
        mv "$file.part" "$file"
        echo "dumped to $file"
    else
        rm -f "$file.part"
        echo "the dump failed" >&2
    fi
}

"$bin/pg_receivewal" --directory "$dumps/wal" --slot backup --create-slot --if-not-exists
"$bin/pg_receivewal" --directory "$dumps/wal" --slot backup &
echo $! >/tmp/receivewal.pid # for the container's health check
[ -n "$(find "$dumps" -name '*.sql.gz')" ] || dump
while true; do
    now=$(date -u +%s)
    sleep $((86400 - (now - 7200) % 86400)) &
    wait $!
    dump
    find "$dumps/wal" -type f -mmin +1440 -delete
done
