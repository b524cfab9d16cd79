# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions in words: who it is, what it is doing. Pure.

All text that comes from the server (names, applications) is stripped of control characters here.
"""

from __future__ import annotations

from .._core.text import printable, span
from .locks.lock_table import Key
from .session import Prepared
from .snapshot import Snapshot


def who_is(snapshot: Snapshot, key: Key) -> str:
    """``4711 app@booking pafar-web``: the name of a session in a line of text."""
    holder = snapshot.who(key)
    if isinstance(holder, Prepared):
        return f"prepared transaction {printable(holder.gid)} of {printable(holder.owner)}@{printable(holder.database)}"
    login = f"{printable(holder.user) or '?'}@{printable(holder.database) or '?'}"
    return " ".join(part for part in (str(holder.pid), login, printable(holder.application)) if part)


def describe(snapshot: Snapshot, key: Key) -> str:
    """Who it is and what it is doing, in a few words."""
    holder = snapshot.who(key)
    if isinstance(holder, Prepared):
        age = span((snapshot.now - holder.prepared_at).total_seconds()) if holder.prepared_at else "?"
        return f"prepared {age} ago"
    if snapshot.forest.wait_of(key):
        return f"has waited {span(snapshot.seconds_waiting(key))} for {snapshot.wanted(key)}"
    state = holder.state or holder.backend_type or "unknown"
    text = f"{state} for {span(holder.seconds_in_state(snapshot.now))}"
    # It sends rows that its client does not take, or copies rows that its client does not send.
    at_client = holder.state == "active" and holder.wait_type == "Client"
    return f"{text}, waits for its client ({printable(holder.wait_event)})" if at_client else text
