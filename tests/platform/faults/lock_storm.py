"""A job takes the locks of all trips and then waits for another service that does not answer.

It is done through the application: the back office asks for new prices, the job updates every trip in one transaction
and asks the maps service for distances while it holds them; the maps service hangs. Every booking waits.
"""

from __future__ import annotations

from rehearsal.stand import REF, Stand
from rehearsal.trouble import Trouble

PLAYBOOK = "db_lock_contention.yml"
HOLDERS = (
    "application_name = 'pafar-worker' AND state = 'idle in transaction'"
    " AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'trips'::regclass AND mode = 'RowExclusiveLock')"
)


def inject(stand: Stand) -> None:
    stand.behave("maps", "hang")
    status = stand.call("POST", "/api/admin/reprice/", Authorization=f"Bearer {stand.env['ADMIN_TOKEN']}")
    if status != 202:
        raise Trouble(f"The application did not take the job: HTTP {status}.")
    stand.until("the job holds its locks", lambda: culprits(stand))


def symptom(stand: Stand) -> bool:
    """Most bookings fail."""
    return stand.fails("book")


def heal(stand: Stand) -> None:
    stand.behave("maps", "ok")  # the job ends as it would have, or finds its session gone
    stand.until("the job is over", lambda: not culprits(stand))


def culprits(stand: Stand) -> list[str]:
    return [row[0] for row in stand.query(f"{REF} WHERE {HOLDERS}")]
