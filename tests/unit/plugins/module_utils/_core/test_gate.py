from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import (
    Elsewhere,
    matched,
    of_this_plan,
    plans_in,
    weigh,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Plan, kind_of

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
    assert "see what is excluded" in weigh(plan(affected=5), limit=5).reasons[0]
    replicas = {**plan(affected=2), "what": "replicas to restart"}
    assert weigh(replicas, limit=5).reasons[0] == (
        "no action is possible (replicas to restart: 2): see what is excluded"
    )
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


Given = dict[str, Any]
SESSIONS: Given = {"verb": "unblock", "digest": f"{kind_of('unblock')}{'1' * 62}", "actions": [{"target": "1@a/b"}]}
LIMIT: Given = {
    "verb": "guard_role",
    "digest": f"{kind_of('guard_role')}{'2' * 62}",
    "actions": [{"target": "app:idle"}],
}
OTHER_HOST: Given = {**SESSIONS, "digest": f"{kind_of('unblock')}{'3' * 62}", "actions": [{"target": "7@a/b"}]}
CHANGED = f"{kind_of('unblock')}{'4' * 62}"  # of the sessions' plan as it was


@pytest.mark.parametrize(
    ("digests", "targets", "elsewhere", "binding"),
    [
        pytest.param([LIMIT["digest"]], None, [], (None, []), id="the digest of another kind of plan"),
        pytest.param(
            [SESSIONS["digest"][:12].upper()], None, [], (None, [SESSIONS["digest"][:12].upper()]), id="its own"
        ),
        pytest.param([CHANGED], None, [], (None, [CHANGED]), id="its own before it changed"),
        pytest.param([OTHER_HOST["digest"]], None, [OTHER_HOST], (None, []), id="that of another host"),
        pytest.param(
            [OTHER_HOST["digest"], CHANGED], None, [OTHER_HOST], (None, [CHANGED]), id="two, one is not its own"
        ),
        pytest.param([], ["app:idle"], [], (None, []), id="targets of another kind"),
        pytest.param([], ["7@a/b"], [OTHER_HOST], (None, []), id="targets of another host"),
        pytest.param([], ["8@a/b"], [OTHER_HOST], (["8@a/b"], []), id="a session that is of no plan any more"),
        pytest.param([], ["1@a/b", "7@a/b"], [OTHER_HOST], (["1@a/b", "7@a/b"], []), id="targets of both"),
        pytest.param([], [], [], ([], []), id="nothing is approved"),
    ],
)
def test_an_approval_binds_the_mitigation_whose_plan_it_is(digests, targets, elsewhere, binding):
    others = Elsewhere(
        [plan["digest"] for plan in elsewhere], [action["target"] for plan in elsewhere for action in plan["actions"]]
    )
    assert of_this_plan(SESSIONS, targets, digests, others) == binding


def test_no_two_kinds_of_plan_share_the_begin_of_their_digests():
    verbs = [
        "unblock",
        "end_sessions",
        "guard_role",
        "build_index",
        "reclaim",
        "restart",
        "scale",
        "roll_back",
        "snapshot",
    ]
    assert len({kind_of(verb) for verb in verbs}) == len(verbs)
    assert all(Plan(verb).digest.startswith(kind_of(verb)) for verb in verbs)


def test_only_what_was_approved_is_allowed_where_nothing_else_may_be_done():
    assert not weigh(plan("a"), limit=5, only_approved=True).open
    assert weigh(plan("a"), limit=5, only_approved=True, approved_targets=["a"]).open
    assert not weigh(plan("a", "b"), limit=1, approval="never", only_approved=True, approved_digests=[DIGEST]).open


def test_finds_the_plans_of_registered_results():
    results: list[Any] = [{"plan": SESSIONS}]
    results += [{"plans": {"harmless": LIMIT, "others": OTHER_HOST}}, {"parts": {"x": SESSIONS}}]
    assert [len(list(plans_in(result))) for result in results] == [1, 2, 1]
    nothing: list[Any] = ["x", None, {"plan": "x"}, {"plan": {}}, {"plans": None}]
    assert [list(plans_in(result)) for result in nothing] == [[]] * 5
    assert matched(SESSIONS, [SESSIONS["digest"][:12], CHANGED]) == [SESSIONS["digest"][:12]]
