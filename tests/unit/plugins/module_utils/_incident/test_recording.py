"""What a mitigation records, and what of it can be undone."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import last_undoable, mitigation_events

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
