"""Whether a container that fails its check may still start or recover, by its state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.starting import not_ready, waits_for
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import container, project, volume

FAILS = {"health": "unhealthy", "exits": [1, 1, 1], "said": "Can't connect to local server", "test": ["CMD", "x"]}
DATA = {"mounts": [volume("data", "/var/lib/mysql")]}
# Of the check that each has: it runs every ten seconds, and has failed since the start where the streak covers that.
NEVER = {"up": 40, "streak": 4, "interval": 10}
BEFORE = {"up": 4000, "streak": 4, "interval": 10}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param({**DATA, **NEVER}, "keeps data, and may still load or recover them", id="recovers its data"),
        pytest.param({**DATA, "up": 7200, "streak": 720, "interval": 10}, "load or recover", id="for two hours"),
        pytest.param({**DATA, **BEFORE}, "", id="has passed before"),
        pytest.param({**DATA, **NEVER, "exits": [0, 1, 1]}, "", id="has just passed"),
        pytest.param({**DATA, "health": "healthy"}, "", id="is healthy"),
        pytest.param({**DATA, **NEVER, "exits": [127], "said": ""}, "", id="was never checked"),
        pytest.param({**DATA, **NEVER, "state": "exited"}, "", id="does not run"),
        pytest.param(NEVER, "has not passed its health check since its start 40 s ago, and may still start", id="app"),
        pytest.param({"up": 500, "streak": 50, "interval": 10}, "", id="should be up by now"),
        pytest.param(
            {"up": 500, "streak": 10, "interval": 10, "start_period": 400}, "may still start", id="a long start period"
        ),
        pytest.param(BEFORE, "", id="an app that has passed before"),
    ],
)
def test_by_the_state_of_the_container(more, says):
    one = container(**{**FAILS, **more})
    reason = not_ready(project(one), one)
    assert says in reason
    assert bool(reason) is bool(says)


@pytest.mark.parametrize(
    ("more", "held"), [({**DATA, **NEVER}, True), (NEVER, True), ({**DATA, **BEFORE}, False), (BEFORE, False)]
)
def test_it_is_named_left_alone_and_held_when_its_service_is_named(more, held):
    db = container("db", **{**FAILS, **more})
    web = container(**{**FAILS, **BEFORE}, depends="db:service_healthy:false")
    shop = project(db, web, services={"db": {}, "web": {"depends_on": {"db": {}}}})
    unasked = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in unasked.order] == ([] if held else ["db", "web"])
    assert problem_of(shop, db), "it is named in either case"
    waits = waits_for(shop, web)
    assert bool(waits) is held
    assert waits.startswith("depends on shop-db-1, which has not passed" if held else "")
    (action,) = plan_restart(shop, ["db"]).plan.actions
    assert bool(action.detail.get("needs_approval")) is held


ALONE = {**FAILS, **BEFORE}


@pytest.mark.parametrize(
    ("others", "why"),
    [
        pytest.param([{"state": "paused"}], "which is paused, by a person or a job", id="paused"),
        pytest.param([{"state": "exited", "policy": "always"}], "which was stopped on purpose", id="stopped"),
        pytest.param([{"health": "starting"}], "which has not passed its health check yet", id="starts"),
        pytest.param([{"state": "paused"}, {}], "", id="another one serves"),
        pytest.param([{"state": "paused"}, {"state": "paused"}], "which is paused", id="both are paused"),
        pytest.param([{"state": "exited", "health": ""}], "", id="a job that is done"),
        pytest.param([{"health": ""}], "", id="runs, without a check"),
        pytest.param([{"health": "unhealthy", "exits": [127], "said": ""}], "", id="was never checked"),
        pytest.param([ALONE], "", id="fails, and is restarted first"),
        pytest.param([], "", id="has no container"),
    ],
)  # fmt: skip
def test_what_depends_on_one_that_was_set_apart_or_starts_is_not_blamed(others, why):
    needed = [container("db", number, **more) for number, more in enumerate(others, 1)]
    web = container(**ALONE, depends="db:service_healthy:false")
    shop = project(*needed, web, services={"db": {}, "web": {"depends_on": {"db": {}}}})
    assert why in waits_for(shop, web)
    assert bool(waits_for(shop, web)) is bool(why)
    unasked = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert ("web" in [one.service for one, dummy in unasked.order]) is not bool(why)
    assert [one.service for one, dummy in plan_restart(shop, ["web"]).order] == ["web"], "its service was named"


def test_what_lost_the_network_of_another_is_restarted_also_while_that_one_starts():
    vpn = container("vpn", health="starting", up=5)
    agent = container("agent", health="", up=60, network=f"container:{vpn.id}", depends="vpn:service_started:false")
    shop = project(vpn, agent, services={"vpn": {}, "agent": {"network_mode": "service:vpn"}})
    assert waits_for(shop, agent) == ""
    unasked = plan_restart(shop, ["vpn", "agent"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in unasked.order] == ["agent"]


def test_when_it_was_started_is_not_guessed():
    one = replace(container(**ALONE), started=None)
    assert not_ready(project(one), one) == "may still start, since when it was started is unknown"
