"""Who is started, who goes first, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.recovery import recovery_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.starting import waits_for
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import SCALE
from ansible_collections.pafar.runbook.plugins.module_utils._compose.scale import (
    Bounds,
    Capacity,
    is_no_step,
    plan_scaling,
    wanted_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, PreflightError
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS

from .acts.facts import BEGUN, made, old, record, wish
from .drain.facts import drained_by
from .facts import OLD, container, project, volume


def scaled(wanted, *containers, around=None, **more):
    found = project(*(containers or (container(), container(number=2))), **more)
    return plan_scaling(found, "web", wanted, around or Capacity())


def test_up_is_one_action_and_down_one_for_each():
    assert scaled(5).plan.targets == ("web:2->5",)
    assert len(scaled(1, container(), container(number=2), container(number=3)).plan.actions) == 2


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        pytest.param({"state": "exited", "policy": "no", "exit_code": 1}, "is exited", id="not running"),
        pytest.param({"state": "created"}, "is created", id="never started"),
        pytest.param({"health": "unhealthy"}, "is unhealthy", id="unhealthy"),
        pytest.param({"image": OLD}, "differs from the files", id="drifted"),
        pytest.param({"state": "restarting", "restarts": 9}, "loops", id="looping"),
    ],
)
def test_the_one_that_is_missed_least_goes(odd, reason):
    plan = scaled(2, container(number=1, **odd), container(number=2), container(number=3)).plan
    assert [(item.detail["who"], item.reason) for item in plan.actions] == [("shop-web-1", reason)]


@pytest.mark.parametrize("odd", [{"state": "exited", "exit_code": 1}, {"state": "created"}, {"state": "dead"}])
@pytest.mark.parametrize(
    ("wanted", "running", "refused"), [(3, 0, True), (3, 2, True), (2, 0, True), (2, 1, True), (1, 1, False)]
)
def test_what_does_not_run_is_no_replica(odd, wanted, running, refused):
    replicas = [container(number=number, **({} if number <= running else odd)) for number in (1, 2, 3)]
    refusals = scaled(wanted, *replicas).refusals
    assert any(f"is {odd['state']}: " in why for why in refusals) is refused
    assert bool(refusals) is refused


APART = [
    pytest.param({"state": "paused"}, id="paused"),
    pytest.param({"state": "exited", "policy": "unless-stopped"}, id="stopped"),
    pytest.param({"state": "exited", "policy": "always", "exit_code": 137, "health": "unhealthy"}, id="stopped late"),
    pytest.param({"state": "exited", "policy": "on-failure", "exit_code": 143}, id="stopped, and ended by the signal"),
]


@pytest.mark.parametrize("apart", APART)
@pytest.mark.parametrize(("wanted", "number"), [(2, 1), (2, 2), (2, 3), (1, 2)])
def test_what_a_person_set_apart_is_not_removed(apart, wanted, number):
    """Its layer and its log may be why: for a look at what went wrong."""
    replicas = [container(number=each, **(apart if each == number else {})) for each in (1, 2, 3)]
    scaling = scaled(wanted, *replicas)
    assert scaling.refusals
    assert f"shop-web-{number}" not in [item.detail["who"] for item in scaling.plan.actions]


@pytest.mark.parametrize("apart", APART)
def test_what_a_person_set_apart_is_named_where_it_would_have_to_go(apart):
    scaling = scaled(1, container(**apart), container(number=2, **apart))
    assert any("shop-web-2 " in why and "by a person or a job" in why for why in scaling.refusals), scaling.refusals


def test_what_a_run_that_was_cut_off_has_stopped_is_removed_by_the_next():
    stopped = old(2, state="exited", policy="always", finished=BEGUN + timedelta(seconds=5))
    found = project(old(1), stopped)
    act = record(SCALE, {"web": wish(1, old(1), old(2), leaving=(stopped.id,))})
    plan = plan_scaling(found, "web", 1, Capacity(), recovery=recovery_of(found, "web", act, 10.0))
    assert ([item.detail["who"] for item in plan.plan.actions], plan.refusals) == (["shop-web-2"], ())
    assert plan_scaling(found, "web", 1, Capacity()).refusals, "without a record a person has stopped it"


@pytest.mark.parametrize("wanted", [3, 2])
def test_what_is_paused_is_not_counted_as_running(wanted):
    replicas = (container(), container(number=2), container(number=3, state="paused"))
    assert any("shop-web-3 is paused: let it continue" in why for why in scaled(wanted, *replicas).refusals)


def test_of_equals_the_highest_number_goes():
    plan = scaled(1, container(number=2), container(number=10)).plan
    assert plan.actions[0].detail["who"] == "shop-web-10"


def test_nothing_to_do_says_so():
    scaling = scaled(2)
    assert (scaling.affected, scaling.plan.actions) == (0, ())
    assert "web has 2 of 2 replicas already" in scaling.as_dict()["no_action_reason"]
    assert scaling.diff()["before"] == scaling.diff()["after"] == ""


def test_a_proxy_that_does_not_know_them_is_the_whole_plan():
    front = container("front")
    found = project(container(), container(number=2), front)
    scaling = plan_scaling(found, "web", 2, Capacity(), stale=[(front, 900)], unknown=found.containers[:1])
    assert [item.action for item in scaling.plan.actions] == ["reload"]
    assert scaling.affected == 1
    assert "does not know 1 of the replicas" in scaling.diff()["before"]
    assert scaling.narrowed_to([]).stale == ()


def test_approval_narrows_and_never_widens():
    down = scaled(1, container(), container(number=2), container(number=3))
    one = down.plan.targets[0]
    narrowed = down.narrowed_to([one, "web-9@gone"])
    assert [found.number for found in narrowed.victims] == [3]
    assert narrowed.plan.targets == (one,)
    assert scaled(5).narrowed_to(["web:2->9"]).add == 0


REFUSED = [
    pytest.param({"web": {"container_name": "x"}}, {}, "fixed container_name", id="name"),
    pytest.param({"web": {"ports": [{"published": "80", "target": 80}]}}, {}, "enough for 1", id="port"),
    pytest.param(
        {"web": {"ports": [{"published": "80-89", "target": 80}]}}, {"listening": frozenset(range(80, 89))},
        "only 1 are free", id="ports that others hold",
    ),
    pytest.param({"web": {}}, {"names_taken": frozenset({"shop-web-3"})}, "shop-web-3 is taken", id="taken name"),
    pytest.param({"web": {}}, {"names_taken": frozenset({"shop_web_3"})}, "shop_web_3 is taken", id="v1 name"),
    pytest.param({"web": {"mem_limit": "1g"}}, {"memory_available": 2**30}, "MiB are available", id="memory"),
    pytest.param({"web": {}}, {"memory_available": 9, "working_set": 5}, "MiB are available", id="what others use"),
    pytest.param(
        {"web": {}}, {"connections_free": 15, "connections_per_replica": 8}, "make an exhaustion worse", id="database"
    ),
    pytest.param({"web": {}}, {"addresses_free": {"edge": 1}}, "edge has 1 addresses left", id="addresses"),
    pytest.param({"web": {"image": "gone:1"}}, {}, "is not on this host", id="image"),
]  # fmt: skip


@pytest.mark.parametrize(("services", "around", "said"), REFUSED)
def test_what_would_break(services, around, said):
    refusals = scaled(4, services=services, around=Capacity(**around)).refusals
    assert any(said in refusal for refusal in refusals), refusals


def test_a_dependency_that_has_exited_would_be_started_by_old_versions():
    found = project(
        container(), container("job", state="exited"), services={"web": {"depends_on": {"job": {}}}, "job": {}}
    )
    assert "would start it again" in plan_scaling(found, "web", 2, Capacity(starts_dependencies=True)).refusals[0]
    assert plan_scaling(found, "web", 2, Capacity()).refusals == ()


def test_drift_is_refused_unless_allowed():
    found = project(container(image=OLD))
    assert "differ from the files" in plan_scaling(found, "web", 2, Capacity()).refusals[0]
    assert plan_scaling(found, "web", 2, Capacity(), Bounds(allow_drift=True)).refusals == ()


@pytest.mark.parametrize(("given", "wanted"), [("5", 5), ("+2", 5), ("-1", 2), ("+0", 3), (" 4 ", 4)])
def test_numbers_and_steps(given, wanted):
    assert wanted_of("web", 3, given, Bounds()) == wanted


@pytest.mark.parametrize(
    ("given", "bounds", "error", "reason"),
    [
        ("x", {}, InputError, "must be a number"),
        ("", {}, InputError, "must be a number"),
        ("-3", {}, InputError, "the least is 1"),
        ("0", {}, InputError, "the least is 1"),
        ("21", {}, InputError, "allows 20"),
        ("+2", {"max_replicas": 4}, InputError, "allows 4"),
        ("2", {"expected": 4}, PreflightError, "4 were expected"),
    ],
)
def test_numbers_that_are_refused(given, bounds, error, reason):
    with pytest.raises(error, match=reason):
        wanted_of("web", 3, given, Bounds(**bounds))


def test_fewer_than_now_are_allowed_above_the_limit():
    assert wanted_of("web", 9, "8", Bounds(max_replicas=4)) == 8


def test_a_second_replica_on_the_same_data_is_refused():
    alone = project(container(mounts=[volume("data")]))
    assert "keeps data" in plan_scaling(alone, "web", 2, Capacity()).refusals[0]
    assert plan_scaling(alone, "web", 2, Capacity(), Bounds(allow_shared_data=True)).refusals == ()
    bind = {"Type": "bind", "Source": "/srv/pg", "Destination": "/var/lib/postgresql/data", "RW": True}
    assert project(container(mounts=[bind])).stateful("web")
    assert not project(container(mounts=[{**bind, "Destination": "/srv/media"}])).stateful("web")
    shared = project(container(mounts=[volume("media")]), container(number=2, mounts=[volume("media")]))
    assert plan_scaling(shared, "web", 3, Capacity()).refusals == (), "it is shared already"


def test_a_replica_that_does_not_run_would_be_started():
    found = project(container(), container(number=2, state="paused"))
    assert "`up` would start it" in plan_scaling(found, "web", 3, Capacity()).refusals[0]


KNOWN = (old(1), old(2))


def recovered(found, replicas, *known):
    act = record(SCALE, {"web": wish(replicas, *known)})
    return {"recovery": recovery_of(found, "web", act, 10.0)}


def test_an_act_that_was_cut_off_is_completed_by_the_same_step():
    assert wanted_of("web", 3, "+2", Bounds(), again=4) == 4
    assert wanted_of("web", 3, "4", Bounds(expected=2), again=4) == 4, "what was expected was there when it began"


@pytest.mark.parametrize("step", ["+2", "-1"])
def test_a_step_beside_the_open_wish_of_another_act_is_ambiguous(step):
    with pytest.raises(InputError, match=r"an act that was cut off wanted 5.*Say the number of replicas"):
        wanted_of("web", 3, step, Bounds(), open_wish=5)
    assert wanted_of("web", 3, "+0", Bounds(), open_wish=5) == 3, "only the proxy is reloaded"
    assert wanted_of("web", 3, "4", Bounds(), open_wish=5) == 4


def test_what_a_run_that_was_cut_off_has_started_goes_before_the_rest_is_added():
    found = project(*KNOWN, made(number=3, state="created", health=""), made(number=4))
    plan = plan_scaling(found, "web", 4, Capacity(), **recovered(found, 4, *KNOWN))
    assert [(item.action, item.detail["who"]) for item in plan.plan.actions] == [
        ("start", "web"), ("remove", "shop-web-3"),
    ]  # fmt: skip
    assert plan.plan.targets[0] == "web:2->4", "the approval of the act that was cut off holds"
    assert (plan.add, [one.name for one in plan.debris], plan.refusals) == (1, ["shop-web-3"], ())
    assert plan.undo()["options"]["replicas"] == "2"


def test_without_a_record_a_container_that_was_never_started_is_named_and_kept():
    refused = scaled(4, container(), container(number=2, state="created", health=""))
    assert any("shop-web-2 of it is created" in reason for reason in refused.refusals)


def test_a_singleton_is_never_scaled_out():
    found = project(container())
    plan = plan_scaling(found, "web", 2, Capacity(), single="web is a singleton")
    assert "web is a singleton" in plan.refusals
    assert plan_scaling(found, "web", 1, Capacity(), single="web is a singleton").refusals == ()


def test_a_rule_that_was_left_behind_is_removed_and_one_of_an_active_run_is_not():
    web, other = container(), container("api")
    left = plan_scaling(project(web, other, drains=drained_by(other, ENDED)), "web", 1, Capacity())
    assert [item.action for item in left.plan.actions] == ["undrain"]
    assert (left.affected, [one.name for one, dummy in left.undrained]) == (1, [other.name])
    two = (web, container(number=2))
    active = plan_scaling(project(*two, drains=drained_by(two[1], RUNS)), "web", 1, Capacity())
    assert any("is being drained" in reason for reason in active.refusals)


@pytest.mark.parametrize("more", [{"state": "exited", "policy": "always"}, {"state": "paused"}])
def test_a_proxy_is_reloaded_also_where_a_replica_does_not_run(more):
    """`+0` asks for no number: what was stopped on purpose is no reason to leave the others without traffic."""
    proxy, fresh = container("proxy"), container(number=2)
    found = project(container(**more), fresh, proxy, services={"web": {}, "proxy": {}})
    stale = [(proxy, 900.0)]
    assert "remove it first" in plan_scaling(found, "web", 2, Capacity(), stale=stale, unknown=[fresh]).refusals[0]
    plan = plan_scaling(found, "web", 2, Capacity(), stale=stale, unknown=[fresh], no_step=True)
    assert (plan.refusals, [item.action for item in plan.plan.actions]) == ((), ["reload"])
    idle = plan_scaling(found, "web", 2, Capacity(), no_step=True).as_dict()
    assert idle["no_action_reason"] == "nothing to do: no proxy is known to lack a replica of web"


@pytest.mark.parametrize(("given", "none"), [("+0", True), (" -0", True), ("0", False), ("+1", False), ("2", False)])
def test_which_step_is_none(given, none):
    assert is_no_step(given) is none


STOPPED = {"state": "exited", "health": "", "policy": "always"}


@pytest.mark.parametrize(
    ("depends", "refused"),
    [
        pytest.param({"mail": {"condition": "service_started", "required": True}}, True, id="required"),
        pytest.param({"mail": {"condition": "service_started", "required": False}}, False, id="optional"),
        pytest.param({"mail": {"condition": "service_started"}}, True, id="not said"),
        pytest.param({"api": {"required": False}}, False, id="behind an optional one"),
        pytest.param({"api": {"required": True}}, True, id="behind a required one"),
        pytest.param({"api": {"required": True}, "mail": {"required": False}}, True, id="both"),
    ],
)
def test_a_dependency_without_which_a_service_does_is_no_reason_against_it(depends, refused):
    services = {"web": {"depends_on": depends}, "api": {"depends_on": {"mail": {}}}, "mail": {}}
    found = project(container(), container("api"), container("mail", **STOPPED), services=services)
    assert bool(plan_scaling(found, "web", 2, Capacity()).refusals) is refused
    assert plan_scaling(found, "web", 2, Capacity(starts_dependencies=True)).refusals, "an old version starts it"
    fails = container(health="unhealthy", exits=[0, 1, 1], streak=2, up=4000)
    assert bool(waits_for(replace(found, containers=(fails, *found.containers[1:])), fails)) is refused


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        ("paused", "let it continue (docker unpause)"),
        ("exited", "start it (playbooks/container_start_stop.yml)"),
        ("created", "start it (playbooks/container_start_stop.yml)"),
        ("dead", "remove it first (docker rm), since it cannot be started again"),
    ],
)
@pytest.mark.parametrize("wanted", [2, 3])
def test_what_to_do_with_a_replica_that_does_not_run_goes_by_its_state(state, advice, wanted):
    found = project(container(), container(number=2, state=state))
    assert advice in plan_scaling(found, "web", wanted, Capacity()).refusals[0]
