"""Which replicas, in which order, and how."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.recovery import recovery_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import RESTART
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import OTHER, plan_restart
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS

from .acts.facts import BEGUN, made, old, record, wish
from .drain.facts import drained_by
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


@pytest.mark.parametrize(
    ("now", "meant"),
    [
        (container(), True),
        (container(up=1), False),  # started again since
        (container(state="exited", exit_code=1), True),
        (container(restarts=3), True),  # the engine restarted it: the very container
        (replace(container(), id="0123456789abcdef"), False),
    ],
)
def test_a_target_of_an_earlier_look_means_the_very_container(now, meant):
    plan = plan_restart(project(now, container(number=2)), ["web"], containers=[container().target])
    assert [one.name for one, how in plan.order] == (["shop-web-1"] if meant else [])
    assert [item.reason for item in plan.plan.excluded] == ([] if meant else [OTHER])


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


@pytest.mark.parametrize("aside", [{"state": "paused"}, {"state": "exited", "policy": "always"}, {"state": "created"}])
def test_a_service_that_a_diagnosis_names_for_what_runs_in_it(aside):
    """As high_memory and disk_space do: a replica that was set aside takes no memory and holds no deleted file."""
    plan = plan_restart(project(container(), container(number=2, **aside)), ["web"], named=False)
    assert [one.name for one, how in plan.order] == ["shop-web-1"]
    assert "only when its service is named" in plan.plan.excluded[0].reason


def test_what_keeps_data_is_never_replaced():
    loop = container(state="restarting", restarts=9, mounts=[volume("data")])
    assert planned(project(loop), "web") == [("shop-web-1", "restart")]
    refused = plan_restart(project(loop), ["web"], method="replace").refusals
    assert "keeps data" in refused[0]


def why_excluded(plan):
    return {item.detail["who"]: item.reason for item in plan.plan.excluded}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"state": "paused"}, "is paused, by a person or a job"),
        ({"state": "exited", "policy": "always"}, "was stopped on purpose"),
        ({"state": "created"}, "was never started"),
        ({"state": "removing"}, "is removing"),
        ({"state": "dead"}, "is dead"),
        ({"state": "exited", "exit_code": 1}, "has ended, and whether it is a job is unknown (restart policy no"),
        (
            {"state": "exited", "exit_code": 1, "policy": "on-failure", "restarts": 5, "retries": 5},
            "5 times by the engine, which then",
        ),
        ({"state": "exited", "exit_code": 128, "policy": "always", "error": "port is taken"}, "(port is taken); it is"),
        ({"health": "starting"}, "has not passed its health check yet"),
        ({"health": "unhealthy", "exits": [127], "said": ""}, "whether it is healthy is unknown"),
    ],
)
@pytest.mark.parametrize("others", ["unhealthy", "healthy"])
def test_each_state_that_is_left_alone_is_named(more, why, others):
    shop = project(container(**more), container(number=2, health=others))
    plan = plan_restart(shop, ["web"], unhealthy_only=True, named=False)
    assert [replica.name for replica, dummy in plan.order] == (["shop-web-2"] if others == "unhealthy" else [])
    if plan.order or more["state" if "state" in more else "health"] in ("created", "dead"):
        assert why in why_excluded(plan)["shop-web-1"]


def test_what_was_paused_is_unpaused_when_it_is_named():
    assert planned(project(container(state="paused"), container(number=2)), "web") == [
        ("shop-web-1", "unpause"), ("shop-web-2", "restart"),
    ]  # fmt: skip


def shared(kind="network", **more):
    host = container("vpn", **more)
    key = {"network": "network", "pid": "pid_mode", "ipc": "ipc_mode"}[kind]
    return host, container("app", **{key: f"container:{host.id}"})


@pytest.mark.parametrize("kind", ["network", "pid", "ipc"])
def test_who_lives_in_a_namespace_goes_along_behind_its_host(kind):
    shop = project(*shared(kind), services={"vpn": {}, "app": {}, "web": {}})
    plan = plan_restart(shop, ["vpn"], uncertain={"shop-vpn-1": "why"})
    assert [replica.name for replica, dummy in plan.order] == ["shop-vpn-1", "shop-app-1"]
    assert [item.detail.get("needs_approval") for item in plan.plan.actions] == ["why", "why"]
    assert plan.services == ("vpn", "app")
    assert f"shares the {kind} of shop-vpn-1" in plan.plan.actions[1].reason


def test_an_approval_of_the_host_alone_takes_its_guest_along():
    shop = project(*shared(), services={"vpn": {}, "app": {}})
    plan = plan_restart(shop, ["vpn"])
    narrowed = plan.narrowed_to([plan.plan.targets[0]])
    assert [replica.name for replica, dummy in narrowed.order] == ["shop-vpn-1", "shop-app-1"]


def test_a_guest_is_restarted_once_and_behind_its_host():
    services = {"vpn": {}, "app": {"network_mode": "service:vpn"}}
    plan = plan_restart(project(*shared(), services=services), ["app", "vpn"])
    assert [replica.name for replica, dummy in plan.order] == ["shop-vpn-1", "shop-app-1"]


def test_a_host_in_a_loop_is_restarted_and_not_replaced():
    shop = project(*shared(state="restarting", restarts=9), services={"vpn": {}, "app": {}})
    assert planned(shop, "vpn") == [("shop-vpn-1", "restart"), ("shop-app-1", "restart")]


def test_a_guest_of_another_project_is_named_and_nothing_is_done():
    host, guest = shared()
    refused = plan_restart(project(host, services={"vpn": {}}, outside=(guest,)), ["vpn"]).refusals
    assert "shop-vpn-1 would be taken from shop-app-1, which shares its network" in refused[0]


def test_without_files_the_labels_give_the_order():
    web, db = container(), container("db")
    shop = project(replace(web, needs=("db",)), db, model=None)
    assert [replica.service for replica, dummy in plan_restart(shop, ["web", "db"]).order] == ["db", "web"]
    loop = project(container(state="restarting", restarts=9), model=None)
    assert planned(loop, "web") == [("shop-web-1", "restart")]


def test_what_fails_for_a_full_disk_is_not_restarted():
    shop = project(container(state="restarting"), container(number=2, state="restarting"))
    first = shop.containers[0]
    plan = plan_restart(shop, ["web"], unhealthy_only=True, full_disks={first.id: "its disk is full"})
    assert first.target not in plan.plan.targets
    assert len(plan.plan.actions) == 1
    assert ("its disk is full", first.target) in [(item.reason, item.target) for item in plan.plan.excluded]


def completed(found, act, *services, **more):
    recoveries = {name: state for name in services if (state := recovery_of(found, name, act, 10.0))}
    return plan_restart(found, services, recoveries=recoveries, **more)


def test_a_replacement_that_was_cut_off_is_completed_and_not_begun_anew():
    before = [old(number) for number in (1, 2)]
    act = record(RESTART, {"web": wish(2, *before, leaving=tuple(one.id for one in before))})
    found = project(*before, made(number=3))
    plan = completed(found, act, "web", method="replace")
    assert [(one.name, how) for one, how in plan.order] == [("shop-web-1", "remove"), ("shop-web-2", "replace")]
    assert "in place of another" in why_excluded(plan)["shop-web-3"]
    assert "was replaced by a run that was cut off" in plan.plan.actions[0].reason


def test_what_is_missing_is_started_and_what_is_half_started_is_removed():
    gone = old(1)
    act = record(RESTART, {"web": wish(1, gone, leaving=(gone.id,))})
    plan = completed(project(made(number=2, state="created", health="")), act, "web", unhealthy_only=True, named=False)
    assert [(one.name, how) for one, how in plan.order] == [("shop-web-2", "remove")]
    assert (plan.missing, plan.plan.targets[-1]) == ((("web", 1),), "web:0->1")
    assert plan.narrowed_to([plan.plan.targets[0]]).missing == ()


def test_what_a_restart_stopped_is_no_work_of_a_person():
    at = BEGUN + timedelta(seconds=3)
    stopped, other = old(1, state="exited", policy="always", health="", finished=at), old(2)
    act = record(RESTART, {"web": wish(2, stopped, other, restarting=(stopped.id, other.id))})
    plan = completed(project(stopped, other), act, "web", unhealthy_only=True, named=False)
    assert [(one.name, how) for one, how in plan.order] == [("shop-web-1", "restart")]
    assert planned(project(stopped, other), "web", unhealthy_only=True, named=False) == []


@pytest.mark.parametrize(
    ("method", "how", "note"),
    [("auto", "restart", "a second one must not run beside it"), ("replace", "replace", "the old one goes first")],
)
def test_of_a_singleton_there_are_never_two(method, how, note):
    loop = container(state="restarting", restarts=9)
    plan = plan_restart(project(loop), ["web"], method=method, stop_first=["web"])
    assert [(one.name, one_how) for one, one_how in plan.order] == [("shop-web-1", how)]
    assert note in plan.plan.actions[0].reason
    fixed = project(loop, services={"web": {"container_name": "only"}})
    assert plan_restart(fixed, ["web"], method="replace", stop_first=["web"]).refusals == ()
    assert plan_restart(fixed, ["web"], method="replace").refusals
    assert (
        "the old one goes first: x" in plan_restart(project(loop), ["web"], unclear={"web": "x"}).plan.actions[0].reason
    )


def test_a_rule_that_was_left_behind_is_removed_and_nothing_is_restarted():
    one, two = container(), container(number=2)
    found = project(one, two, drains=drained_by(two, ENDED))
    plan = plan_restart(found, ["web"], unhealthy_only=True, named=False)
    assert [item.action for item in plan.plan.actions] == ["undrain"]
    assert (plan.order, [replica.name for replica, dummy in plan.undrained]) == ((), [two.name])
    assert plan.as_dict()["affected_before"] == 1
    assert "accepts them" in plan.diff()["after"]


def test_a_replica_that_an_active_run_drains_is_left_alone_and_named():
    one, two = container(), container(number=2, health="unhealthy")
    plan = plan_restart(project(one, two, drains=drained_by(two, RUNS)), ["web"])
    assert [replica.name for replica, dummy in plan.order] == [one.name]
    assert "is being drained" in why_excluded(plan)[two.name]


@pytest.mark.parametrize(
    ("owner", "whose"),
    [
        ([], "which is gone"),
        ([container("vpn", state="exited", policy="always")], "shop-vpn-1, which is exited"),
        ([container("vpn", state="created")], "shop-vpn-1, which is created"),
    ],
)
@pytest.mark.parametrize("state", ["running", "exited"])
def test_what_could_not_be_started_again_is_left_as_it_is_also_when_it_is_named(owner, whose, state):
    guest = container("app", network=f"container:{container('vpn').id}", state=state, policy="always")
    plan = plan_restart(project(*owner, guest, services={"vpn": {}, "app": {}}), ["app"])
    assert plan.plan.actions == ()
    assert whose in why_excluded(plan)["shop-app-1"]
    assert why_excluded(plan)["shop-app-1"].endswith("it could not be started again")


def test_a_host_that_is_started_with_its_guest_comes_first():
    host = container("vpn", state="exited", policy="always")
    guest = container("app", network=f"container:{host.id}", state="exited", policy="always")
    shop = project(guest, host, services={"vpn": {}, "app": {"network_mode": "service:vpn"}})
    assert planned(shop, "app", "vpn") == [("shop-vpn-1", "restart"), ("shop-app-1", "restart")]


def test_a_service_that_ended_well_is_started_when_it_is_named():
    published = {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}
    web = container(state="exited", ports=published)
    assert planned(project(web), "web") == [("shop-web-1", "restart")]
    assert planned(project(web), "web", unhealthy_only=True, named=False) == []
    checked = project(container(state="exited"), services={"web": {"healthcheck": {"test": ["CMD", "x"]}}})
    assert planned(checked, "web") == [("shop-web-1", "restart")]
    job = plan_restart(project(container(state="exited")), ["web"])
    assert "container_start_stop.yml starts it again" in why_excluded(job)["shop-web-1"]


def test_a_job_that_repeats_is_not_replaced():
    job = container(restarts=9, health="", policy="always", age=600, up=30)
    shop = project(job, exits={job.id: 0})
    assert planned(shop, "web", unhealthy_only=True, named=False) == []
    assert planned(project(job, exits={job.id: 1}), "web") == [("shop-web-1", "replace")]
    unclear = plan_restart(project(job), ["web"], unhealthy_only=True, named=False)
    assert "whether it is a job that repeats is unknown" in why_excluded(unclear)["shop-web-1"]
    assert planned(project(job), "web") == [("shop-web-1", "replace")], "it was named"


@pytest.mark.parametrize("state", ["configured", "stopping", "unknown", ""])
def test_a_state_that_is_not_known_is_no_ground_for_an_act(state):
    found = project(container(state=state), container(number=2, health="unhealthy"))
    plan = plan_restart(found, ["web"], unhealthy_only=True, named=False)
    assert [one.name for one, how in plan.order] == ["shop-web-2"]
    assert "which is not known" in plan.plan.excluded[0].reason


@pytest.mark.parametrize(
    ("more", "left"),
    [
        pytest.param({"state": "exited", "exit_code": 137, "policy": "no"}, 1, id="ended, and is not started again"),
        pytest.param(
            {"state": "exited", "exit_code": 1, "policy": "on-failure", "restarts": 3, "retries": 3}, 1, id="given up"
        ),
        pytest.param({"state": "created"}, 1, id="never started"),
        pytest.param({"state": "exited", "policy": "no", "health": ""}, 0, id="a job that is done"),
        pytest.param({"state": "exited", "policy": "always"}, 0, id="stopped on purpose"),
        pytest.param({"state": "paused"}, 0, id="paused"),
        pytest.param({"health": "starting"}, 0, id="not checked yet"),
    ],
)
@pytest.mark.parametrize("beside", [True, False])
def test_what_is_left_alone_with_a_problem_is_not_nothing_to_do(more, left, beside):
    other = [container("api", health="unhealthy")] if beside else []
    found = project(container(**more), *other, services={"web": {}, "api": {}})
    plan = plan_restart(found, ["web", "api"], unhealthy_only=True, named=False)
    said = plan.as_dict()
    assert (said["affected_before"], said["affected_after"]) == (left + beside, left)
    if left and not beside:
        assert said["no_action_reason"] == (
            "no action is possible: see why the targets are excluded (1). Name what is to run:"
            ' playbooks/service_restart.yml -e \'{"restart_services_services": ["web"]}\''
        )
        assert "only when its service is named" in why_excluded(plan)["shop-web-1"]


@pytest.mark.parametrize(
    ("service", "folder", "restarted"),
    [
        pytest.param("other", "/opt/shop", False, id="of another folder"),
        pytest.param("other", "/srv/shop/", True, id="an orphan of the same folder"),
        pytest.param("other", "", True, id="from a folder that is not known"),
        pytest.param("web", "/opt/shop", True, id="known to the files: a former release"),
    ],
)
def test_another_project_with_the_same_name_is_left_alone_until_it_is_named(service, folder, restarted):
    """Two folders with the name `docker` are one project to Compose, and each calls the other's services orphans."""
    found = project(container(), container(service, 2, health="unhealthy", folder=folder))
    plan = plan_restart(found, sorted({"web", service}), unhealthy_only=True, named=False)
    assert [one.service for one, dummy in plan.order] == ([service] if restarted else [])
    assert restarted or "another project with the same name" in why_excluded(plan)["shop-other-2"]
    named = plan_restart(found, [service], containers=[f"shop-{service}-2"])
    assert [one.service for one, dummy in named.order] == [service]


