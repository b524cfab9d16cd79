"""The engine of the tests, for what is called without a module's process."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint import EngineEndpoint
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_transport import EngineLogin

from support.engine import socket_path


def engine_login(timeout: float = 10.0) -> EngineLogin:
    """``timeout``: seconds for each answer."""
    return EngineLogin(EngineEndpoint(f"unix://{socket_path()}"), timeout)
