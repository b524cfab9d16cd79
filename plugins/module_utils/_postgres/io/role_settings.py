# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role settings set and reverted: ALTER ROLE, all of them or none. I/O."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Sequence

from ..._core.errors import InputError, PrivilegeError, ServerError, StandbyError
from ..._core.result import After, Before, carry_out
from ..._core.times import stamp
from ..role_settings import (
    CONNECTIONS,
    UNLIMITED,
    Guarding,
    RoleSetting,
    RoleState,
    is_set,
    plan_role_settings,
    why_not,
)
from ..sql_text import identifier, plain_identifier
from .server import Postgres
from .snapshot import read_snapshot

# With the value that holds for a role without one of its own, as far as this session can derive it. What the session
# set itself hides where its value came from before: then the catalog says whether that was its role's.
AVAILABLE = """
SELECT p.name,
       CASE WHEN p.source IN ('default', 'environment variable', 'configuration file', 'command line', 'global')
                 OR p.source = 'session' AND NOT EXISTS (
                      SELECT FROM pg_catalog.pg_db_role_setting AS s,
                                  LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
                       WHERE pg_catalog.split_part(c.setting, '=', 1) = p.name
                         AND s.setrole IN (0, pg_catalog.to_regrole(pg_catalog.quote_ident(session_user))::oid)
                         AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                                                    WHERE datname = pg_catalog.current_database())))
            THEN p.reset_val || coalesce(p.unit, '') ELSE '' END
  FROM pg_catalog.pg_settings AS p
"""
ROLE_SETTINGS = """
SELECT r.rolname::text, r.rolsuper, r.rolconnlimit, coalesce(s.setconfig, '{}'), r.rolcanlogin
  FROM pg_catalog.pg_roles AS r
  LEFT JOIN pg_catalog.pg_db_role_setting AS s ON s.setrole = r.oid AND s.setdatabase = 0
"""
# Those of a role in one database come before its own; those of a database for all roles come after, of databases that
# sessions can be in: a template is there to be copied, and its settings are not copied with it.
IN_DATABASES = """
SELECT coalesce(r.rolname::text, ''), d.datname::text, s.setconfig
  FROM pg_catalog.pg_db_role_setting AS s
  LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
  JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
 WHERE r.oid IS NOT NULL OR s.setrole = 0 AND d.datallowconn AND NOT d.datistemplate
"""
DATABASES = "SELECT datname::text FROM pg_catalog.pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1"


def apply_role_settings(
    postgres: Postgres, role_settings: Sequence[RoleSetting], only: Sequence[str] | None, check_mode: bool
) -> dict[str, Any]:
    """What pg_role_settings returns: an ActResult, and the statements for review."""
    known = _roles(postgres)
    settings = {row[0]: row[1] or "" for row in postgres.text_rows(AVAILABLE)}
    for role_setting in role_settings:
        why = why_not(role_setting, known, settings)
        if why:
            raise InputError(f"settings: {why}. Nothing was done.")
    planned = plan_role_settings(role_settings, known, read_snapshot(postgres), settings)
    act = SetGuards(postgres)
    result = carry_out(planned, only, check_mode, act, time.monotonic)
    return {**result, "statements": act.statements}


@dataclass
class SetGuards:
    """The act: all guards of the plan, or none."""

    postgres: Postgres
    statements: list[str] = field(default_factory=list)

    def look(self, planned: Guarding) -> Before:
        if planned.role_settings and self.postgres.in_recovery:
            where = self.postgres.login.where
            raise StandbyError(f"{where} is a standby; change role settings on its primary. Nothing was done.")
        self.statements = [_statement(role_setting, shown=True) for role_setting in planned.role_settings]
        evidence = {
            "at": stamp(planned.snapshot.now),
            "server": dict(planned.snapshot.server),
            "plan": planned.as_dict(),
            "before": planned.settings(),
        }
        return Before(planned.settings(), len(planned.role_settings), planned.undo(), evidence)

    def act(self, planned: Guarding) -> After:
        _set(self.postgres, planned.role_settings)
        now = {**planned.known, **_roles(self.postgres)}
        return After(
            done=[f"set {item.detail['who']}" for item in planned.plan.actions],
            state=planned.settings(now),
            left=sum(
                not is_set(role_setting, now[role_setting.role].settings.get(role_setting.setting, ""))
                or bool(now[role_setting.role].overridden(role_setting))
                for role_setting in planned.role_settings
            ),
        )


def _roles(postgres: Postgres) -> dict[str, RoleState]:
    roles = {}
    in_databases: dict[str, dict[str, dict[str, str]]] = {}
    for name, database, settings in postgres.text_rows(IN_DATABASES):
        in_databases.setdefault(name, {})[database] = dict(setting.split("=", 1) for setting in settings)
    of_databases = in_databases.pop("", {})
    databases = [row[0] for row in postgres.text_rows(DATABASES)]
    for name, superuser, limit, settings, logs_in in postgres.text_rows(ROLE_SETTINGS):
        own = dict(setting.split("=", 1) for setting in settings)
        if str(limit) != UNLIMITED:
            own[CONNECTIONS] = str(limit)
        roles[name] = RoleState(name, own, superuser, in_databases.get(name, {}), of_databases, logs_in, databases)
    return roles


def _statement(role_setting: RoleSetting, shown: bool = False) -> str:
    """Names are quoted, settings are from our own list, values are of a checked form."""
    role = (plain_identifier if shown else identifier)(role_setting.role)
    if role_setting.setting == CONNECTIONS:
        return f"ALTER ROLE {role} CONNECTION LIMIT {role_setting.value or UNLIMITED}"
    if not role_setting.value:
        return f"ALTER ROLE {role} RESET {role_setting.setting}"
    return f"ALTER ROLE {role} SET {role_setting.setting} = '{role_setting.value}'"


def _set(postgres: Postgres, role_settings: Sequence[RoleSetting]) -> None:
    try:
        postgres.run("BEGIN")
        for role_setting in role_settings:
            postgres.run(_statement(role_setting))
        postgres.run("COMMIT")
    except PrivilegeError as error:
        postgres.run("ROLLBACK")
        statements = "; ".join(_statement(role_setting, shown=True) for role_setting in role_settings)
        raise PrivilegeError(
            f"Role {postgres.role} may not change other roles on {postgres.login.where}. Nothing was done. Log in as a"
            f" superuser, or let a superuser run: {statements}",
            statements=statements,
        ) from error
    except ServerError as error:
        postgres.run("ROLLBACK")
        raise ServerError(f"No role setting was changed: {error}") from None
