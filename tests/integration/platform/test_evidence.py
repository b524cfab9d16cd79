"""log_tail and endpoint_probe_info on the running platform: real containers, their logs and their networks."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rehearsal import engine
from rehearsal.platform import Platform
from support.modules import run_module

DATABASE = {"name": "database", "kind": "postgres", "host": "db"}
REDIS = {"name": "redis", "kind": "redis", "host": "redis"}
STRIPE = {"name": "stripe", "url": "http://stripe:8000/v1/charges", "judge": "stripe", "key": "stripe"}
HOOK = {"name": "webhook", "url": "http://nginx/api/webhooks/stripe/", "method": "POST", "judge": "webhook"}
KEYS = {"stripe": {"service": "backend", "variable": "STRIPE_SECRET_KEY"}}


def tail(platform: Platform, **options: Any) -> dict[str, Any]:
    found = run_module("log_tail", project=platform.site.project, **{"signatures": 0, **options})
    assert "failed" not in found, found
    return found


def probe(platform: Platform, *targets: dict[str, Any], **options: Any) -> dict[tuple[str, str], dict[str, Any]]:
    found = run_module("endpoint_probe_info", project=platform.site.project, targets=list(targets), **options)
    assert "failed" not in found, found
    return {(row["source"].removeprefix(f"{platform.site.project}-"), row["target"]): row for row in found["matrix"]}


def plain_scan(platform: Platform, container: str) -> list[str]:
    """Every line of a container's log, as the engine tells it."""
    return engine.run(["docker", "logs", f"{platform.site.project}-{container}"]).stdout.splitlines()


def test_every_record_is_what_a_plain_scan_finds(platform: Platform) -> None:
    until = f"@{time.time() - 1}"
    ours = [one["text"] for one in tail(platform, services=["redis"], last=10_000, until=until)["entries"]]
    theirs = [" ".join(line.split()) for line in plain_scan(platform, "redis-1")]
    assert [" ".join(line.split()) for one in ours for line in one.split("\n")] == theirs[: len(ours)]
    assert len(ours) > 5


def test_the_file_and_the_api_tell_the_same(platform: Platform) -> None:
    common = {"services": ["backend"], "match": "payment", "since": "5m", "last": 50}

    def decided() -> str:
        return f"@{time.time() - 2}"

    platform.until("users have paid", lambda: len(tail(platform, until=decided(), **common)["entries"]) > 3)
    options = {**common, "until": decided()}
    told = {source: tail(platform, source=source, **options) for source in ("file", "api")}
    assert {found["sources"][0]["kind"] for found in told.values()} == {"json-file", "api"}
    texts = [sorted(one["text"] for one in found["entries"]) for found in told.values()]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 3


def test_services_are_merged_by_time_and_nginx_is_understood(platform: Platform) -> None:
    found = tail(platform, services=["*"], last=300)
    times = [one["at"] for one in found["entries"]]
    assert times == sorted(times)
    assert len({one["source"] for one in found["entries"]}) > 2
    found = tail(platform, services=["nginx"], where="status == `201` && method == 'POST'", last=5)
    assert {one["fields"]["status"] for one in found["entries"]} == {201}


@pytest.mark.parametrize("driver", ["local", "json-file"])
def test_the_files_of_both_drivers(platform: Platform, driver: str) -> None:
    """A long line that the engine splits, a traceback on the other stream, in a container of its own."""
    name = f"{platform.site.project}-log-{driver}"
    image = engine.inspect("container", [platform.container("redis")])[0]["Image"]
    script = "for n in $(seq 40); do echo line $n; done; head -c 40000 /dev/zero | tr '\\0' x; echo END; sleep 0.2;"
    script += " printf 'ERROR it broke\\nTraceback (most recent call last):\\n  File x\\nKeyError: 7\\n' >&2"
    argv = ["docker", "run", "--name", name, "--log-driver", driver, "--entrypoint", "sh", image, "-c", script]
    engine.run(argv)
    try:
        found = run_module("log_tail", containers=[name], signatures=5, last=100)
        place = found["sources"][0]
        assert (place["kind"], place["problem"], place["left_out"]) == (driver, "", [])
        texts = [one["text"] for one in found["entries"]]
        assert texts[:40] == [f"line {number}" for number in range(1, 41)]
        assert texts[41] == "ERROR it broke\nTraceback (most recent call last):\n  File x\nKeyError: 7"
        assert texts[40].startswith("xxxx")
        assert texts[40].endswith("END")
        assert [one["text"] for one in found["signatures"]] == ["KeyError: #"]
    finally:
        engine.run(["docker", "rm", "--force", name])


