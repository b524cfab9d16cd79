from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, DIM, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import (
    of_incident,
    of_opening,
    of_record,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.joining import open_incident
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import incident_report


def test_where_the_incident_and_its_evidence_are(tmp_path):
    event = Event("evidence", datetime(2026, 1, 1, tzinfo=UTC), "me", "db")
    kept = append(str(tmp_path), "i", lambda: event, [event], {"a": 1})
    ((kind, text),) = of_record(kept)
    assert kind == DIM
    assert text.startswith("evidence kept: i.evidence/001-db.json (")
    assert text.endswith(f") (head 2:{kept['head']['hash']})")
    written = append(str(tmp_path), "i", lambda: event, [Event("noted", event.at, "me")], None)
    head = f"{written['head']['seq']}:{written['head']['hash']}"
    assert of_record(written) == [(DIM, f"incident log: {tmp_path}/i.jsonl (head {head})")]


NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_can_be_taken_back_or_why_nothing():
    note = {"mitigation": "scale_service", "undo": {"reversible": True, "why": ""}}
    act: Any = Event("mitigated", NOW, "me", "db", note).as_dict()
    ((kind, text),) = of_incident(incident_report([act], 0, "db", NOW))
    assert (kind, "scale_service" in text) == (PLAIN, True)
    assert of_incident(incident_report([], 0, "db", NOW))[0][0] == CARE
    assert of_incident(incident_report([act], 0, "", NOW)) == []


def test_an_act_without_an_outcome():
    act: Any = Event("intended", NOW, "me", "db", {"mitigation": "scale_service"}).as_dict()
    assert of_incident(incident_report([act], 0, "", NOW)) == [
        (CARE, "scale_service of 2026-01-01T00:00:00.000000Z on db has no outcome: its run was cut off")
    ]


def test_an_incident_that_is_named_and_is_not_there_is_said_to_be_new(tmp_path):
    """A name that was misspelt opened an incident of its own, and nothing said so."""
    text = "the incident i begins with the first record: incident_id was given, and the log has no such incident yet"
    assert of_opening(open_incident(str(tmp_path), "i", "x", ["db"], 60)) == [(PLAIN, text)]
    assert of_opening(open_incident(str(tmp_path), "", "x", ["db"], 60)) == []
