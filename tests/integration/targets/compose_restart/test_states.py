"""compose_restart, compose_scale and compose_info on containers that a person, a check or a neighbour changed."""

from __future__ import annotations

import os
import shutil

import pytest

from rehearsal import engine
from support.modules import run_module
from support.shop import WAIT, service_of


def states(shop, service):
    return {
        one["Name"]: (one["Id"], one["State"]["Status"], one["State"]["StartedAt"]) for one in shop.containers(service)
    }


def notes(shop, service):
    found = shop.module("compose_info", services=[service])
    return [container["note"] for container in found["services"][service]["containers"]], found["unhealthy"]


def interfaces(shop, service):
    (container,) = shop.containers(service)
    return sorted(shop.execute(container["Name"].lstrip("/"), "ls", "/sys/class/net").split())


@pytest.mark.parametrize(
    ("act", "state", "note"), [("pause", "paused", "is paused"), ("stop", "exited", "was stopped")]
)
def test_what_was_set_up_on_purpose_is_left_alone_until_it_is_named(shop, act, state, note):
    engine.run(["docker", act, f"{shop.project}-worker-1"])
    before = states(shop, "worker")
    (said,), unhealthy = notes(shop, "worker")
    assert (said.startswith(note), unhealthy) == (True, 0)
    done = shop.module("compose_restart", which="unhealthy", grace=1)
    assert (done["plan"]["actions"], states(shop, "worker")) == ([], before)
    named = shop.module("compose_restart", services=["worker"], grace=1)
    assert "msg" not in named, named["msg"]
    assert named["remaining"] == 0, named
    (identity, now, started), (earlier, dummy, began) = states(shop, "worker").popitem()[1], before.popitem()[1]
    assert (identity, now) == (earlier, "running")
    assert (started == began) is (act == "pause"), "what was paused continues, and is not started again"


CHECKS = [
    pytest.param(["CMD", "wget", "-q", "http://127.0.0.1/"], "executable file not found", id="no program"),
    pytest.param(["CMD-SHELL", "curl -f http://127.0.0.1/ || exit 1"], "curl: not found", id="hidden by the shell"),
    pytest.param(["CMD", "/etc/hostname"], "ermission denied", id="no right to run it"),
]


@pytest.mark.parametrize(("test", "why"), CHECKS)
def test_a_check_that_cannot_be_carried_out_is_no_ground_for_an_act(shop, test, why):
    shop.services["worker"]["healthcheck"] = {"test": test, "interval": "1s", "retries": 1}
    shop.write()
    shop.compose("up", "--detach", "--no-build", "worker")
    shop.until("it is checked", lambda: shop.health(f"{shop.project}-worker-1") == "unhealthy")
    before = states(shop, "worker")
    (said,), unhealthy = notes(shop, "worker")
    assert (why in said, unhealthy) == (True, 0), said
    assert shop.module("compose_restart", which="unhealthy", grace=1)["plan"]["actions"] == []
    assert states(shop, "worker") == before
    assert shop.module("compose_restart", services=["worker"], grace=1)["remaining"] == 0


def test_a_check_that_is_cut_off_at_its_limit_is_run_once_more(shop):
    shop.services["worker"]["healthcheck"] = {
        "test": ["CMD", "sleep", "3"],
        "interval": "1s",
        "timeout": "2s",
        "retries": 1,
    }
    shop.write()
    shop.compose("up", "--detach", "--no-build", "worker")
    shop.until("it is checked", lambda: shop.health(f"{shop.project}-worker-1") == "unhealthy")
    (said,), unhealthy = notes(shop, "worker")
    assert unhealthy == 0, said
    assert "is cut off at its limit of 2 s" in said or "more work than cores" in said
    # And what says nothing before the act says nothing after it.
    done = shop.module("compose_restart", services=["worker"], grace=1)
    assert ("msg" in done, done.get("remaining")) == (False, 0), done


