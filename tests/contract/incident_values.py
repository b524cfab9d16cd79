"""Reports of the gate, of the incident log and of a run, with every key that they may have."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from ansible_collections.pafar.runbook.plugins.action.gate import _exported
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.person_act import act_of_person
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.options import OUTBOX_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._announce.report import AnnounceReport, OutboxReport
from ansible_collections.pafar.runbook.plugins.module_utils._awx.io.asked import approval_report
from ansible_collections.pafar.runbook.plugins.module_utils._awx.options import AWX_APPROVAL_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._awx.workflow import ApprovalReport
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import Decision, GateResult, PastGate
from ansible_collections.pafar.runbook.plugins.module_utils._impact.impact_report import ImpactReport
from ansible_collections.pafar.runbook.plugins.module_utils._impact.io.measure import Measuring
from ansible_collections.pafar.runbook.plugins.module_utils._impact.questions import questions_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import (
    Event,
    IncidentReport,
    WrittenReport,
    read_events,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import VerifyReport, sealed
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.joining import open_incident
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import incident_report
from ansible_collections.pafar.runbook.plugins.module_utils._incident.scope import OpenReport
from ansible_collections.pafar.runbook.plugins.module_utils._incident.timeline import summary_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.acts import ActedReport
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import incident_status
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.options import ACT_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.standing import StatusReport
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.load import oncall_report
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.options import ONCALL_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.roster import OnCallReport
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.months import write_month
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.pages import write_postmortem
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.month import MonthReport
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.postmortem import PostmortemReport
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import Check
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.total import PreflightTotal, total_of
from ansible_collections.pafar.runbook.plugins.module_utils._prometheus.answers import Series
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import RunReport
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import CheckedRun, Own, unknown_names

from support.incidents import whole_incident
from support.measuring import measured


def incident_values() -> Iterator[IncidentReport]:
    undo = {"reversible": True, "why": ""}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    done = Event("mitigated", moment, "me", "db", {"mitigation": "x", "undo": undo})
    cut_off = Event("intended", moment, "me", "web", {"mitigation": "x"})
    action = {"target": "t", "action": "restart", "who": "web"}
    held = Event("held", moment, "me", "db", {"mitigation": "x", "plan": {"digest": "d" * 64, "actions": [action]}})
    lines = [sealed(event.as_dict(), seq, "").decode() for seq, event in enumerate((done, cut_off, held), 1)]
    events, torn = read_events(lines)
    yield incident_report(events, torn, "db", moment, "i")  # what can be undone, or what is approved
    report = incident_report(events, torn, "db", moment, "i", ["d" * 12])
    yield {**report, "incidents": [summary_of("i", events, report["held"], 1)]}


def verify_values() -> Iterator[VerifyReport]:
    with tempfile.TemporaryDirectory() as folder:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        opening = Event("opened", moment, "me", "db", {"id": "x"})
        evidence = Event("evidence", moment, "me", "db", {"about": "x"})
        append(folder, "x", lambda: opening, [evidence], {"a": 1})
        yield verify(folder, "x", [])
        Path(folder, "x.evidence/001-db.json").write_text("other")
        yield verify(folder, "", [])


def _written_log(folder: str) -> None:
    """An open incident with an act, a held plan and an act without an outcome, whose evidence was changed."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    action = {"target": "t", "action": "restart", "who": "web"}
    plan = {"digest": "d" * 64, "actions": [action]}
    who = {"mitigation": "x"}
    notes = {
        "mitigated": {**who, "done": ["restarted web"]},
        "verified": {**who, "outcome": "recovered"},
        "held": {"plan": plan, "reasons": ["y"], "mitigation": "z"},
        "intended": {**who, "actions": [action]},
        "evidence": {"about": "x"},
    }
    events = [Event(kind, moment, "me", "db", note) for kind, note in notes.items()]
    append(folder, "i", lambda: Event("opened", moment, "me", "db", {"id": "i"}), events, {"a": 1})
    Path(folder, "i.evidence/001-db.json").write_text("other")


