# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker engine, through the SDK's low-level client: the only file that imports it. I/O.

The engine is observed through its versioned API and never by parsing a command's text. Every call has a limit, so that
an engine that hangs is named instead of waited for.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

from ..._core.errors import DriverMissing, EngineError, EngineHangs, PrivilegeError, ProjectUnknown
from ..container import PROJECT, Container, container_of

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


class Engine:
    """One engine, for one run."""

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
            with self._told("reach"):
                more = {key: value for key, value in docker.utils.kwargs_from_env().items() if key != "base_url"}
        with self._told("reach"):
            self.api = docker.APIClient(login.where, version="auto", timeout=login.timeout, **more)

    def close(self) -> None:
        self.api.close()

    @contextmanager
    def _told(self, what: str, subject: str = "the engine") -> Iterator[None]:
        """Whatever the SDK raises, as one paragraph; ``what`` is the verb."""
        try:
            yield
        except self._requests.exceptions.Timeout:
            raise EngineHangs(
                f"Could not {what} {subject}: the engine at {self.login.where} took the request and did not answer"
                f" within {self.login.timeout:g} s. It hangs or is overloaded: look at its log (journalctl -u docker)"
                " and at the host's disk and memory. What runs goes on without it; do not restart it blindly."
            ) from None
        except self._docker.errors.APIError as error:
            said = str(error.explanation or error)[:300]
            raise EngineError(
                f"Could not {what} {subject}: the engine at {self.login.where} refused: {said}.",
                status=getattr(error.response, "status_code", None),
            ) from None
        except (self._docker.errors.DockerException, self._requests.exceptions.RequestException, OSError) as error:
            raise self._unreachable(f"{what} {subject}", str(error)) from None

    def _unreachable(self, what: str, said: str) -> EngineError | PrivilegeError:
        where = self.login.where
        # Once something has been done, how things stand is for whoever did it to say.
        end = " Nothing was done." if what.startswith("reach") else ""
        if "Permission denied" in said or "PermissionError" in said:
            return PrivilegeError(
                f"Could not {what}: this user may not use the engine's socket {where}. Use `become: true`, or make the"
                f" user a member of the group docker (which is as good as root).{end}"
            )
        if "timed out" in said.lower():
            return EngineHangs(
                f"Could not {what}: the engine at {where} does not answer within {self.login.timeout:g} s. It hangs:"
                f" look at its log (journalctl -u docker).{end}"
            )
        if "FileNotFoundError" in said or "No such file" in said:
            cause = "there is no such socket: is Docker installed, and does dockerd run on this host?"
        elif "refused" in said.lower():
            cause = "nobody listens there: dockerd does not run."
        else:
            cause = f"{said[:200].rstrip('.')}."
        return EngineError(
            f"Could not {what} at {where}: {cause} Start it (systemctl start docker), or say where it is with"
            f" docker_host.{end}"
        )

    # -- looking

    def containers(self, project: str = "") -> list[Container]:
        """Every container of the project (of all projects), one-off runs included; one that went is left out."""
        label = f"{PROJECT}={project}" if project else PROJECT
        with self._told("list the containers of"):
            listed = self.api.containers(all=True, filters={"label": label})
        found = (self.container(one["Id"]) for one in listed)
        return sorted((one for one in found if one is not None), key=lambda one: one.name)

    def labelled(self) -> list[dict[str, Any]]:
        """Every container of the engine as its list has it: names, labels, state."""
        with self._told("list the containers of"):
            found: list[dict[str, Any]] = self.api.containers(all=True)
        return found

    def container(self, id: str) -> Container | None:
        """One container as it is now; None when it is gone."""
        found = self.inspected(id)
        return container_of(found) if found is not None else None

    def inspected(self, id: str) -> dict[str, Any] | None:
        """All that the engine tells of a container; None when it is gone."""
        try:
            with self._told("inspect", f"container {id[:12]}"):
                found: dict[str, Any] = self.api.inspect_container(id)
            return found
        except EngineError as error:
            if error.details.get("status") == 404:
                return None
            raise

    def image(self, reference: str) -> dict[str, Any] | None:
        """An image by id or reference; None when it is not on this host."""
        try:
            with self._told("inspect", f"image {reference}"):
                found: dict[str, Any] = self.api.inspect_image(reference)
            return found
        except EngineError as error:
            if error.details.get("status") == 404:
                return None
            raise

    def network(self, name: str) -> dict[str, Any]:
        with self._told("inspect", f"network {name}"):
            found: dict[str, Any] = self.api.inspect_network(name)
        return found

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
        with self._told("read the log of", f"container {id[:12]}"):
            text: bytes = self.api.logs(id, stdout=True, stderr=True, tail=lines, timestamps=True)
        return text

    def log_parts(self, id: str, stream: str, lines: int, until: float) -> Iterator[bytes]:
        """The same of one stream until a moment (seconds since 1970), part by part as they come, the oldest first.

        A part is a line, or a piece of one that is longer than 16 KiB, without a line feed.
        """
        with self._told("read the log of", f"container {id[:12]}"):
            terminal = bool((self.api.inspect_container(id).get("Config") or {}).get("Tty"))
            streams = {"stdout": stream == "stdout", "stderr": stream == "stderr"}
            how = {**streams, "tail": lines, "timestamps": True, "until": until}
            if terminal and stream == "stderr":
                return  # a terminal has one stream
            if terminal:  # without frames the SDK would hand on single bytes
                yield from self.api.logs(id, **how).splitlines(keepends=True)
                return
            yield from self.api.logs(id, stream=True, follow=False, **how)

    def exits(self, ids: Sequence[str], since: float, until: float) -> dict[str, int]:
        """What these containers ended with last, between two moments (seconds since 1970).

        The engine forgets that when it starts one again, and keeps its last 256 events; health checks are among them.
        """
        asked = {"type": "container", "event": "die", "container": list(ids)}
        with self._told("read the events of"):
            found = list(self.api.events(since=int(since), until=int(until) + 1, filters=asked, decode=True))
        codes = ((one["Actor"]["ID"], str(one["Actor"]["Attributes"].get("exitCode", ""))) for one in found)
        return {id: int(code) for id, code in codes if code.isdigit()}

    def log_place(self, id: str) -> dict[str, str]:
        """``driver`` of a container's log, and the ``path`` of its file; empty where the driver has none."""
        with self._told("inspect", f"container {id[:12]}"):
            found = self.api.inspect_container(id)
            driver = str(((found.get("HostConfig") or {}).get("LogConfig") or {}).get("Type") or "")
            path = str(found.get("LogPath") or "")
            if driver == "local" and not path:  # the engine does not tell, but always puts it there
                root = str(self.api.info().get("DockerRootDir") or "")
                path = f"{root}/containers/{found['Id']}/local-logs/container.log" if root else ""
        return {"driver": driver, "path": path}

    def processes(self, id: str) -> list[dict[str, str]]:
        """The container's processes: pid, ppid, seconds since start, command line; none when it does not run."""
        try:
            with self._told("list the processes of", f"container {id[:12]}"):
                found = self.api.top(id, "-eo pid,ppid,etimes,args")
        except EngineHangs:
            raise
        except EngineError:
            return []
        names = ("pid", "ppid", "seconds", "command")
        return [dict(zip(names, row)) for row in found.get("Processes") or ()]

    def statistics(self, id: str) -> dict[str, Any]:
        """The engine's own counters of a container, two samples a second apart; {} when it ended meanwhile."""
        try:
            with self._told("read the counters of", f"container {id[:12]}"):
                found: dict[str, Any] = self.api.stats(id, decode=None, stream=False)
            return found
        except EngineHangs:
            raise
        except EngineError:
            return {}

    def logging(self, id: str) -> tuple[str, str, dict[str, str]]:
        """A container's name, the driver of its log, and that driver's options."""
        with self._told("inspect", f"container {id[:12]}"):
            found = self.api.inspect_container(id)
        config = (found.get("HostConfig") or {}).get("LogConfig") or {}
        return str(found["Name"]).lstrip("/"), str(config.get("Type") or ""), dict(config.get("Config") or {})

    def dangling(self) -> list[str]:
        """Ids of the images without a name."""
        with self._told("list the images of"):
            found = self.api.images(filters={"dangling": True})
        return [str(one["Id"]) for one in found]

    def used(self) -> dict[str, Any]:
        """What its images, containers, volumes and build cache take; it walks all of them and may take minutes."""
        with self._told("measure what is kept by"):
            found: dict[str, Any] = self.api.df()
        return found

    def root_folder(self) -> str:
        """Where it keeps everything, on its own host."""
        with self._told("ask"):
            return str(self.api.info().get("DockerRootDir") or "")

    @contextmanager
    def patient(self, seconds: float) -> Iterator[None]:
        """Give each answer that much more time: for what takes long where much is kept."""
        usual = self.api.timeout
        self.api.timeout = max(usual, seconds)
        try:
            yield
        finally:
            self.api.timeout = usual

    def root_of(self, project: str, service: str) -> str:
        """Where on the host the files of a service's running container are seen (root may look there)."""
        for one in self.containers(project):
            if one.service == service and one.running and one.pid:
                return f"/proc/{one.pid}/root"
        raise ProjectUnknown(f"No container of the service {service} runs, so its files cannot be looked at.")

    # -- acting

    def restart(self, id: str, grace: int) -> None:
        """Stop within ``grace`` seconds, then killed, and started again."""
        with self._told("restart", f"container {id[:12]}"):
            self.api.restart(id, timeout=grace)

    def stop(self, id: str, grace: int) -> None:
        with self._told("stop", f"container {id[:12]}"):
            self.api.stop(id, timeout=grace)

    def unpause(self, id: str) -> None:
        with self._told("unpause", f"container {id[:12]}"):
            self.api.unpause(id)

    def remove(self, id: str) -> None:
        """Remove a container, never its volumes; one that is gone already is no error."""
        try:
            with self._told("remove", f"container {id[:12]}"):
                self.api.remove_container(id, force=True, v=False)
        except EngineError as error:
            if error.details.get("status") not in (404, 409):
                raise

    def remove_stopped(self, id: str) -> bool:
        """Remove a container that does not run, never its volumes; False when it runs, or is gone."""
        return self._removed(lambda: self.api.remove_container(id, force=False, v=False), f"container {id[:12]}")

    def remove_image(self, id: str) -> bool:
        """Remove an image by its id and none of its parents; False when something needs it, or it is gone."""
        return self._removed(lambda: self.api.remove_image(id, force=False, noprune=True), f"image {id[:19]}")

    def _removed(self, act: Callable[[], Any], subject: str) -> bool:
        try:
            with self._told("remove", subject):
                act()
            return True
        except EngineError as error:
            if error.details.get("status") in (404, 409):
                return False
            raise

    def prune_builds(self) -> int:
        """Drop the build cache that no build uses; the bytes that came free."""
        with self._told("prune the build cache of"):
            try:
                found = self.api.prune_builds(all=True)
            except TypeError:  # the SDK before 7.0 knows no options: dangling entries alone go
                found = self.api.prune_builds()
        return int((found or {}).get("SpaceReclaimed") or 0)

    def tag(self, image: str, repository: str, tag: str) -> None:
        with self._told("tag", f"image {image[:19]}"):
            self.api.tag(image, repository, tag, force=True)

    def untag(self, reference: str) -> None:
        """Take a name from an image; the image stays while it has another one or a container."""
        try:
            with self._told("untag", reference):
                self.api.remove_image(reference, noprune=True)
        except EngineError as error:
            if error.details.get("status") != 404:
                raise

    def execute(self, id: str, argv: Sequence[str]) -> tuple[int, str]:
        """A command in a container: exit code and the end of what it said."""
        with self._told(f"run {argv[0]} in", f"container {id[:12]}"):
            made = self.api.exec_create(id, list(argv))
            output = self.api.exec_start(made["Id"])
            code = self.api.exec_inspect(made["Id"]).get("ExitCode")
        return int(code if code is not None else 1), output.decode("utf-8", "replace")[-500:]


@contextmanager
def engine(login: EngineLogin) -> Iterator[Engine]:
    """The engine, closed at the end."""
    opened = Engine(login)
    try:
        yield opened
    finally:
        opened.close()


def is_file(path: str) -> bool:
    return Path(path).is_file()
