# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The connection to a Docker engine, through the SDK's low-level client: the only file that imports it. I/O.

The engine is observed through its versioned API and never by parsing a command's text. Every call has a limit, so that
an engine that hangs is named instead of waited for.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Iterator

from ..._core.errors import DriverMissing, EngineError, EngineHangs, PrivilegeError
from ..endpoint.engine_endpoint import CA, LOCAL_ENGINE, EngineEndpoint

# What a server with TLS answers to a request without it, and what both sides say where a certificate is missing.
_NEEDS_TLS = "HTTP request to an HTTPS server"
_TLS_FAILED = ("SSLError", "SSL:", "certificate")


@dataclass(frozen=True)
class EngineLogin:
    """Where the engine is, and seconds for each answer."""

    endpoint: EngineEndpoint = LOCAL_ENGINE
    timeout: float = 10.0

    @property
    def where(self) -> str:
        return self.endpoint.place

    @property
    def local(self) -> bool:
        """Whether it runs on this machine, so that its containers are processes here."""
        return self.endpoint.local


class Transport:
    """A connection to one engine, and its errors in words."""

    def __init__(self, login: EngineLogin) -> None:
        self.login = login
        if login.endpoint.problem:
            raise EngineError(login.endpoint.problem)
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
        with self.call("reach"):
            self.api = _client(docker, login.endpoint)(
                login.endpoint.address,
                version="auto",
                timeout=login.timeout,
                tls=_tls(docker, login.endpoint),
                use_ssh_client=True,  # as docker itself does: with the keys and hosts of ssh's own configuration
            )

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
            raise EngineError(
                f"Could not {what} {subject}: the engine at {self.login.where} refused:"
                f" {_clause(error.explanation or error)}.",
                status=getattr(error.response, "status_code", None),
            ) from None
        except (self._docker.errors.DockerException, self._requests.exceptions.RequestException, OSError) as error:
            raise self._unreachable(f"{what} {subject}", str(error)) from None

    def _unreachable(self, what: str, error: str) -> EngineError | PrivilegeError | DriverMissing:
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
        if _NEEDS_TLS in error or (self.login.endpoint.certificates and any(sign in error for sign in _TLS_FAILED)):
            return EngineError(f"Could not {what} at {where}: {_tls_problem(self.login.endpoint, error)}{end}")
        if "paramiko" in error:
            return DriverMissing(
                f"Could not {what} at {where}: the Python library paramiko, by which the docker SDK uses ssh, is not"
                " installed where the module runs. Install it there (the package python3-paramiko), or run the module"
                f" on that host itself.{end}"
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


def _client(docker: Any, endpoint: EngineEndpoint) -> Any:
    """The SDK's client. With certificates it asks no proxy and takes no other authority (REQUESTS_CA_BUNDLE), which the
    library beneath would prefer to those that are given."""
    if endpoint.certificates is None:
        return docker.APIClient

    class Client(docker.APIClient):
        def merge_environment_settings(self, _url: Any, proxies: Any, stream: Any, _verify: Any, _cert: Any) -> Any:
            return {"proxies": proxies or {}, "stream": stream, "verify": self.verify, "cert": self.cert}

    return Client


def _tls(docker: Any, endpoint: EngineEndpoint) -> Any:
    """The SDK's form of the certificates; False where the connection has none."""
    certificates = endpoint.certificates
    if certificates is None:
        return False
    ca = certificates.path_of(CA) or None
    return docker.tls.TLSConfig(client_cert=certificates.client, ca_cert=ca, verify=certificates.verify)


def _tls_problem(endpoint: EngineEndpoint, error: str) -> str:
    certificates = endpoint.certificates
    if certificates is None:
        source = (
            f"the context {endpoint.context} has no certificates (make it again with `docker context create`, with ca,"
            " cert and key)"
            if endpoint.context
            else "no certificates are given (DOCKER_TLS_VERIFY and DOCKER_CERT_PATH)"
        )
        return f"it wants TLS, and {source}."
    present = ", ".join(certificates.files) or "none of ca.pem, cert.pem and key.pem"
    return f"TLS failed with {present} of {certificates.folder}: {error[-200:].rstrip('.')}."


def refusal_in(answer: Any) -> str:
    """What the engine says of a request that it refused, as a clause."""
    try:
        return _clause(answer.json().get("message") or "")
    except (ValueError, AttributeError):
        return _clause(answer.text)


def _clause(said: Any) -> str:
    """Some of its texts are sentences."""
    return str(said).strip()[:300].rstrip(".")
