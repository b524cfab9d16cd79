# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The expected failures, each with a message for the engineer on call.

RunbookError
├── InputError         a parameter has an invalid value
├── DriverMissing      a Python library is not installed where the module runs
├── ConnectError       the server was not reached, or refused the connection
│   ├── LoginRefused   the server is up and rejects this login
│   ├── NoSlotLeft     every connection slot that this login may use is taken
│   ├── ServerNotReady it answers and accepts no login now: it starts, recovers, shuts down
│   ├── NotPostgres    another program than PostgreSQL answers at this address
│   └── PoolerInTheWay a connection pooler answers in PostgreSQL's place
├── PrivilegeError     the login role may not see or do what the task needs
├── StandbyError       the server is a standby, and the act belongs to its primary
├── StaleApproval      no approved target is in the present plan
├── ApprovalRefused    an approval does not count: denied, timed out, or of the person who asked for it
├── AwxError           AWX's API could not be asked, refused, or did not say what was asked
├── BusyError          another run is acting on the same server
├── ServerError        a statement failed on the server
├── EngineError        the container engine was not reached, or refused
│   └── EngineHangs    the engine took the request and did not answer in time
├── ProjectUnknown     no such compose project or service, or more than one could be meant
├── ComposeError       docker compose is missing, cannot read the project's files, or failed
├── PreflightError     the act would fail for a reason that is known beforehand
├── ActFailed          the act was begun and did not reach the planned state; the message has the present state
├── HostUnreachable    Ansible's connection to the managed host failed
│   └── HostLoginRefused  the host, or its address, does not accept our access: whether it is up is not known
├── HostUnusable       Ansible logged in on the managed host and could not begin there
├── HostError          the host's own counters or files could not be read
└── LogError           the incident log could not be written or read

The message states what failed, on which object, and the next step, in one paragraph. It may contain the message of a
server or a program: control characters are removed here. Details for programs (sqlstate, host, ...) are keywords.
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
    """A parameter has an invalid value."""


class DriverMissing(RunbookError):
    """A Python library is not installed where the module runs."""


class ConnectError(RunbookError):
    """The server was not reached, or refused the connection."""


class LoginRefused(ConnectError):
    """The server is up and rejects this login."""


class NoSlotLeft(ConnectError):
    """Every connection slot that this login may use is taken."""


class ServerNotReady(ConnectError):
    """It answers and accepts no login now: it starts, recovers, shuts down."""


class NotPostgres(ConnectError):
    """Another program than PostgreSQL answers at this address."""


class PoolerInTheWay(ConnectError):
    """A connection pooler answers in PostgreSQL's place."""


class PrivilegeError(RunbookError):
    """The login role may not see or do what the task needs."""


class StandbyError(RunbookError):
    """The server is a standby, and the act belongs to its primary."""


class StaleApproval(RunbookError):
    """No approved target is in the present plan."""


class ApprovalRefused(RunbookError):
    """An approval does not count: denied, timed out, or of the person who asked for it."""


class AwxError(RunbookError):
    """AWX's API could not be asked, refused, or did not say what was asked."""


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
    """The act would fail for a reason that is known beforehand."""


class ActFailed(RunbookError):
    """The act was begun and did not reach the planned state; the message has the present state."""


class HostUnreachable(RunbookError):
    """Ansible's connection to the managed host failed."""


class HostLoginRefused(HostUnreachable):
    """The host, or its address, does not accept our access: whether it is up is not known."""


class HostUnusable(RunbookError):
    """Ansible logged in on the managed host and could not begin there."""


class HostError(RunbookError):
    """The host's own counters or files could not be read."""


class LogError(RunbookError):
    """The incident log could not be written or read."""
