from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.action.gate import _exported as exported
from ansible_collections.pafar.runbook.plugins.module_utils._core import console as summary
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import Decision, GateResult
from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import OutcomeReport, outcome_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import PlanDict

PLAN: PlanDict = {
    "verb": "unblock",
    "what": "sessions that wait",
    "no_action_reason": "",
    "digest": "ab" * 32,
    "affected_before": 6,
    "affected_after": 0,
    "actions": [{"action": "cancel", "who": "7 app@b m", "reason": "waits", "frees": 5, "target": "t"}],
    "excluded": [{"who": "1 app@b r", "target": "u", "reason": "is a backup"}],
}


def text(lines):
    return "\n".join(line for dummy, line in lines)


def test_a_plan_names_who_goes_who_stays_and_what_comes_of_it():
    assert text(summary.of_plan(PLAN)).splitlines() == [
        "cancel 7 app@b m: waits; frees 5",
        "    target t",
        "exclude 1 app@b r: is a backup",
        "6 wait too long; with this plan 0 would",
    ]


def test_a_long_plan_is_cut_with_a_count():
    long: PlanDict = {**PLAN, "actions": PLAN["actions"] * 40}
    assert "and 28 more, see the result" in text(summary.of_plan(long))


def test_a_held_gate_says_how_to_approve_this_very_plan():
    plan = {"digest": "ab" * 32, "actions": [{"target": "t"}]}
    outcome = Decision(False, ("too many",)).as_dict()
    held: GateResult = {
        "gates": [], "options": {}, **outcome,
        "digest": "ab" * 32, "ansible_stats": exported(plan, "unblock_sessions@db", outcome)
    }  # fmt: skip
    assert summary.of_gate(held)[0] == (summary.CARE, "gate held: too many (plan abababababab)")
    assert "incident_approved_digest=abababababab" in text(summary.of_gate(held))


@pytest.mark.parametrize(
    "why", ["nothing to do: none waits", "no action is possible (sessions: 5): see what is excluded"]
)
def test_a_plan_without_an_action_waits_for_no_approval(why):
    empty = {"digest": "ab" * 32, "actions": []}
    outcome = Decision(False, (why,)).as_dict()
    report: GateResult = {
        "gates": [], "options": {}, **outcome,
        "digest": "ab" * 32, "ansible_stats": exported(empty, "unblock_sessions@db", outcome)
    }  # fmt: skip
    assert summary.of_gate(report) == [(summary.CARE, f"no plan: {why}")]


def test_an_outcome_tells_what_did_not_work_too():
    result: summary.Terminations = {
        "acted_on": [],
        "still_present": [{"who": "7 app@b m"}],
        "not_done": [{"target": "u", "reason": "moved on"}, {"target": "v", "reason": "is gone"}],
        "plan": {**PLAN, "excluded": [{"target": "u", "who": "1 app@b r", "reason": "approved"}]},
        "rounds": 2,
        "seconds_to_recovery": None,
        "stopped": "the waiters did not fall",
    }
    said = text(summary.of_terminations(result))
    assert "signalled, and still connected: 7 app@b m" in said
    assert "left alone: 1 app@b r: moved on" in said
    assert "left alone: v: is gone" in said
    assert "stopped: the waiters did not fall" in said


def test_a_session_is_named_as_the_plan_named_it():
    result: summary.Terminations = {
        "acted_on": [{"who": "7 app@b m", "action": "terminated", "reason": "idle"}],
        "still_present": [],
        "not_done": [],
        "rounds": 1,
        "seconds_to_recovery": 0.1,
        "stopped": "",
        "plan": PLAN,
    }
    assert summary.of_terminations(result)[0] == (summary.CARE, "terminated 7 app@b m: idle")


def test_a_plan_that_became_needless_before_its_act_is_good_news():
    result: summary.Terminations = {
        "acted_on": [], "still_present": [], "not_done": [], "rounds": 0, "seconds_to_recovery": None, "stopped": "",
        "plan": {**PLAN, "affected_before": 0, "actions": []},
    }  # fmt: skip
    (line,) = summary.of_terminations(result)
    assert line == (summary.GOOD, "no session waits too long any more: the queue moved before the act")


