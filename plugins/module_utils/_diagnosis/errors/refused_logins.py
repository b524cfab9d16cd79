# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which limit refused a login: the server's slots, a role's, a database's, or one of the pooler in front. Pure.

Each has its own cure. The limit of a role or a database is no full server, and for what a pooler refuses PostgreSQL
may have room: there no session of the server is in the way.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..._core.text import counted, printable, shortened
from ..._logs.records import LogReport
from ..._postgres.activity_report import ActivityReport
from ..._postgres.background.pgbouncer import PoolerReport
from ..._postgres.connection_limits import DATABASE, ROLE, SLOTS, ConnectionLimitReport
from ..._postgres.sql_text import plain_identifier
from ..cause import Cause
from ..queued_slots import REACHED

POOLER, POOLER_FULL = "pooler", "pooler_full"
_NEAR = 0.1  # share of a limit: with less free it is reached now
_LEAST = 3  # records of the log from which on it is a cause
_WIDE = 120
# What PostgreSQL and PgBouncer say to the client that they refuse, in English; JSON escapes the quotes.
_SLOTS = re.compile(r"too many clients already|remaining connection slots are reserved", re.I)
_OWN = re.compile(r"too many connections for (role|database) \\*[\"'](.+?)\\*[\"']", re.I)
_POOLER_FULL = re.compile(r"(?:no more connections allowed|client connections exceeded)(?: \((\w+)\))?", re.I)
_POOL_WAIT = re.compile(r"\bquery_wait_timeout\b", re.I)


class Refusals(NamedTuple):
    """``lines``: of limits that are not reached any more, or that another cause is about."""

    causes: list[Cause]
    lines: list[str]


class _Kind(NamedTuple):
    limit: str
    name: str


def refused_by(activity: ActivityReport) -> str:
    """The kind of the limit that refused the ordinary login; empty where none did, or where that is not known."""
    server = activity["server"]
    if server["login_path"] == "normal":
        return ""
    slots = activity["connections"]["connection_limits"][0]
    return server.get("refused_by", SLOTS) or (SLOTS if slots["free"] <= 0 else "")


def own_refusal(activity: ActivityReport) -> Refusals:
    """The refusal of the login that looked, where it used another login path."""
    server, kind = activity["server"], refused_by(activity)
    if server["login_path"] == "normal":
        return Refusals([], [])
    through = f"these facts were read through the {server['login_path']} login path"
    if kind not in (ROLE, DATABASE):
        unknown = "" if kind else ", not by a connection limit that is known"
        return Refusals([], [f"an ordinary login was refused{unknown}: {through}"])
    name = printable(server["role"] if kind == ROLE else server["database"])
    text, advice = _of_own_limit(activity, _Kind(kind, name))
    line = f"the login {'as' if kind == ROLE else 'to'} {name} was refused: {text}; {through}"
    return Refusals([Cause(REACHED, 0.03, (line, advice), detail={"advice": advice})], [line])


def logged_refusals(activity: ActivityReport, log: LogReport | None, pooler: PoolerReport) -> Refusals:
    """What the applications were refused, as their log says."""
    causes: list[Cause] = []
    lines: list[str] = []
    for kind, (number, sources, example) in _said(log).items():
        said = (
            f"{counted(number, 'record')} in the log of {', '.join(sorted(sources)[:3])}: {shortened(example, _WIDE)}"
        )
        reached, text, advice = _judged(activity, pooler, kind)
        if not reached or number < _LEAST:
            lines.append(f"{text}; {said}")
            continue
        name = kind.limit if kind.limit in (POOLER, POOLER_FULL) else REACHED
        weight = 0.33 if name != REACHED else 0.03
        causes.append(Cause(name, weight, (text, said), detail={"advice": advice}))
    return Refusals(causes, lines)


def _said(log: LogReport | None) -> dict[_Kind, tuple[int, set[str], str]]:
    """By limit: how many records, of which services, and one of them."""
    said: dict[_Kind, tuple[int, set[str], str]] = {}
    for record in log["signatures"] if log else []:
        text = record["example"] or record["text"]
        kind = _kind_of(text)
        if kind:
            number, sources, example = said.get(kind, (0, set(), text))
            said[kind] = (number + record["count"], sources | set(record["sources"]), example)
    return said


def _kind_of(text: str) -> _Kind | None:
    own, full = _OWN.search(text), _POOLER_FULL.search(text)
    if own:
        return _Kind(own.group(1).lower(), printable(own.group(2)))
    if full:
        return _Kind(POOLER_FULL, full.group(1) or "max_client_conn")
    if _POOL_WAIT.search(text):
        return _Kind(POOLER, "query_wait_timeout")
    return _Kind(SLOTS, "") if _SLOTS.search(text) else None


def _judged(activity: ActivityReport, pooler: PoolerReport, kind: _Kind) -> tuple[bool, str, str]:
    """Whether it is a cause now that nothing else reports, what happened, and the cure."""
    slots = activity["connections"]["connection_limits"][0]
    server = f"PostgreSQL has {slots['free']} slots free"
    if kind.limit == SLOTS:
        return False, f"logins were refused because no slot of the server was free; now {server}", ""
    if kind.limit in (ROLE, DATABASE):
        text, advice = _of_own_limit(activity, kind)
        return (
            _is_near(_own_limit(activity, kind)),
            f"logins {_AS[kind.limit]} {kind.name} were refused: {text}",
            advice,
        )
    known = pooler["reachable"]
    if kind.limit == POOLER_FULL:
        text = f"the pooler refused clients by its own limit {kind.name}, while {server}"
        advice = (
            f"raise {kind.name} in pgbouncer.ini, then RELOAD on the pooler's console (each client takes one of its"
            " file descriptors), or let the applications open fewer connections to it; max_connections plays no"
            " part"
        )
        return not known, text, advice
    text = (
        f"clients of the pooler waited for a connection of its pool for longer than query_wait_timeout, while {server}"
    )
    advice = (
        "find what keeps the connections of the pooler's pool (transactions that are idle or wait for a lock), or raise"
        " pool_size or default_pool_size in pgbouncer.ini, by less than the slots that PostgreSQL has free, then RELOAD"
    )
    return not known and not _is_near(slots), text, advice


_AS = {ROLE: "as", DATABASE: "to"}


def _own_limit(activity: ActivityReport, kind: _Kind) -> ConnectionLimitReport | None:
    limits = activity["connections"]["connection_limits"]
    return next((limit for limit in limits if (limit["kind"], limit["name"]) == kind), None)


def _is_near(limit: ConnectionLimitReport | None) -> bool:
    return limit is not None and limit["free"] <= _NEAR * limit["limit"]


def _of_own_limit(activity: ActivityReport, kind: _Kind) -> tuple[str, str]:
    """The state of a role's or a database's limit, and how to change it."""
    slots, limit = activity["connections"]["connection_limits"][0], _own_limit(activity, kind)
    uses = f"{limit['used']} of {limit['limit']} sessions now" if limit else "it has none now, or allows none"
    text = (
        f"the connection limit of the {kind.limit} is reached ({uses}), and not that of the server, which has"
        f" {slots['free']} of {slots['limit']} slots free"
    )
    advice = (
        f"close connections of {kind.name} (smaller pools), or let a superuser raise its limit, by less than the server"
        f" has free: ALTER {kind.limit.upper()} {plain_identifier(kind.name)} CONNECTION LIMIT"
        f" {(limit['limit'] if limit else 0) + max(1, slots['free'] // 2)}"
    )
    return text, advice
