# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection limit that is full of sessions that wait for locks: stuck, in a convoy, or by design. Pure.

All of them are active for PostgreSQL, and none of them is traffic: they do no work.
"""

from __future__ import annotations

from .._core.text import counted, printable, span
from .._postgres.activity_report import ActivityReport
from .._postgres.connection_limits import ConnectionLimitReport
from .._postgres.server_states import CONVOY
from .._postgres.sql_text import plain_identifier
from .cause import Cause

LOCKS, ADVISORY, REACHED, HANGING = "lock_queue", "advisory_lock", "limit_reached", "hanging_logins"
STALLED = "stalled_clients"
_QUEUE = 0.25  # share of the used slots that wait for locks, or of all slots that wait to log in
_LASTS = 1.0  # seconds of the longest wait, from which on a queue may be one that does not move
_NEAR = 0.1  # share of the slots: with less free they count as used up
_ASK = (
    "find out what the holder of the advisory lock does; if requests must not wait for it for so long, end it by"
    " playbooks/db_session_cancel.yml; pg_try_advisory_lock or a lock_timeout keeps such waits from filling the slots"
)


def queue_causes(connection_limit: ConnectionLimitReport, activity: ActivityReport) -> list[Cause]:
    """The queues that explain a quarter of the used slots or more. They come before idle sessions beside them. Where
    none has waited for a second, the sessions meet at a busy row, and no session is stuck."""
    applications, used = connection_limit["applications"], max(1, connection_limit["used"])
    causes: list[Cause] = []
    waiting = sum(application["waiting"] for application in applications)
    lasts = activity["long_waiters"] or activity["longest_wait"] >= _LASTS
    if waiting >= 2 and waiting >= _QUEUE * used and lasts:
        text = f"{waiting} of {used} sessions wait for locks, the longest for {activity['longest_wait']:g} s"
        causes.append(Cause(LOCKS, 2 + waiting / used, (text, *activity["tree"][1:4]), "unblock_sessions"))
    in_turn = sum(application["waiting_in_turn"] for application in applications)
    if in_turn < 2 or in_turn < _QUEUE * used:
        return causes
    convoys = [state for state in activity["server_states"] if state["cause"] == CONVOY]
    for state in convoys[:1]:
        text = f"{in_turn} of {used} sessions wait in turn for one lock: {state['text']}"
        causes.append(Cause(CONVOY, 1 + in_turn / used, (text,), detail={"advice": state["advice"]}))
    if not convoys:
        text = (
            f"{in_turn} of {used} sessions wait for an advisory lock, which the application takes by its own agreement;"
            " whether its holder is stuck is not known"
        )
        by_design = [line for line in activity["tree"] if line.startswith("by design")]
        causes.append(Cause(ADVISORY, 1 + in_turn / used, (text, *by_design[:3]), detail={"advice": _ASK}))
    return causes


KEEPALIVES = (
    "PostgreSQL misses a client that went without a word only when the kernel does, with Linux's defaults after two"
    " hours, or after some 15 minutes where something is to be sent: set tcp_keepalives_idle = 60,"
    " tcp_keepalives_interval = 10, tcp_keepalives_count = 3, client_connection_check_interval = 30s and"
    " tcp_user_timeout = 90s (which ends a client that reads nothing for so long, too)"
)
_STALLED = (
    "whether these clients are still there is not known: the kernel of the database's host shows it (dead client"
    " connections); a slow network, and a client that reads a large result piece by piece, look the same."
    " playbooks/db_session_cancel.yml shows what one holds, and ends it."
    f" {KEEPALIVES}"
)


def stalled_causes(connection_limit: ConnectionLimitReport) -> list[Cause]:
    """Sessions that wait for their clients and have a quarter of the used slots or more: active, and no traffic."""
    used = max(1, connection_limit["used"])
    stalled = [application for application in connection_limit["applications"] if application["waiting_for_client"] > 0]
    number = sum(application["waiting_for_client"] for application in stalled)
    if number < 2 or number < _QUEUE * used:
        return []
    who = ", ".join(f"{application['name']} {application['waiting_for_client']}" for application in stalled[:4])
    text = (
        f"{number} of {used} sessions run a statement that waits for its client to read a result or to send data"
        f" (ClientWrite, ClientRead): {who}"
    )
    return [Cause(STALLED, 0.5 + number / used / 2, (text, _STALLED), detail={"advice": _STALLED})]


_LOGINS = (
    "find out what the logins wait for: an LDAP, RADIUS, PAM or GSSAPI server that does not answer (pg_hba.conf), a"
    " client that connects and sends no password (ps -ef shows its address in the title of such a process), or a locked"
    " catalog; PostgreSQL ends each after authentication_timeout (60 s by default)"
)


def login_causes(activity: ActivityReport, refused: bool) -> list[Cause]:
    """Connections that take slots and have not logged in: they are no sessions yet (from version 18 on they are shown,
    as ``starting``). Where they are not to be seen, that an ordinary login was ``refused`` while slots seem free is all
    that is known."""
    slots = activity["connections"]["connection_limits"][0]
    background = activity.get("background")
    processes = background.get("processes") if background else None
    shown = activity["connections"]["by_state"].get("starting", 0)
    number = max(shown, processes["logging_in"] if processes else 0)
    free = slots["free"] - (number - shown)
    if number >= max(2, _QUEUE * slots["limit"]) and (refused or free <= _NEAR * slots["limit"]):
        text = (
            f"{number} connections have begun to log in and have not finished; each takes one of {slots['limit']} slots"
        )
        return [Cause(HANGING, 1 + number / slots["limit"], (text, _LOGINS), detail={"advice": _LOGINS})]
    if not refused or slots["free"] <= _NEAR * slots["limit"]:
        return []
    text = (
        f"an ordinary login was refused, and only {slots['used']} of {slots['limit']} slots are used by sessions:"
        " either slots have become free since, or connections that have not logged in take them, which PostgreSQL shows"
        " as sessions from version 18 on only"
    )
    advice = f"run this again; if logins are still refused, {_LOGINS}"
    return [Cause(REACHED, 0.02, (text, advice), detail={"advice": advice})]


def without_cause(
    connection_limit: ConnectionLimitReport, activity: ActivityReport, refused: bool
) -> tuple[str, list[Cause]]:
    """A limit that is reached, where no cause was found: what its sessions do, in a line, and that as a cause where an
    ordinary login was ``refused``. Active ones that wait for locks are said to: for less than a second each, they meet
    at a busy row and are no queue, see `queue_causes`, nor are they at work."""
    applications = connection_limit["applications"]
    idle = sum(application["idle"] for application in applications)
    longest = max((seconds for application in applications for seconds in application["idle_seconds"]), default=0)
    waiting = sum(application["waiting"] for application in applications)
    waits = f" ({waiting} of them wait for locks, the longest for {span(activity['longest_wait'])})" if waiting else ""
    text = (
        f"no cause was found for the limit that is reached ({connection_limit['free']} of {connection_limit['limit']}"
        f" free): {counted(idle, 'session is', 'sessions are')}"
        f" idle{f', the longest for {span(longest)}' if idle else ''},"
        f" {sum(application['active'] for application in applications)} active{waits},"
        f" {sum(application['idle_in_transaction'] for application in applications)} idle in transaction"
    )
    return text, [Cause(REACHED, 0.02, (text,))] if refused else []


def closed_limits(activity: ActivityReport) -> list[str]:
    """Roles and databases that may have no session at all: nothing is used up, and every login is refused."""
    limits = activity["connections"]
    kinds = (("role", "as it", limits["role_limits"]), ("database", "to it", limits["database_limits"]))
    return [
        f"the connection limit of the {kind} {printable(name)} is 0, so that every login {words} is refused; if that is"
        f" not intended: ALTER {kind.upper()} {plain_identifier(name)} CONNECTION LIMIT -1"
        for kind, words, uses in kinds
        for name, use in uses.items()
        if use["limit"] == 0
    ]
