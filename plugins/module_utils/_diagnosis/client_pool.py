# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pool of the application's own that is used up while the server has room. Pure.

Its clients wait for one another inside of the application, where PostgreSQL sees nothing of them. What it sees is that
all sessions of one application are in a transaction in which nothing happens, and that no further one is opened. The
application's log has what its pool says when a client has waited for too long.
"""

from __future__ import annotations

import re

from .._core.text import counted, shortened, span
from .._logs.records import LogReport, SignatureReport
from .._postgres.activity_report import ActivityReport
from .._postgres.connection_limits import ApplicationReport
from .._postgres.work import is_operators
from .cause import Cause

CLIENT_POOL = "client_pool_full"
_LEAST = 5  # sessions from which on it is a pool
_APPROVE = "only the application's log shows whether this pool is exhausted; the transactions are rolled back"
_MESSAGES = "QueuePool limit, connection is not available, could not obtain a connection"
# What the pools of SQLAlchemy, HikariCP, Rails, node-postgres, Knex, Prisma, psycopg_pool, Npgsql and others say.
POOL_MESSAGES = re.compile(
    r"QueuePool limit|Connection is not available, request timed out|could not obtain a (?:database )?connection"
    r"|timeout exceeded when trying to connect|Knex: Timeout acquiring a connection"
    r"|Timed out fetching a new connection"
    r"|couldn't get a connection after|connection pool (?:is |has been )?exhausted"
    r"|Timeout waiting for (?:idle object|connection)"
    r"|unable to (?:acquire|checkout) a? ?connection",
    re.I,
)
_WIDE = 160
_SAID = 3  # records of the log from which on it is a cause by itself


def pool_records(log: LogReport | None) -> list[str]:
    """What the applications' log says of their pools: each kind of record, how often and where."""
    return [
        f"{counted(kind['count'], 'record')} in the log of {', '.join(kind['sources'][:3])}:"
        f" {shortened(kind['text'], _WIDE)}"
        for kind in _of_pools(log)
    ]


def _of_pools(log: LogReport | None) -> list[SignatureReport]:
    kinds = log["signatures"] if log else []
    return [kind for kind in kinds if POOL_MESSAGES.search(kind["example"] or kind["text"])]


def logged_pools(activity: ActivityReport, log: LogReport | None) -> list[Cause]:
    """The same cause from the log alone, where no session shows it."""
    records = pool_records(log)
    if sum(kind["count"] for kind in _of_pools(log)) < _SAID:
        return []
    free = activity["connections"]["ordinary_free"]
    text = f"the application's own connection pool is exhausted, while PostgreSQL has {free} slots free: {records[0]}"
    advice = "find the code that holds the connections of that pool for so long, or enlarge the pool if it is too small"
    return [Cause(CLIENT_POOL, 0.34, (text, *records[1:4]), detail={"advice": advice})]


def client_pools(activity: ActivityReport, seconds: float, log: LogReport | None = None) -> list[tuple[Cause, str]]:
    """The cause, and the family of the application, for each whose sessions all sit in a transaction, at least half of
    them for ``seconds`` without a statement."""
    limits = activity["connections"]["connection_limits"]
    if not limits:
        return []
    found = []
    for application in limits[0]["applications"]:
        forgotten = sum(idle >= seconds for idle in application["idle_in_transaction_seconds"])
        if not _sits(application, forgotten, seconds):
            continue
        number = application["sessions"]
        text = (
            f"{number} of {number} sessions of {application['name']} are in a transaction, {forgotten} of them without"
            f" a statement for {span(seconds)} or longer, and none was opened for"
            f" {span(application['opened_seconds'])}: its own pool may be exhausted, while PostgreSQL has"
            f" {limits[0]['free']} slots free"
        )
        advice = (
            f"{application['name']}: find the code that leaves transactions open, or restart it; a larger pool would"
            f" fill in the same way; its log shows whether its pool is exhausted ({_MESSAGES})"
        )
        cause = Cause(
            CLIENT_POOL, 0.35, (text, *pool_records(log)[:3]), detail={"advice": advice}, needs_approval=_APPROVE
        )
        found.append((cause, application["family"]))
    return found


def _sits(application: ApplicationReport, forgotten: int, seconds: float) -> bool:
    """Whether none of its sessions is idle, half of them do nothing in a transaction, and their number stands still.
    The windows of people's tools are no pool, whose clients wait for one another."""
    number = application["sessions"]
    return (
        number >= _LEAST
        and not is_operators(application["application"])
        and not application["idle"]
        and application["idle_in_transaction"] + application["active"] == number
        and application["waiting"] * 2 < number
        and forgotten * 2 >= number
        and application["opened_seconds"] >= seconds
    )
