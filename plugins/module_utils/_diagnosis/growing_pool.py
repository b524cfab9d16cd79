# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A limit that pools have filled: those that do not leak, or may not, and which application took the rest. Pure.

The latter has less than its share, so that no rule names its sessions: a person decides what it may have.
"""

from __future__ import annotations

import json
from typing import NamedTuple, Sequence

from .._core.text import span
from .._postgres.connection_limits import SLOTS, ApplicationReport, ConnectionLimitReport
from .._postgres.excess.excess_plan import IDLE, EndDict
from .._postgres.session_ages import LASTS
from .cause import Cause, Detail, ended_by

LEAK, FULL_POOL = "leak", "full_pool"
_FLOOR = 2  # sessions that an application keeps
_LEAST, _SHARE = 3, 0.1  # forgotten sessions from which on it counts, and their part of the limit
_STARTS = 6  # the part of the time for which a session is idle in which a pool opens half of its own: 5 s of 30 s
_LATER = 5  # of these that another application opened later: operators come with some, too


class FullPool(NamedTuple):
    """An application over its share that does not leak, and why; ``unclear``: it may, and a person decides."""

    application: ApplicationReport
    why: str
    unclear: bool


def full_pools(
    connection_limit: ConnectionLimitReport,
    full: Sequence[FullPool],
    headroom: float,
    plan: EndDict,
    everywhere: Sequence[ApplicationReport],
) -> Cause:
    """Pools over their share: they are reported. Idle sessions of those of which it is not known are ended only with an
    approval. ``everywhere``: the applications of the whole server."""
    setting = (
        "max_connections"
        if connection_limit["kind"] == SLOTS
        else f"the connection limit of {connection_limit['kind']} {connection_limit['name']}"
    )
    total = sum(pool.application["sessions"] for pool in full)
    texts = [
        f"{pool.application['name']} holds {pool.application['sessions']} of {connection_limit['limit']},"
        f" {pool.application['idle']} of them idle: {pool.why}"
        for pool in full
    ]
    room = int(connection_limit["limit"] * (1 - headroom)) - (connection_limit["used"] - total)
    names = ", ".join(pool.application["name"] for pool in full)
    most = max(len(full), room)
    advice = (
        f"full pools, in sum {total} of {connection_limit['limit']} ({setting}): {names}. Reduce them to at most {most}"
        " in sum (maximumPoolSize, pool_size + max_overflow, pool, default_pool_size, times processes and"
        f" replicas), or raise {setting}"
    )
    own = [pool.application for pool in full if connection_limit["kind"] != SLOTS]
    advice += "".join(_if_it_leaks(application, everywhere) for application in own)
    weight = 0.05 + sum(pool.application["idle"] for pool in full) / max(1, connection_limit["used"]) / 100
    unclear = [pool for pool in full if pool.unclear]
    ask = "; ".join(dict.fromkeys(pool.why for pool in unclear))
    cause = Cause(FULL_POOL, weight, texts, detail={"advice": advice}, needs_approval=ask)
    return ended_by(cause, plan, IDLE, [pool.application["family"] for pool in unclear])


def _share(application: ApplicationReport, share: int, everywhere: Sequence[ApplicationReport]) -> str:
    """The setting that gives an application its share, to be pasted. Empty where it would count for others too: it
    holds for all applications of that name, whatever their role and database (``PostgreSQL JDBC Driver``)."""
    name = application["application"]
    own = (application["role"], application["database"])
    others = any(other["application"] == name and (other["role"], other["database"]) != own for other in everywhere)
    if others or not any(map(str.isalpha, name)):
        return ""
    return f"runbook_connection_shares: {{{json.dumps(name, ensure_ascii=False)}: {share}}}"


def _if_it_leaks(application: ApplicationReport, everywhere: Sequence[ApplicationReport]) -> str:
    """What lets the forgotten sessions of a pool be ended that fills a limit of its own: its size is no proof."""
    number = len(application["unused_seconds"])
    setting = _share(application, max(_FLOOR, application["sessions"] - number), everywhere)
    return (
        f". If logins of {application['role']} are refused, {application['name']} leaks: {number} of its sessions were"
        f" used at first only. Restart it{', or let them be terminated: ' if setting else ''}{setting}"
        if number >= _LEAST and not application["pooled"]
        else ""
    )


def why_held(
    connection_limit: ConnectionLimitReport, application: ApplicationReport, idle: float, refused: bool
) -> str:
    """Why a leak may be a pool, whose sessions are ended only with an approval. Empty where it is clear: ``refused``
    logins show that the whole server is in an outage, and this application was the last that took its slots."""
    kind = connection_limit["kind"]
    if kind != SLOTS:
        return (
            f"it may be a pool that has the size that the limit of its {kind} was made for; no other logins are refused"
        )
    if not refused and application["steady"]:
        return "it may be a pool of a fixed size: it has long stopped opening sessions, and no login was refused"
    if not refused:
        return "no login was refused: whether its number of sessions grows is not known, it may be a pool"
    if not application["application"]:
        return "its sessions have no name: they may be those of several applications, or of a pooler in front of them"
    if application["interleaved"]:
        return (
            "other applications of the same role and client address opened sessions between its own: they may be those"
            " of a pooler in front of them"
        )
    opened = application["filled_seconds"]
    if opened >= LASTS:
        return (
            f"it opened no session for {span(opened)}: had its leak filled the slots then, logins would have been"
            " refused ever since; it may be a pool that is used unevenly"
        )
    later = [
        other["name"]
        for number, other in _forgotten(connection_limit, idle)
        if other["opened_seconds"] < opened and number >= _LATER and _counts(number, connection_limit)
    ]
    if later:
        return f"{', '.join(later)} opened sessions after it and left them unused: that may be the leak"
    within = application["half_within_seconds"]
    if len(application["unused_seconds"]) >= _LEAST and within <= idle / _STARTS:
        return (
            f"half of its idle sessions were opened within {span(within)}, {span(opened)} ago: it may be a pool that"
            " has just been started, or renewed as a whole"
        )
    return ""


def _forgotten(limit: ConnectionLimitReport, idle: float) -> list[tuple[int, ApplicationReport]]:
    """Every application with how many of its sessions were used at first only and are idle for so long."""
    return [
        (sum(seconds >= idle for seconds in application["unused_seconds"]), application)
        for application in limit["applications"]
        if not application["pooled"]
    ]


def _counts(number: int, limit: ConnectionLimitReport) -> bool:
    return number >= max(_LEAST, _SHARE * limit["limit"])


def growing_pools(
    connection_limit: ConnectionLimitReport,
    full: Sequence[ApplicationReport],
    idle: float,
    everywhere: Sequence[ApplicationReport] = (),
) -> list[Cause]:
    """``full``: the pools that are over their share and do not leak. ``idle``: seconds after which a session that was
    used at first only counts as forgotten."""
    stopped = [application for application in full if application["stopped"]]
    if not stopped or connection_limit["free"] > 0:
        return []
    since = min(application["opened_seconds"] for application in stopped)
    found = [
        (number, application)
        for number, application in _forgotten(connection_limit, idle)
        if application not in full and application["opened_seconds"] < since
    ]
    number, growing = max(found, key=lambda each: each[0], default=(0, None))
    if growing is None or not _counts(number, connection_limit):
        return []
    names = ", ".join(application["name"] for application in stopped)
    text = (
        f"{growing['name']} holds {growing['sessions']} of {connection_limit['limit']}, {number} of them idle for"
        f" {idle:g} s or longer since they were used at first; it opened sessions after {names} had stopped: it may"
        " leak connections"
    )
    share = max(_FLOOR, growing["sessions"] - number)
    setting = _share(growing, share, [*connection_limit["applications"], *everywhere])
    advice = f"restart {growing['name']}"
    advice += f", or let its forgotten sessions be terminated: {setting}" if setting else ""
    detail: Detail = {
        "application": growing["application"], "role": growing["role"], "share": share, "alone": False, "service": "",
        "advice": advice,
    }  # fmt: skip
    return [Cause(LEAK, number / max(1, connection_limit["used"]), (text, advice), detail=detail)]