def test_what_the_local_driver_rotated_out_belongs_to_it(platform: Platform) -> None:
    """Six files of which all but one are packed: every record of a plain scan, once."""
    name = f"{platform.site.project}-log-rotated"
    image = engine.inspect("container", [platform.container("redis")])[0]["Image"]
    script = "for n in $(seq 6000); do echo line $n of the export, which is as long as lines are; done"
    options = ["--log-driver", "local", "--log-opt", "max-size=100k", "--log-opt", "max-file=6"]
    engine.run(["docker", "run", "--name", name, *options, "--entrypoint", "sh", image, "-c", script])
    try:
        found = run_module("log_tail", containers=[name], last=10_000, signatures=0)
        theirs = engine.run(["docker", "logs", name]).stdout.splitlines()
        assert found["sources"][0]["left_out"] == []
        assert [one["text"] for one in found["entries"]] == theirs
        assert len(theirs) > 3000
    finally:
        engine.run(["docker", "rm", "--force", name])


def test_everything_is_reached_from_inside(platform: Platform) -> None:
    found = probe(
        platform, DATABASE, REDIS, {**STRIPE, "sources": ["backend"]}, {**HOOK, "sources": ["stripe"]},
        sources=["backend", "celery-worker"], key_variables=KEYS,
    )  # fmt: skip
    assert {key: row["state"] for key, row in found.items()} == {
        ("backend-1", "database"): "up", ("celery-worker-1", "database"): "up", ("backend-1", "redis"): "up",
        ("celery-worker-1", "redis"): "up", ("backend-1", "stripe"): "up", ("stripe-1", "webhook"): "up",
    }  # fmt: skip


@contextmanager
def dropped(platform: Platform, service: str, *rule: str) -> Iterator[None]:
    """Packets of a container that go nowhere, by a rule in its own network."""
    pid = engine.inspect("container", [platform.container(service)])[0]["State"]["Pid"]

    def iptables(how: str) -> None:
        argv = ["nsenter", "--target", str(pid), "--net", "iptables", how, "OUTPUT", *rule, "-j", "DROP"]
        subprocess.run(argv, check=True, capture_output=True)

    iptables("-A")
    try:
        yield
    finally:
        iptables("-D")


def test_a_cut_network_is_seen_from_where_it_is_cut(platform: Platform) -> None:
    with dropped(platform, "celery-worker", "-p", "tcp", "--dport", "6379"):
        found = probe(platform, DATABASE, REDIS, sources=["backend", "celery-worker"], attempts=2, timeout=4)
    assert found["celery-worker-1", "redis"]["state"] == "down"
    assert (found["celery-worker-1", "redis"]["layer"], found["celery-worker-1", "redis"]["fault_of"]) == (
        "tcp",
        "network",
    )
    assert {row["state"] for key, row in found.items() if key != ("celery-worker-1", "redis")} == {"up"}


def test_a_resolver_that_is_silent_is_told_apart(platform: Platform) -> None:
    with dropped(platform, "celery-worker", "-d", "127.0.0.11"):
        found = probe(platform, REDIS, sources=["celery-worker"], attempts=1, timeout=4)
    assert found["celery-worker-1", "redis"]["layer"] == "dns"
    assert "127.0.0.11" in found["celery-worker-1", "redis"]["why"]


