"""Which replicas, in which order, and how."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from .facts import OLD, container, project, volume


def planned(found, *services, **more):
    plan = plan_restart(found, services, **more)
    return [(one.name, how) for one, how in plan.order]


def test_the_sick_first():
    found = project(container(), container(number=2, health="unhealthy"))
    assert planned(found, "web") == [("shop-web-2", "restart"), ("shop-web-1", "restart")]
    assert planned(found, "web", unhealthy_only=True) == [("shop-web-2", "restart")]


def test_those_that_are_named_alone():
    found = project(container(), container(number=2), container(number=3, health="unhealthy"))
    assert planned(found, "web", containers=["shop-web-2"]) == [("shop-web-2", "restart")]
    assert planned(found, "web", containers=["shop-web-2"], unhealthy_only=True) == []


def test_what_loops_is_replaced_where_a_second_one_can_be():
    loop = container(state="restarting", restarts=9)
    assert planned(project(loop), "web") == [("shop-web-1", "replace")]
    assert planned(project(loop, services={"web": {"container_name": "x"}}), "web") == [("shop-web-1", "restart")]
    drifted = container(state="restarting", restarts=9, image=OLD)
    assert planned(project(drifted), "web") == [("shop-web-1", "restart")], "a fresh one would be another release"
    assert planned(project(loop), "web", method="restart") == [("shop-web-1", "restart")]


def test_dependencies_first_and_jobs_that_are_done_never():
    found = project(
        container(), container("db"), container("job", state="exited"),
        services={"web": {"depends_on": {"db": {}}}, "db": {}, "job": {}},
    )  # fmt: skip
    plan = plan_restart(found, ["web", "db", "job"])
    assert [one.service for one, dummy in plan.order] == ["db", "web"]
    assert [item.detail["who"] for item in plan.plan.excluded] == ["shop-job-1"]


def test_approval_narrows():
    plan = plan_restart(project(container(), container(number=2)), ["web"])
    assert len(plan.narrowed_to([plan.plan.targets[1]]).order) == 1
    assert plan.narrowed_to([]).diff()["before"] == ""


def test_what_was_stopped_on_purpose_is_started_only_when_named():
    found = project(container(state="exited", policy="always", exit_code=137), container(number=2, health="unhealthy"))
    assert planned(found, "web", unhealthy_only=True, named=False) == [("shop-web-2", "restart")]
    assert len(planned(found, "web")) == 2
    job = project(container(state="exited", policy="no", exit_code=1))
    assert planned(job, "web", unhealthy_only=True, named=False) == []


def test_what_keeps_data_is_never_replaced():
    loop = container(state="restarting", restarts=9, mounts=[volume("data")])
    assert planned(project(loop), "web") == [("shop-web-1", "restart")]
    refused = plan_restart(project(loop), ["web"], method="replace").refusals
    assert "keeps data" in refused[0]
