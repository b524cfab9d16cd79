# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which engine is meant: one address for the API, for Compose and for the docker command. Pure.

The order is docker's own: the address that is given (`-H`), DOCKER_HOST, DOCKER_CONTEXT, the context that was selected
with `docker context use`, the local socket. Sources: docker/cli, cli/command/cli.go (resolveContextName,
getServerHost), cli/flags/options.go (the variables of TLS) and cli/context/docker/load.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Collection, Mapping, TypedDict

SOCKET = "unix:///var/run/docker.sock"
TLS_ADDRESS = "tcp://localhost:2376"  # docker's own where TLS is asked for and no address is given
DEFAULT_CONTEXT = "default"
CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"
# Variables that say which engine the docker command talks to, and how.
_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
_SOCKETS = ("unix://", "npipe://", "fd://")


class EngineReport(TypedDict):
    """Which engine a result is of. ``context``: name of the docker context; empty where none was chosen.

    ``chosen_by``: the option, variable or file that says so.
    """

    address: str
    context: str
    chosen_by: str


@dataclass(frozen=True)
class Certificates:
    """What a TLS connection needs. ``files``: names of those of ca.pem, cert.pem and key.pem that are in ``folder``.

    ``verify``: whether the engine's certificate is checked.
    """

    folder: str
    files: tuple[str, ...]
    verify: bool

    def path_of(self, name: str) -> str:
        """Where a file is; empty where there is none."""
        return f"{self.folder}/{name}" if name in self.files else ""

    @property
    def client(self) -> tuple[str, str] | None:
        """Certificate and key of this side; None unless both are there."""
        pair = self.path_of(CERTIFICATE), self.path_of(KEY)
        return pair if all(pair) else None


@dataclass(frozen=True)
class Choice:
    """What was chosen: an address, or the name of a context. ``by``: by which option, variable or file."""

    address: str
    context: str
    by: str


@dataclass(frozen=True)
class EngineEndpoint:
    """Where the engine is. ``problem``: why that cannot be known, in sentences; empty where it is."""

    address: str = SOCKET
    chosen_by: str = "the default"
    context: str = ""
    certificates: Certificates | None = None
    problem: str = ""

    @property
    def local(self) -> bool:
        """Whether it is reached by a socket of this machine."""
        return self.address.startswith("unix://")

    @property
    def place(self) -> str:
        """The address, and what chose it where that is not plain."""
        return f"{self.address} (context {self.context}, {self.chosen_by})" if self.context else self.address

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """Variables with which docker's own programs reach the same engine; ``given``: those of this process."""
        kept = {key: value for key, value in given.items() if key not in _VARIABLES}
        if self.context and self.certificates:
            return {**kept, "DOCKER_CONTEXT": self.context}  # its certificates need not be complete for docker
        kept["DOCKER_HOST"] = self.address
        if self.certificates:
            kept["DOCKER_CERT_PATH"] = self.certificates.folder
            kept["DOCKER_TLS_VERIFY" if self.certificates.verify else "DOCKER_TLS"] = "1"
        return kept

    def as_dict(self) -> EngineReport:
        return {"address": self.address, "context": self.context, "chosen_by": self.chosen_by}


LOCAL_ENGINE = EngineEndpoint()


def choice_of(given: str, environment: Mapping[str, str], selected: str, config_file: str) -> Choice:
    """By docker's own order. ``given``: the module's option; ``selected``: currentContext of ``config_file``."""
    if given.strip():
        return Choice(given.strip(), "", "the option docker_host")
    if environment.get("DOCKER_HOST"):
        return Choice(environment["DOCKER_HOST"].strip(), "", "DOCKER_HOST")
    for name, by in ((environment.get("DOCKER_CONTEXT", ""), "DOCKER_CONTEXT"), (selected, config_file)):
        if name == DEFAULT_CONTEXT:
            return Choice("", "", f"the default context, by {by}")
        if name:
            return Choice("", name, by)
    return Choice("", "", "the default")


def tls_asked(environment: Mapping[str, str]) -> bool:
    """Whether the variables ask for TLS; they are no matter to a context, which has its own."""
    return bool(environment.get("DOCKER_TLS") or environment.get("DOCKER_TLS_VERIFY"))


def endpoint_of_address(
    choice: Choice, environment: Mapping[str, str], folder: str, files: Collection[str]
) -> EngineEndpoint:
    """An address that is given, or the default. ``folder``: where certificates may be, with ``files``."""
    wants_tls = tls_asked(environment)
    address = choice.address or (TLS_ADDRESS if wants_tls else SOCKET)
    address = address if "://" in address else f"tcp://{address}"
    address = SOCKET if address == "unix://" else address
    if not wants_tls or not _by_network(address):
        return EngineEndpoint(address, choice.by)
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    variable = "DOCKER_TLS_VERIFY" if verify else "DOCKER_TLS"
    if CA not in files:
        return EngineEndpoint(
            address,
            choice.by,
            problem=f"The engine at {address} is to be reached by TLS ({variable} is set), and there is no {CA} in"
            f" {folder}. Say with DOCKER_CERT_PATH where {CA}, {CERTIFICATE} and {KEY} are, or unset {variable}."
            " Nothing was done.",
        )
    return EngineEndpoint(address, choice.by, "", Certificates(folder, _known(files), verify))


def endpoint_of_context(choice: Choice, metadata: Any, folder: str, files: Collection[str]) -> EngineEndpoint:
    """A docker context. ``metadata``: its meta.json; ``folder``, ``files``: where its certificates are, and which."""
    name = choice.context
    endpoints = metadata.get("Endpoints") if isinstance(metadata, Mapping) else None
    docker = endpoints.get("docker") if isinstance(endpoints, Mapping) else None
    address = str(docker.get("Host") or "") if isinstance(docker, Mapping) else ""
    if not isinstance(docker, Mapping) or not address:
        return EngineEndpoint(
            "",
            choice.by,
            name,
            problem=f"The docker context {name}, which {choice.by} selects, has no address of an engine. Look at it"
            f" with `docker context inspect {name}`, or say where the engine is with docker_host. Nothing was done.",
        )
    skip = bool(docker.get("SkipTLSVerify"))
    if not _by_network(address) or not (files or skip):
        return EngineEndpoint(address, choice.by, name)
    return EngineEndpoint(address, choice.by, name, Certificates(folder, _known(files), not skip))


def no_such_context(choice: Choice, folder: str) -> EngineEndpoint:
    """A context that is selected and does not exist; ``folder``: where contexts are kept."""
    name = choice.context
    return EngineEndpoint(
        "",
        choice.by,
        name,
        problem=f"The docker context {name}, which {choice.by} selects, does not exist ({folder} has none of that"
        " name). Make it with `docker context create`, select another one with `docker context use`, or say where the"
        " engine is with docker_host. Nothing was done.",
    )


def unreadable_context(choice: Choice, path: str, why: str) -> EngineEndpoint:
    """A context whose files cannot be read, in one sentence and what to do."""
    name = choice.context
    return EngineEndpoint(
        "",
        choice.by,
        name,
        problem=f"The docker context {name}, which {choice.by} selects, cannot be read: {path}: {why}. Correct that, or"
        " say where the engine is with docker_host. Nothing was done.",
    )


def _by_network(address: str) -> bool:
    return not address.startswith((*_SOCKETS, "ssh://"))


def _known(files: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in (CA, CERTIFICATE, KEY) if name in files)
