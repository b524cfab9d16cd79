# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of a role that keep a fault from coming back tonight, and that are reverted as easily. Pure.

They bind sessions that begin from now on; those that are there keep what they have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Collection, Mapping, Sequence

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict, unspaced
from .._core.result import NOTHING_DONE, PlannedAct
from .._core.text import printable, some
from .snapshot import Snapshot
from .sql_text import plain_identifier
from .work import BACKUP_APPLICATIONS

VERB = "guard_role"
CONNECTIONS = "connection_limit"  # ALTER ROLE ... CONNECTION LIMIT: no setting, and shown as one
# What each prevents. PostgreSQL documentation, "Client Connection Defaults".
SETTINGS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": "sessions idle in transaction",
    "idle_session_timeout": "idle sessions; not for roles behind a pooler",
    "statement_timeout": "statements that run too long",
    "lock_timeout": "waits for a lock that take too long",
    "transaction_timeout": "transactions that take too long; from version 17 on",
    "client_connection_check_interval": "statements whose client connection is dead",
    CONNECTIONS: "the connections of the role",
}
_DURATION = re.compile(r"^(\d+(?:\.\d+)?) ?(us|ms|s|min|h|d)?\Z")
# Milliseconds; a bare number counts them, for every setting here.
_UNITS = {"us": 0.001, "ms": 1, "": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_LIMIT = re.compile(r"^(-1|\d+)\Z")
UNLIMITED = "-1"
_SHOWN = 5  # statements in one reason


@dataclass(frozen=True)
class RoleSetting:
    """One setting of one role; ``value`` empty: none of its own, as before it was set.

    ``loosen``: it may replace a stricter value, as the way back must."""

    role: str
    setting: str
    value: str
    loosen: bool = False

    @property
    def words(self) -> str:
        return f"{self.role}.{self.setting}"


@dataclass(frozen=True)
class RoleState:
    """A role as the catalog has it. ``in_databases``: its settings there, which come before its own; ``of_databases``:
    those that a database has for every role, which come after them. ``databases``: those that sessions can be in."""

    name: str
    settings: Mapping[str, str]
    superuser: bool = False
    in_databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    of_databases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logs_in: bool = True
    databases: Sequence[str] = ()

    def overridden(self, role_setting: RoleSetting) -> dict[str, str]:
        """Databases in which a value of its own allows more than a setting would, with what to do about each."""
        reasons = {}
        wanted = bound(role_setting.setting, role_setting.value)
        for database, settings in self.in_databases.items():
            value = settings.get(role_setting.setting)
            if value is None or not role_setting.value:
                continue
            least = bound(role_setting.setting, value)
            if least is None or wanted is None or least > wanted:
                reasons[database] = _overridden(role_setting, database, value)
        return reasons

    def inherited(self, setting: str) -> dict[str, str]:
        """By database, the value that holds there while the role has none of its own, and that one would replace."""
        if setting in self.settings:
            return {}
        return {
            database: settings[setting]
            for database, settings in self.of_databases.items()
            if setting in settings and setting not in self.in_databases.get(database, {})
        }


def normal(role: str, setting: str, value: str, loosen: bool = False) -> RoleSetting:
    """One spelling of each: no limit is none, and 05 is 5."""
    if setting == CONNECTIONS and _LIMIT.match(value):
        value = "" if value == UNLIMITED else str(int(value))
    return RoleSetting(role, setting, value, loosen)


def bound(setting: str, value: str) -> float | None:
    """How much a value allows: milliseconds, or connections; without an end where it bounds nothing.

    None where it is unknown, as of a spelling that is not ours.

    >>> bound("lock_timeout", "2min") == bound("lock_timeout", "120s")
    True
    """
    if setting == CONNECTIONS:
        return float(value) if value.isdigit() else float("inf")
    if not value:
        return float("inf")
    duration = _DURATION.match(value.strip())
    if not duration:
        return None
    return float(duration.group(1)) * _UNITS[duration.group(2) or ""] or float("inf")  # 0 turns it off


def why_not(role_setting: RoleSetting, known: Mapping[str, RoleState], settings: Collection[str]) -> str:
    """Why it cannot be set, in a sentence; empty when it can. ``settings``: those that the server has."""
    if role_setting.setting not in SETTINGS:
        return f"{role_setting.setting!r} is not among the settings of this module: use one of {', '.join(SETTINGS)}"
    if role_setting.role not in known:
        return f"there is no role {role_setting.role!r}"
    if role_setting.setting != CONNECTIONS and role_setting.setting not in settings:
        return f"this server has no setting {role_setting.setting} (its version is too old)"
    fits = _LIMIT if role_setting.setting == CONNECTIONS else _DURATION
    if role_setting.value and not fits.match(role_setting.value):
        wanted = "a number, -1 for no limit" if role_setting.setting == CONNECTIONS else "a time like 30s, 5min or 0"
        return f"{role_setting.setting} of {role_setting.role} is {role_setting.value!r} and must be {wanted}"
    return ""


@dataclass(frozen=True)
class Guarding(PlannedAct):
    """The plan to set guards; ``known``: the roles as they were when it was made."""

    plan: Plan
    every: tuple[RoleSetting, ...]
    known: Mapping[str, RoleState]
    snapshot: Snapshot

    @property
    def role_settings(self) -> list[RoleSetting]:
        """Those that the plan does set."""
        return [role_setting for role_setting in self.every if self.target_of(role_setting) in self.plan.targets]

    def now(self, role_setting: RoleSetting) -> str:
        return self.known[role_setting.role].settings.get(role_setting.setting, "")

    def target_of(self, role_setting: RoleSetting) -> str:
        return target_of(role_setting, self.now(role_setting))

    def settings(self, known: Mapping[str, RoleState] | None = None) -> dict[str, Any]:
        """Of every role that was asked for, its own settings; ``known``: as they are by now."""
        return {
            role: dict((known or self.known)[role].settings)
            for role in sorted({known_setting.role for known_setting in self.every})
        }

    def overridden(self, known: Mapping[str, RoleState]) -> list[RoleSetting]:
        """Those that do not hold in every database, since the role has a setting of its own there."""
        return [role_setting for role_setting in self.every if known[role_setting.role].overridden(role_setting)]

    def as_dict(self) -> PlanDict:
        nothing = "" if self.plan.actions else "nothing to do: every setting is set already, or its role is excluded"
        overridden = self.overridden(self.known)
        if nothing and overridden:
            reasons = [
                reason for override in overridden for reason in self.known[override.role].overridden(override).values()
            ]
            nothing = f"nothing to do: every setting is set already, but {'; '.join(reasons)}"
        affected = len({*map(self.target_of, overridden), *(item.target for item in self.plan.actions)})
        return plan_dict(self.plan, affected, "role settings to change", nothing)

    def diff(self) -> Diff:
        before = [f"{role_setting.words}={self.now(role_setting)}" for role_setting in self.role_settings]
        return diff_of(
            "settings of roles",
            before,
            [f"{role_setting.words}={role_setting.value}" for role_setting in self.role_settings],
        )

    def undo(self) -> dict[str, Any]:
        """The values from before."""
        before = [
            {
                "role": role_setting.role,
                "setting": role_setting.setting,
                "value": self.now(role_setting),
                "loosen": True,
            }
            for role_setting in self.role_settings
        ]
        if not before:
            return NOTHING_DONE
        return {"reversible": True, "module": "pg_role_settings", "options": {"settings": before}}


def target_of(role_setting: RoleSetting, now: str) -> str:
    """From which value to which."""
    return f"{unspaced(role_setting.words)}:{unspaced(now) or '-'}->{unspaced(role_setting.value) or '-'}"


def _overridden(role_setting: RoleSetting, database: str, value: str) -> str:
    role, name, setting = printable(role_setting.role), printable(database), role_setting.setting
    return (
        f"in the database {name} {setting} of {role} is {printable(value)}, which overrides the role's own setting:"
        f" ALTER ROLE {plain_identifier(role_setting.role)} IN DATABASE {plain_identifier(database)} RESET {setting}"
    )


def is_set(role_setting: RoleSetting, now: str) -> bool:
    """Whether a role has this guard, in whichever spelling."""
    return now == role_setting.value or bool(
        now and role_setting.value and _same(role_setting.setting, now, role_setting.value)
    )


def plan_role_settings(
    role_settings: Sequence[RoleSetting],
    known: Mapping[str, RoleState],
    snapshot: Snapshot,
    everywhere: Mapping[str, str] | None = None,
) -> Guarding:
    """Those that are not set yet. A role that makes backups is excluded: a timeout would break them. So is one that is
    bound more strictly already, of its own or by what ``everywhere``, or a database, holds for roles without a value of
    their own."""
    actions, excluded = [], []
    for role_setting in role_settings:
        role = known[role_setting.role]
        now = role.settings.get(role_setting.setting, "")
        for database, reason in role.overridden(role_setting).items():
            place = f"{unspaced(role_setting.words)}@{unspaced(database)}"
            excluded.append(Item(place, reason, "", {"who": f"{role_setting.words} in the database {database}"}))
        if is_set(role_setting, now):
            continue
        change = f"{now or 'not set'} -> {role_setting.value or 'not set'}"
        who = f"{printable(role_setting.role)}: {role_setting.setting} {change}"
        target = target_of(role_setting, now)
        why = (
            _protected(role_setting, role, snapshot)
            or _stricter(role_setting, now, (everywhere or {}).get(role_setting.setting, ""))
            or _stricter_in_database(role_setting, role, (everywhere or {}).get(role_setting.setting, ""))
        )
        if why:
            excluded.append(Item(target, why, "", {"who": who}))
            continue
        there = sum(client_session.user == role_setting.role for client_session in snapshot.client_sessions())
        kept = f"; its {there} present sessions keep their values" if there else ""
        actions.append(Item(target, f"limits {SETTINGS[role_setting.setting]}{kept}", "set", {"who": who}))
    return Guarding(Plan(VERB, tuple(actions), tuple(excluded)), tuple(role_settings), known, snapshot)


def _same(setting: str, value: str, other: str) -> bool:
    least = bound(setting, value)
    return least is not None and least == bound(setting, other)


def _stricter(role_setting: RoleSetting, now: str, everywhere: str) -> str:
    """Why it would allow more than what holds now; removing a limit by name is no oversight."""
    if not _allows_more(role_setting, now or everywhere):
        return ""
    return f"is already stricter: {now}" if now else f"is already stricter: {everywhere}, set for the server"


def _stricter_in_database(role_setting: RoleSetting, role: RoleState, everywhere: str) -> str:
    """The same of a database's value for every role, which a value of the role replaces there. What is not bound so in
    the other databases can be bound in each of them."""
    stricter = {
        database: value
        for database, value in sorted(role.inherited(role_setting.setting).items())
        if _allows_more(role_setting, value)
    }
    if not stricter:
        return ""
    open_ones = [database for database in role.databases if not _holds(role_setting, role, database, everywhere)]
    if not open_ones:
        values = [f"{printable(value)} in the database {printable(database)}" for database, value in stricter.items()]
        return f"is already stricter: {', '.join(values)}, set for every role there"
    values = [f"{printable(database)} ({printable(value)})" for database, value in stricter.items()]
    name, setting = plain_identifier(role_setting.role), f"SET {role_setting.setting} = '{role_setting.value}'"
    commands = [
        f"ALTER ROLE {name} IN DATABASE {plain_identifier(database)} {setting}" for database in open_ones[:_SHOWN]
    ]
    more = f"; and so in {len(open_ones) - _SHOWN} more" if len(open_ones) > _SHOWN else ""
    return (
        f"is stricter for every role in the database {', '.join(values)}, which a setting of the role would replace,"
        f" and is not limited to {role_setting.value} in {some([printable(database) for database in open_ones])}:"
        f" {'; '.join(commands)}{more}"
    )


def _holds(role_setting: RoleSetting, role: RoleState, database: str, everywhere: str) -> bool:
    """Whether sessions of the role in a database are bound at least so, as it is; not where that is unknown."""
    setting = role_setting.setting
    places = (role.in_databases.get(database, {}), role.settings, role.of_databases.get(database, {}))
    value = next((place[setting] for place in places if setting in place), everywhere)
    least, wanted = bound(setting, value), bound(setting, role_setting.value)
    return least is not None and wanted is not None and least <= wanted


def _allows_more(role_setting: RoleSetting, value: str) -> bool:
    if role_setting.loosen or not role_setting.value:
        return False
    least, wanted = bound(role_setting.setting, value), bound(role_setting.setting, role_setting.value)
    return least is not None and wanted is not None and least < wanted


def _protected(role_setting: RoleSetting, role: RoleState, snapshot: Snapshot) -> str:
    if not role_setting.value:
        return ""  # removing a limit ends no session
    if not role.logs_in and not role_setting.loosen:
        return (
            "does not log in (NOLOGIN), so that no session gets its settings: members do not inherit them; set it for"
            " the roles that log in"
        )
    if role.superuser:
        return "is a superuser, whose sessions must not be limited"
    backups = [
        session
        for session in snapshot.sessions.values()
        if session.user == role_setting.role
        and (BACKUP_APPLICATIONS.search(session.application) or session.backend_type == "walsender")
    ]
    return f"runs backups or replication (pid {backups[0].pid}); the setting would break them" if backups else ""
