# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the database modules share with Ansible: spec fragments, twins of the documentation's, and what they become."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from .._core.errors import InputError
from .._core.module import at_least, names
from .exclusions import Exclusions
from .io.connection import Login, environment

POSTGRES_ARGS: dict[str, Any] = {
    # Without defaults: what is not given may be a service's (see login_of).
    "login_host": {"type": "str", "aliases": ["host"]},
    "login_port": {"type": "int", "aliases": ["port"]},
    "login_user": {"type": "str", "aliases": ["login"]},
    "login_password": {"type": "str", "default": "", "no_log": True},
    "login_db": {"type": "str", "aliases": ["db", "database"]},
    "login_unix_socket": {"type": "str", "default": "", "aliases": ["unix_socket"]},
    "login_reserve_user": {"type": "str", "default": ""},
    "login_reserve_password": {"type": "str", "default": "", "no_log": True},
    "session_role": {"type": "str", "default": ""},
    "ssl_mode": {
        "type": "str",
        "default": "prefer",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "aliases": ["sslmode"],
    },
    "ca_cert": {"type": "path", "default": "", "aliases": ["ssl_rootcert"]},
    "ssl_cert": {"type": "path", "default": ""},
    "ssl_key": {"type": "path", "default": "", "no_log": False},
    "connect_params": {"type": "dict", "default": {}},
    "connect_timeout": {"type": "int", "default": 5},
    "statement_timeout": {"type": "float", "default": 15.0},
    "lock_timeout": {"type": "float", "default": 1.0},
}

# What libpq calls it, and the option that it is here: a secret in connect_params would be printed.
_OPTION_OF = {
    "password": "login_password",
    "sslpassword": "an ssl_key without a password",
    "host": "login_host",
    "hostaddr": "login_host",
    "port": "login_port",
    "user": "login_user",
    "dbname": "login_db",
    "sslmode": "ssl_mode",
    "client_encoding": "nothing",
    "replication": "nothing",
}

EXCLUSION_ARGS: dict[str, Any] = {
    "exclude_roles": {"type": "list", "elements": "str", "default": [], "aliases": ["spare_roles"]},
    "exclude_applications": {"type": "list", "elements": "str", "default": [], "aliases": ["spare_applications"]},
    "exclude_databases": {"type": "list", "elements": "str", "default": [], "aliases": ["spare_databases"]},
    # A list or one text: Ansible would split a pattern at its commas.
    "exclude_queries": {"type": "raw", "default": [], "aliases": ["spare_queries"]},
    "exclude_superusers": {"type": "bool", "default": True, "aliases": ["spare_superusers"]},
    "application_superusers": {"type": "list", "elements": "str", "default": []},
    "allow_prepared": {"type": "bool", "default": False},
}

POOLER_ARGS: dict[str, Any] = {
    "pooler_host": {"type": "str", "default": ""},
    "pooler_port": {"type": "int", "default": 6432},
    "pooler_user": {"type": "str", "default": ""},
    "pooler_password": {"type": "str", "default": "", "no_log": True},
}


def pooler_of(params: dict[str, Any]) -> Login | None:
    """Where the pooler's console is; None where no host was given."""
    if not params["pooler_host"]:
        if "pooler" in params["also"]:
            raise InputError("also: pooler needs the option pooler_host. Nothing was done.")
        return None
    return replace(
        login_of(params),
        service="",
        session_role="",
        host=_bare(params["pooler_host"]),
        port=params["pooler_port"],
        unix_socket="",
        user=params["pooler_user"] or params["login_user"] or Login().user,
        password=params["pooler_password"] or params["login_password"],
    )


def login_of(params: dict[str, Any]) -> Login:
    """The connection options as a Login; refuses what could never work.

    What is not given is the service's that connect_params or PGSERVICE on the host names; else the default.
    """
    for name in ("connect_timeout", "statement_timeout", "lock_timeout"):
        at_least(params, name, 0.001, "s, since every query must have a limit (0 would be none)")
    more = {str(name): str(value) for name, value in params["connect_params"].items()}
    for name, option in _OPTION_OF.items():
        if name in more:
            raise InputError(f"connect_params: use {option} instead of {name}. Nothing was done.")
    service = more.pop("service", "") or environment("PGSERVICE")
    defaults = Login("", 0, "", database="", service=service) if service else Login()
    port = params["login_port"]
    if port is not None and not 1 <= port <= 65535:
        raise InputError(f"login_port must be between 1 and 65535, not {port}.")
    return replace(
        defaults,
        host=defaults.host if params["login_host"] is None else _bare(params["login_host"]),
        port=port or defaults.port,
        user=params["login_user"] or defaults.user,
        password=params["login_password"],
        database=params["login_db"] or defaults.database,
        unix_socket=params["login_unix_socket"],
        # The default would win over a stricter mode of the service, and the login would not be verified.
        ssl_mode="" if service and params["ssl_mode"] == defaults.ssl_mode else params["ssl_mode"],
        ca_cert=params["ca_cert"],
        ssl_cert=params["ssl_cert"],
        ssl_key=params["ssl_key"],
        session_role=params["session_role"],
        more=tuple(more.items()),
        reserve_user=params["login_reserve_user"],
        reserve_password=params["login_reserve_password"],
        connect_timeout=params["connect_timeout"],
        statement_timeout=params["statement_timeout"],
        lock_timeout=params["lock_timeout"],
    )


def at_database(login: Login, database: str) -> Login:
    """The same login to another database; an empty name changes nothing."""
    return replace(login, database=database) if database else login


def _bare(host: str) -> str:
    """An IPv6 address without the brackets that a URL has."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def exclusions_of(params: dict[str, Any], own_pid: int) -> Exclusions:
    """The exclusion options as Exclusions; a pattern that is no regular expression is refused."""
    patterns = _patterns(params["exclude_queries"])
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(
                f"exclude_queries: {pattern!r} is not a valid regular expression ({error}). Nothing was done."
            ) from None
    return Exclusions(
        roles=names(params, "exclude_roles"),
        applications=names(params, "exclude_applications"),
        databases=names(params, "exclude_databases"),
        queries=patterns,
        superusers=params["exclude_superusers"],
        application_superusers=names(params, "application_superusers"),
        allow_prepared=params["allow_prepared"],
        own_pid=own_pid,
    )


def _patterns(given: Any) -> tuple[str, ...]:
    """A text is one pattern. With a comma it is refused: it may be one, or several that were separated by it."""
    several = [given] if isinstance(given, str) and given else given or []
    if isinstance(given, str) and "," in given:
        raise InputError(
            f"exclude_queries: {given!r} has a comma, and may be one pattern or several. Nothing was done. Give a list,"
            " as exclude_queries: ['first', 'second']; with -e as JSON."
        )
    if not isinstance(several, (list, tuple)) or any(isinstance(each, (list, tuple, dict)) for each in several):
        raise InputError(f"exclude_queries: {given!r} is not a list of texts. Nothing was done. Give such a list.")
    return tuple(str(each) for each in several)