@pytest.mark.parametrize(
    ("beside", "how"),
    [
        pytest.param({}, "replace", id="runs"),
        pytest.param({"state": "restarting", "restarts": 4}, "replace", id="loops, too"),
        pytest.param({"state": "exited", "policy": "always"}, "restart", id="was stopped on purpose"),
        pytest.param({"state": "exited", "exit_code": 137}, "restart", id="has ended"),
        pytest.param({"state": "paused"}, "restart", id="is paused"),
        pytest.param({"state": "created"}, "restart", id="was never started"),
    ],
)
def test_a_loop_is_not_replaced_where_that_would_start_what_does_not_run(beside, how):
    """Compose starts every container of a service with its `up`, also what a person stopped."""
    found = project(container(state="restarting", restarts=9), container(number=2, **beside))
    plan = plan_restart(found, ["web"], unhealthy_only=True, named=False)
    assert plan.order[0][1] == how
    if how == "restart":
        assert [replica.name for replica, dummy in plan.order] == ["shop-web-1"]
        assert f"(not replaced: shop-web-2 is {beside['state']}, and `up` would start it, too)" in str(
            plan.plan.actions
        )
        assert plan_restart(found, ["web"], containers=["shop-web-1"], method="replace").refusals


@pytest.mark.parametrize(("running", "words"), [(False, "no container of any service runs"), (True, "nothing to do")])
def test_where_every_container_looks_like_a_job_that_is_done_that_is_said(running, words):
    """Restart policy `no`, and the host was started again: all have ended with exit code 0."""
    ended = [container(state="exited", health=""), container("api", state="exited", health="")]
    found = project(*ended, *([container("db")] if running else []), services={"web": {}, "api": {}, "db": {}})
    plan = plan_restart(found, ["web", "api"], unhealthy_only=True, named=False)
    assert plan.as_dict()["no_action_reason"].startswith(words)


def test_what_the_engine_stopped_is_told_and_started_when_it_is_named():
    stopped = replace(container(state="exited", policy="unless-stopped"), stopped_by_engine=True)
    plan = plan_restart(project(stopped), ["web"], unhealthy_only=True, named=False)
    assert "was stopped by the engine" in why_excluded(plan)["shop-web-1"]
    assert plan.as_dict()["affected_before"] == 1
    assert [one.name for one, dummy in plan_restart(project(stopped), ["web"]).order] == ["shop-web-1"]