def opening_values() -> Iterator[OpenReport]:
    with tempfile.TemporaryDirectory() as folder:
        _written_log(folder)
        found = open_incident(folder, "i", "x", ["db"], 60)
        yield {**found, "under_way": found["unfinished"]}  # as the action tells them apart on the controller


def acted_values() -> Iterator[ActedReport]:
    with tempfile.TemporaryDirectory() as folder:
        _written_log(folder)
        given = {name: option.get("default") for name, option in ACT_ARGS.items()}
        done = act_of_person({**given, "log": folder, "id": "i", "act": "acknowledge"}, False)
        done.pop("changed")
        yield cast("ActedReport", done)


def status_values() -> Iterator[StatusReport]:
    with tempfile.TemporaryDirectory() as folder:
        _written_log(folder)
        yield incident_status(folder, "i")


def postmortem_values() -> Iterator[PostmortemReport]:
    with tempfile.TemporaryDirectory() as folder:
        log = whole_incident(Path(folder))
        params = {
            "log": folder,
            "id": log.name,
            "views": ["internal"],
            "public_words": {},
            "public_requests": {},
            "heads": [],
            "group": "",
        }
        value: Any = write_postmortem(params, True)
        yield value


class _Counting:
    """What a Prometheus would answer: a counter of which nothing fails, and two days of it."""

    shown = "http://prometheus.example.org:9090"

    def range(self, query: str, start: float, end: float, step: float) -> list[Series]:  # noqa: ARG002
        return [Series((("job", "web"),), tuple((start + 10.0 * number, 7.0 * number) for number in range(200)))]

    def at(self, query: str, at: float) -> list[Series]:  # noqa: ARG002
        return [Series((("job", "web"),), ((at, 0.0),))]

    def value(self, query: str, at: float | None = None) -> float | None:
        return (at or 0.0) - 172800 if "timestamp" in query else 1000.0


def impact_values() -> Iterator[ImpactReport]:
    objectives = {"bookings": {"good": "good", "all": "all", "target": 99.9}}
    questions = questions_of(objectives, {"paid": "paid"}, {"memory": {"query": "x", "unit": "MiB"}})
    counting: Any = _Counting()
    began = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    yield Measuring(counting, questions, 1800.0, began + 3600).report(began, began + 60, began_is_written=False)


def month_values() -> Iterator[MonthReport]:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            measured(whole_incident(Path(folder), f"i{number}", 3600.0 * number), 3600.0 * number + 500)
        value: Any = write_month({"log": folder, "month": "2026-11", "group": ""}, True)
        yield value


def gate_values() -> Iterator[GateResult]:
    outcome = Decision(True, (), ()).as_dict()
    stats = _exported({"digest": "d", "actions": []}, "x@db", outcome)
    past: PastGate = {
        "incident": "i", "mitigation": "x", "digest": "d", "planned": 1, "open": False, "approved": False,
        "reasons": [], "matched": [],
    }  # fmt: skip
    yield {**outcome, "digest": "d", "options": {}, "gates": [past], "ansible_stats": stats}


def written_values() -> Iterator[WrittenReport]:
    event = Event("evidence", datetime(2026, 1, 1, tzinfo=UTC), "me")
    with tempfile.TemporaryDirectory() as folder:
        yield append(folder, "i", lambda: event, [event], {"a": 1})


def run_values() -> Iterator[RunReport]:
    yield {"unmatched": ["d" * 12], "workflow": "", "held_plans": []}


def preflight_values() -> Iterator[PreflightTotal]:
    checks = [Check("x", False, "y", "z").as_dict(), Check("x", None, "y").as_dict()]
    yield total_of({"db": checks}, ["web"])


def check_values() -> Iterator[CheckedRun]:
    yield {"hosts": ["db"], "unknown": unknown_names(["runbook_aproval"], Own()), "called": "ansible-playbook {}"}


