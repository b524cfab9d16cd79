"""A scaling that was cut off, by the record that it left in the engine, and what it left running."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io.act_store import ActStore
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io.acting import wait_for_compose
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import SCALE, ActRecord, Wish
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine import engine as engine_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.lock.engine_lock import Owner
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import BusyError
from ansible_collections.pafar.runbook.plugins.module_utils._system.io import identity

from rehearsal import engine
from support import cutting
from support.engine_login import engine_login

DEAD = {"pid": 2**22 - 1, "started": 1}
ELSEWHERE = {**DEAD, "boot": "f" * 12}  # another host has another boot, and the same first namespace of processes


def left_by_a_dead_run(shop, step, wanted, who=DEAD):
    """The record of a scaling of web by a step, whose process has ended, or is not seen from here."""
    now = datetime.now(UTC)
    known = tuple(container["Id"] for container in shop.containers("web"))
    owner = replace(identity.own(), **who)
    given = {"service": "web", "replicas": step}
    with engine_of(engine_login(120.0)) as opened:
        store = ActStore(opened, shop.project)
        store.put(ActRecord(SCALE, now, now, owner, given, {"web": Wish(wanted, known)}))


@pytest.fixture
def records(shop):
    yield lambda: cutting.records(shop)
    cutting.forget(shop)


def test_the_same_step_completes_it_and_another_one_is_ambiguous(shop, records):
    left_by_a_dead_run(shop, "+2", 4)
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=3", "web")
    shop.await_up()
    others = shop.world("web")
    (row,) = shop.module("compose_info")["unfinished"]
    assert (row["module"], row["services"], row["run"]) == ("compose_scale", ["web"], "ended")
    assert "web was to have 4 replicas and has 3" in row["explanation"]
    ambiguous = shop.module("compose_scale", check=True, service="web", replicas="+1")
    assert "an act that was cut off wanted 4" in ambiguous["msg"]
    number = shop.module("compose_scale", check=True, service="web", replicas="5")
    assert number["plan"]["actions"][0]["count"] == 2
    planned = shop.module("compose_scale", check=True, service="web", replicas="+2")
    assert planned["plan"]["actions"][0]["target"] == "web:2->4", "an approval of the first run is valid"
    assert len(records()) == 1, "to plan changes nothing"
    done = shop.module("compose_scale", service="web", replicas="+2", only=["web:2->4"])
    assert (done["remaining"], len(shop.containers("web"))) == (0, 4)
    assert done["done"][0].startswith("took up compose_scale of ")
    assert done["undo"]["options"]["replicas"] == "2", "back to before the act that was cut off"
    assert (records(), shop.world("web")) == ([], others)


def test_what_was_reached_is_not_done_again_and_the_next_step_is_a_new_one(shop, records):
    left_by_a_dead_run(shop, "+2", 2)
    before = shop.world()
    done = shop.module("compose_scale", service="web", replicas="+2")
    assert (done["changed"], shop.world(), records()) == (False, before, [])
    planned = shop.module("compose_scale", check=True, service="web", replicas="+2")
    assert planned["plan"]["actions"][0]["target"] == "web:2->4"


def test_an_act_of_another_host_runs_as_long_as_it_holds_the_lock(shop, records):
    left_by_a_dead_run(shop, "+2", 4, ELSEWHERE)
    owner = Owner("n", "other", f"{'f' * 36}/{identity.own().space}", DEAD["pid"], "1", "deploy")
    labels = [word for pair in owner.labels(shop.project).items() for word in ("--label", "=".join(pair))]
    lock = f"pafar.runbook.lock.{shop.project}.other"
    engine.run(["docker", "network", "create", "--config-only", *labels, lock])
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=3", "web")
    shop.await_up()
    before = shop.world()
    try:
        assert shop.module("compose_info")["unfinished"] == []
        planned = shop.module("compose_scale", check=True, service="web", replicas="3")
        assert planned["plan"]["actions"] == [], "what it has started is not in the way"
        refused = shop.module("compose_scale", service="web", replicas="+2")
        assert "Another run is acting" in refused["msg"]
        assert (len(records()), shop.world()) == (1, before)
    finally:
        engine.run(["docker", "network", "rm", lock])
    (row,) = shop.module("compose_info")["unfinished"]
    assert (row["run"], row["services"]) == ("ended", ["web"])


def test_what_a_dead_run_has_left_at_work_is_waited_for():
    script = "import sys, time; time.sleep(float(sys.argv[1]))"
    words = ["compose", "--project-name", "a-project-of-no-engine", "up", "--detach", "--no-recreate"]
    with subprocess.Popen([sys.executable, "-c", script, "1.0", *words]):
        time.sleep(0.2)
        with pytest.raises(BusyError, match="is running"):
            wait_for_compose("a-project-of-no-engine", 0.1)
        assert wait_for_compose("a-project-of-no-engine", 60)
    assert not wait_for_compose("a-project-of-no-engine", 0)
