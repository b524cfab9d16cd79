"""compose_switch against a real engine: exactly what is named, in either direction, with its way back."""

from __future__ import annotations

import pytest

from support.modules import run_module


def state(shop, name):
    (found,) = [one for one in shop.containers() if one["Name"] == f"/{shop.project}-{name}"]
    return found["State"]["Status"]


def test_stop_and_start_again_touch_nothing_else(shop):
    name = f"{shop.project}-web-1"
    others = shop.world("web")
    planned = shop.module("compose_switch", check=True, containers=[name], state="stopped", grace=2)
    assert [action["action"] for action in planned["plan"]["actions"]] == ["stop"]
    assert state(shop, "web-1") == "running"
    done = shop.module("compose_switch", containers=[name], state="stopped", grace=2)
    assert (done["remaining"], state(shop, "web-1"), state(shop, "web-2")) == (0, "exited", "running")
    assert done["plan"] == planned["plan"]
    assert done["evidence"]["logs"].keys() == {name}
    again = shop.module("compose_switch", containers=[name], state="stopped", grace=2)
    assert (again["changed"], again["plan"]["actions"]) == (False, [])
    back = shop.module("compose_switch", **done["undo"]["options"])
    assert (back["remaining"], state(shop, "web-1")) == (0, "running")
    assert back["after"]["web"]["healthy"] == 2
    assert shop.world("web") == others


def test_what_does_not_come_up_is_named_and_left_for_the_log(shop):
    shop.services["worker"]["command"] = ["sh", "-c", "echo no such queue; exit 3"]
    shop.services["worker"]["restart"] = "no"
    shop.write()
    shop.compose("up", "--no-start", "--no-build", "worker")
    failed = shop.module("compose_switch", containers=[f"{shop.project}-worker-1"], state="started")
    assert "did not come up: it exited with 3" in failed["msg"]
    assert failed["begun"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"containers": [], "state": "stopped"}, "containers is empty"),
        ({"containers": ["nosuch-1"], "state": "stopped"}, "nosuch-1 is no container of the compose project"),
        ({"containers": ["x"], "state": "gone"}, "value of state must be one of: started, stopped"),
    ],
)
def test_bad_input_is_one_clear_paragraph(shop, options, said):
    done = run_module("compose_switch", project=shop.project, **options)
    assert done["failed"] is True
    assert said in done["msg"]


HOOK = {"drain_command": ["touch", "/tmp/draining"], "drain_undo": ["rm", "-f", "/tmp/draining"], "drain_wait": 0.1}


def test_a_start_undoes_the_drain_of_the_stop_before_it(shop):
    shop.services["web"]["healthcheck"] = {"test": ["CMD", "test", "!", "-e", "/tmp/draining"], "interval": "1s"}
    shop.write()
    shop.compose("up", "--detach", "--no-build", "web")
    shop.await_up()
    name = f"{shop.project}-web-1"
    stopped = shop.module("compose_switch", containers=[name], state="stopped", grace=1, **HOOK)
    assert (stopped["done"], state(shop, "web-1")) == ([f"stopped {name}"], "exited")
    started = shop.module("compose_switch", containers=[name], state="started", **HOOK)
    assert (started.get("msg"), started["done"], shop.health(name)) == (None, [f"started {name}"], "healthy")


def test_a_job_that_is_run_again_when_it_fails_is_ready_when_it_has_ended(shop):
    shop.services["migrate"]["restart"] = "on-failure"
    shop.write()
    shop.compose("up", "--detach", "--no-build", "migrate")
    done = shop.module("compose_switch", containers=[f"{shop.project}-migrate-1"], state="started")
    assert (done.get("msg"), done["done"]) == (None, [f"started {shop.project}-migrate-1"])
