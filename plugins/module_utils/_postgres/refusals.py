# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a judgement may not be acted on at all: refusals, with what to do instead."""

from __future__ import annotations

from .._core.errors import PrivilegeError
from .locks.least_harm import Judgement
from .session import Session
from .snapshot import Snapshot
from .sql_text import plain_identifier


def check_visible(snapshot: Snapshot) -> None:
    """Refuse to choose targets among sessions of which the login role sees only part."""
    if snapshot.redacted:
        raise PrivilegeError(
            f"Role {snapshot.server['role']} may not see {snapshot.redacted} of {len(snapshot.sessions)} sessions "
            f"on {snapshot.server['host']}:{snapshot.server['port']}, so no plan can be made. As a "
            f"superuser: GRANT pg_monitor, pg_signal_backend TO {plain_identifier(snapshot.server['role'])}."
            " Nothing was done.",
            redacted=snapshot.redacted,
        )


def check_sight(judged: Judgement) -> None:
    """Refuse to choose targets in a queue of which the login role sees or reaches only part."""
    snapshot = judged.snapshot
    if judged.affected:
        check_visible(snapshot)
    unreachable = [
        key
        for key in judged.keys.values()
        for holder in [snapshot.who(key)]
        if isinstance(holder, Session) and not holder.signalable and not holder.superuser
    ]
    if judged.affected and unreachable and not judged.plan.actions:
        pids = ", ".join(str(key) for key in unreachable[:5])
        raise PrivilegeError(
            f"Role {snapshot.server['role']} may not terminate the blocking session(s) on {snapshot.server['host']}:"
            f"{snapshot.server['port']} (pid {pids}). As a superuser: GRANT pg_signal_backend TO "
            f"{plain_identifier(snapshot.server['role'])}. Nothing was done.",
            pids=unreachable[:5],
        )
