"""disk_reclaim on what an engine keeps: logs, build cache, images, containers. On an engine of its own.

Its files are on a file system of their own: nothing else that the machine writes changes what is free there.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import Recorded, ReleaseSnapshot

from rehearsal import engine
from rehearsal.errors import PlatformError
from support.engine import NoEngine, engine_on_its_own_disk
from support.modules import run_module

BASE = "debian:bookworm-slim"
MARK = f"reclaim-{os.getpid()}"
MIB = 2**20


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Where the engine keeps its files; engine and files are gone afterwards."""
    with ExitStack() as stack:
        try:
            engine.require_engine()
            environment = stack.enter_context(engine_on_its_own_disk("3g"))
        except (PlatformError, NoEngine) as error:
            pytest.skip(f"NOT RUN: {error}")
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in environment.items():
            patch.setenv(name, value)
        yield docker("info", "--format", "{{.DockerRootDir}}")


def docker(*words: str, stdin: str | None = None, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.strip()


def reclaim(root: str, kinds: list[str], more: int = 2**40, check: bool = False, **options: Any) -> dict[str, Any]:
    figures = os.statvfs(root)
    free = figures.f_bavail * figures.f_frsize + more
    found = run_module("disk_reclaim", mount=root, free=str(free), kinds=kinds, check=check, **options)
    assert not found.get("failed"), found
    return found


def act(root: str, kinds: list[str], *mine: str, **options: Any) -> dict[str, Any]:
    """Plan, approve what is ours, act."""
    planned = reclaim(root, kinds, check=True, **options)
    targets = [one["target"] for one in planned["plan"]["actions"] if any(name in str(one) for name in mine)]
    return reclaim(root, kinds, only=targets, **options)


def of(found: dict[str, Any], name: str, part: str = "actions") -> list[dict[str, Any]]:
    return [one for one in found["plan"][part] if name in one["who"]]


def container(name: str, program: str, *words: str) -> str:
    name = f"{MARK}-{name}"
    docker("run", "--detach", "--name", name, "--label", MARK, *words, BASE, "sh", "-c", program)
    return name


def of_compose(project: str, service: str) -> tuple[str, ...]:
    """Labels as Compose gives them to a replica."""
    labels = {"project": project, "service": service, "container-number": "1"}
    return tuple(word for name, value in labels.items() for word in ("--label", f"com.docker.compose.{name}={value}"))


def inspect(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", name))[0]
    return found


def until(true: Any, seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


TALKS = (
    "seq -f 'line %.0f of a log that nobody bounded' 1 900000;"
    " i=0; while :; do i=$((i+1)); echo after $i; sleep 0.02; done"
)


def test_a_big_log_is_saved_and_emptied_while_it_is_written(root, tmp_path):
    name = container("talks", TALKS)
    log = Path(inspect(name)["LogPath"])
    until(lambda: b"after" in log.read_bytes()[-400:])
    size = log.stat().st_size
    options = {"log_size": 50, "log_keep": 1, "saved_dir": str(tmp_path)}
    planned = reclaim(root, ["container_logs"], check=True, **options)
    mine = of(planned, name)[0]
    assert mine["bytes"] > 50 * MIB
    assert log.stat().st_size >= size
    assert not list(tmp_path.iterdir())
    assert any("max-size" in note for note in planned["notes"])
    seen = log.read_bytes()[-MIB:]
    found = reclaim(root, ["container_logs"], only=[mine["target"]], **options)
    assert log.stat().st_size < MIB
    assert found["freed_bytes"] > 50 * MIB
    assert found["done"][0].startswith(f"emptied the log of {name}")
    saved = gzip.decompress(next(tmp_path.glob("*.log.gz")).read_bytes())
    assert next(tmp_path.glob("*.log.gz")).stat().st_mode & 0o777 == 0o600
    lines = saved.splitlines()
    assert all("log" in json.loads(one) for one in lines)
    assert seen.splitlines()[-1] in lines
    assert name in next(iter(found["evidence"]["logs"]))
    until(lambda: b"after" in log.read_bytes())
    told = docker("logs", name).splitlines()
    kept = [json.loads(one)["log"].strip() for one in lines if "after" in json.loads(one)["log"]]
    numbers = [int(one.split()[1]) for one in [*kept, *told] if one.startswith("after")]
    # In memory the front of a file cannot be cut out, so that the log is truncated, and what that may lose is named.
    lost = set(range(min(numbers), max(numbers) + 1)) - set(numbers)
    assert "missing" in found["done"][0]
    assert len(lost) < 20, "one second of the log"
    assert not of(reclaim(root, ["container_logs"], check=True, **options), name)


def test_a_log_that_is_another_by_now_is_left_alone(root, tmp_path):
    name = container("again", "seq -f 'line %.0f of a log' 1 60000; sleep 36000")
    log = Path(inspect(name)["LogPath"])
    until(lambda: log.stat().st_size > 2 * MIB)
    options = {"log_size": 1, "saved_dir": str(tmp_path)}
    target = of(reclaim(root, ["container_logs"], check=True, **options), name)[0]["target"]
    docker("rm", "-f", name)
    container("again", "seq -f 'line %.0f of a log' 1 60000; sleep 36000")
    log = Path(inspect(name)["LogPath"])
    until(lambda: log.stat().st_size > 2 * MIB)
    figures = os.statvfs(root)
    goal = str(figures.f_bavail * figures.f_frsize + 2**40)
    found = run_module("disk_reclaim", mount=root, free=goal, kinds=["container_logs"], only=[target], **options)
    assert found["error"] == "StaleApproval"
    assert log.stat().st_size > 2 * MIB


def build(*lines: str) -> None:
    docker("build", "--quiet", "--label", MARK, "-", stdin="\n".join([f"FROM {BASE}", *lines, ""]))


def image_of(text: str) -> str:
    return docker("images", "-q", "--no-trunc", "--filter", f"label=text={text}")


def make(text: str, *lines: str) -> str:
    """A dangling image of its own 200 KiB."""
    build(f'LABEL text="{text}"', f"RUN head -c 200000 /dev/urandom > /{text}", *lines)
    return image_of(text)


def test_dangling_images_that_nothing_needs(root, tmp_path):
    used = make("used")
    docker("create", "--label", MARK, used, "true")
    recorded = make("recorded")
    service = ('LABEL com.docker.compose.project="shop"', 'LABEL com.docker.compose.service="web"')
    former = make("former", *service)
    time.sleep(1.1)
    last = make("last", *service)
    free = make("free")
    folder = tmp_path / "shop"
    folder.mkdir()
    one = {"image": recorded, "name": "web", "reference": "shop/web", "replicas": 1, "hash": "1"}
    (folder / "20261101T000000Z.json").write_text(json.dumps(snapshot(one)))
    options = {"image_age": 0, "releases": str(tmp_path)}
    kept = of(reclaim(root, ["dangling_images"], check=True, **{**options, "image_age": 1}), "image", "excluded")
    assert any("younger ones than" in one["reason"] for one in kept)
    found = act(root, ["dangling_images"], *(one[7:19] for one in (used, recorded, former, last, free)), **options)
    there = docker("images", "-aq", "--no-trunc").split()
    assert {used, recorded, last} <= set(there)
    assert not {former, free} & set(there)
    reasons = {one["target"].partition(":")[2]: one["reason"] for one in found["plan"]["excluded"]}
    assert "a container was made of it" in reasons[used[7:19]]
    assert "a recorded release needs it" in reasons[recorded[7:19]]
    assert "the last image of web" in reasons[last[7:19]]
    (folder / "20261102T000000Z.json").write_text("{")
    make("later")
    found = reclaim(root, ["dangling_images"], check=True, **options)
    assert not found["plan"]["actions"]
    assert any("cannot be read" in one["reason"] for one in of(found, "image", "excluded"))


def snapshot(web: dict[str, Any]) -> dict[str, Any]:
    """A record as compose_snapshot writes it."""
    names = Recorded.__dataclass_fields__
    recorded = Recorded(**{name: web[name] for name in names if name in web})
    return ReleaseSnapshot("shop", "20261101T000000Z", True, {"web": recorded}).as_dict()


def test_exited_containers_that_nobody_starts_again(root):
    writes = "head -c 300000 /dev/urandom > /left; exit "
    well = container("well", writes + "0")
    data = container("data", writes + "0", "--volume", "/data")
    lent = container("lent", writes + "0", "--volume", f"{MARK}-lent:/data")
    user = container("user", "sleep 36000", "--volumes-from", lent)
    again = container("twice", writes + "0")
    broken = container("broken", writes + "1")
    comes = container("comes", writes + "0", "--restart", "on-failure")
    label = of_compose("shop", "web")
    own = container("own", writes + "0", *label, "--label", "com.docker.compose.oneoff=False")
    once = container("once", writes + "0", *label, "--label", "com.docker.compose.oneoff=True")
    for one in (well, broken, comes, own, once, data, lent, again):
        until(lambda one=one: inspect(one)["State"]["Status"] == "exited")
    until(lambda: time.time() - datetime.fromisoformat(inspect(again)["Created"][:19] + "+00:00").timestamp() > 6)
    docker("start", again)
    until(lambda: inspect(again)["State"]["Status"] == "exited")
    assert not of(reclaim(root, ["exited_containers"], check=True), MARK)
    found = act(root, ["exited_containers"], MARK, container_age=0)
    names = docker("ps", "-a", "--format", "{{.Names}}").split()
    assert {broken, comes, own, data, lent, again} <= set(names)
    assert not {well, once} & set(names)
    assert f"{user} uses its volumes" in of(found, lent, "excluded")[0]["reason"]
    assert "has no name" in of(found, data, "excluded")[0]["reason"]
    assert "started again" in of(found, again, "excluded")[0]["reason"]
    docker("rm", "-f", "-v", user, lent, data)
    docker("volume", "rm", f"{MARK}-lent")
    assert "exit code 1" in of(found, broken, "excluded")[0]["reason"]
    assert len(of(found, MARK)) == 2


def test_the_build_cache_is_pruned(root, tmp_path):
    text = f"FROM {BASE}\nRUN head -c 3000000 /dev/urandom > /cached\n"
    file = {"services": {"one": {"build": {"context": ".", "dockerfile_inline": text}}}}
    (tmp_path / "compose.yml").write_text(json.dumps(file))
    words = ("--project-name", MARK, "--project-directory", str(tmp_path))
    engine.run([*engine.compose_command(), *words, "build", "--quiet"])
    docker("rmi", f"{MARK}-one")
    planned = reclaim(root, ["build_cache"], check=True)
    assert planned["plan"]["actions"][0]["target"] == "build_cache"
    size = planned["plan"]["frees_bytes"]
    assert size >= 3_000_000
    found = reclaim(root, ["build_cache"])
    assert found["done"][0].startswith("pruned the build cache")
    assert not reclaim(root, ["build_cache"], check=True)["plan"]["actions"]


def test_the_cheapest_is_enough(root, tmp_path):
    """What is asked of the engine is no more than what is needed, and what goes is no more either."""
    name = container("enough", "seq -f 'line %.0f of a log' 1 400000; sleep 36000")
    log = Path(inspect(name)["LogPath"])
    until(lambda: log.stat().st_size > 30 * MIB)
    kinds = ["container_logs", "build_cache", "dangling_images", "exited_containers"]
    options = {"log_size": 20, "log_keep": 0, "saved_dir": str(tmp_path)}
    planned = reclaim(root, kinds, 10 * MIB, check=True, **options)
    assert {one["kind"] for one in planned["plan"]["actions"]} == {"container_logs"}
    found = act(root, kinds, name, more=10 * MIB, **options)
    assert not [one for one in found["explained"] if one["kind"] == "volume"]
    assert found["remaining"] == 0


def test_a_container_cannot_lead_to_the_host(root, tmp_path):
    """A folder of backups that is a link in the container is not followed: it would be the host's."""
    for day in (1, 2, 3, 4):
        (tmp_path / f"x-2026110{day}.sql").write_bytes(
            os.urandom(200_000) + b"\n-- PostgreSQL database dump complete\n"
        )
    container("trap", f"ln -s {tmp_path} /backups; ln -s /proc /up; sleep 36000", *of_compose("trap", "db"))
    kept = {"project": "trap", "service": "db", "pattern": "*", "keep": 1, "max_age": 99999}
    for path in ("/backups", "/up/../tmp"):
        found = reclaim(root, ["backups"], backups=[{"path": path, **kept}])
        assert not found["done"]
        assert "cannot be read" in found["notes"][0]
    assert len(list(tmp_path.iterdir())) == 4


def test_backups_in_a_volume_of_a_container(root):
    text = "-- PostgreSQL database dump\\nCREATE TABLE t (i text);\\nCOPY t (i) FROM stdin;\\n"
    end = "\\n\\\\.\\n--\\n-- PostgreSQL database dump complete\\n--\\n\\n"
    dump = f"printf -- '{text}'; head -c 100000 /dev/urandom | od -An -tx1 | tr -d ' \\n'; printf -- '{end}'"
    program = (
        f"cd /backups; for d in 1 2 3 4; do ({dump}) > x-2026110$d.sql; touch -d 2026-11-0$d x-2026110$d.sql; done;"
        " sleep 36000"
    )
    name = container("kept", program, *of_compose("kept", "backup"), "--volume", "/backups")
    until(lambda: "x-20261104.sql" in docker("exec", name, "ls", "/backups"))
    kept = {"path": "/backups", "pattern": "*.sql", "keep": 2, "max_age": 99999, "project": "kept", "service": "backup"}
    found = reclaim(root, ["backups"], backups=[kept])
    assert docker("exec", name, "ls", "/backups").split() == ["x-20261103.sql", "x-20261104.sql"]
    assert len(found["done"]) == 2


def test_an_engine_that_is_not_there_and_one_elsewhere(root):
    found = reclaim(root, ["container_logs"], docker_host="unix:///nowhere.sock")
    assert not found["changed"]
    assert "nothing of the engine's was examined" in found["notes"][0]
    found = run_module("disk_reclaim", mount="/dev/shm", free="100T", kinds=["build_cache"])
    assert any("on another file system" in note for note in found["notes"])
