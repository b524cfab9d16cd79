"""A container that falls every few minutes, and runs whenever it is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.falls import FALLS, falls, may_fall
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.stopping import ends_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import (
    healthy_of,
    is_well,
    note_of,
    problem_of,
    project_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.owner import may_help
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Importance
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of

from ..facts import NOW, container, project
from .test_stopping import event

UP: dict[str, Any] = {"health": "", "up": 40, "policy": "always"}


def died(*ago, code="1"):
    return [event("die", seconds, exitCode=code) for seconds in ago]


def shop(events, **more):
    one = container(**{**UP, **more})
    return project(one, ends={one.id: ends_of(one, events)}), one


@pytest.mark.parametrize(
    ("ago", "more", "falling"),
    [
        pytest.param((640, 340, 40), {}, True, id="every five minutes"),
        pytest.param((100, 70, 40), {}, True, id="every half minute, after a long life"),
        pytest.param((340, 40), {}, False, id="twice"),
        pytest.param((7240, 3640, 40), {}, False, id="every hour"),
        pytest.param((850, 840, 830), {"up": 830}, False, id="a few times at its start, and it runs since"),
        pytest.param((640, 340, 40), {"state": "paused"}, False, id="paused"),
    ],
)
def test_the_number_of_its_ends_says_it_and_not_its_state(ago, more, falling):
    found, one = shop(died(*ago), **more)
    assert bool(falls(found, one)) is falling
    assert problem_of(found, one).startswith(FALLS) is falling
    if falling:
        assert "the last 40 s ago (1, failed with 1). A restart does not help" in problem_of(found, one)
        assert (healthy_of(found, "web"), is_well(found, one)) == ([], False)
        report = project_dict(found)
        assert (report["unhealthy"], report["services"]["web"]["looping"]) == (1, 1)
        assert not may_help(report["services"]["web"]["containers"][0])


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(
            lambda ago: [event("kill", ago + 0.1, signal="15"), event("stop", ago - 0.1)], id="docker restart"
        ),
        pytest.param(lambda ago: [event("kill", ago, signal="9")], id="docker kill"),
        pytest.param(lambda ago: [event("stop", ago - 0.2)], id="a stop of which the signal is forgotten"),
    ],
)
def test_a_restart_by_a_person_or_a_deployment_is_no_fall(asked):
    events = [each for ago in (640, 340, 40) for each in (*asked(ago), *died(ago, code="143"))]
    found, one = shop(events)
    assert falls(found, one) == ""
    ends = ends_of(one, events)
    assert ends.unasked == ()
    assert ends.asked == pytest.approx(NOW.timestamp() - 40)


def test_what_was_asked_for_does_not_hide_the_falls_around_it():
    restarted = [event("kill", 200, signal="15"), *died(199), event("stop", 198.9)]
    found, one = shop([*died(640, 420, 40), *restarted])
    assert falls(found, one)
    found, one = shop([*died(640, 520, 420), *restarted])
    assert falls(found, one) == "", "it was restarted since its last fall, and perhaps put right"
    found, one = shop([*died(640, 340, 195), *restarted], up=190)
    assert falls(found, one), "the stop that was written before its last end asked for the one before"


@pytest.mark.parametrize(
    ("more", "code", "falling"),
    [
        pytest.param({}, "0", False, id="a job that repeats"),
        pytest.param({}, "3", True, id="a job that fails"),
        pytest.param({"health": "healthy"}, "0", True, id="what has a check is no job"),
        pytest.param({"ports": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}}, "0", True, id="nor what has a port"),
        pytest.param({}, "", False, id="the code is not known"),
    ],
)
def test_a_job_that_repeats_does_not_fall(more, code, falling):
    found, one = shop(died(640, 340, 40, code=code), **more)
    assert bool(falls(found, one)) is falling


@pytest.mark.parametrize(
    ("more", "falling"),
    [
        pytest.param({"restarts": 20, "age": 20 * 250, "up": 40}, True, id="every four minutes all its life"),
        pytest.param({"restarts": 20, "age": 20 * 250, "up": 400}, False, id="runs for longer than usual"),
        pytest.param({"restarts": 20, "age": 20 * 900, "up": 40}, False, id="every quarter of an hour"),
        pytest.param({"restarts": 2, "age": 500, "up": 40}, False, id="twice"),
        pytest.param({"restarts": 20, "age": 20 * 250, "up": 40, "health": ""}, False, id="perhaps a job that repeats"),
    ],
)
def test_where_the_events_are_forgotten_the_count_of_restarts_says_it(more, falling):
    found, one = shop([], **{**more, "health": more.get("health", "healthy"), "ended": more["up"] + 0.1})
    assert bool(falls(found, one)) is falling


@pytest.mark.parametrize(
    ("more", "since", "unknown"),
    [
        pytest.param({"restarts": 30}, 60, True, id="the events reach back a minute"),
        pytest.param({"restarts": 30}, None, True, id="the events are not known"),
        pytest.param({"restarts": 30}, 1000, False, id="they reach far enough, and say nothing"),
        pytest.param({"restarts": 1}, 60, False, id="restarted once"),
        pytest.param({"restarts": 30, "up": 1000}, 60, False, id="runs for long"),
        pytest.param({}, 60, False, id="never restarted by its policy"),
    ],
)
def test_where_it_cannot_be_known_that_is_said(more, since, unknown):
    found, one = shop([], **{"age": 900000, **more})
    found = replace(found, events_since=None if since is None else NOW.timestamp() - since)
    assert problem_of(found, one) == ""
    assert ("whether it falls every few minutes is unknown" in note_of(found, one)) is unknown
    assert (bool(may_fall(found, one)), is_well(found, one)) == (unknown, True)


def test_none_is_restarted_for_it_unless_it_is_named():
    found, dummy = shop(died(640, 340, 40))
    for unhealthy_only in (True, False):
        plan = plan_restart(found, ["web"], named=False, unhealthy_only=unhealthy_only)
        assert plan.order == ()
        assert plan.plan.excluded[0].reason.endswith("it is restarted only when its service is named")
    assert [how for dummy, how in plan_restart(found, ["web"]).order] == ["restart"]


def test_one_that_lost_its_network_is_restarted_all_the_same():
    owner = container("vpn", up=5)
    guest = container(**UP, network=f"container:{owner.id}")
    found = project(owner, guest, services={"web": {}, "vpn": {}}, ends={guest.id: ends_of(guest, died(640, 340, 40))})
    plan = plan_restart(found, ["web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in plan.order] == ["web"]


def test_a_restart_loop_that_cannot_be_replaced_is_held_unless_it_is_named():
    loop = project(container(state="restarting", restarts=9), services={"web": {"container_name": "x"}})
    (unasked,) = plan_restart(loop, ["web"], unhealthy_only=True, named=False).plan.actions
    assert "a restart does not help in a restart loop (not replaced: " in unasked.detail["needs_approval"]
    (named,) = plan_restart(loop, ["web"]).plan.actions
    assert "needs_approval" not in named.detail
    (replaced,) = plan_restart(project(container(state="restarting", restarts=9)), ["web"], named=False).plan.actions
    assert "needs_approval" not in replaced.detail


@pytest.mark.parametrize("beside", [False, True])
def test_how_severe_it_is(beside):
    found, one = shop(died(640, 340, 40))
    other = container(number=2)
    found = replace(found, containers=(one, other)) if beside else found
    survey: Any = {"services": project_dict(found)}
    (sign, *_rest) = signs_of("web1", survey, Importance({}, {}))
    assert (sign.severity, sign.scenario) == ("P2" if beside else "P0", "")
