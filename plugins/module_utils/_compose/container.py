# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers, read from the engine's inspection. Pure.

A container is found by its labels, never by its name: names differ between Compose v1 and v2, and a recreation uses
temporary ones. Field names: Docker Engine API, ContainerInspect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Mapping

from .._core.redaction import redacted
from .._core.times import moment, stamp
from .health import HEALTHY, UNCHECKED, HealthCheck, health_check_of, health_of

COMPOSE = "com.docker.compose."
KEEPS = "pafar.runbook.keep"  # of a container that is never started and keeps an image for a rollback
PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
NUMBER = "com.docker.compose.container-number"
ONE_OFF = "com.docker.compose.oneoff"
HASH = "com.docker.compose.config-hash"
FILES = "com.docker.compose.project.config_files"
DIRECTORY = "com.docker.compose.project.working_dir"
DEPENDS = "com.docker.compose.depends_on"  # service:condition:restart, joined by commas
COMPLETED = "service_completed_successfully"  # the condition of one that waits for a job
HEALTHY_FIRST = "service_healthy"  # and of one that waits for a service
ENV_FILES = "com.docker.compose.project.environment_file"

# The engine's own rule: a container that ran for ten seconds counts as started; a loop doubles its pause to a minute.
SETTLED = 10.0  # seconds
LONGEST_PAUSE = 60.0  # seconds
_SEVERAL, _OFTEN = 3, 120.0  # restarts; seconds between two of them, at most, of a container that does not last
_DOUBLED, _LONGEST_AFTER = 5, 10  # restarts after which the pauses of a loop are seen, and are a minute long
_HALF_A_PAUSE, _START = 0.05, 2.0  # seconds: half of the first pause, and for a start and the first pauses
_CLOCK, _AT_START = 0.5, 10.0  # seconds by which clocks differ, and for the start of an engine beside stopping
_NO_LONGER = 1.5  # times the usual time between two restarts; one that ran for longer has recovered
STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")  # Docker's; others are unknown
NETWORK = "network"
NO_NETWORK = "none"  # the engine's network of a container with `network_mode: none`
NAMESPACES = (NETWORK, "pid", "ipc")  # what a container that shares them loses with the container whose they are
DATA = ("/var/lib/", "/data", "/bitnami/")  # where images keep what must not be lost
_SIGNALS = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 15: "SIGTERM", 28: "SIGWINCH"}  # fmt: skip


@dataclass(frozen=True)
class Port:
    """A published port; ``address`` is the host's."""

    address: str
    published: int
    target: str  # 80/tcp


@dataclass(frozen=True)
class Mount:
    """What a container mounts; an anonymous volume has a name that the engine made up."""

    kind: str
    name: str
    target: str
    writable: bool
    source: str = ""  # on the host

    @property
    def anonymous(self) -> bool:
        return self.kind == "volume" and bool(re.fullmatch(r"[0-9a-f]{64}", self.name))

    @property
    def data(self) -> bool:
        """Whether a second container on it, or one without it, is another thing: a volume, or a database's folder."""
        return self.writable and (self.kind == "volume" or self.target.startswith(DATA))


