# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The snapshot of a server as the few lines that a person reads. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.console import CARE, DIM, GOOD, PLAIN, Line, first_line
from .._core.text import counted

if TYPE_CHECKING:
    from .activity_report import ActivityReport


def of_activity(result: ActivityReport) -> list[Line]:
    """The tree and the slots; what the login may not see comes first."""
    unread = []
    if result["visibility"] != "full":
        unread = [
            f"{counted(result['redacted'], 'session is', 'sessions are')} hidden from the login role: it lacks"
            " pg_monitor"
        ]
    server, slots = result["server"], result["connections"]
    standby = ", a standby" if server["in_recovery"] else ""
    login_path = "" if server["login_path"] == "normal" else f", through the {server['login_path']} login path"
    lines = [
        first_line(
            DIM,
            f"PostgreSQL {server['version']}{standby}{login_path}; {slots['used']} of {slots['limit']} "
            f"connection slots used, {slots['ordinary_free']} left for ordinary roles",
            unread,
        )
    ]
    for state in result["server_states"]:
        lines += [(CARE, state["text"]), (CARE, state["advice"])]
    if not result["waiters"]:
        quiet = "no visible session waits for a lock" if unread else "no session waits for a lock"
        return [*lines, (DIM if unread else GOOD, quiet), *((CARE, line) for line in result["tree"][1:])]
    return [*lines, *((PLAIN, line) for line in result["tree"])]
