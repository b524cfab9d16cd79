"""What a rollback leaves as it is, with the reason."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.left_alone import (
    against_exchange,
    left_alone,
    other_services,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import plan_rollback

from ..facts import NEW, OLD, container, project, volume
from ..test_release import taken

NAMES = ("web", "api", "db", "side")
SERVICES: dict[str, dict[str, str]] = {name: {} for name in NAMES}


def shop(*containers):
    return project(*containers, services=SERVICES)


def test_a_named_rollback_says_which_others_differ_and_are_left():
    was = taken(*(container(name, image=OLD) for name in NAMES), services=SERVICES)
    now = shop(container(), container("api"), container("db", image=OLD), container("side", state="exited"))
    plan = plan_rollback(now, was, ["web"], present={OLD: True})
    assert [step.service for step in plan.steps] == ["web"]
    assert [(item.target, item.reason) for item in plan.plan.excluded] == [
        (f"{name}:bbbbbbbbbbbb->aaaaaaaaaaaa", "runs another image than then, and is not named")
        for name in ("api", "side")
    ]
    every = plan_rollback(now, was, ["web", "api", "side", "db"], present={OLD: True})
    assert every.plan.excluded == ()


def test_what_did_not_run_then_or_has_no_container_now_is_named():
    recorded = {"web": OLD, "db": OLD}
    now = shop(container(), container("api"), container("side", state="exited"))
    assert [(item.target, item.reason) for item in other_services(now, recorded, [])] == [
        ("db", "ran then and has no container now; a rollback makes none"),
        ("api", "did not run then, so that there is nothing to go back to"),
    ]
    assert list(other_services(shop(container(image=OLD)), {"web": OLD}, [])) == []
    assert list(other_services(now, recorded, ["web"])) == [], "what is not named and has no container is not missed"


def test_where_all_that_differs_is_left_alone_the_plan_says_so_and_not_that_it_runs():
    data = {"mounts": [volume("data")]}
    was = taken(container(image=OLD, **data))
    said = plan_rollback(project(container(**data)), was, [], present={OLD: True}).as_dict()["no_action_reason"]
    assert said == (
        f"nothing is rolled back to {was.at}: web keeps data in volumes; it is rolled back only when it is named"
    )


def test_what_was_stopped_or_shares_its_network_is_left():
    owner = container("web")
    guest = container("side", network=f"container:{owner.id}")
    assert list(against_exchange(project(owner, guest), "web", True)) == [
        "shop-side-1 lives in a namespace of shop-web-1 and would lose it"
    ]
    stopped = project(container(state="exited", policy="always"))
    assert left_alone(stopped, "web") == "was stopped on purpose"
    assert left_alone(project(container(image=NEW)), "web") == ""