@dataclass(frozen=True)
class Container:
    """One container of a compose project. Times in UTC, sizes in bytes; 0 means no limit.

    ``health``: the engine's word, or ``unknown`` where its check cannot be carried out. ``shares``: kind of namespace
    (network, pid, ipc) or ``volumes``, and the id or name of the container whose it is. ``needs``: services that it
    depends on, by its labels; ``awaits``: those of them that are to end before it starts. ``ports``: those of the host
    that are known; ``publishes``: whether it asks for any, also for one that the engine chooses when it starts.
    """

    id: str
    name: str
    project: str
    service: str
    number: int
    state: str
    health: str
    health_output: str
    restarts: int
    exit_code: int
    oom_flag: bool
    started: datetime | None
    finished: datetime | None
    created: datetime | None
    image: str
    image_ref: str
    hash: str
    pid: int
    memory_limit: int
    cpus: float
    restart_policy: str
    stop_timeout: int
    one_off: bool
    files: str
    directory: str
    env_files: str
    networks: tuple[tuple[str, str], ...]
    ports: tuple[Port, ...]
    publishes: bool
    environment: tuple[str, ...]
    command: tuple[str, ...]
    entrypoint: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    mounts: tuple[Mount, ...]
    error: str
    check: HealthCheck
    shares: tuple[tuple[str, str], ...]
    needs: tuple[str, ...]
    awaits: tuple[str, ...]
    stopped_by_engine: bool = False  # when the engine was started again, which is no wish of a person
    stopped_by_request: bool = False  # by the engine's events or its exit code; see acts.stopping
    ended_by_itself: bool = False  # by the same
    stop_signal: str = ""  # by which the engine asks it to stop; empty for SIGTERM
    retries: int = 0  # restarts that the policy on-failure allows; 0 for no limit

    @property
    def depends(self) -> list[tuple[str, str]]:
        """The services that it depends on, each with its condition, by its labels."""
        items = (item.split(":") for item in dict(self.labels).get(DEPENDS, "").split(",") if item)
        return [(item[0], item[1] if len(item) > 1 else "") for item in items]

    @property
    def short(self) -> str:
        return self.id.partition(":")[2][:12] or self.id[:12]

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def healthy(self) -> bool:
        """Running, and healthy where it has a health check."""
        return self.running and self.health in (HEALTHY, UNCHECKED)

    @property
    def checked(self) -> bool:
        return self.health != UNCHECKED

    @property
    def stopped(self) -> bool:
        """Stopped on purpose: the engine would have started it again by itself, unless it tried and could not, or it is
        known that nobody asked it to stop; or it is known that it was asked to."""
        failed = self.exit_code != 0 and (self.restarts < self.retries or not self.retries)
        again = self.restart_policy in ("always", "unless-stopped") or (self.restart_policy == "on-failure" and failed)
        asked = ((again and not self.ended_by_itself) or self.stopped_by_request) and not self.stopped_by_engine
        return self.state == "exited" and asked and not self.error

    def ended_with(self, engine_began: datetime | None) -> bool:
        """Whether it ended while the engine was started again: one that was killed stops what runs still, and does not
        start again what has `unless-stopped` (tried on Docker 20.10)."""
        if engine_began is None or self.finished is None or self.state != "exited":
            return False
        since = (self.finished - engine_began).total_seconds()
        return -_CLOCK <= since <= self.stop_timeout + _AT_START

    @property
    def done(self) -> bool:
        """It ended as a one-shot does: without an error, not to be started again, and it publishes no port."""
        ended = self.state == "exited" and self.exit_code == 0 and not self.publishes
        return ended and self.restart_policy in ("no", "", "on-failure")

    @property
    def ran(self) -> float:
        """Seconds for which it ran before it ended; 0 where it has not ended, or has never run."""
        known = self.started is not None and self.finished is not None and not self.running
        return max(0.0, (self.finished - self.started).total_seconds()) if known else 0.0  # type: ignore[operator]

    def lasts(self, now: datetime) -> bool:
        """Whether its last runs lasted as long as the engine wants to see: then it is started again without a pause."""
        if not self.running:
            return self.ran >= SETTLED
        if self.uptime(now) >= SETTLED:
            return True
        return self._lasted(now)

    def _lasted(self, now: datetime) -> bool:
        """Whether the runs before this one lasted. After few falls by their average, since the pauses are short yet;
        then by the last pause, which the engine doubles with each fall at once. A busy host takes a second to start."""
        if self.created is None or self.restarts < _SEVERAL:
            return False
        if self.restarts <= _DOUBLED:
            whole = (now - self.created).total_seconds() - self.uptime(now)
            return whole / self.restarts >= SETTLED + _START
        least = _HALF_A_PAUSE * 2 ** (min(self.restarts, _LONGEST_AFTER) - 1)
        return self.pause is not None and self.pause < least

    @property
    def pause(self) -> float | None:
        """Seconds between its last end and the start since; None where it has not ended before, or does not run."""
        if not self.running or self.started is None or self.finished is None:
            return None
        return (self.started - self.finished).total_seconds()

    def uptime(self, now: datetime) -> float:
        """Seconds since it was started; 0 when it does not run."""
        return max(0.0, (now - self.started).total_seconds()) if self.running and self.started else 0.0

    def loops(self, now: datetime) -> bool:
        """Whether the engine restarts it again and again, now: it is between two starts, has not lasted yet, or has
        never lasted for more than minutes.

        RestartCount counts the policy's restarts alone, and a restart by hand sets it to 0.
        """
        if self.state == "restarting":
            return True
        if self.restarts < 2 or not self.running:
            return False
        return self._falls_often(now) or (self.uptime(now) < SETTLED and self._fell_at_once(now))

    def _fell_at_once(self, now: datetime) -> bool:
        """Whether the run before this one did not last, as far as the pause after it says: the engine doubles it with
        every fall, up to a minute. After few falls it says nothing, and one that is old fell at other times."""
        if self.pause is None or self.created is None:
            return True
        if self.restarts < _DOUBLED:
            often = (now - self.created).total_seconds() / self.restarts < _OFTEN
            return often and not self._lasted(now)
        return not self._lasted(now) and self.pause <= LONGEST_PAUSE + SETTLED

    def _falls_often(self, now: datetime) -> bool:
        """Whether it was restarted every few minutes all its life, and runs for no longer than usual between two falls:
        it lasts long enough for the engine to restart it without a pause."""
        if self.created is None or self.restarts < _SEVERAL:
            return False
        usual = (now - self.created).total_seconds() / self.restarts
        return usual < _OFTEN and self.uptime(now) < _NO_LONGER * usual

    @property
    def target(self) -> str:
        """Unmistakable: another container, or the same one started again since, is another target.

        A container that the engine restarted is identified by its id alone: its start may change at any time.
        """
        begun = f"/{stamp(self.started)}" if self.running and self.started and not self.restarts else ""
        return f"{self.name}@{self.short}{begun}"

    def is_given(self, given: str) -> bool:
        """Whether a name, or the target of an earlier look, means this very container.

        A target does not mean another container of that name, nor this one where it was started again since.
        """
        name, dummy, rest = given.partition("@")
        short, dummy, begun = rest.partition("/")
        same_run = not (begun and self.running and not self.restarts) or self.target == given
        return name == self.name and (not short or (short == self.short and same_run))

    def suspicious(self, now: datetime) -> bool:
        """Whether a second look is needed to say that it does not loop."""
        return self.state == "restarting" or (self.restarts > 0 and self.uptime(now) < LONGEST_PAUSE)