def test_so_is_a_prepared_transaction():
    who = "prepared transaction book-17 of app@booking"
    ended: summary.Ended = {"who": who, "action": "rolled back", "reason": "prepared 40 s ago"}
    result: summary.Terminations = {
        "acted_on": [ended],
        "plan": PLAN,
        "still_present": [],
        "not_done": [],
        "rounds": 1,
        "seconds_to_recovery": 0.1,
        "stopped": "",
    }
    assert summary.of_terminations(result)[0] == (summary.CARE, f"rolled back {who}: prepared 40 s ago")
    plan: PlanDict = {**PLAN, "actions": [{**PLAN["actions"][0], "action": "rollback_prepared", "who": who}]}
    assert f"roll back {who}: " in text(summary.of_plan(plan))


def test_the_verdict_says_when_nothing_was_relieved():
    lost: OutcomeReport = {**outcome_of(5, 5, 0, None), "what": ""}
    assert summary.of_outcome(lost) == [(summary.BAD, "unchanged: 5 waited too long, 5 do now; not recovered")]


def _session(pid, application="pafar-web", reason="idle in transaction for 5 s, blocks 1", **more):
    target = f"{pid}@20261123T145635.123456Z/20261123T145640.000001Z"
    return {"target": target, "who": f"{pid} app@postgres {application}", "reason": reason, **more}


def _plan_of(actions=(), excluded=(), verb="unblock") -> Any:
    return {
        "verb": verb, "digest": "ab" * 32, "actions": list(actions), "excluded": list(excluded), "affected_before": 9,
        "affected_after": 0, "what": "", "no_action_reason": "",
    }  # fmt: skip


def test_sessions_that_differ_in_their_pid_alone_are_one_line():
    holders = [_session(pid, reason=f"idle in transaction for {pid}.5 s, blocks 1") for pid in range(1, 8)]
    lines = text(summary.of_plan(_plan_of(excluded=[*holders, _session(9, "nightly")]))).splitlines()
    assert lines[0] == (
        "exclude 7 sessions app@postgres pafar-web (pid 1, 2, 3, 4, 5, 6, 7): idle in transaction for 1.5 s, blocks 1"
    )
    assert lines[1].startswith("exclude 9 app@postgres nightly: ")
    acts = [_session(pid, action="terminate", frees=1) for pid in (1, 2, 3)]
    lines = text(summary.of_plan(_plan_of(acts))).splitlines()
    assert lines[0].startswith("terminate 3 sessions app@postgres pafar-web (pid 1, 2, 3): ")
    assert all(act["target"] in lines[1] for act in acts)
    assert len(text(summary.of_plan(_plan_of(acts[:2]))).splitlines()) == 5, "two have a line each"


def test_things_that_are_no_sessions_have_a_line_each():
    acts = [{"target": f"web-{n}@a", "who": f"web-{n}", "reason": "unhealthy", "action": "restart"} for n in range(4)]
    assert len(text(summary.of_act_plan(_plan_of(acts, verb="restart"))).splitlines()) == 8


@pytest.mark.parametrize(
    ("verb", "bound", "says"),
    [
        (
            "unblock",
            "2 sessions must be terminated together to free 3; with 9 already planned, that exceeds the limit of 10"
            " (max_terminations 10, max_share 0.2)",
            "raise unblock_sessions_max_terminations or unblock_sessions_max_share",
        ),
        ("end_sessions", "exceeds the limit of 100 (max_idle 100): idle for 9 min", "raise end_sessions_max_idle"),
    ],
)
def test_a_bound_that_leaves_work_undone_says_what_to_do(verb, bound, says):
    lines = text(summary.of_act_plan(_plan_of([_session(1, action="terminate")], [_session(2, reason=bound)], verb)))
    assert "1 left by the limit" in lines
    assert f"run it again, or {says}" in lines


def test_an_act_that_is_an_undo_is_not_to_be_undone():
    result: Any = {"done": ["x"], "not_done": [], "seconds": 1.0, "remaining": 0, "undo": {"reversible": True}}
    assert "can be undone: playbooks/undo.yml" in text(summary.of_act(result))
    assert "can be undone" not in text(summary.of_act(result, undoes=True))
