"""Whom a restart leaves alone, and who goes along through chains of namespaces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.excluded import set_apart_since, why_excluded
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import container, project

KEYS = {"network": "network", "pid": "pid_mode", "ipc": "ipc_mode"}


def chain(*, kinds=("network", "network"), by="id", ups=(600, 600, 600), states=("running",) * 3):
    """c lives in a namespace of b, which lives in one of a."""
    made = [container("a", up=ups[0], state=states[0])]
    for name, kind, up, state in zip("bc", kinds, ups[1:], states[1:], strict=True):
        owner = made[-1].id if by == "id" else made[-1].name
        more = {"policy": "always"} if state == "exited" else {}
        made.append(container(name, up=up, state=state, **{KEYS[kind]: f"container:{owner}"}, **more))
    return made


SERVICES: dict[str, dict[str, str]] = {name: {} for name in "abc"}


def order(found, *services, **more):
    return [replica.service for replica, dummy in plan_restart(found, services, **more).order]


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("kinds", [("network", "network"), ("pid", "network"), ("network", "ipc")])
def test_those_who_live_with_one_who_goes_along_go_along_behind_it(kinds, by):
    a, b, c = chain(kinds=kinds, by=by)
    for found in (project(a, b, c, services=SERVICES), project(c, b, a, services=SERVICES)):
        assert order(found, "a") == ["a", "b", "c"]
        assert order(found, "b") == ["b", "c"]
        assert order(found, "c", "a") == ["a", "b", "c"], "the files need not know whose container it is"
        assert plan_restart(found, ["c", "a"]).services == ("a", "b", "c")
        plan = plan_restart(found, ["a"])
        narrowed = plan.narrowed_to([plan.plan.targets[0]])
        assert [replica.service for replica, dummy in narrowed.order] == ["a", "b", "c"]
        assert "loses it with the restart" in plan.plan.actions[2].reason


def test_one_who_lives_with_two_goes_behind_both():
    a = container("a")
    c = container("c", network=f"container:{a.id}")
    b = container("b", network=f"container:{a.id}", pid_mode=f"container:{c.id}")
    assert order(project(a, b, c, services=SERVICES), "a") == ["a", "c", "b"]


def test_a_sharer_of_a_sharer_in_another_project_is_named():
    a, b, c = chain()
    refused = plan_restart(project(a, b, services=SERVICES, outside=(c,)), ["a"]).refusals
    assert "taken from shop-c-1, which shares its network" in refused[0]


def test_who_lives_with_one_that_lost_its_network_has_none_and_goes_along():
    """a was started again: b and c are without a network, and c finds none in b before b is started again, too."""
    a, b, c = chain(ups=(5, 600, 590))
    found = project(a, b, c, services=SERVICES)
    assert "started again after it" in problem_of(found, b)
    assert problem_of(found, c).startswith("lives in the network of shop-b-1, which lost the network of shop-a-1")
    assert order(found, "a", "b", "c", unhealthy_only=True, named=False) == ["b", "c"]
    alone = plan_restart(found, ["c"], unhealthy_only=True)
    assert (alone.order, "restart that one" in alone.plan.excluded[0].reason) == ((), True)
    again = project(*chain(ups=(5, 4, 3)), services=SERVICES)
    assert [problem_of(again, each) for each in again.containers] == ["", "", ""]


def test_what_follows_one_that_was_stopped_on_purpose_is_no_problem_through_a_chain():
    a, b, c = chain(states=("exited", "running", "running"))
    stopped = replace(a, restart_policy="always")
    found = project(stopped, b, c, services=SERVICES)
    assert [problem_of(found, each) for each in found.containers] == ["", "", ""]
    fell = project(replace(a, exit_code=1), b, c, services=SERVICES)
    assert all(problem_of(fell, each) for each in fell.containers)


@pytest.mark.parametrize("paused", [1, 2])
@pytest.mark.parametrize("named", [True, False])
def test_a_paused_one_is_not_left_without_its_network(paused, named):
    states = ["running"] * 3
    states[paused] = "paused"
    found = project(*chain(states=tuple(states)), services=SERVICES)
    plan = plan_restart(found, ["a"], named=named)
    assert plan.order == ()
    who = "bc"[paused - 1]
    assert f"shop-{who}-1, which is paused, lives in its network and would lose it" in plan.plan.excluded[0].reason
    stopped = project(*chain(states=("running", "exited", "running")), services=SERVICES)
    assert order(stopped, "a", named=named) == ["a", "c"], "what does not run finds the new one when it is started"


STARTING = {"health": "starting", "up": 20}


def test_what_starts_is_left_alone_unless_a_person_names_it():
    found = project(container(**STARTING), container(number=2))
    plan = plan_restart(found, ["web"], named=False)
    assert [replica.number for replica, dummy in plan.order] == [2]
    assert "has not passed its health check yet, and runs for 20 s" in plan.plan.excluded[0].reason
    assert len(plan_restart(found, ["web"]).order) == 2
    loop = project(container(**{**STARTING, "up": 2}, restarts=9))
    assert len(plan_restart(loop, ["web"], named=False, unhealthy_only=True).order) == 1, "it falls again and again"


def test_one_that_goes_along_and_starts_needs_an_approval():
    a, b, dummy = chain()
    found = project(a, replace(b, health="starting"), services=SERVICES)
    assert "has not passed its health check yet" in plan_restart(found, ["a"]).plan.actions[0].detail["needs_approval"]


@pytest.mark.parametrize(
    ("now", "apart"),
    [
        pytest.param({"state": "paused"}, True, id="paused since"),
        pytest.param({"state": "exited", "policy": "always"}, True, id="stopped since"),
        pytest.param({"state": "exited", "exit_code": 1}, False, id="fell since"),
        pytest.param({}, False, id="runs"),
    ],
)
def test_what_a_diagnosis_saw_to_run_and_a_person_stopped_since_is_left(now, apart):
    seen, present = container(), container(**now)
    assert bool(set_apart_since(present, [seen.target])) is apart
    plan = plan_restart(project(present), ["web"], containers=[seen.target])
    assert (plan.order == ()) is apart
    assert set_apart_since(present, [seen.name]) == "", "a name is a person's"
    assert set_apart_since(present, []) == ""
    seen_apart = container(**now).target
    assert bool(set_apart_since(present, [seen_apart])) is False, "as it was when it was looked at"


def test_a_healthy_one_is_excluded_where_the_unhealthy_are_meant():
    found = project(container())
    assert why_excluded(found, found.containers[0], "", True, True) == "is healthy"


CHECK = {"healthcheck": {"test": ["CMD", "true"]}}


@pytest.mark.parametrize(
    ("more", "spec", "named", "held"),
    [
        pytest.param({"up": 900}, {}, False, True, id="an import that was started by hand"),
        pytest.param({"up": 900, "policy": "on-failure"}, {}, False, True, id="one that is tried again"),
        pytest.param({"up": 900}, {}, True, False, id="its service is named"),
        pytest.param({"up": 900, "policy": "unless-stopped"}, {}, False, False, id="a worker"),
        pytest.param({"up": 90000}, {}, False, False, id="it runs for a day"),
        pytest.param({"up": 900, "health": "healthy"}, {}, False, False, id="the check of its image passes"),
        pytest.param({"up": 900}, CHECK, False, False, id="it has a health check"),
        pytest.param({"up": 900}, {"ports": [{"target": 80}]}, False, False, id="it has a port"),
    ],
)
def test_what_may_be_a_job_is_restarted_for_what_it_uses_only_with_an_approval(more, spec, named, held):
    found = project(container(**{"health": "", **more}), services={"web": spec})
    (action,) = plan_restart(found, ["web"], named=named, containers=["shop-web-1"]).plan.actions
    assert ("whether it is a job" in action.detail.get("needs_approval", "")) is held


def test_what_another_service_needs_is_no_job():
    found = project(container(health="", up=900), services={"web": {}, "front": {"depends_on": {"web": {}}}})
    (action,) = plan_restart(found, ["web"], named=False).plan.actions
    assert "needs_approval" not in action.detail
