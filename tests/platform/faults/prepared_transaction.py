"""A transaction was prepared for a two-phase commit, and whoever should have finished it has forgotten it.

It has no session that could be ended, outlives a restart, and keeps the locks of every trip.
"""

from __future__ import annotations

from rehearsal import world
from rehearsal.platform import Platform

PLAYBOOK = "db_lock_contention.yml"
# Rolling back what was promised to be kept is for a site to allow, and for a superuser to do.
VARIABLES = {"unblock_sessions_allow_prepared": True, "rehearsal_login": "breakglass"}
NAME = "settlement-2026-11-23"


def inject(platform: Platform) -> None:
    platform.session(
        "settlement", "pafar", "BEGIN", "UPDATE trips SET updated_at = now()", f"PREPARE TRANSACTION '{NAME}'"
    )
    platform.until("the transaction is prepared", lambda: is_prepared(platform))


def is_prepared(platform: Platform) -> bool:
    return bool(platform.query("SELECT 1 FROM pg_prepared_xacts WHERE gid = %s", NAME))


def symptom(platform: Platform) -> bool:
    """Most bookings fail."""
    return platform.fails("book")


def heal(platform: Platform) -> None:
    platform.end("settlement")
    if is_prepared(platform):
        platform.query("ROLLBACK PREPARED %s", NAME)


def culprits(platform: Platform) -> list[str]:
    return [row[0] for row in platform.query(world.PREPARED.replace(" ORDER", " WHERE gid = %s ORDER"), NAME)]
