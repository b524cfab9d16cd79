# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a judgement may not be acted on at all: refusals, with what to do instead."""

from __future__ import annotations

import re
from typing import Collection, Iterable

from .._core.errors import InputError, PrivilegeError, StaleApproval
from .locks.least_harm import Judgement
from .session import Session
from .snapshot import Picture

_STAMP = r"(?:\d{8}T\d{6}\.\d{6}Z|-)"
_TARGET = re.compile(rf"^(?:\d+@{_STAMP}/(?:idle-)?{_STAMP}|prepared@{_STAMP}/xid\d+)\Z")


def check_visible(picture: Picture) -> None:
    """Refuse to choose victims among sessions of which the login role sees only part."""
    if picture.redacted:
        raise PrivilegeError(
            f"Role {picture.server['role']} may not see {picture.redacted} of {len(picture.sessions)} sessions "
            f"on {picture.server['host']}:{picture.server['port']}, so whom to end cannot be judged. As a "
            f"superuser: GRANT pg_monitor, pg_signal_backend TO {picture.server['role']}. Nothing was done.",
            redacted=picture.redacted,
        )


def check_sight(judged: Judgement) -> None:
    """Refuse to choose victims in a queue of which the login role sees or reaches only part."""
    picture = judged.picture
    if judged.late:
        check_visible(picture)
    unreachable = [
        key
        for key in judged.keys.values()
        for holder in [picture.who(key)]
        if isinstance(holder, Session) and not holder.signalable and not holder.superuser
    ]
    if judged.late and unreachable and not judged.plan.actions:
        pids = ", ".join(str(key) for key in unreachable[:5])
        raise PrivilegeError(
            f"Role {picture.server['role']} may not end the session(s) in the way on {picture.server['host']}:"
            f"{picture.server['port']} (pid {pids}). As a superuser: GRANT pg_signal_backend TO "
            f"{picture.server['role']}. Nothing was done.",
            pids=unreachable[:5],
        )


def check_approval(planned: Collection[str], late: int, only: Iterable[str] | None) -> None:
    """Refuse targets that are none, and an approval of which nothing stands while others are still ``late``."""
    approved = list(only or ())
    for target in approved:
        if not _TARGET.match(target):
            raise InputError(
                f"only: {target!r} names no session. Give targets as a plan returned them, like "
                "4711@20261123T145635.123456Z/20261123T145640.000001Z. Nothing was done."
            )
    if approved and late and not planned:
        raise StaleApproval(
            f"None of the {len(approved)} approved target(s) still stands ({', '.join(approved[:3])}"
            f"{', ...' if len(approved) > 3 else ''}): those sessions are gone, in another transaction or no "
            f"longer in the way. {late} session(s) are still there, for other reasons. Look again with "
            "--check and approve the new plan. Nothing was done.",
            approved=approved,
            late=late,
        )
