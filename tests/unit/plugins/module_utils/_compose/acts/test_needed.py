"""A service that others need and that ended without an error: a job, stopped by a person, or fallen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.left_alone import left_alone
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.stopping import judged
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import (
    is_well,
    note_of,
    on_purpose,
    problem_of,
    project_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import NOW, container, project
from .test_stopping import event

ENDED: dict[str, Any] = {"state": "exited", "health": "", "up": 900, "ended": 60}
ALL_KNOWN = NOW.timestamp() - 3600
DIED = [event("die", 60)]


def shop(events=(), since=ALL_KNOWN, condition="service_healthy", **more):
    """web ended; api depends on it, by its labels."""
    ended = judged(container(**{**ENDED, **more}), NOW - timedelta(hours=9), events, since)
    return project(ended, container("api", depends=f"web:{condition}:false"), services={"web": {}, "api": {}}), ended


@pytest.mark.parametrize("policy", ["no", "on-failure"])
def test_what_others_need_healthy_and_ended_without_a_request_is_no_job_that_is_done(policy):
    found, ended = shop(DIED, policy=policy)
    assert problem_of(found, ended) == "is exited (0, ended without an error), and api needs it"
    assert (on_purpose(ended), note_of(found, ended), is_well(found, ended)) == ("", "", False)
    assert project_dict(found)["unhealthy"] == 1
    plan = plan_restart(found, ["web", "api"], unhealthy_only=True, named=False)
    assert plan.order == (), "who ended it inside is not known: a person starts it"
    assert "ended without an error and without a request, though api needs it" in plan.plan.excluded[0].reason
    assert [one.service for one, dummy in plan_restart(found, ["web"]).order] == ["web"]
    assert left_alone(found, "web"), "nor does a rollback start it"


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param([event("kill", 61, signal="15"), *DIED, event("stop", 60)], id="docker stop"),
        pytest.param([event("kill", 61, signal="2"), *DIED], id="docker kill, which it takes for a wish to end"),
    ],
)
def test_what_a_person_stopped_was_stopped_on_purpose_also_where_it_ends_well(request_):
    found, ended = shop(request_)
    assert problem_of(found, ended) == ""
    assert note_of(found, ended) == "was stopped on purpose, by a person or a job"
    assert is_well(found, ended)


@pytest.mark.parametrize(
    ("events", "since"),
    [
        pytest.param([], ALL_KNOWN, id="no event of its end"),
        pytest.param(DIED, None, id="how far the events reach is not known"),
        pytest.param(DIED, NOW.timestamp() - 65, id="a request before them may be forgotten"),
        pytest.param([event("kill", 61, signal="1")], ALL_KNOWN, id="a reload, and no event of its end"),
    ],
)
def test_where_the_events_do_not_say_it_that_is_unknown(events, since):
    found, ended = shop(events, since)
    assert problem_of(found, ended) == ""
    assert "is unknown" in note_of(found, ended)


@pytest.mark.parametrize("condition", ["service_completed_successfully", "service_started"])
def test_a_one_shot_that_ended_well_is_a_job_that_is_done(condition):
    found, ended = shop(DIED, condition=condition)
    assert (problem_of(found, ended), note_of(found, ended), is_well(found, ended)) == ("", "", True)
    assert found.done(ended)
    assert project_dict(found)["services"]["web"]["notes"] == []


def test_the_files_say_who_needs_it_too():
    ended = judged(container(**ENDED), NOW - timedelta(hours=9), DIED, ALL_KNOWN)
    services = {"web": {}, "api": {"depends_on": {"web": {"condition": "service_healthy"}}}}
    found = project(ended, services=services)
    assert found.needed_by("web") == {"api": "service_healthy"}
    assert found.fell(ended) == "api"
    waits = {"web": {}, "api": {"depends_on": {"web": {"condition": "service_completed_successfully"}}}}
    assert project(ended, services=waits).needed_by("web") == {}


@pytest.mark.parametrize("policy", ["always", "unless-stopped"])
@pytest.mark.parametrize("code", [0, 130, 137, 143])
def test_the_engine_did_not_start_it_again_though_no_request_came(policy, code):
    """It was sent a signal to reload long before, and so the engine takes it for stopped (moby#41302)."""
    dummy, ended = shop(DIED, policy=policy, exit_code=code)
    assert (ended.stopped, ended.ended_by_itself) == (False, True)
    for events, since in (([], ALL_KNOWN), (DIED, None), ([event("stop", 60), *DIED], ALL_KNOWN)):
        dummy, unclear = shop(events, since, policy=policy, exit_code=code)
        assert unclear.stopped


FAILS: dict[str, Any] = {"health": "unhealthy", "exits": [7] * 5, "streak": 60, "up": 1800, "said": "curl: (7) refused"}


@pytest.mark.parametrize(
    ("condition", "more", "job"),
    [
        pytest.param("service_completed_successfully", FAILS, True, id="with the check of its image"),
        pytest.param("service_completed_successfully", {**FAILS, "restarts": 9, "up": 3}, False, id="it loops"),
        pytest.param("service_healthy", FAILS, False, id="a service"),
        pytest.param("service_started", FAILS, False, id="a service that has to be started"),
    ],
)
def test_a_job_that_runs_is_not_unhealthy_by_the_check_of_its_image(condition, more, job):
    """A long migration in the image of the application, whose check asks a server that it does not start."""
    migrate = container("migrate", **more)
    web = container("web", state="created", depends=f"migrate:{condition}:false")
    by_files = {"web": {"depends_on": {"migrate": {"condition": condition}}}, "migrate": {}}
    for found in (project(migrate, services=by_files), project(migrate, web, model=None)):
        assert (problem_of(found, migrate) == "", is_well(found, migrate)) == (job, job)
        assert ("its health check says nothing of it" in note_of(found, migrate)) is job
        plan = plan_restart(found, ["migrate"], unhealthy_only=True, named=False)
        assert (plan.order == ()) is job or more is not FAILS


@pytest.mark.parametrize("condition", ["service_completed_successfully", "service_started"])
@pytest.mark.parametrize("health", ["healthy", "starting", ""])
def test_a_job_at_work_is_restarted_only_when_it_is_named(condition, health):
    """It may be what uses the memory or the processors of the host."""
    job = condition == "service_completed_successfully"
    migrate = container("migrate", up=1800, health=health, interval=10)
    found = project(migrate, container("web", state="created", depends=f"migrate:{condition}:false"), model=None)
    unasked = plan_restart(found, ["migrate"], named=False)
    assert (unasked.order == ()) is (job or health == "starting")
    assert not job or "is a job that runs" in unasked.plan.excluded[0].reason
    assert [one.service for one, dummy in plan_restart(found, ["migrate"]).order] == ["migrate"]
