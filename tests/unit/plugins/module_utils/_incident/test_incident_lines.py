from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, DIM, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_record, of_undoable
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import incident_report


def test_where_the_incident_and_its_evidence_are(tmp_path):
    event = Event("evidence", datetime(2026, 1, 1, tzinfo=UTC), "me", "db")
    ((kind, text),) = of_record(append(str(tmp_path), "i", lambda: event, [event], {"a": 1}))
    assert kind == DIM
    assert text.startswith("evidence kept before the act: i.evidence/001-db.json (")
    written = append(str(tmp_path), "i", lambda: event, [], None)
    assert of_record(written) == [(DIM, f"incident log: {tmp_path}/i.jsonl")]


def test_what_can_be_taken_back_or_why_nothing():
    note = {"mitigation": "scale_service", "undo": {"reversible": True, "why": ""}}
    act = Event("mitigated", datetime(2026, 1, 1, tzinfo=UTC), "me", "db", note).as_dict()
    ((kind, text),) = of_undoable(incident_report([act], 0, "db"))
    assert (kind, "scale_service" in text) == (PLAIN, True)
    assert of_undoable(incident_report([], 0, "db"))[0][0] == CARE
