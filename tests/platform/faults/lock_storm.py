"""A job takes the locks of all trips and then waits for another service that does not answer.

It is done through the application: the back office asks for new prices, the job updates every trip in one transaction
and asks the maps service for distances while it holds them; the maps service hangs. Every booking waits.
"""

from __future__ import annotations

from rehearsal.errors import PlatformError
from rehearsal.platform import REF, Platform

PLAYBOOK = "db_lock_contention.yml"
HOLDERS = (
    "application_name = 'pafar-worker' AND state = 'idle in transaction'"
    " AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'trips'::regclass AND mode = 'RowExclusiveLock')"
)


def inject(platform: Platform) -> None:
    platform.behave("maps", "hang")
    status = platform.call("POST", "/api/admin/reprice/", Authorization=f"Bearer {platform.env['ADMIN_TOKEN']}")
    if status != 202:
        raise PlatformError(f"The application did not take the job: HTTP {status}.")
    platform.until("the job holds its locks", lambda: culprits(platform))


def symptom(platform: Platform) -> bool:
    """Most bookings fail."""
    return platform.fails("book")


def heal(platform: Platform) -> None:
    platform.behave("maps", "ok")  # the job ends as it would have, or finds its session gone
    platform.until("the job is over", lambda: not culprits(platform))


def culprits(platform: Platform) -> list[str]:
    return [row[0] for row in platform.query(f"{REF} WHERE {HOLDERS}")]
