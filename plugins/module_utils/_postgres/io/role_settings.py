# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Guards set and taken back: ALTER ROLE, all of them or none. I/O."""

from __future__ import annotations

import time
from typing import Any, Sequence

from ..._core.errors import InputError, PrivilegeError, ServerError, StandbyError
from ..._core.times import stamp
from ..role_settings import (
    CONNECTIONS,
    UNLIMITED,
    Guard,
    RoleState,
    as_dict,
    chosen,
    diff,
    plan_guards,
    undo_of,
    why_not,
)
from ..snapshot import Picture
from ..sql_text import identifier
from .server import Postgres
from .snapshot import read_snapshot

# With the value that holds for a role without one of its own, as far as this session can tell it from its own.
AVAILABLE = """
SELECT name, CASE WHEN source IN ('default', 'environment variable', 'configuration file', 'command line', 'global')
                  THEN reset_val || coalesce(unit, '') ELSE '' END
  FROM pg_catalog.pg_settings
"""
ROLE_SETTINGS = """
SELECT r.rolname::text, r.rolsuper, r.rolconnlimit, coalesce(s.setconfig, '{}')
  FROM pg_catalog.pg_roles AS r
  LEFT JOIN pg_catalog.pg_db_role_setting AS s ON s.setrole = r.oid AND s.setdatabase = 0
"""


def guard(postgres: Postgres, guards: Sequence[Guard], only: Sequence[str] | None, rehearsal: bool) -> dict[str, Any]:
    """What pg_guard_role returns; see its documentation."""
    known = _roles(postgres)
    settings = {row[0]: row[1] or "" for row in postgres.told(AVAILABLE)}
    for one in guards:
        why = why_not(one, known, settings)
        if why:
            raise InputError(f"guards: {why}. Nothing was done.")
    picture = read_snapshot(postgres)
    plan = plan_guards(guards, known, picture, settings).narrowed_to(only)
    mine = chosen(plan, guards, known)
    if mine and postgres.in_recovery:
        raise StandbyError(f"{postgres.login.where} is a standby; set guards on its primary. Nothing was done.")
    began = time.monotonic()
    if mine and not rehearsal:
        _set(postgres, mine)
    acted = bool(mine) and not rehearsal
    return {
        "changed": bool(mine),
        "plan": as_dict(plan),
        "done": [f"set {item.detail['who']}" for item in plan.actions] if acted else [],
        "statements": [_statement(one, shown=True) for one in mine],
        "left": 0 if acted else len(mine),
        "missed": [],
        "seconds": round(time.monotonic() - began, 2) if acted else None,
        "undo": undo_of(mine, known) if mine else {"reversible": False, "why": "nothing was done"},
        "evidence": _evidence(picture, guards, known, as_dict(plan)),
        "diff": diff(mine, known),
    }


def _roles(postgres: Postgres) -> dict[str, RoleState]:
    found = {}
    for name, superuser, limit, settings in postgres.told(ROLE_SETTINGS):
        own = dict(one.split("=", 1) for one in settings)
        if str(limit) != UNLIMITED:
            own[CONNECTIONS] = str(limit)
        found[name] = RoleState(name, own, superuser)
    return found


def _statement(one: Guard, shown: bool = False) -> str:
    """Names are quoted, settings are from our own list, values are of a checked form."""
    role = one.role if shown and one.role.isidentifier() and one.role.islower() else identifier(one.role)
    if one.setting == CONNECTIONS:
        return f"ALTER ROLE {role} CONNECTION LIMIT {one.value or UNLIMITED}"
    if not one.value:
        return f"ALTER ROLE {role} RESET {one.setting}"
    return f"ALTER ROLE {role} SET {one.setting} = '{one.value}'"


def _set(postgres: Postgres, guards: Sequence[Guard]) -> None:
    try:
        postgres.tell("BEGIN")
        for one in guards:
            postgres.tell(_statement(one))
        postgres.tell("COMMIT")
    except PrivilegeError as error:
        postgres.tell("ROLLBACK")
        statements = "; ".join(_statement(one, shown=True) for one in guards)
        raise PrivilegeError(
            f"Role {postgres.role} may not change other roles on {postgres.login.where}. Nothing was done. Log in as a"
            f" superuser, or have one run: {statements}",
            statements=statements,
        ) from error
    except ServerError as error:
        postgres.tell("ROLLBACK")
        raise ServerError(f"No guard was set: {error}") from None


def _evidence(
    picture: Picture, guards: Sequence[Guard], known: dict[str, RoleState], plan: dict[str, Any]
) -> dict[str, Any]:
    roles = sorted({one.role for one in guards})
    return {
        "at": stamp(picture.now),
        "server": dict(picture.server),
        "plan": plan,
        "before": {role: dict(known[role].settings) for role in roles},
    }
