"""gate through Ansible itself; what it decides is tested in tests/unit."""

from __future__ import annotations

import pytest

from support.adhoc import adhoc

PLAN = {
    "verb": "unblock",
    "digest": "ab" * 32,
    "affected_before": 2,
    "actions": [{"target": "a"}, {"target": "b"}],
    "excluded": [],
}


@pytest.mark.parametrize("check", [True, False])
def test_gives_the_same_verdict_in_check_mode(check):
    result = adhoc("gate", check=check, plan=PLAN, limit=1)
    assert (result["open"], result["targets"], result["changed"]) == (False, [], False)
    result = adhoc("gate", check=check, plan=PLAN, limit=2)
    assert (result["open"], result["targets"]) == (True, ["a", "b"])
    assert result["ansible_stats"]["data"]["incident_plan_targets"] == ["a", "b"]


@pytest.mark.parametrize("nothing", [{}, {"approved_digest": ""}, {"approved_targets": ""}, {"approved_targets": []}])
def test_a_run_that_brings_no_approval_has_its_plan_weighed(nothing):
    result = adhoc("gate", plan=PLAN, limit=1, refuse_approval=True, **nothing)
    assert (result["failed"], result["open"]) == (False, False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"limit": 0}, "limit is 0 and must be at least 1"),
        ({"approved_digest": "abc"}, "is no digest"),
        ({"plan": {"verb": "x"}}, "plan lacks actions, digest"),
        ({"approved_targets": 7}, "must be a list of targets"),
        ({"aproved_targets": []}, "aproved_targets"),
        ({"refuse_approval": True, "approved_digest": "ab" * 6}, "wants the approval of another person"),
        ({"refuse_approval": True, "approved_targets": ["a"]}, "wants the approval of another person"),
    ],
)
def test_refuses_in_one_sentence(options, says):
    result = adhoc("gate", **{"plan": PLAN, **options})
    assert result["failed"]
    assert says in result["msg"]
