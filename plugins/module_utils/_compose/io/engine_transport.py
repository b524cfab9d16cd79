# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection to a Docker engine, through the SDK's low-level client: the only file that imports it. I/O.

The engine is observed through its versioned API and never by parsing a command's text. Every call has a limit, so that
an engine that hangs is named instead of waited for.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from ..._core.errors import DriverMissing, EngineError, EngineHangs, PrivilegeError

SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class EngineLogin:
    """Where the engine is (as DOCKER_HOST says it; empty: as the environment says), seconds for each answer."""

    host: str = ""
    timeout: float = 10.0

    @property
    def where(self) -> str:
        return self.host or os.environ.get("DOCKER_HOST", "") or SOCKET

    @property
    def local(self) -> bool:
        """Whether it runs on this machine, so that its containers are processes here."""
        return self.where.startswith("unix://")


class Transport:
    """A connection to one engine, and its errors in words."""

    def __init__(self, login: EngineLogin) -> None:
        self.login = login
        try:
            import docker  # noqa: PLC0415 (asked for only where it is needed, and missed in words)
            import requests  # noqa: PLC0415
        except ImportError as error:
            raise DriverMissing(
                f"The Python library {error.name or 'docker'} is not installed where the module runs. Install the"
                " docker SDK there (python3 -m pip install docker, or the package python3-docker), or set"
                " ansible_python_interpreter to a Python that has it. Nothing was done."
            ) from None
        self._docker, self._requests = docker, requests
        more: dict[str, Any] = {}
        if not login.host:
            with self.call("reach"):
                more = {key: value for key, value in docker.utils.kwargs_from_env().items() if key != "base_url"}
        with self.call("reach"):
            self.api = docker.APIClient(login.where, version="auto", timeout=login.timeout, **more)

    def close(self) -> None:
        self.api.close()

    @contextmanager
    def call(self, what: str, subject: str = "the engine") -> Iterator[None]:
        """Whatever the SDK raises, as one paragraph; ``what`` is the verb."""
        try:
            yield
        except self._requests.exceptions.Timeout:
            raise EngineHangs(
                f"Could not {what} {subject}: the engine at {self.login.where} accepted the request and did not answer"
                f" within {self.login.timeout:g} s. It hangs or is overloaded: read its log (journalctl -u docker) and"
                " check the host's disk and memory. Containers keep running without it; do not restart it blindly."
            ) from None
        except self._docker.errors.APIError as error:
            explanation = str(error.explanation or error)[:300]
            raise EngineError(
                f"Could not {what} {subject}: the engine at {self.login.where} refused: {explanation}.",
                status=getattr(error.response, "status_code", None),
            ) from None
        except (self._docker.errors.DockerException, self._requests.exceptions.RequestException, OSError) as error:
            raise self._unreachable(f"{what} {subject}", str(error)) from None

    def _unreachable(self, what: str, error: str) -> EngineError | PrivilegeError:
        where = self.login.where
        # Once something has been done, the caller reports the state.
        end = " Nothing was done." if what.startswith("reach") else ""
        if "Permission denied" in error or "PermissionError" in error:
            return PrivilegeError(
                f"Could not {what}: this user may not use the engine's socket {where}. Use `become: true`, or make the"
                f" user a member of the group docker (which is as good as root).{end}"
            )
        if "timed out" in error.lower():
            return EngineHangs(
                f"Could not {what}: the engine at {where} does not answer within {self.login.timeout:g} s. It hangs:"
                f" read its log (journalctl -u docker).{end}"
            )
        if "FileNotFoundError" in error or "No such file" in error:
            cause = "there is no such socket: is Docker installed, and does dockerd run on this host?"
        elif "refused" in error.lower():
            cause = "nothing listens there: dockerd does not run."
        else:
            cause = f"{error[:200].rstrip('.')}."
        return EngineError(
            f"Could not {what} at {where}: {cause} Start it (systemctl start docker), or say where it is with"
            f" docker_host.{end}"
        )

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Give each answer that much more time: for what takes long where much is kept."""
        usual = self.api.timeout
        self.api.timeout = max(usual, seconds)
        try:
            yield
        finally:
            self.api.timeout = usual

    def removed(self, act: Callable[[], Any], subject: str) -> bool:
        try:
            with self.call("remove", subject):
                act()
            return True
        except EngineError as error:
            if error.details.get("status") in (404, 409):
                return False
            raise
