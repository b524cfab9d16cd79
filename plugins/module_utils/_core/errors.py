# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong, each with a message for the person on call.

RunbookError
├── InputError         a parameter that cannot be used as given
├── DriverMissing      a Python library is not installed where the module runs
├── ConnectError       the server was not reached, or did not let us in
│   ├── LoginRefused   it is up, and does not let this login in: a matter of the login, not of the server
│   ├── NoSlotLeft     every connection slot that this login may use is taken
│   ├── NotPostgres    something answers there, and it is not PostgreSQL
│   └── PoolerInTheWay a connection pooler answers in PostgreSQL's place
├── PrivilegeError     the login role may not see or do what the task needs
├── StandbyError       the server is a standby, and the act belongs to its primary
├── StaleApproval      nothing that was approved still stands
├── BusyError          another run is acting on the same server
├── ServerError        a statement failed on the server
├── EngineError        the container engine was not reached, or refused
│   └── EngineHangs    the engine took the request and did not answer in time
├── ProjectUnknown     no such compose project or service, or more than one could be meant
├── ComposeError       docker compose is missing, cannot read the project's files, or failed
├── PreflightError     the act would break on something that is known beforehand
├── ActFailed          the act was begun and did not bring what was planned; says how things stand
├── HostError          the host's own figures or files could not be read
└── LogError           the incident log could not be written or read

The message says what could not be done, to what, and what to do next, in one paragraph.
What a server or a program said is part of some: it is cleaned of control characters here, once for all.
Details for machines (sqlstate, host, ...) travel beside it as keywords.
"""

from __future__ import annotations

from typing import Any

from .text import printable


class RunbookError(Exception):
    """Base of all expected failures; ``details`` become keys of the failed task's result."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(printable(message))
        self.details = details


class InputError(RunbookError):
    """A parameter that cannot be used as given."""


class DriverMissing(RunbookError):
    """A Python library is not installed where the module runs."""


class ConnectError(RunbookError):
    """The server was not reached, or did not let us in."""


class LoginRefused(ConnectError):
    """The server is up, and does not let this login in: a matter of the login, not of the server."""


class NoSlotLeft(ConnectError):
    """Every connection slot that this login may use is taken."""


class NotPostgres(ConnectError):
    """Something answers there, and it is not PostgreSQL."""


class PoolerInTheWay(ConnectError):
    """A connection pooler answers in PostgreSQL's place."""


class PrivilegeError(RunbookError):
    """The login role may not see or do what the task needs."""


class StandbyError(RunbookError):
    """The server is a standby, and the act belongs to its primary."""


class StaleApproval(RunbookError):
    """Nothing that was approved still stands."""


class BusyError(RunbookError):
    """Another run is acting on the same server."""


class ServerError(RunbookError):
    """A statement failed on the server."""


class EngineError(RunbookError):
    """The container engine was not reached, or refused."""


class EngineHangs(EngineError):
    """The engine took the request and did not answer in time."""


class ProjectUnknown(RunbookError):
    """No such compose project or service, or more than one could be meant."""


class ComposeError(RunbookError):
    """Docker compose is missing, cannot read the project's files, or failed."""


class PreflightError(RunbookError):
    """The act would break on something that is known beforehand."""


class ActFailed(RunbookError):
    """The act was begun and did not bring what was planned; says how things stand."""


class HostError(RunbookError):
    """The host's own figures or files could not be read."""


class LogError(RunbookError):
    """The incident log could not be written or read."""
