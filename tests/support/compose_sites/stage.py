"""Play a random compose project for real: start it, look and plan in every way, break it, and let it be mended."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import P3, Importance
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of

from rehearsal import engine
from rehearsal.errors import PlatformError
from support.compose_sites.description import CUT_OFF, ENDED, GONE, LOOPS, SICK, Description, Fault
from support.modules import run_module
from support.shop import BASE, KEPT_RUNS, service_of

SCALED = 2  # services of a project
LONGEST = 120.0  # seconds for every event that is waited for
World = dict[str, tuple[str, str, str]]
_VERBS = {"pause": ["pause"], "stop": ["stop", "--time", "1"], "restart": ["restart", "--time", "1"]}


@dataclass
class Played:
    """What was wrong with the answers, a sentence each; none where all were right. ``named``, ``right``: of a fault."""

    seed: int
    forms: list[str]
    wrong: list[str] = field(default_factory=list)
    named: bool = True
    right: bool = True

    def report(self) -> str:
        return f"seed {self.seed} ({', '.join(self.forms)}): {'; '.join(self.wrong) or 'as it should be'}"


class Stage:
    """One project on the engine of the tests."""

    def __init__(self, site: Description, folder: Path) -> None:
        self.site, self.folder = site, folder
        self.project = f"site-{site.seed}-{os.getpid()}"

    def compose(self, *words: str) -> None:
        argv = [*engine.compose_command(), "--project-name", self.project, "--file", str(self.folder / "compose.yml")]
        engine.run([*argv, *words])

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        listed = engine.inspect("container", engine.things_of(self.project, "container"))
        kept = [container for container in listed if service in ("", service_of(container))]
        return sorted(kept, key=lambda container: container["Name"])

    def world(self) -> World:
        """By container: its service, start and state, which change when it is touched."""
        return {
            container["Id"]: (service_of(container), container["State"]["StartedAt"], container["State"]["Status"])
            for container in self.containers()
        }

    def until(self, true: Any, what: str) -> None:
        deadline = time.monotonic() + LONGEST
        while not true():
            assert time.monotonic() < deadline, f"seed {self.site.seed}: {what} did not come to pass"
            time.sleep(0.2)

    def start(self) -> None:
        text = json.dumps({"services": self.site.services, **self.site.more})
        text = text.replace('"@"', json.dumps(BASE)).replace("@-", f"{self.project}-")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "compose.yml").write_text(text)
        self.compose("up", "--detach", "--quiet-pull")
        self.until(lambda: all(_settled(container) for container in self.containers()), "that it runs")
        for verb, service in self.site.setups:
            if verb == "scale":
                self.compose("up", "--detach", "--no-recreate", "--scale", f"{service}=2", service)
            else:
                # An engine may refuse to freeze a container for a moment, as while its check starts.
                words = ["docker", *_VERBS[verb], self.containers(service)[0]["Id"]]
                self.until(lambda words=words: not engine.run(words, check=False).returncode, f"docker {verb}")
        self.until(lambda: all(_settled(container) for container in self.containers()), "that it is set up")
        if self.site.files_removed:
            (self.folder / "compose.yml").unlink()

    def inject(self) -> None:
        """The fault, and the wait until the engine shows it."""
        assert self.site.fault is not None
        kind, service = self.site.fault.kind, self.site.fault.service
        victim = self.containers(service)[0]["Id"]
        if kind == GONE:
            engine.run(["docker", "rm", "--force", victim])
        elif kind == CUT_OFF:
            engine.run(["docker", "restart", "--time", "1", victim])
        elif kind == SICK:
            # One that has never passed its check may still start, and is left alone.
            self.until(lambda: len(self._state(victim)["State"]["Health"]["Log"]) >= KEPT_RUNS, "that its check passes")
            engine.run(["docker", "exec", victim, "touch", "/dev/shm/sick"])
            self.until(lambda: _health(self._state(victim)) == "unhealthy", "that it is unhealthy")
        elif kind in (LOOPS, ENDED):
            # Its program ends as soon as it sees the file, and with it whatever runs in the container.
            with suppress(PlatformError):
                engine.run(["docker", "exec", victim, "touch", "/tmp/fail"])
            if kind == LOOPS:
                self.until(lambda: self._state(victim)["RestartCount"] >= 2, "that it loops")
            else:
                self.until(lambda: self._state(victim)["State"]["Status"] == "exited", "that it ends")

    def _state(self, id: str) -> dict[str, Any]:
        (container,) = engine.inspect("container", [id])
        return container

    def module(self, name: str, check: bool = True, **options: Any) -> dict[str, Any]:
        quick = (
            {}
            if name in ("compose_info", "compose_snapshot")
            else {"stable": 2, "pause": 0.1, "ready_timeout": LONGEST}
        )
        given = {"project": self.project, "engine_timeout": LONGEST, **quick, **options}
        return run_module(name, check=check, **given)

    def down(self) -> None:
        ids = engine.things_of(self.project, "container")
        if ids:
            engine.run(["docker", "rm", "--force", "--volumes", *ids], check=False)
        for kind in ("network", "volume"):
            for thing in engine.things_of(self.project, kind):
                engine.run(["docker", kind, "rm", thing], check=False)


def _health(container: dict[str, Any]) -> str:
    return str((container["State"].get("Health") or {}).get("Status", "none"))


def _settled(container: dict[str, Any]) -> bool:
    """It runs, was set apart, or ended well; a check that is rare or cannot be carried out is not waited for."""
    status = container["State"]["Status"]
    if status != "running":
        return status in ("paused", "exited")
    interval = ((container["Config"].get("Healthcheck") or {}).get("Interval") or 0) / 1e9
    return _health(container) != "starting" or interval > 2


@contextmanager
def staged(site: Description, folder: Path) -> Iterator[Stage]:
    stage = Stage(site, folder)
    try:
        stage.start()
        yield stage
    finally:
        stage.down()


def _plans(stage: Stage, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every look and plan with its defaults, each with the name of its module; a scaling of ``SCALED`` services."""
    yield "compose_restart", stage.module("compose_restart", which="unhealthy")
    there = Counter(service_of(container) for container in stage.containers())
    for service in random.Random(stage.site.seed).sample(sorted(there), SCALED):
        yield f"compose_scale {service}", stage.module("compose_scale", service=service, replicas=str(there[service]))
    if not stage.site.files_removed:
        state = str(folder / "snapshots")
        taken = stage.module("compose_snapshot", state_dir=state, check=False)
        if taken.get("snapshot", {}).get("good"):
            yield "compose_rollback", stage.module("compose_rollback", state_dir=state)
        _release(stage)


