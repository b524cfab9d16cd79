"""Whether a container that fails its check may still start or recover, by its state."""

from __future__ import annotations

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
