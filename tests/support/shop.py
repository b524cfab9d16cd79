"""A small compose project of its own for the tests of the compose modules, on the engine that DOCKER_HOST names.

python -m support.shop start FOLDER healthy|unhealthy|released  for molecule
python -m support.shop status FOLDER                     what runs, as JSON
python -m support.shop stop FOLDER

Its programs are shells that wait; a replica is made sick by a file, a release by its image. Health: each second.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rehearsal import engine
from support.modules import run_module

BASE = "debian:bookworm-slim"
WAIT = "trap 'exit 0' TERM; while :; do sleep 0.2; done"
CHECK = {"test": ["CMD-SHELL", "test ! -e /tmp/sick && test ! -e /etc/sick"], "interval": "1s", "retries": 2}
# Bound of every wait for an event, in seconds: it ends a test that would wait for ever and says nothing about speed.
LONGEST = 120
GOOD, NEWER, BAD = "good", "newer", "bad"
KEPT_RUNS = 5  # of a health check, that the engine remembers
DOCKERFILES = {GOOD: "LABEL v=1", NEWER: "LABEL v=2", BAD: "RUN touch /etc/sick"}


def waiting(**more: Any) -> dict[str, Any]:
    """A service that waits, stops when asked, and says whether it is well."""
    return {"image": "@", "command": ["sh", "-c", WAIT], "healthcheck": CHECK, "restart": "unless-stopped", **more}


def services() -> dict[str, Any]:
    """What a platform has: replicas, a proxy, something scaled by hand, data, a job that ran once."""
    return {
        "web": waiting(deploy={"replicas": 2}, depends_on=["db"], environment={"COLOUR": "blue"}),
        "front": waiting(depends_on=["web"]),
        "worker": waiting(),
        "db": waiting(volumes=["data:/data"]),
        "migrate": {"image": "@", "command": ["true"]},
    }


class Shop:
    """One project: its folder, its compose file, its containers."""

    def __init__(self, folder: Path, project: str, found: dict[str, Any] | None = None) -> None:
        self.folder, self.project = folder, project
        self.image = f"{project}/app:latest"
        self.services = services() if found is None else found
        self.good = ""  # id of the image that the files mean
        self.whole: dict[str, tuple[Any, ...]] = {}  # its containers, as the last restore left them

    @property
    def file(self) -> Path:
        return self.folder / "compose.yml"

    def build(self, kind: str = GOOD) -> str:
        """Make the tag another image; returns its id."""
        # An image of its own: the same layers would be the same image in every project, and one would miss the other's.
        text = f"FROM {BASE}\nLABEL project={self.project}\n{DOCKERFILES[kind]}\n"
        engine.run(["docker", "build", "--quiet", "--tag", self.image, "-"], stdin=text)
        return engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", self.image]).stdout.strip()

    def write(self) -> None:
        rendered = json.loads(json.dumps(self.services).replace('"@"', json.dumps(self.image)))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps({"services": rendered, "volumes": {"data": {}}}, indent=1))

    def compose(self, *words: str) -> str:
        argv = [*engine.compose_command(), "--project-name", self.project, "--project-directory", str(self.folder)]
        return engine.run([*argv, "--file", str(self.file), *words]).stdout

    def up(self, *words: str) -> None:
        engine.get_base_image(lambda dummy: None)
        self.write()
        if not engine.has_image(self.image):
            self.build()
        self.compose("up", "--detach", "--no-build", *words)
        self.await_up()

    def restore(self) -> None:
        """As the files have it. A container that no test has touched since the last restore is kept as it is."""
        engine.get_base_image(lambda dummy: None)
        self.remove_keepers()
        self.remove_tags(f"incident-rollback/{self.project}-")
        if not self.good or self.image_id() != self.good:
            self.good = self.build(GOOD)
        self.services = services()
        self.write()
        unwanted = self.unwanted()
        if unwanted:
            engine.run(["docker", "rm", "--force", "--volumes", *unwanted], check=False)
        if self.look() != self.whole or not self.whole:
            self.up()
        self.whole = self.look()

    def look(self) -> dict[str, tuple[Any, ...]]:
        """Of every container what changes when it is replaced, restarted, stopped or made sick."""
        return {
            container["Id"]: (
                container["RestartCount"], *(container["State"][name] for name in ("StartedAt", "Status", "ExitCode")),
                (container["State"].get("Health") or {}).get("Status"), service_of(container),
            )
            for container in self.containers()
        }  # fmt: skip

    def unwanted(self) -> list[str]:
        """Ids of the containers that were added, and of all replicas of a service that lost or changed one."""
        now = self.look()
        broken = {state[-1] for name, state in self.whole.items() if now.get(name) != state}
        return [name for name, state in now.items() if name not in self.whole or state[-1] in broken]

    def image_id(self) -> str:
        """What the tag means; empty where there is no such image."""
        inspected = engine.run(["docker", "image", "inspect", "--format", "{{.Id}}", self.image], check=False)
        return inspected.stdout.strip() if inspected.returncode == 0 else ""

    def await_up(self, seconds: float = LONGEST) -> None:
        self.until(
            "all is healthy", lambda: all(self.is_healthy(container) for container in self.containers()), seconds
        )

    @staticmethod
    def is_healthy(container: dict[str, Any]) -> bool:
        state = container["State"]
        if state["Status"] == "exited":
            return bool(state["ExitCode"] == 0)
        return bool(state["Status"] == "running" and (state.get("Health") or {}).get("Status", "healthy") == "healthy")

    def until(self, what: str, true: Any, seconds: float = LONGEST) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"within {seconds:g} s it did not come to pass that {what}"
            time.sleep(0.1)

    def containers(self, service: str = "") -> list[dict[str, Any]]:
        inspected = engine.inspect("container", engine.things_of(self.project, "container"))
        kept = [container for container in inspected if service in ("", service_of(container))]
        return sorted(kept, key=lambda container: container["Name"])

    def world(self, *but: str) -> dict[str, tuple[str, str, int]]:
        """Every container's id, start and restarts, to see that nothing was touched; ``but`` these services."""
        return {
            container["Name"]: (container["Id"], container["State"]["StartedAt"], container["RestartCount"])
            for container in self.containers()
            if service_of(container) not in but
        }

    def execute(self, container: str, *argv: str) -> str:
        return engine.run(["docker", "exec", container, *argv]).stdout

    def make_unhealthy(self, container: str) -> None:
        """After so many runs of its check that it is seen to have passed: else it may still start, and is left."""
        self.until("its check has passed for some time", lambda: len(self.health_log(container)) >= KEPT_RUNS)
        self.execute(container, "touch", "/tmp/sick")
        self.until("it is seen", lambda: self.health(container) == "unhealthy")

    def health(self, container: str) -> str:
        return str(engine.inspect("container", [container])[0]["State"]["Health"]["Status"])

    def health_log(self, container: str) -> list[dict[str, Any]]:
        return list(engine.inspect("container", [container])[0]["State"]["Health"]["Log"])

    def module(self, name: str, check: bool = False, **options: Any) -> dict[str, Any]:
        """A module on this project, with short times."""
        common = {"project": self.project, "engine_timeout": LONGEST}
        quick = {"stable": 2, "pause": 0.2, "ready_timeout": LONGEST, "compose_timeout": 5 * LONGEST}
        quick = {} if name in ("compose_info", "compose_snapshot") else quick
        return run_module(name, check=check, **{**common, **quick, **options})

    def down(self) -> None:
        ids = engine.things_of(self.project, "container")
        if ids:
            engine.run(["docker", "rm", "--force", "--volumes", *ids], check=False)
        for kind in ("network", "volume"):
            for thing in engine.things_of(self.project, kind):
                engine.run(["docker", kind, "rm", thing], check=False)
        self.remove_keepers()
        self.remove_tags(f"{self.project}/", f"incident-rollback/{self.project}-")
        self.good, self.whole = "", {}

    def keepers(self) -> list[str]:
        """Names of the containers that keep images for a rollback."""
        mark = ["--filter", f"label=pafar.runbook.keep={self.project}"]
        return engine.run(["docker", "ps", "--all", "--format", "{{.Names}}", *mark]).stdout.split()

    def remove_keepers(self) -> None:
        names = self.keepers()
        if names:
            engine.run(["docker", "rm", *names], check=False)

    def remove_tags(self, *beginnings: str) -> None:
        names = engine.run(["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout.split()
        for name in names:
            if name.startswith(beginnings):
                engine.run(["docker", "rmi", "--force", name], check=False)


def service_of(container: dict[str, Any]) -> str:
    """The service of a container, by Compose's label."""
    return str(container["Config"]["Labels"].get("com.docker.compose.service", ""))


def prepare(shop: Shop, state: str) -> None:
    """A state that a role puts right."""
    if state == "unhealthy":
        # The engine counts no failure within the start period before a run has passed: what it calls unhealthy then has
        # passed, however slow this machine is and however long ago it was.
        shop.services["web"]["healthcheck"] = {**CHECK, "start_period": "30m"}
    shop.up()
    if state == "unhealthy":
        shop.make_unhealthy(f"{shop.project}-web-1")
    elif state == "released":
        shop.module("compose_snapshot", state_dir=str(shop.folder / "snapshots"), label="good")
        shop.build(NEWER)
        shop.compose("up", "--detach", "--no-build", "web")
        shop.await_up()
    known = [(container["Name"].lstrip("/"), container["Id"], container["Image"]) for container in shop.containers()]
    (shop.folder / "before.json").write_text(json.dumps(known))


def main() -> None:
    command, folder = sys.argv[1], Path(sys.argv[2])
    shop = Shop(folder, "shop-" + re.sub(r"[^a-z0-9]+", "-", folder.parent.name.lower()).strip("-"))
    if command == "start":
        prepare(shop, sys.argv[3])
        (folder / "site.json").write_text(
            json.dumps({"project": shop.project, "docker_host": os.environ.get("DOCKER_HOST", "")})
        )
    elif command == "status":
        now = [(container["Name"].lstrip("/"), container["Id"], container["Image"]) for container in shop.containers()]
        print(json.dumps({"before": json.loads((folder / "before.json").read_text()), "now": now}))
    else:
        shop.down()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


if __name__ == "__main__":
    main()
