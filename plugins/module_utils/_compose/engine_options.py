# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all modules that ask the engine share with Ansible: where it is, and how long it may take."""

from __future__ import annotations

from typing import Any

from .._core.module import at_least
from .endpoint.io.docker_contexts import resolved
from .io.engine_transport import EngineLogin
from .project_ref import Source

ENGINE_ARGS: dict[str, Any] = {
    "docker_host": {"type": "str", "default": ""},
    "engine_timeout": {"type": "float", "default": 10.0},
}


def engine_login_of(params: dict[str, Any]) -> EngineLogin:
    """The one engine that a run talks to; that it cannot be known is said when it is opened."""
    at_least(params, "engine_timeout", 0.1, "s; an engine that hangs must be noticed")
    return EngineLogin(resolved(params["docker_host"]), params["engine_timeout"])


def named_project_of(params: dict[str, Any]) -> Source:
    """A project that is known by its name alone."""
    return Source(params["project"])