def of_compose(labels: Mapping[str, str]) -> bool:
    """Whether Compose made a container with these labels.

    An image that Compose built has project and service as labels, which every other container of it inherits: a `docker
    run`, a task of Swarm, one of an image that was built on it.
    """
    return HASH in labels or NUMBER in labels


def replica_of(labels: Mapping[str, str]) -> str:
    """The service of which a container with these labels is a replica; empty where it is none, as a one-off run."""
    one_off = labels.get(ONE_OFF, "").lower() == "true"
    return labels.get(SERVICE, "") if of_compose(labels) and not one_off else ""


def container_of(inspection: Mapping[str, Any]) -> Container:
    """From the engine's inspection."""
    state, config, host = (
        inspection.get("State") or {},
        inspection.get("Config") or {},
        inspection.get("HostConfig") or {},
    )
    labels = config.get("Labels") or {}
    check = health_check_of(state, config)
    settings = inspection.get("NetworkSettings") or {}
    networks, bound, requested = (
        settings.get("Networks") or {},
        settings.get("Ports") or {},
        host.get("PortBindings") or {},
    )
    number = labels.get(NUMBER, "")
    return Container(
        id=inspection["Id"],
        name=str(inspection.get("Name", "")).lstrip("/"),
        project=labels.get(PROJECT, ""),
        service=labels.get(SERVICE, ""),
        number=int(number) if number.isdigit() else 0,
        state=state.get("Status", "unknown"),
        health=health_of((state.get("Health") or {}).get("Status", ""), check),
        health_output=check.shown,
        restarts=int(inspection.get("RestartCount") or 0),
        exit_code=int(state.get("ExitCode") or 0),
        oom_flag=bool(state.get("OOMKilled")),
        started=moment(state.get("StartedAt")),
        finished=moment(state.get("FinishedAt")),
        created=moment(inspection.get("Created")),
        image=inspection.get("Image", ""),
        image_ref=config.get("Image", ""),
        hash=labels.get(HASH, ""),
        pid=int(state.get("Pid") or 0),
        memory_limit=int(host.get("Memory") or 0),
        cpus=(host.get("NanoCpus") or 0) / 1e9
        or (max(0, host.get("CpuQuota") or 0) / ((host.get("CpuPeriod") or 0) or 100000)),
        restart_policy=(host.get("RestartPolicy") or {}).get("Name", "") or "no",
        retries=int((host.get("RestartPolicy") or {}).get("MaximumRetryCount") or 0),
        stop_timeout=int(config.get("StopTimeout") or 10),
        stop_signal=str(config.get("StopSignal") or ""),
        one_off=labels.get(ONE_OFF, "").lower() == "true",
        files=labels.get(FILES, ""),
        directory=labels.get(DIRECTORY, ""),
        env_files=labels.get(ENV_FILES, ""),
        networks=tuple(sorted((name, (network or {}).get("IPAddress", "")) for name, network in networks.items())),
        ports=tuple(_ports(bound, requested)),
        publishes=bool(host.get("PublishAllPorts")) or any([*bound.values(), *requested.values()]),
        environment=tuple(config.get("Env") or ()),
        command=tuple(config.get("Cmd") or ()),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        labels=tuple(sorted(labels.items())),
        mounts=tuple(
            Mount(
                str(mount.get("Type", "")),
                str(mount.get("Name", "")),
                str(mount.get("Destination", "")),
                bool(mount.get("RW")),
                str(mount.get("Source", "")),
            )
            for mount in inspection.get("Mounts") or ()
        ),
        error=redacted(str(state.get("Error", ""))),
        check=check,
        shares=shared_with(host),
        needs=tuple(item.partition(":")[0] for item in labels.get(DEPENDS, "").split(",") if item),
        awaits=tuple(
            item.partition(":")[0] for item in labels.get(DEPENDS, "").split(",") if item.split(":")[1:2] == [COMPLETED]
        ),
    )


