"""Each secret of the corpus goes through one incident: no result, log, evidence or page has it; harmless text stays.

What a person writes into a section of the post-mortem is kept in the log with each of its characters; its pages are
examined.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.health import health_check_of
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import session_dict
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.pages import write_postmortem
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alerts import alerts_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    AlertRules,
    prometheus_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import scenarios_of, severity_of

from support.modules import run_module
from support.snapshots import session, snapshot
from unit.plugins.module_utils._core.further_corpus import FURTHER
from unit.plugins.module_utils._core.redaction_corpus import B64, HARMLESS, HEX32, MIX, SECRETS
from unit.plugins.module_utils._core.secret.corpus import CASES

VALUES = ("Hunter2Secret", HEX32, MIX, B64)
ALONE = [*SECRETS, *((text, value) for text in FURTHER for value in VALUES if value in text)]
SHORT = 8  # characters of a secret that other text may have by chance
AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
ID = "2026-11-24-083000-secrets"


def shown_in(text: str, secrets: Sequence[tuple[str, str]] = ALONE) -> list[str]:
    """The secrets that are in a text, also where its marks are escaped and gaps stop its links."""
    plain = re.sub(r"\\(.)", r"\1", text)
    return sorted({secret for dummy, secret in secrets if len(secret) >= SHORT and (secret in text or secret in plain)})


def stamp(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def tail(path: Path, lines: Sequence[str]) -> dict[str, Any]:
    path.write_text("".join(f"{line}\n" for line in lines))
    found = run_module("log_tail", files=[str(path)], since="2h", last=10_000, signatures=500, max_seconds=60)
    assert "failed" not in found, found
    assert [place["problem"] for place in found["sources"]] == [""]
    return found


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What log_tail returns of a log in lines, one in JSON and one in logfmt, with a secret in each record."""
    folder, begin = tmp_path_factory.mktemp("logs"), time.time() - 3000
    moments = [stamp(begin + number) for number in range(len(ALONE) + len(CASES) + len(HARMLESS))]
    messages = [json.dumps(text, ensure_ascii=False) for text, dummy in ALONE]
    coded = [json.dumps(case.text) for case in CASES]
    return {
        "plain": tail(
            folder / "plain", [f"{at} ERROR {text}" for at, (text, dummy) in zip(moments, ALONE, strict=False)]
        ),
        "json": tail(
            folder / "json",
            [
                f'{{"time": "{at}", "level": "error", "message": {text}}}'
                for at, text in zip(moments, coded, strict=False)
            ],
        ),
        "logfmt": tail(
            folder / "logfmt",
            [f"time={at} level=error msg={text}" for at, text in zip(moments, messages, strict=False)],
        ),
        "harmless": tail(
            folder / "harmless", [f"{at} ERROR {text}" for at, text in zip(moments, HARMLESS, strict=False)]
        ),
    }


def test_the_corpus_is_large_enough() -> None:
    assert len(ALONE) >= 300
    assert len(HARMLESS) >= 150


@pytest.mark.parametrize("form", ["plain", "logfmt"])
def test_no_record_has_the_secret_of_its_line(logs: dict[str, dict[str, Any]], form: str) -> None:
    entries = logs[form]["entries"]
    assert len(entries) == len(ALONE)
    left = [text for (text, secret), entry in zip(ALONE, entries, strict=True) if secret in said_by(entry)]
    assert left == []
    assert shown_in(json.dumps(logs[form], ensure_ascii=False)) == []


def said_by(entry: dict[str, Any]) -> str:
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "", json.dumps([entry["text"], entry.get("fields")]))


def test_no_record_of_json_has_a_secret_of_several_lines(logs: dict[str, dict[str, Any]]) -> None:
    entries = logs["json"]["entries"]
    assert len(entries) == len(CASES)
    left = [
        case.text
        for case, entry in zip(CASES, entries, strict=True)
        if any(secret in said_by(entry) for secret in case.secrets)
    ]
    assert left == []


def test_every_harmless_record_is_whole(logs: dict[str, dict[str, Any]]) -> None:
    entries = logs["harmless"]["entries"]
    assert [text for text, entry in zip(HARMLESS, entries, strict=True) if text not in entry["text"]] == []


def in_health_checks() -> Iterator[str]:
    for text, dummy in ALONE:
        state = {"Health": {"Log": [{"ExitCode": 1, "Output": f"check failed\n{text}\n"}]}}
        yield health_check_of(state, {}).output


def in_statements() -> Iterator[str]:
    for number, (text, dummy) in enumerate(ALONE):
        if text.startswith(("CREATE ", "ALTER ", "statement: ")):
            statement = text.removeprefix("statement: ")
            yield json.dumps(session_dict(snapshot([]), session(number, query=statement), "normalized"))


