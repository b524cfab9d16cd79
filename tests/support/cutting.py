"""A module that is cut off while it acts: started in a process of its own, and ended by a signal."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rehearsal import engine
from support.servers import ROOT
from support.shop import LONGEST, Shop

SIGNALS = (signal.SIGKILL, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
QUICK = {"stable": 2, "pause": 0.2, "ready_timeout": LONGEST, "compose_timeout": 5 * LONGEST, "engine_timeout": LONGEST}


@contextmanager
def running(name: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """The module, as Ansible starts it, in a session of its own."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"ansible_collections.pafar.runbook.plugins.modules.{name}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
    )  # fmt: skip
    assert process.stdin
    quick = {"engine_timeout": LONGEST} if name == "compose_snapshot" else QUICK
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**quick, **options}}).encode())
    process.stdin.close()
    process.stdin = None
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(what: str, true: Callable[[], Any], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait for an event; not longer than the process lives."""
    deadline = time.monotonic() + LONGEST
    while not true():
        assert process is None or process.poll() is None, f"the module ended before {what}: {process.communicate()}"
        assert time.monotonic() < deadline, f"{what} did not come to pass"
        time.sleep(0.02)


class Told:
    """What the engine tells of a project while this is open: containers that change, and what an act writes of itself.

    ``mark``: beginning of the names of the networks by which an act is known to have begun.
    """

    RECORD, LOCK = "pafar.runbook.act", "pafar.runbook.lock"
    CHANGES = ("create", "start", "die", "destroy")

    def __init__(self, shop: Shop, mark: str = RECORD) -> None:
        self._project, self._mark = shop.project, f"{mark}.{shop.project}."
        self._events: list[tuple[str, str, str]] = []  # action, service, id; without a service: the act itself
        kinds = [f"type={kind}" for kind in ("container", "network")] + [f"event={name}" for name in self.CHANGES]
        words = [word for value in kinds for word in ("--filter", value)]
        argv = ["docker", "events", "--since", f"{time.time():.3f}", *words, "--format", "{{json .}}"]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as lines:
            for line in lines:
                event = json.loads(line)
                given, id = event["Actor"]["Attributes"], event["Actor"]["ID"]
                if event["Type"] == "network" and given.get("name", "").startswith(self._mark):
                    self._events.append((event["Action"], "", id))
                elif given.get("com.docker.compose.project") == self._project:
                    self._events.append((event["Action"], given.get("com.docker.compose.service", ""), id))

    def steps(self) -> int | None:
        """How many changes of containers an act has made; None before it began."""
        began = next((place for place, event in enumerate(self._events) if not event[1]), None)
        return None if began is None else sum(bool(service) for dummy, service, dummy2 in self._events[began:])

    def most(self, service: str, running: set[str]) -> int:
        """The most of a service that ran at a time, from these that ran at the beginning; the telling ends here."""
        self._end()
        most = len(running)
        for action, name, id in self._events:
            if name == service and action in ("start", "die"):
                running = running | {id} if action == "start" else running - {id}
                most = max(most, len(running))
        return most


class Moment:
    """A random moment within an act, by what it has done until then and not by a time.

    A signal that came too late cut nothing off: the act is then begun again and cut off earlier.
    """

    def __init__(self, chance: random.Random, changes: int) -> None:
        """``changes``: of containers, that the act makes."""
        self._chance, self._most, self._share = chance, changes, chance.random()
        self._choose()

    def _choose(self) -> None:
        self.number, self.after = self._chance.choice(SIGNALS), self._chance.randint(0, self._most)

    def __str__(self) -> str:
        return f"{self.number.name} {self._share:.0%} of a step after change {self.after}"

    def earlier(self) -> None:
        assert self.after or self._share, "an act was not cut off by a signal as soon as it began"
        self._most, self._share = max(0, self.after - 1), self._share if self.after else 0
        self._choose()

    def cut(self, process: subprocess.Popen[bytes], told: Told) -> bool:
        """Send the signal then. Returns whether the process had not answered, so that the act may have been cut off."""
        began = time.monotonic()
        while process.poll() is None and (-1 if (steps := told.steps()) is None else steps) < self.after:
            time.sleep(0.01)
        # A step lasts, on this machine and at this moment, as long as those before it did.
        until = time.monotonic() + self._share * (time.monotonic() - began) / (self.after + 1)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(self.number)
        said, dummy = process.communicate()
        return not said.strip()


def descendants(pid: int) -> list[int]:
    """The process and all that it started, whichever session they are in."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return family


def kill_whole(process: subprocess.Popen[Any]) -> None:
    """Kill a run as a power cut does, and wait until none of its processes is left."""
    family = descendants(process.pid)
    for pid in family:  # none of them starts another meanwhile
        _signal(pid, signal.SIGSTOP)
    family = list(dict.fromkeys([*family, *descendants(process.pid)]))
    for pid in family:
        _signal(pid, signal.SIGKILL)
    process.wait()
    until("the killed run is gone", lambda: not any(_lives(pid) for pid in family))


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def pid_of(container: str) -> int:
    return int(engine.inspect("container", [container])[0]["State"]["Pid"])


def refuses(container: str, pid: int = 0) -> bool:
    """Whether a drain rule stands in the container's network."""
    listing = subprocess.run(
        ["nsenter", "--target", str(pid or pid_of(container)), "--net", "iptables", "-S", "INPUT"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "REJECT" in listing.stdout


def records(shop: Shop) -> list[str]:
    """Names of the records of acts on this project."""
    listed = ["docker", "network", "ls", "--filter", f"label=pafar.runbook.act={shop.project}", "--format", "{{.Name}}"]
    return engine.run(listed).stdout.split()


def forget(shop: Shop) -> None:
    """Remove the records of acts on this project."""
    for name in records(shop):
        engine.run(["docker", "network", "rm", name], check=False)