def shared_with(host: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What ``HostConfig`` says is another container's: kind, and the id or name of that container."""
    modes = (("network", "NetworkMode"), ("pid", "PidMode"), ("ipc", "IpcMode"))
    named = [(kind, str(host.get(field) or "")) for kind, field in modes]
    namespaces = [(kind, mode.partition(":")[2]) for kind, mode in named if mode.startswith("container:")]
    volumes = [("volumes", str(item).partition(":")[0]) for item in host.get("VolumesFrom") or ()]
    return (*namespaces, *volumes)


def _ports(now: Mapping[str, Any], requested: Mapping[str, Any]) -> list[Port]:
    """Those in use; of a container that does not run those it will ask for."""
    bound = now if any(now.values()) else requested
    return [
        Port(binding.get("HostIp", ""), int(binding["HostPort"]), target)
        for target, bindings in sorted(bound.items())
        for binding in bindings or ()
        if str(binding.get("HostPort", "")).isdigit()
    ]


def signal_name(number: int) -> str:
    """``SIGTERM`` for 15; the number in words for one that has no name here."""
    return _SIGNALS.get(number) or f"signal {number}"


def exit_meaning(code: int, oom_flag: bool = False) -> str:
    """What an exit code says; the numbers above 128 are a signal's (POSIX shell, and the engine's own 125 to 127)."""
    if code == 0:
        return "ended without an error"
    if code == 125:
        return "the engine could not start it"
    if code == 126:
        return "its command could not be executed"
    if code == 127:
        return "its command was not found"
    name = _SIGNALS.get(code - 128)
    if name == "SIGKILL":
        return "killed: out of memory" if oom_flag else "killed (out of memory, or it did not stop in time)"
    if name == "SIGTERM":
        return "stopped on request (SIGTERM)"
    return f"ended by {name}" if name else f"failed with {code}"
