"""A migration waits behind a long report, and everybody who wants the table waits behind the migration.

The report only reads, the migration would take a millisecond; together they close the table of bookings.
"""

from __future__ import annotations

from rehearsal.stand import Stand

PLAYBOOK = "db_lock_contention.yml"
REPORT, MIGRATION = "quarterly-report", "migration-0042"


def inject(stand: Stand) -> None:
    stand.session(REPORT, "reporting", "BEGIN", "SELECT count(*) FROM bookings", "SELECT pg_sleep(900)", "COMMIT")
    stand.until("the report reads", lambda: holds(stand, REPORT, True))
    # Rolled back, so that it leaves no trace if a runbook lets it through; the lock it wants is the same.
    stand.session(MIGRATION, "migrator", "BEGIN", "ALTER TABLE bookings ADD COLUMN note text", "ROLLBACK")
    stand.until("the migration waits", lambda: holds(stand, MIGRATION, False))


def holds(stand: Stand, application: str, granted: bool) -> bool:
    """Whether the application has, or waits for, a lock of the table."""
    sql = (
        "SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE application_name = %s AND relation = 'bookings'::regclass AND granted = %s"
    )
    return bool(stand.query(sql, application, granted))


def symptom(stand: Stand) -> bool:
    """Most of whatever touches bookings fails."""
    return stand.fails("book")


def heal(stand: Stand) -> None:
    stand.end(MIGRATION)
    stand.end(REPORT)


def culprits(stand: Stand) -> list[str]:
    return stand.sessions(REPORT, MIGRATION)
