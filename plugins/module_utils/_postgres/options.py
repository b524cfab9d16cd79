# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the database modules share with Ansible: spec fragments, twins of the documentation's, and what they become."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from .._core.errors import InputError
from .._core.module import at_least
from .exclusions import Mercy
from .io.connection import Login

POSTGRES_ARGS: dict[str, Any] = {
    "login_host": {"type": "str", "default": "localhost"},
    "login_port": {"type": "int", "default": 5432},
    "login_user": {"type": "str", "default": "postgres"},
    "login_password": {"type": "str", "default": "", "no_log": True},
    "login_db": {"type": "str", "default": "postgres"},
    "login_unix_socket": {"type": "str", "default": ""},
    "login_reserve_user": {"type": "str", "default": ""},
    "login_reserve_password": {"type": "str", "default": "", "no_log": True},
    "ssl_mode": {
        "type": "str",
        "default": "prefer",
        "choices": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    },
    "ca_cert": {"type": "path", "default": ""},
    "connect_timeout": {"type": "int", "default": 5},
    "statement_timeout": {"type": "float", "default": 15.0},
    "lock_timeout": {"type": "float", "default": 1.0},
}

MERCY_ARGS: dict[str, Any] = {
    "spare_roles": {"type": "list", "elements": "str", "default": []},
    "spare_applications": {"type": "list", "elements": "str", "default": []},
    "spare_databases": {"type": "list", "elements": "str", "default": []},
    "spare_queries": {"type": "list", "elements": "str", "default": []},
    "spare_superusers": {"type": "bool", "default": True},
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
            raise InputError("also: to look at the pooler, say where it is (pooler_host). Nothing was done.")
        return None
    return replace(
        login_of(params),
        host=params["pooler_host"],
        port=params["pooler_port"],
        unix_socket="",
        user=params["pooler_user"] or params["login_user"],
        password=params["pooler_password"] or params["login_password"],
    )


def login_of(params: dict[str, Any]) -> Login:
    """The connection options as a Login; refuses what could never work."""
    if not 1 <= params["login_port"] <= 65535:
        raise InputError(f"login_port must be between 1 and 65535, not {params['login_port']}.")
    for name in ("connect_timeout", "statement_timeout", "lock_timeout"):
        at_least(params, name, 0.001, "s; every look is bounded, so a limit of 0 (none) is refused")
    return Login(
        host=params["login_host"],
        port=params["login_port"],
        user=params["login_user"],
        password=params["login_password"],
        database=params["login_db"],
        unix_socket=params["login_unix_socket"],
        ssl_mode=params["ssl_mode"],
        ca_cert=params["ca_cert"],
        reserve_user=params["login_reserve_user"],
        reserve_password=params["login_reserve_password"],
        connect_timeout=params["connect_timeout"],
        statement_timeout=params["statement_timeout"],
        lock_timeout=params["lock_timeout"],
    )


def mercy_of(params: dict[str, Any], own_pid: int) -> Mercy:
    """The sparing options as a Mercy; a pattern that is no regular expression is refused."""
    for pattern in params["spare_queries"]:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(
                f"spare_queries: {pattern!r} is no regular expression ({error}). Nothing was done."
            ) from None
    return Mercy(
        roles=frozenset(params["spare_roles"]),
        applications=frozenset(params["spare_applications"]),
        databases=frozenset(params["spare_databases"]),
        queries=tuple(params["spare_queries"]),
        superusers=params["spare_superusers"],
        allow_prepared=params["allow_prepared"],
        own_pid=own_pid,
    )
