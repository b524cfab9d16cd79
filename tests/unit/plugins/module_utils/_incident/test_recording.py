"""What a mitigation records, and what of it can be undone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import why_refused
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import (
    incident_report,
    last_undoable,
    mitigation_events,
)

PLANNED = {"plan": {"digest": "d", "affected_before": 1}}
OPEN, SHUT = {"open": True, "reasons": ["fine"]}, {"open": False, "reasons": ["over the limit"]}
UNDO = {"reversible": True, "module": "compose_scale", "options": {}}
DONE = {"done": ["started x"], "undo": UNDO, "seconds": 1.0, "secret_of_the_module": 1}


def kinds(*words, **more):
    return [event["kind"] for event in mitigation_events(*words, **more)]


@pytest.mark.parametrize(
    ("planned", "gate", "applied", "outcome", "events"),
    [
        pytest.param({}, {}, {}, {}, [], id="the plan failed"),
        pytest.param({}, OPEN, DONE, {"outcome": "recovered"}, [], id="results of an earlier use"),
        pytest.param(PLANNED, {}, DONE, {}, [], id="the gate failed"),
        pytest.param(PLANNED, SHUT, {}, {}, ["held"], id="held"),
        pytest.param({"plan": {"affected_before": 0}}, SHUT, {}, {}, [], id="nothing to do"),
        pytest.param(PLANNED, OPEN, {"msg": "refused"}, {}, [], id="the act was refused"),
        pytest.param(PLANNED, OPEN, {"done": []}, {}, ["noted"], id="nothing came of it"),
        pytest.param(PLANNED, OPEN, DONE, {}, ["mitigated"], id="done, and not verified"),
        pytest.param(PLANNED, OPEN, DONE, {"outcome": "recovered"}, ["mitigated", "verified"], id="whole"),
        pytest.param(PLANNED, OPEN, {"acted_on": [], "signalled": ["x"]}, {}, ["mitigated"], id="sessions"),
    ],
)
def test_events(planned, gate, applied, outcome, events):
    assert kinds(planned, "scale_services", gate, applied, outcome) == events


def test_only_what_is_known_is_kept():
    note = mitigation_events(PLANNED, "scale_services", OPEN, DONE, {})[0]["note"]
    assert note["undo"] == UNDO
    assert "secret_of_the_module" not in note


def act(at, undo=None, undoes="", host="h"):
    note = {
        "mitigation": "scale_services",
        **({"undo": undo} if undo else {}),
        **({"undoes": undoes} if undoes else {}),
    }
    return {"kind": "mitigated", "at": at, "host": host, "note": note}


def test_the_last_one_that_was_not_taken_back():
    assert last_undoable([act("1", UNDO), act("2", UNDO)], "h")[0]["at"] == "2"
    assert last_undoable([act("1", UNDO), act("2", UNDO), act("3", undoes="2")], "h")[0]["at"] == "1"
    assert last_undoable([act("1", UNDO, host="other")], "h") == (None, "no act was carried out")


def test_what_cannot_be_taken_back_stands_in_the_way():
    found, why = last_undoable([act("1", UNDO), act("2", {"reversible": False, "why": "a restart"})], "h")
    assert found is None
    assert "the last act was scale_services at 2, and a restart" in why


NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
AT = "2026-11-26T09:00:0{}.000000Z"
LAST = f"that is scale_services of {AT.format(3)}"


def done(second, undoes=""):
    undo = {"reversible": True, "module": "compose_scale", "options": {"project": "shop", "service": "web"}}
    return {"by": "ada", **act(AT.format(second), undo, undoes)}


def held_undo(second, undoes):
    plan = {"digest": "d" * 64, "affected_before": 1, "actions": [{"target": "web:5->2", "action": "scale"}]}
    (event,) = mitigation_events({"plan": plan}, "scale_services", SHUT, {}, {}, AT.format(undoes))
    return {"at": AT.format(second), "by": "ada", "host": "h", **event}


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([done(1), held_undo(2, 1)], ""),
        ([done(0), done(1), held_undo(2, 1)], ""),
        ([done(1), held_undo(2, 1), done(3, AT.format(1))], "which is already undone"),
        ([done(1), held_undo(2, 1), done(3)], f"not the last one that can be undone: {LAST}"),
        ([done(1), held_undo(2, 1), done(3, AT.format(1)), done(4)], "which is already undone"),
        ([held_undo(2, 1)], "no act was carried out"),
    ],
)  # fmt: skip
def test_an_undo_that_was_held_is_of_the_act_that_it_was_planned_for(events, why):
    (plan,) = incident_report(events, 0, "h", NOW, digests=["d" * 12])["approved"]
    assert plan["undoes"] == plan["variables"]["scale_services_undoes"] == AT.format(1)
    fixed = {
        "scale_services_service": "web",
        "scale_services_undoes": AT.format(1),
        "runbook_compose": {"project": "shop"},
    }
    assert plan["fixed"] == (fixed if len(events) > 1 else {})
    assert (why in plan["outdated"]) if why else plan["outdated"] == ""


def test_a_plan_that_undoes_nothing_is_not_out_of_date():
    held = held_undo(2, 1)
    del held["note"]["undoes"]
    (plan,) = incident_report([done(1), held, done(3)], 0, "h", NOW, digests=["d" * 12])["approved"]
    assert (plan["undoes"], plan["fixed"], plan["outdated"], plan["variables"]) == ("", {}, "", {})


def test_what_is_undone_has_the_variables_of_its_role():
    undoable = incident_report([done(1)], 0, "h", NOW)["undoable"]
    assert undoable["variables"] == {
        "scale_services_service": "web", "scale_services_undoes": AT.format(1), "runbook_compose": {"project": "shop"},
    }  # fmt: skip


@pytest.mark.parametrize("nothing", [{"seconds": None}, {"seconds": None, "remaining": None}, {"seconds": 0}])
def test_an_act_of_which_nothing_was_left_to_do_is_kept(nothing):
    """Another run, or another host of the same server, has done it between the plan and the act."""
    undo = {"reversible": False, "why": "nothing was done"}
    applied = {"done": [], "not_done": [], "before": {}, "after": {}, "remaining": 0, "undo": undo, **nothing}
    (event,) = mitigation_events(PLANNED, "role_settings", OPEN, applied, {}, intended=AT.format(1))
    assert (event["kind"], event["note"]["intended"]) == ("noted", AT.format(1))
    assert why_refused(event["kind"], event["note"]) == ""


def test_a_number_that_is_none_is_still_refused():
    assert "seconds" in why_refused("mitigated", {"seconds": "soon"})


def test_who_asks_for_an_approved_plan_is_not_answered_about_an_undo():
    for digests, workflow in ((["0" * 12], 0), ([], 41)):
        report = incident_report([done(1)], 0, "h", NOW, digests=digests, workflow=workflow)
        assert (report["approved"], report["undoable"], report["why_not"]) == ([], {}, "")
    assert incident_report([], 0, "h", NOW)["why_not"] == "no act was carried out"
