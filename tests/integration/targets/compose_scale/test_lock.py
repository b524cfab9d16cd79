"""One act at a time on a project, whoever starts it; a lock that no other user can block and no kill leaves behind."""

from __future__ import annotations

import os

import pytest

from rehearsal import engine
from support import members
from support.members import answer

LABEL = "pafar.runbook.lock"


def claims(shop):
    listed = engine.run(["docker", "network", "ls", "--quiet", "--filter", f"label={LABEL}={shop.project}"])
    return listed.stdout.split()


def started(shop, name, member=False, **options):
    """The module as a process of its own; ``member``: as another user, who is in the group that may use the engine."""
    common = {"project": shop.project, "engine_timeout": 120, "stable": 1, "pause": 0.1, "drain": False, **options}
    return members.started(name, member, **common)


@pytest.fixture
def slow(shop):
    """A service that takes its time to stop, so that an act on it can be met."""
    shop.services["worker"]["command"] = ["sh", "-c", "trap 'sleep 6; exit 0' TERM; while :; do sleep 0.2; done"]
    shop.write()
    shop.compose("up", "--detach", "--no-build", "worker")
    shop.await_up()
    return shop


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another member of the group docker")
@pytest.mark.parametrize("first", ["root", "member"])
def test_root_and_a_member_of_the_group_never_act_at_once(slow, first):
    acting = started(slow, "compose_restart", first == "member", services=["worker"])
    slow.until("it has the lock", lambda: claims(slow) or acting.poll() is not None)
    before = slow.world("worker")
    refused = answer(started(slow, "compose_restart", first == "root", services=["front"]))
    assert refused["error"] == "BusyError", refused
    assert f"Another run is acting on the compose project {slow.project}: process {acting.pid} of" in refused["msg"]
    assert slow.world("worker") == before
    engine.run(["docker", "network", "prune", "--force", "--filter", f"label={LABEL}={slow.project}"])
    assert claims(slow), "no prune takes it"
    assert answer(acting)["remaining"] == 0
    assert claims(slow) == []


def test_a_run_that_was_killed_blocks_none(slow):
    killed = started(slow, "compose_restart", services=["worker"])
    slow.until("it has the lock", lambda: claims(slow) or killed.poll() is not None)
    killed.kill()
    killed.communicate()
    assert claims(slow), "a kill leaves it behind"
    done = slow.module("compose_scale", service="front", replicas="2")
    assert "msg" not in done, done["msg"]
    assert claims(slow) == []


def test_of_many_at_the_same_moment_one_acts(shop):
    """Each of them may lose, or find that all is done; none acts beside another, so the number is right."""
    processes = [started(shop, "compose_scale", service="worker", replicas="2") for dummy in range(4)]
    runs = [answer(process) for process in processes]
    assert len(shop.containers("worker")) == 2
    assert sum(bool(run.get("done")) for run in runs) == 1, runs
    assert {run.get("error") for run in runs if run.get("failed")} <= {"BusyError", "PreflightError"}
    assert claims(shop) == []
