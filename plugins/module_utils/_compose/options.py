# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the compose modules share with Ansible: spec fragments (twins of the doc fragments) and what is made of them."""

from __future__ import annotations

from typing import Any, Sequence

from .._core.errors import InputError
from .._core.module import at_least, names
from .drain.command import IN_PROXY, IN_REPLICA
from .engine_options import ENGINE_ARGS, engine_login_of
from .io.request import Request
from .project_ref import Source
from .replicas import RolloutOptions
from .restart import METHODS
from .scale import Bounds

COMPOSE_ARGS: dict[str, Any] = {
    **ENGINE_ARGS,
    "project": {"type": "str", "default": ""},
    "files": {"type": "list", "elements": "str", "default": []},
    "project_directory": {"type": "str", "default": ""},
    "env_files": {"type": "list", "elements": "str", "default": []},
    "profiles": {"type": "list", "elements": "str", "default": []},
}

ROLLOUT_ARGS: dict[str, Any] = {
    "only": {"type": "list", "elements": "str"},
    "ready_timeout": {"type": "float", "default": 120.0},
    "stable": {"type": "float", "default": 10.0},
    "grace": {"type": "int"},
    "drain": {"type": "bool", "default": True},
    "drain_timeout": {"type": "float", "default": 10.0},
    "drain_wait": {"type": "float", "default": 3.0},
    "drain_command": {"type": "list", "elements": "str", "default": []},
    "drain_undo": {"type": "list", "elements": "str", "default": []},
    "drain_in": {"type": "str", "default": IN_REPLICA, "choices": [IN_REPLICA, IN_PROXY]},
    "singletons": {"type": "list", "elements": "str", "default": []},
    "pause": {"type": "float", "default": 11.0},
    "proxy": {"type": "str", "default": ""},
    "proxy_reload": {"type": "list", "elements": "str", "default": ["nginx", "-s", "reload"]},
    "proxy_test": {"type": "list", "elements": "str", "default": ["nginx", "-t", "-q"]},
    "compose_timeout": {"type": "float", "default": 180.0},
}


SCALE_ARGS: dict[str, Any] = {
    "service": {"type": "str", "required": True},
    "replicas": {"type": "str", "required": True},
    "max_replicas": {"type": "int", "default": 20},
    "allow_drift": {"type": "bool", "default": False},
    "allow_shared_data": {"type": "bool", "default": False},
    "expected": {"type": "int"},
    "memory_reserve": {"type": "float", "default": 0.1},
    "connections_per_replica": {"type": "int", "default": 0},
    "connections_free": {"type": "int"},
}

RESTART_ARGS: dict[str, Any] = {
    "services": {"type": "list", "elements": "str", "default": []},
    "containers": {"type": "list", "elements": "str", "default": []},
    "everything": {"type": "bool", "default": False},
    "which": {"type": "str", "default": "all", "choices": ["all", "running", "unhealthy"]},
    "method": {"type": "str", "default": "auto", "choices": list(METHODS)},
    "at_once": {"type": "bool", "default": False},
    "uncertain": {"type": "dict", "default": {}},
}

SWITCH_ARGS: dict[str, Any] = {
    "containers": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
}


def source_of(params: dict[str, Any]) -> Source:
    """The options that say which project; paths must be absolute, since a module runs in no particular folder."""
    for name in ("files", "env_files"):
        for path in params[name]:
            if not path.startswith("/"):
                raise InputError(f"{name}: {path!r} must be an absolute path. Nothing was done.")
    if params["project_directory"] and not params["project_directory"].startswith("/"):
        raise InputError(
            f"project_directory: {params['project_directory']!r} must be an absolute path. Nothing was done."
        )
    return Source(
        params["project"],
        params["project_directory"],
        tuple(params["files"]),
        tuple(params["env_files"]),
        tuple(params["profiles"]),
    )


def rollout_options_of(params: dict[str, Any]) -> RolloutOptions:
    """How the act is carried out; refuses limits that would not bound anything."""
    for name in ("ready_timeout", "compose_timeout"):
        at_least(params, name, 1, "s")
    for name in ("stable", "drain_timeout", "drain_wait", "pause"):
        at_least(params, name, 0, "s")
    if params["grace"] is not None:
        at_least(params, "grace", 0, "s")
    if params["proxy"] and not params["proxy_reload"]:
        raise InputError("proxy is given without a command in proxy_reload. Nothing was done.")
    if params["drain_command"] and not params["drain_undo"]:
        raise InputError("drain_command is given without a command in drain_undo. Nothing was done.")
    if params["drain_command"] and params["drain_in"] == IN_PROXY and not params["proxy"]:
        raise InputError("drain_in is proxy, and no proxy is given. Nothing was done.")
    return RolloutOptions(
        ready_timeout=params["ready_timeout"],
        stable=params["stable"],
        grace=params["grace"],
        drain=params["drain"],
        drain_timeout=params["drain_timeout"],
        drain_wait=params["drain_wait"],
        drain_command=tuple(params["drain_command"]),
        drain_undo=tuple(params["drain_undo"]),
        drain_in=params["drain_in"],
        singletons=tuple(sorted(filter(None, names(params, "singletons")))),
        pause=params["pause"],
        proxy=params["proxy"],
        proxy_reload=tuple(params["proxy_reload"]),
        proxy_test=tuple(params["proxy_test"]),
    )


def snapshot_order_of(params: dict[str, Any], check_mode: bool) -> Request:
    """For what leaves the containers as they are, and so takes no options of how to change them."""
    return Request(engine_login_of(params), source_of(params), RolloutOptions(), 60.0, None, check_mode)


def names_in(given: Sequence[str]) -> list[str]:
    """Names of services or containers without the blanks around them: Ansible splits a text at its commas alone. A text
    without a name stays what it is, since no name may never become every one.

    >>> names_in(["web", " worker", ""])
    ['web', 'worker']
    >>> names_in([""])
    ['']
    """
    return [name.strip() for name in given if name.strip()] or list(given)


def request_of(params: dict[str, Any], check_mode: bool) -> Request:
    """The options that every act has."""
    return Request(
        engine_login_of(params),
        source_of(params),
        rollout_options_of(params),
        params["compose_timeout"],
        params["only"],
        check_mode,
    )


def bounds_of(params: dict[str, Any]) -> Bounds:
    """What the site allows of more replicas."""
    at_least(params, "max_replicas", 1)
    at_least(params, "connections_per_replica", 0)
    at_least(params, "memory_reserve", 0)
    if params["memory_reserve"] >= 1:
        raise InputError("memory_reserve is a share of the host's memory and must be less than 1. Nothing was done.")
    return Bounds(
        max_replicas=params["max_replicas"],
        allow_drift=params["allow_drift"],
        memory_reserve=params["memory_reserve"],
        connections_per_replica=params["connections_per_replica"],
        connections_free=params["connections_free"],
        allow_shared_data=params["allow_shared_data"],
        expected=params["expected"],
    )
