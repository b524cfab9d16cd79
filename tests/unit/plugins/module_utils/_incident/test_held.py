from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.held import (
    approved_plans,
    held_plans,
    made_in,
    plans_of_workflow,
    variables_of,
    workflow_address,
)

ACTION = {"target": "web-1@a", "action": "restart", "who": "web-1"}


def event(kind, host="web1", mitigation="restart_services", second=0, **note) -> Any:
    return {
        "at": f"2026-11-26T10:00:{second:02}.000000Z", "kind": kind, "by": "ada", "host": host,
        "note": {"mitigation": mitigation, **note},
    }  # fmt: skip


def held(digest="a", second=0, **note):
    plan = {"verb": "restart", "digest": digest * 64, "actions": [ACTION], **note.pop("plan", {})}
    return event("held", second=second, plan=plan, reasons=["too many"], **note)


def test_a_plan_that_was_held_has_what_an_approval_needs():
    (plan,) = held_plans(
        [event("opened"), held(options={"services": ["web"], "docker_host": "unix:///x", "only": None})]
    )
    assert plan["role"] == plan["mitigation"] == "restart_services"
    assert (plan["targets"], plan["actions"]) == (["web-1@a"], ["restart web-1"])
    assert plan["variables"] == {"restart_services_services": ["web"]}
    assert plan["pending"]


@pytest.mark.parametrize(
    ("later", "pending"),
    [
        ([], True),
        ([event("diagnosed", second=1)], True),
        ([event("mitigated", host="web2", second=1)], True),
        ([event("mitigated", mitigation="scale_services", second=1)], True),
        ([event("mitigated", second=1)], False),
        ([event("intended", second=1)], False),
        ([held("b", second=1)], False),
    ],
)
def test_a_later_event_of_the_same_mitigation_and_host_replaces_it(later, pending):
    assert held_plans([held(), *later])[0]["pending"] is pending


def test_of_each_plan_with_an_approved_digest_the_newest_counts():
    plans = held_plans([held("a"), held("b", second=1), held("a", second=2)])
    (newest,) = approved_plans(plans, ["A" * 12])
    assert newest["at"].endswith("02.000000Z")
    assert approved_plans(plans, ["b" * 64]) == [plans[1]]
    assert approved_plans(plans, ["b" * 12, "a" * 12]) == plans[1:]
    assert approved_plans(plans, ["c" * 12]) == approved_plans(plans, []) == []


def test_an_alternative_is_a_plan_of_its_own():
    other = {"digest": "c" * 64, "actions": [{**ACTION, "target": "web-2@b"}], "reason": "less harm"}
    plans = held_plans([held(plan={"alternatives": [other]})])
    assert [plan["targets"] for plan in plans] == [["web-1@a"], ["web-2@b"]]
    assert approved_plans(plans, ["c" * 12]) == [plans[1]]


def test_a_plan_without_an_action_cannot_be_approved():
    assert held_plans([held(plan={"actions": []})]) == []


def test_a_part_belongs_to_its_role_and_options_have_the_names_of_its_variables():
    (plan,) = held_plans([held(mitigation="end_idle_sessions", options={"idle": 30})])
    assert (plan["role"], plan["variables"]) == ("end_sessions", {"end_sessions_idle": 30})
    given = {"table_database": "app", "build_timeout": 60, "login_user": "oncall"}
    assert variables_of("build_index", given) == {"build_index_database": "app", "build_index_timeout": 60}


def test_an_event_from_before_has_no_options():
    (plan,) = held_plans([held()])
    assert plan["variables"] == {}


def in_workflow(workflow, digest="a", second=0, job=42, **note):
    return held(digest, second, made_in={"workflow": workflow, "job": job}, **note)


def test_a_plan_says_in_which_workflow_it_was_made():
    assert held_plans([in_workflow(41)])[0]["made_in"] == {"workflow": 41, "job": 42}
    assert held_plans([held()])[0]["made_in"] == {"workflow": 0, "job": 0}
    assert made_in({"made_in": {"workflow": "41", "job": None}}) == {"workflow": 0, "job": 0}


def test_an_approval_of_a_workflow_is_of_its_last_plans_and_of_no_others():
    plans = held_plans([held("a"), in_workflow(41, "b", 1), in_workflow(40, "c", 2), in_workflow(41, "d", 3)])
    assert [plan["digest"][0] for plan in plans_of_workflow(plans, 41, [])] == ["d"]
    assert [plan["digest"][0] for plan in plans_of_workflow(plans, 41, ["b" * 12])] == ["b"]
    assert plans_of_workflow(plans, 41, ["c" * 12]) == plans_of_workflow(plans, 0, []) == []
    assert plans_of_workflow(plans, 0, ["a" * 12]) == []


def test_of_several_mitigations_and_hosts_a_workflow_has_a_plan_each():
    other: Any = {**in_workflow(41, "b"), "host": "web2"}
    scale = in_workflow(41, "c")
    scale["note"]["mitigation"] = "scale_services"
    plans = plans_of_workflow(held_plans([in_workflow(41), other, scale]), 41, [])
    assert [plan["digest"][0] for plan in plans] == ["a", "b", "c"]


def test_an_alternative_is_approved_in_a_workflow_by_its_digest_alone():
    other = {"digest": "c" * 64, "actions": [{**ACTION, "target": "web-2@b"}]}
    plans = held_plans([in_workflow(41, plan={"alternatives": [other]})])
    assert [plan["digest"][0] for plan in plans_of_workflow(plans, 41, [])] == ["a"]
    assert [plan["digest"][0] for plan in plans_of_workflow(plans, 41, ["c" * 12])] == ["c"]


def test_the_page_of_a_workflow():
    assert workflow_address("", 41) == ""
    assert workflow_address("https://awx.example.org", 7) == "https://awx.example.org/#/jobs/workflow/7/output"


@pytest.mark.parametrize(
    ("workflow", "approval", "pending"),
    [(41, "denied", False), (41, "timed_out", False), (41, "approved", True), (40, "denied", True)],
)
def test_a_plan_whose_workflow_ended_without_an_approval_no_longer_waits(workflow, approval, pending):
    ended = event("handed_over", host="", second=1, approval=approval, made_in={"workflow": workflow, "job": 45})
    (plan,) = held_plans([in_workflow(41), ended])
    assert plan["pending"] is pending
    assert approved_plans([plan], ["a" * 12]) == [plan]  # a person can still approve it by its digest
    assert held_plans([held(), ended])[0]["pending"]


@pytest.mark.parametrize("who", ["password hunter2hunter2", "Bearer abcdefgh1234ijkl5678mn", "token: s3cr3tw0rdx1"])
def test_a_secret_at_the_beginning_of_a_target_is_hidden_also_behind_the_action(who):
    (plan,) = held_plans([held(plan={"actions": [{**ACTION, "who": who}]})])
    assert who.split()[-1] not in plan["actions"][0]
