"""A migration waits behind a long report, and everybody who wants the table waits behind the migration.

The report only reads, the migration would take a millisecond; together they close the table of bookings.
"""

from __future__ import annotations

from rehearsal.platform import Platform

PLAYBOOK = "db_lock_contention.yml"
REPORT, MIGRATION = "quarterly-report", "migration-0042"


def inject(platform: Platform) -> None:
    platform.session(REPORT, "reporting", "BEGIN", "SELECT count(*) FROM bookings", "SELECT pg_sleep(900)", "COMMIT")
    platform.until("the report reads", lambda: holds(platform, REPORT, True))
    # Rolled back, so that it leaves no trace if a runbook lets it through; the lock it wants is the same.
    platform.session(MIGRATION, "migrator", "BEGIN", "ALTER TABLE bookings ADD COLUMN note text", "ROLLBACK")
    platform.until("the migration waits", lambda: holds(platform, MIGRATION, False))


def holds(platform: Platform, application: str, granted: bool) -> bool:
    """Whether the application has, or waits for, a lock of the table."""
    sql = (
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE application_name = %s AND relation = 'bookings'::regclass AND granted = %s"
    )
    return bool(platform.query(sql, application, granted))


def symptom(platform: Platform) -> bool:
    """Most of whatever touches bookings fails."""
    return platform.fails("book")


def heal(platform: Platform) -> None:
    platform.end(MIGRATION)
    platform.end(REPORT)


def culprits(platform: Platform) -> list[str]:
    return platform.sessions(REPORT, MIGRATION)