def in_alerts() -> Iterator[str]:
    listed = [
        {"state": "firing", "labels": {"alertname": f"Probe{number}", "severity": "critical", "instance": text},
         "annotations": {"summary": text}}
        for number, (text, dummy) in enumerate(ALONE)
    ]  # fmt: skip
    for start in range(0, len(listed), 8):
        alerts = alerts_of(listed[start : start + 8])
        prometheus: Any = {"alerts": alerts.reports, "unread": alerts.unread, "series": []}
        signs = prometheus_signs(prometheus, AlertRules({}, []))
        assert len(signs) == len(alerts.reports)
        yield page(severity_of(signs), signs, scenarios_of(signs), {}, prometheus, {}, AT)
        yield json.dumps(prometheus)


PRODUCED: dict[str, Callable[[], Iterator[str]]] = {
    "health checks": in_health_checks, "statements": in_statements, "triage": in_alerts,
}  # fmt: skip


@pytest.mark.parametrize("what", PRODUCED)
def test_nothing_that_is_produced_has_a_secret(what: str) -> None:
    texts = list(PRODUCED[what]())
    assert len(texts) > 7
    assert [shown_in(text) for text in texts if shown_in(text)] == []


def typed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """The same text in each event in which a person types one, in turn."""
    notes: list[Callable[[str], tuple[str, dict[str, Any]]]] = [
        lambda text: ("noted", {"text": text}),
        lambda text: ("update", {"audience": "public", "text": text}),
        lambda text: ("acknowledged", {"text": text}),
        lambda text: ("phase", {"phase": "open", "reason": text}),
        lambda text: ("severity", {"severity": "P1", "reason": text}),
        lambda text: ("checklist", {"item": "x", "state": "waived", "reason": text}),
        lambda text: ("action_item", {"key": "k", "text": text, "reason": text}),
    ]
    made = [notes[number % len(notes)](text) for number, text in enumerate(texts)]
    return [{"kind": kind, "note": note} for kind, note in made]


def kept(folder: Path, events: Sequence[dict[str, Any]], evidence: dict[str, Any] | None = None) -> dict[str, Any]:
    given = {"log": str(folder), "id": ID, "by": "ada", "host": "db1", "events": list(events), "evidence": evidence}
    return record(given, check_mode=False)


def pages_of(folder: Path) -> dict[str, str]:
    params = {
        "log": str(folder), "id": ID, "views": ["internal", "public"], "heads": [], "group": "", "public_words": {},
        "public_requests": {},
    }  # fmt: skip
    paths = write_postmortem(params, check_mode=False)["paths"]
    return {Path(path).name: Path(path).read_text() for path in paths}


def test_the_log_its_evidence_and_its_pages_have_no_secret_that_was_met(
    logs: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    met = {form: found for form, found in logs.items() if form != "harmless"}
    evidence = {"logs": met, **{what: list(texts()) for what, texts in PRODUCED.items()}}
    events = [{"kind": "evidence", "note": {"about": "secrets"}}, *typed([text for text, dummy in ALONE])]
    written = kept(tmp_path, events, evidence)
    file = tmp_path / written["evidence"]["file"]
    texts = {"log": Path(written["path"]).read_text(), "evidence": file.read_text(), **pages_of(tmp_path)}
    assert {"postmortem.md", "postmortem.html", "public.md", "public.html"} < set(texts)
    assert {name: shown_in(text) for name, text in texts.items() if shown_in(text)} == {}


def test_what_is_harmless_is_whole_in_the_log_and_its_evidence(logs: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    events = [{"kind": "evidence", "note": {"about": "harmless"}}, *typed(HARMLESS)]
    written = kept(tmp_path, events, logs["harmless"])
    lines = [json.loads(line) for line in Path(written["path"]).read_text().splitlines()]
    notes = [list(line["note"].values()) for line in lines[2:]]
    assert [text for text, note in zip(HARMLESS, notes, strict=True) if text not in note] == []
    entries = json.loads((tmp_path / written["evidence"]["file"]).read_text())["entries"]
    assert [text for text, entry in zip(HARMLESS, entries, strict=True) if text not in entry["text"]] == []


@pytest.mark.parametrize("section", ["summary", "public", "weather"])
def test_pages_hide_what_a_passage_holds(tmp_path: Path, section: str) -> None:
    texts = ["\n\n".join(text for text, dummy in ALONE[start : start + 20]) for start in range(0, len(ALONE), 20)]
    kept(tmp_path, [{"kind": "written", "note": {"section": section, "text": text}} for text in texts])
    pages = pages_of(tmp_path)
    assert {name: shown_in(text) for name, text in pages.items() if shown_in(text)} == {}
