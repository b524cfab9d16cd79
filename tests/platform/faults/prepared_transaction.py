"""A transaction was prepared for a two-phase commit, and whoever should have finished it has forgotten it.

It has no session that could be ended, outlives a restart, and keeps the locks of every trip.
"""

from __future__ import annotations

from rehearsal import world
from rehearsal.stand import Stand

PLAYBOOK = "db_lock_contention.yml"
# Rolling back what was promised to be kept is for a site to allow, and for a superuser to do.
VARIABLES = {"unblock_sessions_allow_prepared": True, "rehearsal_login": "breakglass"}
NAME = "settlement-2026-11-23"


def inject(stand: Stand) -> None:
    stand.session(
        "settlement", "pafar", "BEGIN", "UPDATE trips SET updated_at = now()", f"PREPARE TRANSACTION '{NAME}'"
    )
    stand.until("the transaction is prepared", lambda: is_prepared(stand))


def is_prepared(stand: Stand) -> bool:
    return bool(stand.query("SELECT 1 FROM pg_prepared_xacts WHERE gid = %s", NAME))


def symptom(stand: Stand) -> bool:
    """Most bookings fail."""
    return stand.fails("book")


def heal(stand: Stand) -> None:
    stand.end("settlement")
    if is_prepared(stand):
        stand.query("ROLLBACK PREPARED %s", NAME)


def culprits(stand: Stand) -> list[str]:
    return [row[0] for row in stand.query(world.PREPARED.replace(" ORDER", " WHERE gid = %s ORDER"), NAME)]
