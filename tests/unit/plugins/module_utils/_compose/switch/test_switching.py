"""What is started or stopped by name, in which order, and what speaks against it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import OTHER
from ansible_collections.pafar.runbook.plugins.module_utils._compose.switch.switching import (
    STARTED,
    STOPPED,
    plan_switch,
)

from ..facts import container, inspected, project


def guest(of="web1", **more):
    """A container in the network of the first replica of web."""
    return container("guest", network=f"container:{of.encode().hex().ljust(64, '0')}", **more)


def user(service="front", needs="web", **more):
    found = inspected(service, **more)
    found["Config"]["Labels"]["com.docker.compose.depends_on"] = f"{needs}:service_started:false"
    return container_of(found)


def planned(wanted, names, *containers):
    return plan_switch(project(*containers, model=None), [f"shop-{name}" for name in names], wanted)


def actions(plan):
    return [(item.detail["who"].removeprefix("shop-"), item.action) for item in plan.plan.actions]


@pytest.mark.parametrize(
    ("wanted", "state", "action", "excluded", "refused"),
    [
        (STOPPED, "running", "stop", "", ""),
        (STOPPED, "restarting", "stop", "", ""),
        (STOPPED, "exited", "", "is exited, and does not run", ""),
        (STOPPED, "created", "", "is created, and does not run", ""),
        (STOPPED, "dead", "", "is dead, and does not run", ""),
        (STOPPED, "paused", "stop", "", "could not end in order"),
        (STARTED, "running", "", "is running already", ""),
        (STARTED, "restarting", "", "is restarting already", ""),
        (STARTED, "exited", "start", "", ""),
        (STARTED, "created", "start", "", ""),
        (STARTED, "paused", "start", "", "and cannot be started"),
        (STARTED, "dead", "start", "", "is dead, and cannot be started"),
        (STARTED, "stopped", "start", "", "is in the state stopped, which is not known, and cannot be started"),
        (STOPPED, "stopping", "stop", "", "is in the state stopping, which is not known: whether it runs is unknown"),
    ],
)
def test_each_state_has_its_rule(wanted, state, action, excluded, refused):
    plan = planned(wanted, ["web-1"], container(state=state), container(number=2))
    assert actions(plan) == ([("web-1", action)] if action else [])
    assert [item.reason for item in plan.plan.excluded] == ([excluded] if excluded else [])
    assert [refused in why for why in plan.refusals] == ([True] if refused else [])


def test_only_what_is_named_is_touched_and_the_way_back_is_the_other_state():
    plan = planned(STOPPED, ["web-2"], container(), container(number=2), container("front"))
    assert actions(plan) == [("web-2", "stop")]
    (target,) = plan.plan.targets
    assert plan.undo()["options"]["containers"] == [target.partition("/")[0]]
    assert {**plan.undo()["options"], "containers": ()} == {"project": "shop", "containers": (), "state": "started"}
    assert plan.narrowed_to([]).undo()["reversible"] is False
    assert "shop-web-2: stopped" in plan.diff()["after"]


@pytest.mark.parametrize("wanted", [STOPPED, STARTED])
def test_a_container_that_has_taken_the_name_since_is_left_alone(wanted):
    """As the undo of an act names it: the very container, whichever its state, and none that a deployment made."""
    state = "running" if wanted == STOPPED else "exited"
    replica = container(state=state)
    plan = plan_switch(project(replica), [f"{replica.name}@{replica.short}"], wanted)
    assert len(plan.order) == 1
    plan = plan_switch(project(replica), [f"{replica.name}@0123456789ab"], wanted)
    assert (plan.order, [item.reason for item in plan.plan.excluded]) == ((), [OTHER])
    said = plan.as_dict()
    assert (said["affected_before"], said["no_action_reason"]) == (
        1, "no action is possible: see why the targets are excluded (1)"
    )  # fmt: skip


def test_who_lives_in_its_network_is_named_too_or_it_is_refused():
    (why,) = planned(STOPPED, ["web-1"], container(), guest()).refusals
    assert "shop-guest-1 lives in a namespace of shop-web-1 and would lose it" in why
    both = planned(STOPPED, ["web-1", "guest-1"], container(), guest())
    assert (both.refusals, actions(both)) == ((), [("guest-1", "stop"), ("web-1", "stop")])
    down = (container(state="exited"), guest(state="exited"))
    (why,) = planned(STARTED, ["guest-1"], *down).refusals
    assert "lives in the network of shop-web-1, which is exited: start that one, too" in why
    together = planned(STARTED, ["guest-1", "web-1"], *down)
    assert (together.refusals, actions(together)) == ((), [("web-1", "start"), ("guest-1", "start")])
    assert "which is gone" in planned(STARTED, ["guest-1"], guest(of="old", state="exited")).refusals[0]


@pytest.mark.parametrize(
    ("wanted", "containers", "words"),
    [
        (STOPPED, (container(), user()), ["no other replica of web runs", "front depends on it"]),
        (STOPPED, (container(policy="always"), container(number=2)), ["its restart policy is always"]),
        (STARTED, (container(state="exited"),), ["it is a job that has ended, and runs again"]),
        (STARTED, (user("web", "db", state="exited", exit_code=1), container("db", state="exited", exit_code=1)),
         ["db, which it depends on, does not run"]),
    ],
)  # fmt: skip
def test_what_a_person_should_know_is_in_the_reason(wanted, containers, words):
    (item,) = planned(wanted, ["web-1"], *containers).plan.actions
    assert [word for word in words if word not in item.reason] == []


def test_nothing_to_do_says_so():
    plan = planned(STARTED, ["web-1"], container())
    assert "is started already" in plan.as_dict()["no_action_reason"]


@pytest.mark.parametrize(
    ("state", "names", "singletons", "refused"),
    [
        pytest.param("running", ["web-2"], ["web"], True, id="beside one that runs"),
        pytest.param("exited", ["web-1", "web-2"], ["web"], True, id="both together"),
        pytest.param("exited", ["web-2"], ["web"], False, id="the other one has ended"),
        pytest.param("running", ["web-2"], ["cron"], False, id="another service"),
    ],
)
def test_a_second_one_of_a_singleton_is_not_started(state, names, singletons, refused):
    two = container(state=state, health=""), container(number=2, state="exited", health="")
    plan = plan_switch(project(*two, model=None), [f"shop-{name}" for name in names], STARTED, singletons)
    assert any("is a singleton of this site" in why for why in plan.refusals) is refused
    assert plan_switch(project(*two, model=None), ["shop-web-2"], STOPPED, singletons).refusals == ()
