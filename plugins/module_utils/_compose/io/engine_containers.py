# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The containers of an engine: what they are, what they log, and acts on them. I/O."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from ..._core.errors import EngineError, EngineHangs, PrivilegeError, ProjectUnknown
from ..acts.stopping import END, REQUESTS, happened
from ..container import KEEPS, PROJECT, Container, container_of, of_compose
from ..drain.io.namespace import is_process_of
from .engine_transport import Transport, refusal_in

_NO_CODE = -1  # of a command that has ended, and of which the engine knows no exit code
_EVENTS = 256  # that it keeps
_GLANCE = 0.1  # seconds between two looks at a command that runs
_CHUNK = 256 * 1024
_HEAD = 8  # bytes before a frame: its stream, three of nothing, its length


class LogPart(NamedTuple):
    """What was written at one moment; ``text``: behind its time (RFC 3339) and a space."""

    stream: str
    text: bytes


class ContainerCalls(Transport):
    """Calls that concern one container, or all."""

    def containers(self, project: str = "") -> list[Container]:
        """Every container that Compose made for the project (for all), one-off runs too; one that went is left out."""
        label = f"{PROJECT}={project}" if project else PROJECT
        with self.call("list the containers of"):
            listed = self.api.containers(all=True, filters={"label": label})
        labels = {container["Id"]: container.get("Labels") or {} for container in listed}
        replicas = [id for id, given in labels.items() if of_compose(given) and KEEPS not in given]
        inspected = (self.container(id) for id in replicas)
        return sorted(
            (container for container in inspected if container is not None), key=lambda container: container.name
        )

    def labelled(self) -> list[dict[str, Any]]:
        """Every container of the engine as its list has it: names, labels, state."""
        with self.call("list the containers of"):
            containers: list[dict[str, Any]] = self.api.containers(all=True)
        return containers

    def container(self, id: str) -> Container | None:
        """One container as it is now; None when it is gone."""
        inspection = self.inspected(id)
        return container_of(inspection) if inspection is not None else None

    def inspected(self, id: str) -> dict[str, Any] | None:
        """The engine's inspection of a container; None when it is gone."""
        try:
            with self.call("inspect", f"container {id[:12]}"):
                inspection: dict[str, Any] = self.api.inspect_container(id)
            return inspection
        except EngineError as error:
            if error.details.get("status") == 404:
                return None
            raise

    def network(self, name: str) -> dict[str, Any]:
        with self.call("inspect", f"network {name}"):
            inspection: dict[str, Any] = self.api.inspect_network(name)
        return inspection

    def networks(self) -> list[dict[str, Any]]:
        """Every network of the engine. Empty, too, where the engine keeps them from this user."""
        networks: list[dict[str, Any]] = []
        with suppress(EngineError), self.call("list the networks of"):
            networks = self.api.networks()
        return networks

    def log(self, id: str, lines: int) -> list[str]:
        """The last lines of a container's log, as they are; a log that cannot be read has none."""
        try:
            text = self.log_text(id, lines)
        except EngineHangs:
            raise
        except EngineError as error:
            return [f"(its log could not be read: {error})"]
        return [str(line) for line in text.decode("utf-8", "replace").splitlines()]

    def log_text(self, id: str, lines: int) -> bytes:
        """The last lines of both streams, each behind its time (RFC 3339) and a space."""
        with self.call("read the log of", f"container {id[:12]}"):
            text: bytes = self.api.logs(id, stdout=True, stderr=True, tail=lines, timestamps=True)
        return text

    def log_parts(self, id: str, lines: int, until: float) -> Iterator[LogPart]:
        """The same until a moment (seconds since 1970), part by part as they come, the oldest first.

        A part is a line, or a piece of one that is longer than 16 KiB, without a line feed. The SDK loses the stream of
        a part, so the answer is read here (Docker's API, "Attach to a container": stream format).
        """
        with self.call("read the log of", f"container {id[:12]}"):
            terminal = bool((self.api.inspect_container(id).get("Config") or {}).get("Tty"))
            url = f"{self.api.base_url}/v{self.api.api_version}/containers/{id}/logs"
            query = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": lines, "until": f"{until:.9f}"}
            answer = self.api.get(url, params=query, stream=True, timeout=self.api.timeout)
            with answer:
                if answer.status_code != 200:
                    raise EngineError(
                        f"Could not read the log of container {id[:12]}: the engine refused: {refusal_in(answer)}.",
                        status=answer.status_code,
                    )
                chunks = answer.iter_content(_CHUNK)
                yield from _lines_of(chunks) if terminal else _frames_of(chunks)

    def exits(self, ids: Sequence[str], since: float, until: float) -> dict[str, int]:
        """What these containers ended with last, between two moments (seconds since 1970).

        The engine forgets that when it starts one again, and keeps its last 256 events; health checks are among them.
        """
        filters = {"type": "container", "event": "die", "container": list(ids)}
        with self.call("read the events of"):
            events = list(self.api.events(since=int(since), until=int(until) + 1, filters=filters, decode=True))
        codes = (
            (container["Actor"]["ID"], str(container["Actor"]["Attributes"].get("exitCode", "")))
            for container in events
        )
        return {id: int(code) for id, code in codes if code.isdigit()}

    def ends(self, ids: Sequence[str], since: float, until: float) -> list[dict[str, Any]]:
        """Ends of these containers and requests to end them, between two moments (seconds since 1970); none where the
        engine keeps its events from this user."""
        filters = {"type": "container", "event": [*REQUESTS, END], "container": list(ids)}
        try:
            with self.call("read the events of"):
                return list(self.api.events(since=int(since), until=int(until), filters=filters, decode=True))
        except EngineHangs:
            raise
        except EngineError:
            return []

    def known_since(self) -> float | None:
        """Seconds since 1970 from which on it knows all of its events; None where it keeps them from this user."""
        try:
            with self.call("read the events of"):
                kept = list(self.api.events(since=1, until=int(time.time()), decode=True))
        except EngineHangs:
            raise
        except EngineError:
            return None
        return min(map(happened, kept)) if len(kept) >= _EVENTS else 0.0

    def events(self, since: float, until: float) -> list[dict[str, Any]]:
        """What it keeps of its events between two moments (seconds since 1970), the oldest first: 256 of every kind."""
        with self.call("read the events of"):
            return list(self.api.events(since=int(since), until=int(until) + 1, decode=True))

    def log_place(self, id: str) -> dict[str, str]:
        """``driver`` of a container's log, and the ``path`` of its file; empty where the driver has none."""
        with self.call("inspect", f"container {id[:12]}"):
            inspection = self.api.inspect_container(id)
            driver = str(((inspection.get("HostConfig") or {}).get("LogConfig") or {}).get("Type") or "")
            path = str(inspection.get("LogPath") or "")
            if driver == "local" and not path:  # the engine does not report it, but always puts it there
                root = str(self.api.info().get("DockerRootDir") or "")
                path = f"{root}/containers/{inspection['Id']}/local-logs/container.log" if root else ""
        return {"driver": driver, "path": path}

    def processes(self, id: str) -> list[dict[str, str]]:
        """The container's processes: pid, ppid, seconds since start, command line; none when it does not run."""
        try:
            with self.call("list the processes of", f"container {id[:12]}"):
                table = self.api.top(id, "-eo pid,ppid,etimes,args")
        except EngineHangs:
            raise
        except EngineError:
            return []
        names = ("pid", "ppid", "seconds", "command")
        return [dict(zip(names, row)) for row in table.get("Processes") or ()]

    def statistics(self, id: str) -> dict[str, Any]:
        """The engine's own counters of a container, two samples a second apart; {} when it ended meanwhile."""
        try:
            with self.call("read the counters of", f"container {id[:12]}"):
                reading: dict[str, Any] = self.api.stats(id, decode=None, stream=False)
            return reading
        except EngineHangs:
            raise
        except EngineError:
            return {}

    def logging(self, id: str) -> tuple[str, str, dict[str, str]]:
        """A container's name, the driver of its log, and that driver's options."""
        with self.call("inspect", f"container {id[:12]}"):
            inspection = self.api.inspect_container(id)
        config = (inspection.get("HostConfig") or {}).get("LogConfig") or {}
        return str(inspection["Name"]).lstrip("/"), str(config.get("Type") or ""), dict(config.get("Config") or {})

    def root_of(self, project: str, service: str) -> str:
        """Where on the host the files of a service's running container are seen (root may look there)."""
        for container in self.containers(project):
            mine = container.service == service and not container.one_off
            if mine and container.running and container.pid:
                if not (self.login.local and is_process_of(container)):
                    raise PrivilegeError(
                        f"The engine at {self.login.where} has its containers on another machine, so the files of"
                        f" {container.name} cannot be read from here. Run this on that machine. Nothing was done."
                    )
                return f"/proc/{container.pid}/root"
        raise ProjectUnknown(f"No container of the service {service} runs, so its files cannot be read.")

    def restart(self, id: str, grace: int) -> None:
        """Stop within ``grace`` seconds, then killed, and started again."""
        with self.call("restart", f"container {id[:12]}"):
            self.api.restart(id, timeout=grace)

    def start(self, id: str) -> None:
        with self.call("start", f"container {id[:12]}"):
            self.api.start(id)

    def connect(self, id: str, network: str, aliases: Sequence[str]) -> None:
        with self.call("connect", f"container {id[:12]} to the network {network}"):
            self.api.connect_container_to_network(id, network, aliases=list(aliases))

    def stop(self, id: str, grace: int) -> None:
        with self.call("stop", f"container {id[:12]}"):
            self.api.stop(id, timeout=grace)

    def unpause(self, id: str) -> None:
        with self.call("unpause", f"container {id[:12]}"):
            self.api.unpause(id)

    def remove(self, id: str) -> None:
        """Remove a container, never its volumes; one that is gone already is no error."""
        try:
            with self.call("remove", f"container {id[:12]}"):
                self.api.remove_container(id, force=True, v=False)
        except EngineError as error:
            if error.details.get("status") not in (404, 409):
                raise

    def remove_stopped(self, id: str) -> bool:
        """Remove a container that does not run, never its volumes; False when it runs, or is gone."""
        return self.removed(lambda: self.api.remove_container(id, force=False, v=False), f"container {id[:12]}")

    def execute_within(self, id: str, argv: Sequence[str], seconds: float) -> int | None:
        """Exit code of a command in a container, -1 where it has ended and none is known; None where it has not ended
        after so many seconds.

        The engine ends no command: on this machine its process is killed here, and elsewhere it runs on. Behind a
        forwarded socket, or in a machine of its own, the number of its process may be that of any one of this host.
        """
        with self.call(f"run {argv[0]} in", f"container {id[:12]}"):
            made = self.api.exec_create(id, list(argv))
            self.api.exec_start(made["Id"], detach=True)
            deadline = time.monotonic() + seconds
            while True:
                run = self.api.exec_inspect(made["Id"])
                if not run.get("Running"):
                    code = run.get("ExitCode")
                    return _NO_CODE if code is None else int(code)
                if time.monotonic() > deadline:
                    break
                time.sleep(_GLANCE)
        pid = int(run.get("Pid") or 0)
        container = self.container(id) if self.login.local and pid else None
        if container is not None and is_process_of(replace(container, pid=pid)):
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        return None

    def execute(self, id: str, argv: Sequence[str], most: int = 500) -> tuple[int, str]:
        """A command in a container: exit code and the end of what it said, ``most`` characters of it."""
        with self.call(f"run {argv[0]} in", f"container {id[:12]}"):
            made = self.api.exec_create(id, list(argv))
            output = self.api.exec_start(made["Id"])
            code = self.api.exec_inspect(made["Id"]).get("ExitCode")
        return int(code if code is not None else 1), output.decode("utf-8", "replace")[-most:]


def _lines_of(chunks: Iterable[bytes]) -> Iterator[LogPart]:
    """Of a terminal, which has one stream and no frames."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield LogPart("stdout", line + b"\n")
    if rest:
        yield LogPart("stdout", rest)


def _frames_of(chunks: Iterable[bytes]) -> Iterator[LogPart]:
    data, place = b"", 0
    for chunk in chunks:
        data, place = data[place:] + chunk, 0
        while len(data) - place >= _HEAD:
            end = place + _HEAD + int.from_bytes(data[place + 4 : place + _HEAD], "big")
            if len(data) < end:
                break
            yield LogPart("stderr" if data[place] == 2 else "stdout", data[place + _HEAD : end])
            place = end
