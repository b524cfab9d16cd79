from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import weigh

DIGEST = "ab" * 32


def plan(*targets, affected=5):
    return {"digest": DIGEST, "affected_before": affected, "actions": [{"target": t} for t in targets], "excluded": []}


@pytest.mark.parametrize(
    ("given", "let_through"),
    [
        pytest.param({"limit": 2}, ["a", "b"], id="within the limit"),
        pytest.param({"limit": 1}, [], id="over the limit"),
        pytest.param({"limit": 1, "approval": "never"}, [], id="over a final limit"),
        pytest.param(
            {"limit": 1, "approval": "never", "approved_digests": [DIGEST]}, [], id="a final limit, whoever approves"
        ),
        pytest.param({"limit": 1, "approval": "never", "approved_targets": ["a"]}, ["a"], id="approved within it"),
        pytest.param({"limit": 9, "approval": "always"}, [], id="a site that wants every plan approved"),
        pytest.param({"limit": 1, "approved_digests": [DIGEST[:12]]}, ["a", "b"], id="this plan approved"),
        pytest.param({"limit": 9, "approved_digests": ["c" * 12]}, [], id="another plan approved"),
        pytest.param({"limit": 1, "approved_targets": ["b", "x"]}, ["b"], id="what still stands of it"),
        pytest.param({"limit": 9, "approved_targets": ["x"]}, [], id="nothing stands of it"),
        pytest.param({"limit": 9, "approved_targets": []}, [], id="nothing was approved"),
        pytest.param(
            {"limit": 9, "approved_digests": ["c" * 12], "approved_targets": ["a"]},
            ["a"],
            id="the plan changed, the target stands",
        ),
        pytest.param(
            {"limit": 9, "approval": "always", "approved_digests": ["c" * 12, DIGEST]}, ["a", "b"], id="one of two"
        ),
    ],
)
def test_lets_through_what_is_allowed_and_no_more(given, let_through):
    decision = weigh(plan("a", "b"), **given)
    assert decision.targets == tuple(let_through)
    assert decision.open == bool(let_through)
    assert decision.reasons


def test_an_empty_plan_is_held_and_says_whether_that_is_good_news():
    assert "nothing to do" in weigh(plan(affected=0), limit=5).reasons[0]
    assert "see the excluded sessions" in weigh(plan(affected=5), limit=5).reasons[0]
    assert not weigh(plan(affected=0), limit=5, approved_digests=[DIGEST]).open


def test_says_whether_a_person_approved():
    assert weigh(plan("a"), limit=1).approved is False
    assert weigh(plan("a"), limit=1, approved_targets=["a"]).approved
    assert weigh(plan("a"), limit=1, approved_digests=[DIGEST]).approved


@pytest.mark.parametrize(
    ("up_to", "limit", "says"),
    [
        (1, 5, "1 planned, within the limit of 5"),
        (4, 5, "1 planned, up to 4 in rounds, within the limit of 5"),
        (10, 5, "1 planned, up to 5 in rounds, within the limit of 5"),
        (10, 1, "1 planned, within the limit of 1"),
    ],
)
def test_what_follows_in_rounds_is_said_and_is_within_the_limit(up_to, limit, says):
    decision = weigh({**plan("a"), "up_to": up_to}, limit)
    assert (decision.open, decision.reasons) == (True, (says,))
