"""Reports of the incident log, with every key that they may have."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import (
    Event,
    IncidentReport,
    WrittenReport,
    read_events,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import VerifyReport, sealed
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import incident_report


def incident_values() -> Iterator[IncidentReport]:
    undo = {"reversible": True, "why": ""}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    done = Event("mitigated", moment, "me", "db", {"mitigation": "x", "undo": undo})
    cut_off = Event("intended", moment, "me", "web", {"mitigation": "x"})
    lines = [sealed(event.as_dict(), seq, "").decode() for seq, event in enumerate((done, cut_off), 1)]
    events, torn = read_events(lines)
    yield incident_report(events, torn, "db", moment)


def verify_values() -> Iterator[VerifyReport]:
    with tempfile.TemporaryDirectory() as folder:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        opening = Event("opened", moment, "me", "db", {"id": "x"})
        evidence = Event("evidence", moment, "me", "db", {"about": "x"})
        append(folder, "x", lambda: opening, [evidence], {"a": 1})
        yield verify(folder, "x", [])
        Path(folder, "x.evidence/001-db.json").write_text("other")
        yield verify(folder, "", [])


def written_values() -> Iterator[WrittenReport]:
    event = Event("evidence", datetime(2026, 1, 1, tzinfo=UTC), "me")
    with tempfile.TemporaryDirectory() as folder:
        yield append(folder, "i", lambda: event, [event], {"a": 1})
