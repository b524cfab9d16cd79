"""An intent, and what became of it where its run was cut off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.intent import (
    MAY_RUN,
    intended,
    parted,
    reconciled,
    unfinished,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import (
    last_undoable,
    mitigation_events,
)

SEEN, LATER = "20261126T100000.000000Z", "20261126T100009.000000Z"
START = "20261126T090000.000000Z"
HOLDER, WAITER = f"7@{START}/{START}", f"8@{START}/{START}"
NOW = datetime(2026, 11, 26, 10, 1, tzinfo=UTC)
AT = "2026-11-26T10:00:30.000000Z"
UNDO = {"reversible": True, "module": "compose_scale", "options": {"replicas": "2"}}


def action(target, what="terminate"):
    return {"action": what, "target": target, "who": "app@shop web", "reason": "idle", "frees": 3, "pid": 7}


def planned(*actions, **more):
    plan = {"verb": "unblock", "digest": "d" * 64, "actions": list(actions), "affected_before": 3, "up_to": 4}
    return {"plan": {**plan, **more}, "evidence": {"at": SEEN}, "undo": UNDO}


def event(kind, note, at=AT, host="db"):
    return {"at": at, "kind": kind, "by": "ada", "host": host, "note": note}


def intent(*actions, mitigation="unblock_sessions", at=AT, **more):
    (written,) = intended({**planned(*actions), **more}, mitigation, {"targets": [each["target"] for each in actions]})
    return event(written["kind"], written["note"], at)


def open_intent(*actions, **more):
    (found,) = unfinished([intent(*actions, **more)], NOW)
    return found


def row(backend=f"7@{START}", transaction=START, state="active", query_start=START):
    return {"backend": backend, "transaction": transaction, "state": state, "query_start": query_start}


def test_an_intent_holds_what_the_gate_lets_through_and_no_secret():
    arguments = {"login_host": "db1", "login_password": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "to": None, "n": 1}
    plan = {**planned(action(HOLDER), action(WAITER)), "invocation": {"module_args": arguments}}
    (written,) = intended(plan, "scale_services", {"targets": [WAITER], "reasons": ["fine"], "approved": True})
    note = written["note"]
    assert [each["target"] for each in note["actions"]] == [WAITER]
    assert note["options"] == {"login_host": "db1", "n": 1}
    assert note["up_to"] == 0, "nothing may follow on what a person approved"
    assert "pid" not in note["actions"][0]


def test_nothing_is_intended_where_nothing_is_let_through():
    assert intended(planned(action(HOLDER)), "unblock_sessions", {"targets": []}) == []
    assert intended({}, "unblock_sessions", {}) == []


def test_an_approved_alternative_is_what_is_intended():
    plan = planned(action(HOLDER), alternatives=[{"digest": "other", "actions": [action(WAITER, "cancel")]}])
    (written,) = intended(plan, "unblock_sessions", {"targets": [WAITER]})
    assert (written["note"]["digest"], written["note"]["actions"][0]["action"]) == ("other", "cancel")


@pytest.mark.parametrize("kind", ["mitigated", "noted", "reconciled"])
def test_an_outcome_finishes_its_intent_and_no_other(kind):
    first, second = intent(action(HOLDER)), intent(action(WAITER), at="2026-11-26T10:00:40.000000Z")
    outcome = event(kind, {"intended": AT})
    assert [each["at"] for each in unfinished([first, outcome, second], NOW)] == [second["at"]]
    assert unfinished([first], NOW)[0]["seconds_ago"] == 30.0


def test_a_log_from_before_has_nothing_to_complete():
    assert unfinished([event("mitigated", {}), event("evidence", {"about": "x"})], NOW) == []


def test_what_is_unknown_is_looked_for_again_and_said_once():
    (unknown,) = reconciled(open_intent(action(HOLDER)), [{"msg": "no route to host"}])
    note = unknown["note"]
    assert note["outcome"] == "outcome unknown"
    assert "no route to host" in note["lines"][0]
    (again,) = unfinished([intent(action(HOLDER)), event("reconciled", note)], NOW)
    assert reconciled(again, [{"msg": "no route to host"}]) == []
    assert reconciled(again, [{"rows": []}])[0]["note"]["unknown"] == []


@pytest.mark.parametrize(
    ("what", "rows", "state"),
    [
        pytest.param("terminate", [], "gone", id="ended"),
        pytest.param("terminate", [row(f"7@{LATER}")], "gone", id="its pid was given to another"),
        pytest.param("terminate", [row(transaction=LATER)], "standing", id="it is in its next transaction"),
        pytest.param("cancel", [], "gone", id="cancelled, and terminated since it held on"),
        pytest.param("cancel", [row(transaction=f"idle-{LATER}", state="idle")], "gone", id="its transaction is over"),
        pytest.param("cancel", [row(state="idle in transaction (aborted)")], "gone", id="its statement failed"),
        pytest.param("cancel", [row()], "standing", id="the same statement"),
        pytest.param("cancel", [row(query_start=LATER)], "unknown", id="the next statement of the transaction"),
        pytest.param("terminate", [row("7@?", "", "")], "unknown", id="what the login may not see"),
    ],
)
def test_a_session_is_known_by_its_identity(what, rows, state):
    (found,) = reconciled(open_intent(action(HOLDER, what)), [{"skipped": True}, {"rows": rows, "truncated": False}])
    assert found["note"][state] == [HOLDER]
    assert sum(len(found["note"][each]) for each in ("gone", "standing", "unknown")) == 1


@pytest.mark.parametrize(("there", "state"), [(True, "standing"), (False, "gone")])
def test_a_prepared_transaction_is_known_by_its_moment(there, state):
    target = f"prepared@{START}/xid700"
    rows = [row(target, "", "prepared", "")] if there else []
    (found,) = reconciled(open_intent(action(target, "rollback_prepared")), [{"rows": rows}])
    assert found["note"][state] == [target]


def test_rounds_that_may_have_ended_others_are_said():
    (found,) = reconciled(open_intent(action(HOLDER)), [{"rows": []}])
    assert "up to 3 more sessions" in found["note"]["lines"][-1]


def plan(*targets, excluded=(), affected=0):
    return {
        "plan": {
            "actions": [{"target": target} for target in targets],
            "excluded": [{"target": target} for target in excluded],
            "affected_before": affected,
        }
    }


@pytest.mark.parametrize(
    ("mitigation", "options", "look", "state"),
    [
        ("scale_services", {}, plan("web:2->5", affected=3), "standing"),
        ("scale_services", {}, plan(), "gone"),
        ("scale_services", {}, plan("web:4->5", affected=1), "unknown"),
        ("build_index", {}, plan(), "gone"),
        ("role_settings", {}, plan(excluded=["web:2->5"]), "standing"),
        ("restart_services", {"services": ["web"]}, plan("web@later", affected=1), "gone"),
        ("restart_services", {"services": []}, plan(), "unknown"),
        ("reclaim_disk", {}, plan(), "unknown"),
        ("roll_back_release", {}, {"msg": "the engine does not answer"}, "unknown"),
    ],
)
def test_all_else_is_known_by_the_plan_that_is_made_now(mitigation, options, look, state):
    arguments = {"invocation": {"module_args": options}}
    found = reconciled(open_intent(action("web:2->5", "start"), mitigation=mitigation, **arguments), [look])[0]["note"]
    assert found[state] == ["web:2->5"]
    assert found["undo"] == (UNDO if state == "gone" else {})


def test_an_act_is_undone_by_what_was_seen_of_it():
    cut_off = intent(action("web:2->5", "start"), mitigation="scale_services")
    assert "its outcome is unknown" in last_undoable([cut_off], "db")[1]
    (found,) = reconciled(unfinished([cut_off], NOW)[0], [plan()])
    done = event("reconciled", found["note"], "2026-11-26T10:01:00.000000Z")
    assert last_undoable([cut_off, done], "db")[0] == done
    nothing = event("reconciled", reconciled(unfinished([cut_off], NOW)[0], [plan("web:2->5")])[0]["note"])
    assert last_undoable([cut_off, nothing], "db") == (None, "no act was carried out")


def test_an_undo_that_was_cut_off_and_carried_out_is_an_undo():
    before = event("mitigated", {"mitigation": "scale_services", "undo": UNDO}, "2026-11-26T09:59:00.000000Z")
    (written,) = intended(planned(action("web:5->2")), "scale_services", {"targets": ["web:5->2"]}, before["at"])
    cut_off = event("intended", written["note"])
    for look, why in ((plan(), "every act is already undone"), (plan("web:5->2"), "")):
        (found,) = reconciled(unfinished([before, cut_off], NOW)[0], [look])
        done = event("reconciled", found["note"], "2026-11-26T10:01:00.000000Z")
        assert last_undoable([before, cut_off, done], "db") == (None if why else before, why)


def test_an_act_that_was_refused_before_it_began_is_an_outcome_and_one_that_failed_on_its_way_is_none():
    gate = {"open": True, "reasons": []}
    refused = {"msg": "None of the approved targets still stands", "error": "StaleApproval"}
    (noted,) = mitigation_events(planned(), "unblock_sessions", gate, refused, {}, intended=AT)
    assert (noted["kind"], noted["note"]["intended"]) == ("noted", AT)
    assert mitigation_events(planned(), "unblock_sessions", gate, {**refused, "begun": True}, {}, intended=AT) == []
    assert mitigation_events(planned(), "unblock_sessions", gate, {"msg": "MODULE FAILURE"}, {}, intended=AT) == []
    (done,) = mitigation_events(planned(), "unblock_sessions", gate, {"done": ["x"]}, {}, intended=AT)
    assert (done["kind"], done["note"]["intended"]) == ("mitigated", AT)


@pytest.mark.parametrize(
    ("run", "known", "seconds", "is_named", "is_ended"),
    [
        ("here", "ended", 1.0, False, True),
        ("here", "runs", 9e9, True, False),
        ("elsewhere", "unknown", MAY_RUN - 1, True, False),
        ("elsewhere", "unknown", MAY_RUN, False, True),
        ("", "unknown", 1.0, False, False),
        ("", "unknown", MAY_RUN, False, True),
        ("", "unknown", 1.0, True, True),
    ],
)
def test_an_act_whose_run_is_at_work_is_not_one_that_was_cut_off(run, known, seconds, is_named, is_ended):
    (act,) = unfinished([intent(action(HOLDER))], NOW)
    ended, running = parted([{**act, "run": run, "seconds_ago": seconds}], lambda _run: known, is_named)
    assert (len(ended), len(running)) == ((1, 0) if is_ended else (0, 1))