ANNOUNCE = {"mail": {"host": "127.0.0.1", "port": 1, "tls": "none", "sender": "a@example.org", "to": ["b@example.org"]}}


def outbox_values() -> Iterator[OutboxReport]:
    """Of an incident that has messages, and of one that has long ended on the status page."""
    with tempfile.TemporaryDirectory() as folder:
        yield _outbox(folder, Announcing(ANNOUNCE, {}), True)
        components = {"components": {"c1": "operational"}}
        message = {"key": "page/resolved/1", "channel": "page", "template": "page", "values": components}
        notes = [{**message, "state": "queued"}, {"key": message["key"], "state": "sent", "reference": "x"}]
        record({"log": folder, "id": "i", "events": [{"kind": "message", "note": note} for note in notes]}, False)
        os.utime(Path(folder) / "i.jsonl", (0, 0))
        page = {"kind": "cachet", "api": "http://127.0.0.1:1", "token": "t", "components": {"web": "c1"}}
        given = {name: option.get("default") for name, option in OUTBOX_ARGS.items()}
        yield take_messages({**given, "log": folder, "settings": Announcing({"page": page}, {}).public}, True)


def announce_values() -> Iterator[AnnounceReport]:
    """One that is shown alone, and one that no server takes."""
    with tempfile.TemporaryDirectory() as folder:
        announcing = Announcing(ANNOUNCE, {})
        yield announcing.shown(_outbox(folder, announcing, True), 1.0)
        yield announcing.sent(_outbox(folder, announcing, False), lambda _id, _events: None, 5)


def _outbox(folder: str, announcing: Announcing, check_mode: bool) -> OutboxReport:
    given = {name: option.get("default") for name, option in OUTBOX_ARGS.items()}
    alert = {"alertname": "A", "fingerprint": "f", "labels": {"alertname": "A", "instance": "db"}}
    silence = {"alertname": "A", "state": "made", "reference": "1"}
    events = [{"kind": "alert", "note": alert}, {"kind": "silence", "note": silence}]
    opening = {"log": folder, "id": "i", "opening": {"severity": "P1", "hosts": ["db"]}, "events": events}
    record(opening, False)
    return take_messages({**given, "log": folder, "ids": ["i"], "settings": announcing.public}, check_mode)


def oncall_values() -> Iterator[OnCallReport]:
    """Of a rotation without a person at night, and of a layer with two people at once."""
    layer = {"zone": "UTC", "starts": "2026-01-05", "people": ["ada"], "hours": [{"from": "08:00", "until": "18:00"}]}
    given = {name: option.get("default") for name, option in ONCALL_ARGS.items()}
    people = [{"name": "ada", "mail": "ada@example.org"}]
    found = oncall_report({**given, "people": people, "oncall": {"primary": {"layers": [layer]}}})
    yield {**found, "overlaps": found["gaps"][:1]}


def approval_values() -> Iterator[ApprovalReport]:
    """Of a person who has started a run, and is the one who asked for it."""
    given = {name: option.get("default") for name, option in AWX_APPROVAL_ARGS.items()}
    people = [{"name": "ada", "mail": "ada@example.org", "awx_user": "ada"}]
    asked = {"by": "ada", "requesters": ["ada"], "people": people, "require": False}
    yield approval_report({**given, **asked})
    yield approval_report({**given, **asked, "four_eyes": True})


OF_INCIDENTS: list[tuple[str, Any, Any]] = [
    ("incident_postmortem", PostmortemReport, postmortem_values),
    ("incident_report", MonthReport, month_values),
    ("incident_impact_info", ImpactReport, impact_values),
    ("incident_outbox", OutboxReport, outbox_values),
    ("announce", AnnounceReport, announce_values),
    ("oncall_info", OnCallReport, oncall_values),
    ("awx_approval", ApprovalReport, approval_values),
]
