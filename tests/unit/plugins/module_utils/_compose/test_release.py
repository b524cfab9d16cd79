"""What is recorded, what is gone back to, and how."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.recovery import recovery_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import ROLLBACK
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import (
    FILE,
    TAG,
    differing,
    how_back,
    keepers,
    plan_rollback,
    protecting,
    snapshot_from,
    snapshot_of,
    who_else,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.replicas import short

from .acts.facts import made, old, record, wish
from .facts import NEW, OLD, container, project, volume


def taken(*containers, label="", revision="", **more):
    return snapshot_of(project(*containers, **more), {}, {"revision": revision}, label)


def test_a_snapshot_survives_its_file():
    one = taken(container(), container(number=2, image=OLD), revision="abc")
    assert snapshot_from(one.as_dict()) == one
    assert one.services["web"].mixed == (OLD,)
    assert not one.good, "half a deploy is no good state"
    assert "config" not in one.as_result()


@pytest.mark.parametrize("found", [[], {}, {"form": 2}, {"form": 1}, {"form": 1, "services": {"web": {}}}])
def test_a_file_that_is_none_is_refused(found):
    with pytest.raises(ValueError, match=r"form|missing|no snapshot"):
        snapshot_from(found)


def test_data_is_rolled_back_only_when_named():
    services = {"web": {}, "db": {"volumes": [{"type": "volume", "source": "data", "target": "/d"}]}}
    was = taken(container(image=OLD), container("db", image=OLD), services=services)
    now = project(container(), container("db"), services=services)
    plan = plan_rollback(now, was, [], present={OLD: True})
    assert [step.service for step in plan.steps] == ["web"]
    assert "keeps data in volumes" in plan.plan.excluded[0].reason
    named = plan_rollback(now, was, ["web", "db"], present={OLD: True})
    assert sorted(step.service for step in named.steps) == ["db", "web"]
    assert differing(was, now, ["db"]) == ["db"]


def test_a_limit_that_was_raised_while_it_ran_is_a_good_state_and_is_lost_with_a_rollback():
    services = {"web": {"mem_limit": "100m"}}
    was = taken(container(image=OLD, memory=150 * 2**20), services=services)
    assert was.good
    now = project(container(memory=150 * 2**20), container(number=2, memory=150 * 2**20), services=services)
    (act,) = plan_rollback(now, was, [], present={OLD: True}).plan.actions
    assert act.reason.endswith("(memory limit: 157286400, the files say 104857600)")


JOB = {"state": "exited", "health": "", "policy": "no"}


@pytest.mark.parametrize(
    ("now", "depends", "why"),
    [
        pytest.param(JOB, "", "has ended without an error, as a job does", id="a job that has ended"),
        pytest.param({"health": ""}, "service_completed_successfully", "for whose end another", id="one that runs"),
        pytest.param({**JOB, "exit_code": 1}, "service_completed_successfully", "for whose end", id="one that failed"),
        pytest.param({**JOB, "exit_code": 1}, "service_started", "", id="a service that fell"),
        pytest.param({"health": ""}, "", "", id="a service"),
    ],
)
def test_a_rollback_carries_out_no_job_once_more(now, depends, why):
    """It ran when the snapshot was taken, so that it is recorded; a deployment has carried it out with a new image."""
    services: dict[str, Any] = {"web": {}, "migrate": {}}
    was = taken(container(image=OLD), container("migrate", image=OLD, health=""), services=services)
    web = container(depends=f"migrate:{depends}:false" if depends else "")
    found = project(web, container("migrate", **now), services=services)
    plan = plan_rollback(found, was, [], present={OLD: True})
    assert [step.service for step in plan.steps] == (["web"] if why else ["migrate", "web"])
    assert all(why in item.reason for item in plan.plan.excluded)
    named = plan_rollback(found, was, ["migrate"], present={OLD: True})
    assert [step.service for step in named.steps] == ["migrate"]


def test_another_project_with_the_same_name_is_not_rolled_back():
    other = {"folder": "/opt/shop"}
    was = taken(container(image=OLD), container("other", image=OLD, **other))
    plan = plan_rollback(project(container(), container("other", **other)), was, [], present={OLD: True})
    assert ([step.service for step in plan.steps], plan.refusals) == (["web"], ())
    assert "another project with the same name" in plan.plan.excluded[0].reason


@pytest.mark.parametrize(
    ("worker", "who"),
    [
        pytest.param({}, ["worker"], id="the same tag"),
        pytest.param({"image": "shop/worker:latest"}, [], id="a tag of its own"),
    ],
)
def test_who_shares_the_tag_that_is_moved_is_told(worker, who):
    services = {"web": {}, "worker": worker}
    was = taken(container(image=OLD), container("worker", image=OLD), services=services)
    found = project(container(), container("worker"), services=services)
    steps = plan_rollback(found, was, ["web"], present={OLD: True}).steps
    label = "com.docker.compose.project"
    listed: list[dict[str, Any]] = [
        {"Names": ["/stage-web-1"], "Image": "shop/app:latest", "ImageID": NEW, "Labels": {label: "stage"}},
        {"Names": ["/old-web-1"], "Image": "shop/app:latest", "ImageID": OLD, "Labels": {label: "old"}},
        {"Names": ["/shop-web-1"], "Image": "shop/app:latest", "ImageID": NEW, "Labels": {label: "shop"}},
        {"Names": ["/other-web-1"], "Image": "other:1", "ImageID": NEW, "Labels": {label: "other"}},
        {"Names": ["/alone"], "Image": "shop/app:latest", "ImageID": NEW, "Labels": None},
    ]
    assert who_else(found, steps, listed) == [*who, "stage-web-1 of the project stage"]
    both = plan_rollback(found, was, ["web", "worker"], present={OLD: True}).steps
    assert who_else(found, both, []) == []


def test_refusals_and_no_op():
    was, now = taken(container(image=OLD)), project(container())
    gone = plan_rollback(now, was, [], present={})
    assert "is not on this host any more" in gone.refusals[0]
    crossing = plan_rollback(now, was, [], present={OLD: True}, migrations=["m/2.py"])
    assert "1 migrations lie between (m/2.py)" in crossing.refusals[0]
    told = plan_rollback(now, was, [], present={OLD: True}, migrations=["m/2.py"], accept_migrations=True)
    assert told.refusals == ()
    same = plan_rollback(project(container(image=OLD)), was, [], present={OLD: True})
    assert same.as_dict()["no_action_reason"].startswith(f"a rollback to {was.at} would be a no-op")


@pytest.mark.parametrize(
    ("then", "now", "how"),
    [
        pytest.param({}, {}, TAG, id="only the image changed"),
        pytest.param({"environment": {"A": "1"}}, {"environment": {"A": "2"}}, FILE, id="a variable changed"),
        pytest.param({"image": "app:1"}, {"image": "app:2"}, FILE, id="another tag"),
        pytest.param({"image": "app@sha256:1"}, {"image": "app@sha256:1"}, FILE, id="a digest cannot be moved"),
        pytest.param({"scale": 1}, {"scale": 3}, TAG, id="the number is no configuration"),
    ],
)
def test_by_tag_or_by_file(then, now, how):
    was = taken(container(image=OLD), services={"web": then})
    assert how_back(project(container(image=NEW), services={"web": now}), was, "web") == how


def test_whether_migrations_lie_between_must_be_known():
    was, now = taken(container(image=OLD), revision="a" * 40), project(container())
    assert "git cannot show" in plan_rollback(now, was, [], present={OLD: True}, migrations=None).refusals[0]
    unknown = taken(container(image=OLD))
    assert "git cannot show" in plan_rollback(now, unknown, [], present={OLD: True}, migrations=None).refusals[0]
    assert plan_rollback(now, unknown, [], present={OLD: True}, migrations=[]).refusals == ()


def test_a_volume_without_a_name_would_be_lost():
    anonymous = [volume("a" * 64)]
    was = taken(container(image=OLD, mounts=anonymous))
    plan = plan_rollback(project(container(mounts=anonymous)), was, ["web"], present={OLD: True})
    assert "a volume without a name" in plan.refusals[0]


def test_names_of_images_are_small_letters():
    one = taken(container("Web_API", image=OLD), services={"Web_API": {}})
    assert protecting(one)[OLD][0] == "incident-rollback/shop-web-api"


def half_way(*containers, present=True, **more):
    """A rollback of two replicas to OLD that was cut off, and these containers as it left them."""
    before = [old(number) for number in (1, 2)]
    leaving = tuple(one.id for one in before)
    act = record(ROLLBACK, {"web": wish(2, *before, image=OLD, former=NEW, leaving=leaving)})
    found = project(*containers, **more)
    snapshot = taken(container(image=OLD), container(number=2, image=OLD))
    recoveries: Any = {"web": recovery_of(found, "web", act, 10.0)}
    return plan_rollback(found, snapshot, [], present={OLD: present}, recoveries=recoveries, accept_migrations=True)


@pytest.mark.parametrize(
    "containers",
    [
        pytest.param([old(1), old(2), made(number=3, image=OLD)], id="one too many"),
        pytest.param([old(2)], id="one too few, none of the new"),
        pytest.param([made(number=3, image=OLD)], id="one too few, none of the old"),
        pytest.param([], id="none"),
        pytest.param([old(1), old(2, state="exited", policy="unless-stopped")], id="one was stopped by that run"),
        pytest.param([old(2, state="exited", policy="always")], id="the last one was stopped by that run"),
        pytest.param([made(number=number, image=OLD) for number in (3, 4, 5)], id="all are new, and one too many"),
    ],
)
def test_a_rollback_that_was_cut_off_has_the_same_target_and_the_same_number(containers):
    plan = half_way(*containers)
    if len(containers) == 3 and all(one.image == OLD for one in containers):
        assert plan.steps == (), "three are there, none of them is to go: another has scaled it"
        return
    assert plan.plan.targets == (f"web:{short(NEW)}->{short(OLD)}",)
    assert (plan.count("web"), plan.refusals) == (2, ())
    left = "1 replica" if len(containers) == 1 else f"{len(containers)} replicas"
    assert f"has left {left} where 2 are wanted" in plan.plan.actions[0].reason


def test_where_it_is_reached_nothing_is_left_to_do():
    assert half_way(made(number=3, image=OLD), made(number=4, image=OLD)).plan.actions == ()


def test_each_image_has_one_container_that_keeps_it():
    one = taken(container(image=OLD), container("side", image=OLD), container("db", image=NEW))
    assert keepers(one) == {OLD: "incident-rollback-shop-aaaaaaaaaaaa", NEW: "incident-rollback-shop-bbbbbbbbbbbb"}


STOPPED = {"state": "exited", "policy": "unless-stopped"}


def test_a_service_that_was_stopped_on_purpose_is_not_started_by_a_rollback_unless_it_is_named():
    services: dict[str, Any] = {"web": {}, "worker": {}}
    was = taken(container(image=OLD), container("worker", image=OLD), services=services)
    now = project(container(), container("worker", **STOPPED), services=services)
    plan = plan_rollback(now, was, [], present={OLD: True})
    assert ([step.service for step in plan.steps], plan.refusals) == (["web"], ())
    assert [item.reason for item in plan.plan.excluded] == [
        "was stopped on purpose; it is rolled back only when it is named"
    ]
    named = plan_rollback(now, was, ["worker"], present={OLD: True})
    assert ([step.service for step in named.steps], named.refusals) == (["worker"], ())


def test_one_replica_that_was_stopped_on_purpose_is_named_before_anything_stops():
    was = taken(container(image=OLD), container(number=2, image=OLD))
    now = project(container(), container(number=2, **STOPPED))
    assert plan_rollback(now, was, [], present={OLD: True}).refusals == (
        "shop-web-2 was stopped on purpose, by a person or a job",
    )
    failed = project(container(), container(number=2, **{**STOPPED, "error": "port is already allocated"}))
    assert plan_rollback(failed, was, [], present={OLD: True}).refusals == ()


@pytest.mark.parametrize(
    ("running", "files", "images", "reference"),
    [
        pytest.param({}, "shop/app:latest", {"shop/app:latest": NEW}, "shop/app:latest", id="what the files say"),
        pytest.param({"image": OLD}, "shop/app:latest", {"shop/app:latest": NEW}, "shop/app:latest", id="built since"),
        pytest.param(
            {"image": OLD, "ref": "shop/app:v1"}, "shop/app:v2", {"shop/app:v2": NEW}, "shop/app:v1", id="pulled"
        ),
        pytest.param({"image": OLD, "ref": "shop/app:v1"}, "shop/app:v2", {"none": NEW}, "shop/app:v1", id="not built"),
        pytest.param({"image": OLD, "ref": OLD}, "shop/app:v2", {"shop/app:v2": NEW}, OLD, id="rolled back by its id"),
        pytest.param({"image": OLD, "ref": OLD}, "shop/app:v1", {"shop/app:v1": OLD}, "shop/app:v1", id="and kept"),
    ],
)
def test_the_recorded_name_of_an_image_means_what_runs(running, files, images, reference):
    """A rollback by the tag would else give the name of the newer image to the older one."""
    services = {"web": {"image": files}}
    was = taken(container(hash="x", **running), services=services, images=images)
    assert was.services["web"].reference == reference
    now = project(container(image="sha256:" + "c" * 64), services=services, images=images)
    assert (how_back(now, was, "web") == TAG) is (reference == files)


def test_of_a_release_without_its_files_no_other_name_is_moved():
    was = taken(container(image=OLD, ref="shop/app:v1"), model=None)
    assert how_back(project(container(), services={"web": {"image": "shop/app:v2"}}), was, "web") == FILE
    assert how_back(project(container(), services={"web": {"image": "shop/app:v1"}}), was, "web") == TAG


@pytest.mark.parametrize(
    ("more", "good"),
    [
        pytest.param({}, True, id="healthy"),
        pytest.param({"health": "starting"}, False, id="not checked yet"),
        pytest.param({"health": "", "up": 4}, False, id="without a check, for seconds"),
        pytest.param({"health": "", "up": 40}, True, id="without a check, for long"),
        pytest.param({"health": "unhealthy", "exits": [127]}, True, id="its check cannot be carried out"),
        pytest.param({"health": "unhealthy", "exits": [1]}, False, id="unhealthy"),
        pytest.param({"state": "exited"}, True, id="a job that is done"),
    ],
)
def test_a_snapshot_is_good_only_of_what_was_seen_to_be_healthy(more, good):
    assert taken(container(**more)).good is good
