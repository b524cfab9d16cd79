# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Database sessions and prepared transactions, and how they are named. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Union

from .._core.approval import TargetForm
from .._core.times import seconds_of_stamp, stamp
from .sql_text import LONGEST_NAME, without_literals

REDACTED = "<insufficient privilege>"  # what PostgreSQL shows instead of a foreign session's statement
CLIENT = "client backend"
# Behind the first word of every statement of this collection. pg_stat_statements keeps it there (version 18 drops what
# stands before), and so do the sessions' texts and the server's log: it marks a snapshot's own work.
SIGNATURE = "/* pafar.runbook */"
LONGEST_QUERY = 16384  # characters of a statement that are kept
IDLE_AFTER = 5.0  # seconds after which a transaction between two statements counts as idle


# PgBouncer's application_name_add_host: `feed - 10.0.0.7:51034`, `feed - [fd00::7]:51034`, `feed - unix(4711):6432`.
_HOST = re.compile(r" - (\d+(?:\.\d+){3}|\[[\da-f:.]+\]|unix(?:\(-?\d+\))?):\d+\Z", re.I)
_CUT_HOST = re.compile(r" - ([\d\[][\da-f:.\]]*|unix[()\d:-]*)\Z", re.I)


def name_and_host(application: str) -> tuple[str, str]:
    """An application's name, and the host that a pooler added to it; empty where none did.

    >>> name_and_host("feed - 10.0.0.7:51034"), name_and_host("pafar-web")
    (('feed', '10.0.0.7'), ('pafar-web', ''))
    """
    cut = len(application.encode()) >= LONGEST_NAME
    added = (_CUT_HOST if cut else _HOST).search(application)
    return (application[: added.start()], added.group(1)) if added else (application, "")


class Session(NamedTuple):
    """One row of pg_stat_activity, as far as this collection needs it. Times are in UTC.

    A tuple, as there are thousands of them: a frozen dataclass takes five times as long to make.
    """

    pid: int
    backend_type: str = CLIENT
    state: str = ""
    user: str = ""
    database: str = ""
    application: str = ""
    client: str = ""
    query: str = ""
    wait_type: str = ""
    wait_event: str = ""
    backend_start: datetime | None = None
    xact_start: datetime | None = None
    query_start: datetime | None = None
    state_change: datetime | None = None
    leader_pid: int | None = None
    has_written: bool = False
    superuser: bool = False
    redacted: bool = False
    signalable: bool = True
    progress: str = ""
    unread: bool = False  # its role, its database or what it builds could not be read
    client_port: int = 0
    query_id: int | None = None
    pooler: str = ""  # the pooler that it comes through, where that is known
    holds_writes: bool = False  # waits for an AccessExclusiveLock and holds locks of tables that it wrote to before

    @property
    def key(self) -> int:
        """Who owns the locks: parallel workers hold and wait on behalf of their leader."""
        return self.leader_pid or self.pid

    @property
    def target(self) -> str:
        """``pid@backend_start/xact_start``.

        A pid is reused; and behind a pooler one backend serves many clients, one transaction each,
        so the transaction is part of the name. Without a transaction the last change of state is; without either it
        is the backend as a whole.
        """
        if self.xact_start is None and self.state_change is not None:
            return f"{self.pid}@{stamp(self.backend_start)}/idle-{stamp(self.state_change)}"
        inner = stamp(self.xact_start)
        return f"{self.pid}@{stamp(self.backend_start)}/{inner}"

    @property
    def idle_in_transaction(self) -> bool:
        return self.state.startswith("idle in transaction")

    @property
    def waits_for_client(self) -> bool:
        """Its statement waits until the client reads what it was sent, or sends more (COPY)."""
        return self.state == "active" and self.wait_event in ("ClientRead", "ClientWrite")

    @property
    def commit_waits(self) -> bool:
        """Its transaction is durable here, holds its locks still, and waits for a synchronous standby."""
        return self.wait_event == "SyncRep"

    @property
    def aborted(self) -> bool:
        return self.state == "idle in transaction (aborted)"

    @property
    def is_one_statement(self) -> bool:
        """Its transaction is its present statement. Both began with one message of the client (simple query protocol),
        and that message holds no other statement before it."""
        alone = ";" not in without_literals(self.query).rstrip("; \t\r\n")
        return self.xact_start is not None and self.query_start == self.xact_start and alone

    def in_state_since(self) -> datetime | None:
        """When the present state began: idle ones by state_change, working ones by query_start."""
        return self.query_start if self.state == "active" else self.state_change

    def seconds_in_state(self, now: datetime) -> float:
        since = self.in_state_since()
        return max(0.0, (now - since).total_seconds()) if since else 0.0


@dataclass(frozen=True)
class Prepared:
    """A prepared transaction: it holds locks and has no session."""

    xid: int
    gid: str
    prepared_at: datetime | None
    owner: str = ""
    database: str = ""
    allowed: bool = True  # the login role owns it or is a superuser

    @property
    def key(self) -> str:
        return f"prepared:{self.xid}"

    @property
    def target(self) -> str:
        """The transaction id and the time of preparing; a gid may be used again, and may hold anything."""
        return f"prepared@{stamp(self.prepared_at)}/xid{self.xid}"


Holder = Union[Session, Prepared]


def backend_start_of(target: str) -> float | None:
    """The start of the backend that a target names, in seconds since 1970; None where the target does not have it.

    >>> backend_start_of("7@19700101T000001.500000Z/-"), backend_start_of("7@-/-")
    (1.5, None)
    """
    return seconds_of_stamp(target.partition("@")[2].partition("/")[0])


_STAMP = r"(?:\d{8}T\d{6}\.\d{6}Z|-)"
SESSION_TARGET = TargetForm(
    re.compile(rf"(?:\d+@{_STAMP}/(?:idle-)?{_STAMP}|prepared@{_STAMP}/xid\d+)\Z"),
    "session",
    "4711@20261123T145635.123456Z/20261123T145640.000001Z",
)
