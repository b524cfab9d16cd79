# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Guards: settings of a role that keep a fault from coming back tonight, and that are taken back as easily. Pure.

They bind sessions that begin from now on; those that are there keep what they have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Collection, Mapping, Sequence

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict, unspaced
from .._core.result import NOTHING_DONE, PlannedAct
from .._core.text import printable
from .exclusions import BACKUP_APPLICATIONS
from .snapshot import Picture

VERB = "guard_role"
CONNECTIONS = "connection_limit"  # ALTER ROLE ... CONNECTION LIMIT: no setting, and told as one
# What each guards against. PostgreSQL documentation, "Client Connection Defaults".
SETTINGS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": "transactions that were forgotten",
    "idle_session_timeout": "sessions that were forgotten; not for roles behind a pooler",
    "statement_timeout": "statements without an end",
    "lock_timeout": "waiting for a lock without an end",
    "transaction_timeout": "transactions without an end; from version 17 on",
    "client_connection_check_interval": "statements whose client is gone",
    CONNECTIONS: "a pool that grows without an end",
}
_DURATION = re.compile(r"^(\d+(?:\.\d+)?) ?(us|ms|s|min|h|d)?\Z")
# Milliseconds; a bare number counts them, for every setting here.
_UNITS = {"us": 0.001, "ms": 1, "": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_LIMIT = re.compile(r"^(-1|\d+)\Z")
UNLIMITED = "-1"


@dataclass(frozen=True)
class Guard:
    """One setting of one role; ``value`` empty: none of its own, as before anybody set it.

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
    """A role as the catalog has it."""

    name: str
    settings: Mapping[str, str]
    superuser: bool = False


def normal(role: str, setting: str, value: str, loosen: bool = False) -> Guard:
    """One spelling of each: no limit is none, and 05 is 5."""
    if setting == CONNECTIONS and _LIMIT.match(value):
        value = "" if value == UNLIMITED else str(int(value))
    return Guard(role, setting, value, loosen)


def bound(setting: str, value: str) -> float | None:
    """How much a value lets through: milliseconds, or connections; without an end where it bounds nothing.

    None where it cannot be told, as of a spelling that is not ours.

    >>> bound("lock_timeout", "2min") == bound("lock_timeout", "120s")
    True
    """
    if setting == CONNECTIONS:
        return float(value) if value.isdigit() else float("inf")
    if not value:
        return float("inf")
    found = _DURATION.match(value.strip())
    if not found:
        return None
    return float(found.group(1)) * _UNITS[found.group(2) or ""] or float("inf")  # 0 turns it off


def why_not(guard: Guard, known: Mapping[str, RoleState], settings: Collection[str]) -> str:
    """Why it cannot be set, in a sentence; empty when it can. ``settings``: those that the server has."""
    if guard.setting not in SETTINGS:
        return f"{guard.setting!r} is no guard: there are {', '.join(SETTINGS)}"
    if guard.role not in known:
        return f"there is no role {guard.role!r}"
    if guard.setting != CONNECTIONS and guard.setting not in settings:
        return f"this server has no setting {guard.setting} (its version is too old)"
    fits = _LIMIT if guard.setting == CONNECTIONS else _DURATION
    if guard.value and not fits.match(guard.value):
        wanted = "a number, -1 for no limit" if guard.setting == CONNECTIONS else "a time like 30s, 5min or 0"
        return f"{guard.setting} of {guard.role} is given {guard.value!r} and needs {wanted}"
    return ""


@dataclass(frozen=True)
class Guarding(PlannedAct):
    """The plan to set guards; ``known``: the roles as they were when it was made."""

    plan: Plan
    every: tuple[Guard, ...]
    known: Mapping[str, RoleState]
    picture: Picture

    @property
    def guards(self) -> list[Guard]:
        """Those that the plan does set."""
        return [guard for guard in self.every if self.target_of(guard) in self.plan.targets]

    def now(self, guard: Guard) -> str:
        return self.known[guard.role].settings.get(guard.setting, "")

    def target_of(self, guard: Guard) -> str:
        return target_of(guard, self.now(guard))

    def settings(self, known: Mapping[str, RoleState] | None = None) -> dict[str, Any]:
        """Of every role that was asked for, its own settings; ``known``: as they are by now."""
        return {role: dict((known or self.known)[role].settings) for role in sorted({one.role for one in self.every})}

    def as_dict(self) -> PlanDict:
        nothing = "" if self.plan.actions else "nothing to do: every guard is set already, or its role is spared"
        return plan_dict(self.plan, len(self.plan.actions), "guards to set", nothing)

    def diff(self) -> Diff:
        before = [f"{guard.words}={self.now(guard)}" for guard in self.guards]
        return diff_of("settings of roles", before, [f"{guard.words}={guard.value}" for guard in self.guards])

    def undo(self) -> dict[str, Any]:
        """The values from before."""
        before = [
            {"role": guard.role, "setting": guard.setting, "value": self.now(guard), "loosen": True}
            for guard in self.guards
        ]
        if not before:
            return NOTHING_DONE
        return {"reversible": True, "module": "pg_guard_role", "options": {"guards": before}}


def target_of(guard: Guard, now: str) -> str:
    """From which value to which."""
    return f"{unspaced(guard.words)}:{unspaced(now) or '-'}->{unspaced(guard.value) or '-'}"


def is_set(guard: Guard, now: str) -> bool:
    """Whether a role has this guard, in whichever spelling."""
    return now == guard.value or bool(now and guard.value and _same(guard.setting, now, guard.value))


def plan_guards(
    guards: Sequence[Guard],
    known: Mapping[str, RoleState],
    picture: Picture,
    everywhere: Mapping[str, str] | None = None,
) -> Guarding:
    """Those that are not set yet. A role that makes backups is spared: a timeout would break them. So is one that is
    bound more strictly already, by itself or by what ``everywhere`` holds for roles without a value of their own."""
    actions, spared = [], []
    for guard in guards:
        role = known[guard.role]
        now = role.settings.get(guard.setting, "")
        if is_set(guard, now):
            continue
        who = f"{printable(guard.role)}: {guard.setting} {now or 'not set'} -> {guard.value or 'not set'}"
        target = target_of(guard, now)
        why = _protected(guard, role, picture) or _stricter(guard, now, (everywhere or {}).get(guard.setting, ""))
        if why:
            spared.append(Item(target, why, "", {"who": who}))
            continue
        there = sum(one.user == guard.role for one in picture.client_sessions())
        kept = f"; the {there} sessions that it has keep what they have" if there else ""
        actions.append(Item(target, f"guards against {SETTINGS[guard.setting]}{kept}", "set", {"who": who}))
    return Guarding(Plan(VERB, tuple(actions), tuple(spared)), tuple(guards), known, picture)


def _same(setting: str, one: str, other: str) -> bool:
    least = bound(setting, one)
    return least is not None and least == bound(setting, other)


def _stricter(guard: Guard, now: str, everywhere: str) -> str:
    """Why it would let more through than what holds now; taking a guard away by name is nobody's oversight."""
    if guard.loosen or not guard.value:
        return ""
    least, wanted = bound(guard.setting, now or everywhere), bound(guard.setting, guard.value)
    if least is None or wanted is None or least >= wanted:
        return ""
    return f"is stricter already: {now}" if now else f"is stricter already: {everywhere} holds for every role"


def _protected(guard: Guard, role: RoleState, picture: Picture) -> str:
    if not guard.value:
        return ""  # taking a guard away harms nobody
    if role.superuser:
        return "is a superuser, who must get in and be let work"
    backups = [
        one
        for one in picture.sessions.values()
        if one.user == guard.role and (BACKUP_APPLICATIONS.search(one.application) or one.backend_type == "walsender")
    ]
    return f"makes backups or replicates (pid {backups[0].pid}); a guard would break that" if backups else ""
