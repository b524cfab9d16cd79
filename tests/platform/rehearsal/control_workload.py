"""Who has no part in any fault and must outlive every game day: WAL streaming, a backup, a vacuum against wraparound.

All are real. The WAL is streamed by the service ``db-backup`` as long as the platform runs. A base backup is begun for
each day, so slowly that it lasts; its table is so old that autovacuum must freeze it, and so slow that it goes on.
They are among the sessions that ``world.look`` tells: whoever ends one of them has harmed somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

from rehearsal.errors import PlatformError
from rehearsal.platform import REF, Platform

BACKUP = "pg_basebackup"
WAL = "pg_receivewal"
BINARIES = "/usr/lib/postgresql/15/bin"
VACUUM = "backend_type = 'autovacuum worker' AND query ~ 'to prevent wraparound'"
# Apart from the platform's own data: what is looked at there is what the platform made.
DATABASE = "postgres"
ROWS = 800_000  # some 3,500 pages; freezing one of them takes two seconds with these settings
TRANSACTIONS = 100_100  # more than the least that autovacuum_freeze_max_age may be
# Vacuums against wraparound come even where autovacuum is off; an ordinary one, begun for the new rows before the table
# is old enough, would keep the other away for hours.
# Such a vacuum does not give way to other sessions, and begins anew when it is terminated: DROP TABLE waits for hours.
GONE = (
    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {VACUUM}",
    "SET lock_timeout = '2s'",
    "DROP TABLE IF EXISTS bystander",
)
AGED = (
    "CREATE TABLE bystander WITH (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000,"
    " autovacuum_vacuum_cost_delay = 100,"
    f" autovacuum_vacuum_cost_limit = 1) AS SELECT i FROM generate_series(1, {ROWS}) AS i",
    "SET synchronous_commit = off",
    f"DO $$ BEGIN FOR i IN 1..{TRANSACTIONS} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$",
)
ENOUGH = 0.5  # of its pages may be done when a day begins: the rest lasts for the day
SECONDS = 240.0


def gather(platform: Platform) -> list[str]:
    """See to it that all are there; ``pid@backend_start`` of each."""
    running = vacuums(platform)
    if not running:
        age(platform)
    if not platform.sessions(BACKUP):
        back_up(platform)
    if not running:
        platform.until("a vacuum against wraparound runs", lambda: vacuums(platform), SECONDS)
        running = vacuums(platform)
    platform.until("a base backup is sent", lambda: platform.sessions(BACKUP), SECONDS)
    platform.until("the write-ahead log is streamed", lambda: platform.sessions(WAL), SECONDS)
    return running + platform.sessions(BACKUP, WAL)


def vacuums(platform: Platform) -> list[str]:
    """The vacuum, where it has enough before it."""
    return [
        row[0]
        for row in platform.query(
            f"{REF} JOIN pg_stat_progress_vacuum AS p USING (pid)"
            f" WHERE {VACUUM} AND p.heap_blks_scanned <= %s * p.heap_blks_total",
            ENOUGH,
        )
    ]


def age(platform: Platform) -> None:
    """A table of its own that autovacuum must freeze."""
    platform.until("the table of the day before is gone", lambda: _is_gone(platform), SECONDS)
    _psql(platform, AGED)


def _is_gone(platform: Platform) -> bool:
    try:
        _psql(platform, GONE)
    except PlatformError as error:
        if "lock timeout" in str(error):
            return False
        raise
    return True


def _psql(platform: Platform, statements: Sequence[str]) -> None:
    words = [word for statement in statements for word in ("--command", statement)]
    platform.execute(
        "db", "psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host", "/tmp", "--username", "postgres",
        "--dbname", DATABASE, *words,
    )  # fmt: skip


def back_up(platform: Platform) -> None:
    """Thrown away as it comes, 32 kB a second."""
    script = (
        f"exec {BINARIES}/{BACKUP} --pgdata=- --format=tar --wal-method=none --checkpoint=fast --max-rate=32 >/dev/null"
    )
    platform.execute("db-backup", "bash", "-c", script, detach=True)


def dismiss(platform: Platform) -> None:
    """End the backup of the day. The vacuum goes on: the next day may need it."""
    if platform.sessions(BACKUP):
        platform.end(BACKUP)