def with_guest(shop):
    """A service in the network of another."""
    shop.services["guest"] = {
        "image": "@", "command": ["sh", "-c", WAIT], "network_mode": "service:worker", "restart": "unless-stopped",
    }  # fmt: skip
    shop.write()
    shop.compose("up", "--detach", "--no-build", "guest")
    shop.await_up()


def test_who_lives_in_its_network_is_restarted_behind_it(shop):
    with_guest(shop)
    whole = interfaces(shop, "guest")
    planned = shop.module("compose_restart", check=True, services=["worker"])
    assert [action["who"].removeprefix(f"{shop.project}-") for action in planned["plan"]["actions"]] == [
        "worker-1",
        "guest-1",
    ]
    done = shop.module("compose_restart", services=["worker"], grace=1)
    assert (done["remaining"], interfaces(shop, "guest")) == (0, whole), done
    assert shop.module("compose_info")["services"]["guest"]["drifted"] == 0, "whose network it is makes no difference"


def test_a_guest_that_lost_its_network_is_named_and_put_right(shop):
    with_guest(shop)
    whole = interfaces(shop, "guest")
    engine.run(["docker", "restart", "--time", "0", f"{shop.project}-worker-1"])
    assert interfaces(shop, "guest") != whole
    found = shop.module("compose_info")["services"]["guest"]["containers"][0]
    assert found["problem"] == f"lost the network of {shop.project}-worker-1, which was started again after it"
    done = shop.module("compose_restart", which="unhealthy", grace=1)
    assert ([action["who"] for action in done["plan"]["actions"]], interfaces(shop, "guest")) == (
        [f"{shop.project}-guest-1"], whole
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "problem", "note"),
    [
        (["stop", "--time", "0"], "", "was stopped on purpose"),
        (["rm", "--force"], "in whose network it lives, is gone", ""),
    ],
)
def test_a_guest_whose_host_does_not_run_is_named_and_never_taken_down(shop, words, problem, note):
    with_guest(shop)
    engine.run(["docker", *words, f"{shop.project}-worker-1"])
    before = states(shop, "guest")
    assert interfaces(shop, "guest") == ["lo"]
    found = shop.module("compose_info")["services"]["guest"]
    (guest,) = found["containers"]
    assert (problem in guest["problem"], note in guest["note"], found["healthy"]) == (True, True, 0), guest
    for options in ({"which": "unhealthy"}, {"services": ["guest"]}):
        assert shop.module("compose_restart", grace=1, **options)["plan"]["actions"] == []
    assert states(shop, "guest") == before


def test_what_the_engine_could_not_start_was_not_stopped_on_purpose(shop):
    shop.services["worker"]["ports"] = ["127.0.0.1::80"]
    shop.write()
    shop.compose("up", "--detach", "--no-build", "worker")
    worker, thief = f"{shop.project}-worker-1", f"{shop.project}-thief"
    port = engine.run(["docker", "port", worker, "80/tcp"]).stdout.rpartition(":")[2].strip()
    shop.services["worker"]["ports"] = [f"127.0.0.1:{port}:80"]
    shop.write()
    shop.compose("up", "--detach", "--no-build", "worker")
    engine.run(["docker", "stop", "--time", "0", worker])
    engine.run(["docker", "run", "--detach", "--name", thief, "--publish", f"127.0.0.1:{port}:80", shop.image,
                "sh", "-c", WAIT])  # fmt: skip
    try:
        assert engine.run(["docker", "start", worker], check=False).returncode
        (before,) = states(shop, "worker").values()
        found = shop.module("compose_info", services=["worker"])["services"]["worker"]["containers"][0]
        assert (found["state"], found["note"]) == ("exited", "")
        assert "port is already allocated" in found["problem"]
        held = shop.module("compose_restart", which="unhealthy", grace=1)["plan"]
        assert held["actions"] == []
        assert "could not be started by the engine" in held["excluded"][0]["reason"]
        assert list(states(shop, "worker").values()) == [before]
    finally:
        engine.run(["docker", "rm", "--force", thief])


