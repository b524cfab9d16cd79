"""incident_info: reads what incident_event wrote, and knows what can be taken back."""

from __future__ import annotations

from support.modules import run_module

UNDO = {"reversible": True, "module": "compose_scale", "options": {"service": "web", "replicas": "2"}}


def write(log, *events):
    done = run_module(
        "incident_event", log=str(log), id="one", host="web1", by="t",
        events=[{"kind": kind, "note": note} for kind, note in events],
    )  # fmt: skip
    assert done["rc"] == 0


def test_the_last_act_that_can_be_taken_back(tmp_path):
    write(tmp_path, ("mitigated", {"mitigation": "scale_services", "undo": UNDO}))
    seen = run_module("incident_info", log=str(tmp_path), id="one", host="web1")
    assert [event["kind"] for event in seen["events"]] == ["opened", "mitigated"]
    assert seen["undoable"]["options"] == UNDO["options"]
    assert run_module("incident_info", log=str(tmp_path), id="one", host="other")["undoable"] == {}
    write(tmp_path, ("mitigated", {"mitigation": "scale_services", "undoes": seen["undoable"]["at"]}))
    again = run_module("incident_info", log=str(tmp_path), id="one", host="web1")
    assert again["undoable"] == {}
    assert again["why_not"] == "every act is already undone"


def test_an_incident_that_is_not_there(tmp_path):
    write(tmp_path, ("noted", {}))
    done = run_module("incident_info", log=str(tmp_path), id="two", host="web1")
    assert "There is no incident 'two'" in done["msg"]
    assert "The last ones are: one" in done["msg"]