def test_a_service_that_does_not_run_cannot_be_asked_from_and_the_rest_is_tried(platform: Platform) -> None:
    found = probe(platform, REDIS, sources=["nowhere", "celery-worker"], attempts=1)
    assert {row["source"].removeprefix(f"{platform.site.project}-"): row["state"] for row in found.values()} == {
        "nowhere": "unknown", "celery-worker-1": "up",
    }  # fmt: skip


def test_a_key_is_read_from_a_container_that_stopped_and_one_that_is_nowhere_costs_its_own_targets_alone(
    platform: Platform,
) -> None:
    worker = platform.container("celery-worker")
    engine.run(["docker", "stop", "--time", "1", worker])
    try:
        found = probe(
            platform, REDIS, STRIPE, {**STRIPE, "name": "other", "key": "gone"}, sources=["backend"], attempts=1,
            key_variables={
                "stripe": {"service": "celery-worker", "variable": "STRIPE_SECRET_KEY"},
                "gone": {"service": "backend", "variable": "NO_SUCH_VARIABLE"},
            },
        )  # fmt: skip
    finally:
        engine.run(["docker", "start", worker])
        platform.until("it is healthy again", lambda: all(one.health == "healthy" for one in platform.containers()))
    states = {target: row["state"] for (dummy, target), row in found.items()}
    assert states == {"redis": "up", "stripe": "up", "other": "unknown"}
    assert "no container of backend has the variable NO_SUCH_VARIABLE" in found["backend-1", "other"]["why"]


@pytest.mark.parametrize(
    ("mode", "state", "fault_of"),
    [("ok", "up", ""), ("down", "down", "theirs"), ("slow", "down", "theirs"), ("revoked", "down", "key"),
     ("rate_limited", "degraded", "ours")],
)  # fmt: skip
def test_stripe_is_judged_by_what_it_means(platform: Platform, mode: str, state: str, fault_of: str) -> None:
    platform.behave("stripe", mode)
    try:
        found = run_module(
            "endpoint_probe_info", project=platform.site.project, targets=[STRIPE], sources=["backend"], attempts=1,
            timeout=5, key_variables=KEYS,
        )  # fmt: skip
    finally:
        platform.behave("stripe", "ok")
    row = found["matrix"][0]
    assert (row["state"], row["fault_of"]) == (state, fault_of)
    assert platform.env["STRIPE_SECRET_KEY"] not in json.dumps(found)


def test_from_an_image_with_nothing_in_it(platform: Platform, tmp_path: Path) -> None:
    """FROM scratch: no shell, no curl, no /etc but what the engine puts there."""
    if not shutil.which("gcc"):
        pytest.skip("NOT RUN: a probe from a FROM-scratch image (gcc is not installed)")
    project = platform.site.project
    name = f"{project}-scratch-1"
    (tmp_path / "pause.c").write_text("#include <unistd.h>\nint main(void) { return pause(); }\n")
    engine.run(["gcc", "-static", "-o", str(tmp_path / "pause"), str(tmp_path / "pause.c")])
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n')
    labels = {"project": project, "service": "scratch", "container-number": "1", "oneoff": "False"}
    argv = ["docker", "run", "--detach", "--name", name, "--network", f"{project}_inside"]
    argv += [word for key, value in labels.items() for word in ("--label", f"com.docker.compose.{key}={value}")]
    try:
        engine.run(["docker", "build", "--tag", name, str(tmp_path)])
        engine.run([*argv, name])
        assert engine.run(["docker", "exec", name, "sh", "-c", "true"], check=False).returncode != 0
        found = probe(platform, REDIS, DATABASE, sources=["scratch"], attempts=1)
    finally:
        engine.run(["docker", "rm", "--force", name], check=False)
        engine.run(["docker", "rmi", "--force", name], check=False)
    assert {key: row["state"] for key, row in found.items()} == {
        ("scratch-1", "redis"): "up", ("scratch-1", "database"): "up",
    }  # fmt: skip