def test_a_guest_of_nobodys_project_keeps_its_network(shop):
    name = f"{shop.project}-stranger"
    engine.run(["docker", "run", "--detach", "--name", name, "--network", f"container:{shop.project}-worker-1",
                shop.image, "sh", "-c", WAIT])  # fmt: skip
    try:
        before = states(shop, "worker")
        refused = shop.module("compose_restart", services=["worker"], grace=1)
        assert f"{shop.project}-worker-1 would be taken from {name}, which shares its network" in refused["msg"]
        assert states(shop, "worker") == before
    finally:
        engine.run(["docker", "rm", "--force", name])


def test_a_replica_in_whose_network_others_live_is_not_removed(shop):
    shop.services["web"]["network_mode"] = "service:worker"
    shop.write()
    shop.compose("up", "--detach", "--no-build", "--scale", "web=1", "web")
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=2", "worker")
    shop.await_up()
    host = shop.containers("web")[0]["HostConfig"]["NetworkMode"].removeprefix("container:")
    done = shop.module("compose_scale", service="worker", replicas="1", grace=1)
    assert [one["Id"] for one in shop.containers("worker")] == [host], done


def test_restart_and_scale_down_go_without_the_files(shop):
    shutil.move(shop.file, f"{shop.file}.away")
    try:
        before, others = states(shop, "web"), shop.world("web")
        done = shop.module("compose_restart", services=["web"], grace=1)
        assert (done["remaining"], shop.world("web")) == (0, others), done
        assert {name: row[0] for name, row in states(shop, "web").items()} == {
            name: row[0] for name, row in before.items()
        }
        fewer = shop.module("compose_scale", service="web", replicas="1", grace=1)
        assert (fewer["remaining"], len(shop.containers("web"))) == (0, 1), fewer
        more = shop.module("compose_scale", service="web", replicas="2")
        assert "cannot be read" in more["msg"]
        assert {service_of(one) for one in shop.containers()} == set(shop.services)
    finally:
        os.rename(f"{shop.file}.away", shop.file)


def test_replicas_that_do_not_run_are_not_counted_as_there(shop):
    for number in (1, 2):
        engine.run(["docker", "kill", f"{shop.project}-web-{number}"])
    refused = shop.module("compose_scale", service="web", replicas="2")
    assert f"{shop.project}-web-1 is exited, {shop.project}-web-2 is exited" in refused["msg"]
    assert "Nothing was done" in refused["msg"]


@pytest.fixture
def run_by_hand(shop):
    """A container of an image that Compose built, which has the names of project and service as labels."""
    labels = [f"com.docker.compose.project={shop.project}", "com.docker.compose.service=worker"]
    words = [word for label in labels for word in ("--label", label)]
    name = f"{shop.project}-by-hand"
    engine.run(["docker", "run", "--detach", "--name", name, *words, shop.image, "sh", "-c", WAIT])
    yield name
    engine.run(["docker", "rm", "--force", name], check=False)


def test_a_run_of_the_image_by_hand_is_no_replica(shop, run_by_hand):
    """A migration, a shell, a job of cron: neither counted, nor restarted, nor removed."""
    before = states(shop, "worker")[f"/{run_by_hand}"]
    seen = shop.module("compose_info")["services"]["worker"]
    assert [one["name"] for one in seen["containers"]] == [f"{shop.project}-worker-1"]
    assert (seen["running"], seen["notes"]) == (1, [])
    same = shop.module("compose_scale", service="worker", replicas="1")
    assert same["plan"]["actions"] == []
    done = shop.module("compose_restart", services=["worker"], grace=1)
    assert [action["who"] for action in done["plan"]["actions"]] == [f"{shop.project}-worker-1"]
    more = shop.module("compose_scale", service="worker", replicas="2")
    assert (more["after"]["worker"]["running"], len(states(shop, "worker"))) == (2, 3), more
    less = shop.module("compose_scale", service="worker", replicas="1", grace=1)
    assert less["after"]["worker"]["running"] == 1, less
    used = run_module("host_resources_info", project=shop.project, interval=0.2)
    assert {one["name"]: one["service"] for one in used["containers"]}[run_by_hand] == ""
    assert states(shop, "worker")[f"/{run_by_hand}"] == before
