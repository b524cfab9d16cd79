"""Programs that a person runs when they are needed, and to which the files give no profile."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.singleton import may_be_tool
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import (
    is_well,
    note_of,
    problem_of,
    project_dict,
    service_dict,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import container, project

WEB = {"ports": [{"published": "80", "target": 80}], "restart": "unless-stopped"}
WRONG = [
    pytest.param({"ports": [{"published": "81", "target": 81}]}, id="publishes a port"),
    pytest.param({"expose": ["9000"]}, id="exposes one"),
    pytest.param({"restart": "always"}, id="is started again"),
    pytest.param({"restart": "on-failure"}, id="is started again after an error"),
    pytest.param({"deploy": {"restart_policy": {"condition": "any"}}}, id="the same"),
    pytest.param({"scale": 2}, id="two are asked for"),
    pytest.param({"healthcheck": {"test": ["CMD", "x"]}}, id="has a check of its own"),
    pytest.param({"labels": {"traefik.http.routers.x.rule": "Host(`x`)"}}, id="has a route of a proxy"),
    pytest.param({"command": ["crond", "-f"]}, id="is a scheduler"),
]


def shop(tool=None, *containers, web=None, healthy="healthy"):
    services: dict[str, Any] = {"web": {**WEB, **(web or {})}, "tool": tool or {}}
    return project(container(health=healthy), *containers, services=services)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"image": "wordpress:cli", "depends_on": {"web": {}}}, id="wpcli"),
        pytest.param({"entrypoint": ["php", "artisan"]}, id="artisan"),
        pytest.param({"image": "certbot/certbot", "restart": "no"}, id="certbot"),
    ],
)
def test_what_no_service_needs_and_never_ran_is_not_missing(spec):
    report = service_dict(shop(spec), "tool")
    assert (report["maybe_tool"], report["wanted"]) == (True, 1)
    (note,) = report["notes"]
    assert note.startswith("it has no container: it was never started, or was removed")
    assert "is unknown" in note
    created = container("tool", state="created", health="")
    idle = shop(spec, created)
    assert (problem_of(idle, created), service_dict(idle, "tool")["notes"]) == ("", [])
    assert note_of(idle, created).startswith("was never started; whether it is a tool")
    assert project_dict(idle)["unhealthy"] == 0
    plan = plan_restart(idle, ["tool", "web"], unhealthy_only=True, named=False)
    assert (plan.order, plan.unhelped) == ((), ())
    assert [one.service for one, dummy in plan_restart(idle, ["tool"]).order] == ["tool"], "its service was named"


@pytest.mark.parametrize("spec", WRONG)
def test_what_may_serve_is_missing(spec):
    found = shop(spec)
    assert not may_be_tool(found, "tool")
    assert "have no container" in service_dict(found, "tool")["notes"][0]
    created = container("tool", state="created", health="", policy=str(spec.get("restart", "no")))
    assert problem_of(shop(spec, created), created) == "is created"


def test_what_another_service_needs_is_missing():
    assert not may_be_tool(shop(web={"depends_on": {"tool": {}}}), "tool")
    waits = {"depends_on": {"tool": {"condition": "service_completed_successfully"}}}
    assert not may_be_tool(shop(web=waits), "tool"), "a job that is to be done first"


@pytest.mark.parametrize("healthy", ["unhealthy", "starting"])
def test_where_no_other_service_is_healthy_nothing_is_taken_for_a_tool(healthy):
    assert not may_be_tool(shop(healthy=healthy), "tool")
    assert not may_be_tool(project(services={"tool": {}}), "tool")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"error": "driver failed: port is already allocated"}, id="the engine could not start it"),
        pytest.param({"depends": "db:service_healthy:false"}, id="it waited for what did not become healthy"),
        pytest.param({"policy": "unless-stopped"}, id="the engine is to start it again"),
    ],
)
def test_what_was_created_and_could_not_be_started_is_a_problem(more):
    created = container("tool", state="created", health="", **more)
    found = shop({}, created, container("db", health="unhealthy"))
    assert problem_of(found, created).startswith("is created")
    assert note_of(found, created) == ""


def test_an_act_that_leaves_it_created_has_something_left_to_do():
    created = container("tool", state="created", health="")
    assert not is_well(shop({}, created), created)
