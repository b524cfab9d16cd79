# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong, each with a message for the person on call.

RunbookError
├── InputError         a parameter that cannot be used as given
├── DriverMissing      a Python library is not installed where the module runs
├── ConnectError       the server was not reached, or did not let us in
│   ├── NoSlotLeft     every connection slot that this login may use is taken
│   ├── NotPostgres    something answers there, and it is not PostgreSQL
│   └── PoolerInTheWay a connection pooler answers in PostgreSQL's place
├── PrivilegeError     the login role may not see or do what the task needs
├── StandbyError       the server is a standby, and the act belongs to its primary
├── StaleApproval      nothing that was approved still stands
├── BusyError          another run is acting on the same server
├── ServerError        a statement failed on the server
└── LogError           the incident log could not be written or read

The message says what could not be done, to what, and what to do next, in one paragraph.
Details for machines (sqlstate, host, ...) travel beside it as keywords.
"""

from __future__ import annotations

from typing import Any


class RunbookError(Exception):
    """Base of all expected failures; ``details`` become keys of the failed task's result."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(" ".join(message.split()))
        self.details = details


class InputError(RunbookError):
    """A parameter that cannot be used as given."""


class DriverMissing(RunbookError):
    """A Python library is not installed where the module runs."""


class ConnectError(RunbookError):
    """The server was not reached, or did not let us in."""


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


class LogError(RunbookError):
    """The incident log could not be written or read."""
