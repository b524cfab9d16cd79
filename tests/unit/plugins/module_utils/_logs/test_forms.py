"""Forms of logs that programs write: time, level and fields of each are right, or said to be unknown.

The corpus is `corpus/forms.txt`; each record goes the way of a file: bytes, pieces, lines, records.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import fields_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import text_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import behind_syslog, level_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import Record

CORPUS = Path(__file__).parent / "corpus/forms.txt"
UNKNOWN = "unknown"
FAILED = ("error", "critical")
# What collectors and syslog put before each line.
STAMP = "2026-11-24T02:40:04.123456789Z"
COLLECTORS = {
    "docker logs --timestamps": f"{STAMP} ",
    "docker compose logs": "web-1  | ",
    "docker compose logs --timestamps": f"web-1  | {STAMP} ",
    "CRI": f"{STAMP} stderr F ",
    "kubectl logs --prefix": "[pod/web-1/app] ",
}
SYSLOG = {
    "syslog": "Nov 24 02:40:04 web shop[7]: ",
    "rsyslog": "2026-11-24T02:40:04.123456+00:00 web docker/web[7]: ",
}


class Form(NamedTuple):
    name: str
    at: float | None
    level: str
    origin: str
    fields: dict[str, Any]
    text: str


def forms() -> list[Form]:
    found = []
    for block in CORPUS.read_text().split("\n== ")[1:]:
        head, dummy, text = block.partition("\n")
        name, at, level, origin, fields = head.split(" | ", 4)
        moment = None if at == UNKNOWN else datetime.fromisoformat(at).timestamp()
        found.append(
            Form(name, moment, "" if level == UNKNOWN else level, origin, json.loads(fields), text.rstrip("\n"))
        )
    return found


def east(place: str, clock: float) -> float | None:
    try:
        zone = ZoneInfo(place)
    except KeyError:
        return None
    offset = datetime.fromtimestamp(clock, UTC).replace(tzinfo=zone).utcoffset()
    return offset.total_seconds() if offset else None


PRESENT = datetime(2026, 11, 27, tzinfo=UTC).timestamp()
FORMAT = text_of(Zone(0.0, PRESENT, None, east))


def read(text: str) -> list[Record]:
    """The records of a file of these lines, the oldest first."""
    pieces = [FORMAT.decode(line) for line in reversed(text.encode().split(b"\n"))]
    return list(records(whole_lines(pieces), "file"))[::-1]


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_time_level_and_fields_of_a_form(form):
    found = read(form.text)
    assert len(found) == 1, [record.text for record in found]
    (record,) = found
    assert record.at == (pytest.approx(form.at, abs=1e-5) if form.at is not None else None)
    assert record.level == form.level
    fields = fields_of(record.text)
    assert {name: fields.get(name) for name in form.fields} == form.fields


def test_the_corpus_is_large_and_partly_written_by_the_programs():
    assert len(forms()) >= 100
    assert len([form for form in forms() if form.origin == "written"]) >= 20
    assert len({form.name for form in forms()}) == len(forms())


def test_records_in_a_row_stay_apart():
    """Between any two forms stands a line that begins a record of its own, before and behind it."""
    between = "2026-11-24 02:40:04 INFO served"
    for form in forms():
        found = read(f"{between}\n{form.text}\n{between}")
        assert found[-1].text == between, form.name
        assert sum(record.text == between for record in found) >= 1, form.name


def bare() -> list[Form]:
    heads = ("docker compose logs", "CRI", "kubectl", "--timestamps")
    return [form for form in forms() if not any(head in form.name for head in heads)]


def behind(head: str, form: Form) -> str:
    return "\n".join(head + line for line in form.text.split("\n"))


@pytest.mark.parametrize("head", COLLECTORS.values(), ids=COLLECTORS)
def test_a_record_behind_a_collector_s_head_is_whole_and_has_its_level(head):
    for form in bare():
        found = read(behind(head, form))
        assert [record.level for record in found] == [form.level], (form.name, [record.text for record in found])


@pytest.mark.parametrize("head", SYSLOG.values(), ids=SYSLOG)
def test_behind_syslog_s_head_no_error_is_silent_and_no_other_record_is_one(head):
    # Of a warning with a stack trace, and of two lines of Oracle, the second is a record of its own.
    for form in [form for form in bare() if form.level not in ("", "warning")]:
        failed = any(record.level in FAILED for record in read(behind(head, form)))
        assert failed == (form.level in FAILED), form.name


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("Nov 24 02:40:04 web shop[7]: fail: App[0]", "error"),
        ("2026-11-24T02:40:04+00:00 web kubelet[7]: I1124 02:40:04.123456 7 a.go:1] retry after error", "info"),
        ("Nov 24 02:40:04 web app: E1124 02:40:04.123456 7 a.go:1] x", "error"),
        ("Nov 24 02:40:04 web app[7]: nothing is said", ""),
        ("<11>Nov 24 02:40:04 web app[7]: nothing is said", "error"),
        ("2026-11-24T02:40:04Z ERROR main[7]: x", "error"),
        ("2026-11-24T02:40:04Z web error: x", "error"),
    ],
)
def test_the_level_behind_syslog_s_head(line, level):
    assert level_of(line) == level


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("Nov 24 02:40:04 web app[7]: x", "x"), ("2026-11-24T02:40:04+00:00 web a/b[7]: x", "x"),
        ("2026-11-24T02:40:04+00:00 web app: x", None), ("<3>Nov 24 02:40:04 web app[7]: x", None),
        ("Nov 24 02:40:04 INFO app[7]: x", None), ("2026-11-24 02:40:04 UTC [7]: x", None),
    ],
)  # fmt: skip
def test_where_a_program_s_line_begins(line, rest):
    assert behind_syslog(line) == (line.rindex(rest) if rest else 0)