def _release(stage: Stage) -> None:
    """What a snapshot made in the engine."""
    mark = ["--filter", f"label=pafar.runbook.keep={stage.project}"]
    for name in engine.run(["docker", "ps", "--all", "--quiet", *mark]).stdout.split():
        engine.run(["docker", "rm", name], check=False)
    listed = engine.run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.split()
    for name in listed:
        if name.startswith(f"incident-rollback/{stage.project}-"):
            engine.run(["docker", "rmi", name], check=False)


def _signs(stage: Stage) -> list[tuple[str, str]]:
    """Severity and text of what triage shows of the services."""
    survey = run_module(
        "triage_info", parts=["services"], compose={"project": stage.project, "engine_timeout": LONGEST}
    )
    return [(sign.severity, sign.text) for sign in signs_of("host", survey, Importance({}, {}))]  # type: ignore[arg-type]


def play_healthy(site: Description, folder: Path) -> Played:
    """Nothing may be planned, and nothing named as unhealthy."""
    result = Played(site.seed, site.forms)
    with staged(site, folder) as stage:
        before = stage.world()
        look = stage.module("compose_info")
        result.wrong += [f"compose_info: {look['msg']}"] if look.get("failed") else []
        for service in look.get("services", {}).values():
            result.wrong += [
                f"{container['name']} {container['problem']}"
                for container in service["containers"]
                if container["problem"]
            ]
        result.wrong += [f"{severity} {text}" for severity, text in _signs(stage) if severity != P3]
        for name, answer in _plans(stage, folder):
            actions = answer.get("plan", {}).get("actions", [])
            result.wrong += [f"{name} would {action['action']} {action['target']}" for action in actions]
        if stage.world() != before:
            result.wrong.append("a look or a plan touched a container")
    return result


def play_broken(site: Description, folder: Path) -> Played:
    """The fault is named; what acts by itself touches no container but those of the fault."""
    assert site.fault is not None
    fault = site.fault
    result = Played(site.seed, [*site.forms, f"{fault.service} {fault.kind}"])
    with staged(site, folder) as stage:
        stage.inject()
        before = stage.world()
        texts = [text for severity, text in _signs(stage) if severity != P3]
        result.named = any(name in text for name in fault.names for text in texts)
        result.wrong += [] if result.named else [f"the fault is not named in {texts}"]
        strangers = [text for text in texts if not any(name in text for name in fault.names)]
        result.wrong += [f"another service is named: {text}" for text in strangers]
        done = stage.module("compose_restart", check=False, which="unhealthy", grace=1)
        others = touched(before, stage.world()) - allowed_of(site, fault)
        result.wrong += [f"{service} was touched" for service in sorted(others)]
        still = stage.module("compose_restart", which="unhealthy").get("plan", {}).get("actions", [])
        result.right = right(fault, done, still) or loads(fault, done)
        result.wrong += [] if result.right else [f"it is neither mended, nor held, nor told: {done.get('msg', still)}"]
    return result


def touched(before: World, after: World) -> set[str]:
    """Services of which a container was started, stopped, made or removed in between."""
    return {state[0] for id, state in {**before, **after}.items() if before.get(id) != after.get(id)}


def allowed_of(site: Description, fault: Fault) -> set[str]:
    """Services that an act on this fault may touch."""
    return {fault.service, *fault.names, *_with(site, fault.service)}


def right(fault: Fault, done: dict[str, Any], still: list[Any]) -> bool:
    """Mended, or left to a person. A restart that does not help, since no fresh container can be beside it, says so."""
    if done.get("failed"):
        return bool(still) and fault.kind == LOOPS and "did not come up" in done["msg"] and fault.service in done["msg"]
    return not still if done["done"] else fault.kind in (GONE, ENDED)


def loads(fault: Fault, done: dict[str, Any]) -> bool:
    """Whether it is left to a person since it keeps data, and may not have passed its check: only its last runs say."""
    left = done.get("plan", {}).get("excluded", [])
    return fault.kind == SICK and any(
        item.get("service") == fault.service and "may still load or recover" in item["reason"] for item in left
    )


def _with(site: Description, service: str) -> list[str]:
    """Services that live in a namespace of this one, and go along with it."""
    kinds = ("network_mode", "pid", "ipc")
    return [
        name for name, spec in site.services.items() if any(spec.get(kind) == f"service:{service}" for kind in kinds)
    ]
