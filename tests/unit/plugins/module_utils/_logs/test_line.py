"""Times, levels and records of log lines, as values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import Piece, records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.continuation import goes_on
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import nginx_fields
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import level_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.line import Zone, time_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import signature_text

AT = 1795488004.0  # 2026-11-24 02:40:04 UTC
HERE = Zone(0.0, AT)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("2026-11-24T02:40:04Z x", AT),
        ("2026-11-24T02:40:04.5+00:00 x", AT + 0.5),
        ("2026-11-24T03:40:04+01:00 x", AT),
        ("2026-11-24 02:40:04,250 ERROR x", AT + 0.25),
        ("2026/11/24 02:40:04 [error] 7#7: *1 x", AT),
        ('10.0.0.1 - - [24/Nov/2026:03:40:04 +0100] "GET / HTTP/1.1" 200 5', AT),
        ("[24/Nov/2026 02:40:04] ERROR [x:1] y", AT),
        ("Nov 24 02:40:04 host x", AT),
        ("Dec 31 23:59:59 host x", 1767225599.0),
        ("2026-11-24 02:40:04.123 UTC [7] LOG:  x", AT + 0.123),
        ("10%|#   \r50%|###  \r2026-11-24 02:40:04 ERROR x", AT),
        ("10%|#   \r50%|###  \r", None),
        ("2026-11-24 02:40:04 GET /\r1999-01-01 00:00:00 x", AT),
        ("no time at all", None),
        ("2026-99-99 99:99:99 x", None),
        ("", None),
    ],
)
def test_when_a_line_was_written(line, at):
    found = time_of(line, HERE)
    assert found == pytest.approx(at) if at is not None else found is None


def test_a_line_without_a_zone_is_of_the_hosts():
    assert time_of("2026-11-24 03:40:04 x", Zone(3600.0, AT)) == AT


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-24 02:40:04 ERROR x", "error"),
        ("[24/Nov/2026 02:40:04] WARNING [x:1] y", "warning"),
        ("2026/11/24 02:40:04 [crit] 7#7: x", "critical"),
        ('{"level":"warn","msg":"x"}', "warning"),
        ('10.0.0.1 - - [24/Nov/2026:03:40:04 +0100] "GET / HTTP/1.1" 502 5', "error"),
        ("no errors were found", ""),
        ("plain", ""),
    ],
)
def test_how_grave_a_line_is(line, level):
    assert level_of(line) == level


def test_a_traceback_stays_whole_whatever_was_split():
    wrote = [
        "2026-11-24 02:40:04 ERROR broke\n",
        "Traceback (most recent call last):\n",
        '  File "a.py", line 1, in f\n',
        "ValueError: 42 is ",
        "no answer\n",
        "2026-11-24 02:40:05 INFO on\n",
    ]
    pieces = [Piece(AT + place, "stderr", text) for place, text in enumerate(wrote)]
    found = list(records(whole_lines(reversed(pieces)), "web"))
    assert [record.text.partition("\n")[0][-5:] for record in found] == ["FO on", "broke"]
    assert found[1].text.endswith("ValueError: 42 is no answer")
    assert signature_text(found[1].text) == "ValueError: # is no answer"
    assert goes_on("  x")
    assert not goes_on("2026-11-24 02:40:04 x")


def test_what_nginx_says():
    error = (
        "2026/11/24 02:40:04 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream,"
        ' client: 10.0.0.1, server: x, request: "GET /a HTTP/1.1", upstream: "http://10.0.0.2:8000/a", host: "h"'
    )
    found = nginx_fields(error)
    assert (found["errno"], found["upstream"], found["client"]) == (111, "http://10.0.0.2:8000/a", "10.0.0.1")
    access = '10.0.0.1 - - [24/Nov/2026:03:40:04 +0100] "POST /b HTTP/1.1" 502 5 "-" "curl"'
    assert nginx_fields(access)["status"] == 502


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("Nov 24 08:29:00 host app: backup of 2020-01-01 00:00:00 failed", "2026-11-24T08:29:00"),
        ("ValueError: time data '2020-01-01 00:00:00' does not match", None),
        ("backup of 2020-01-01 00:00:00 failed", None),
        ("[2026-11-24 08:29:00 +0000] [7] [INFO] Booting", "2026-11-24T08:29:00"),
        ("INFO 2026-11-24 08:29:00,123 app: x of 2020-01-01 00:00:00", "2026-11-24T08:29:00.123000"),
        ("[INFO] [web] 2026-11-24T08:29:00Z x", "2026-11-24T08:29:00"),
        ("<13>1 2026-11-24T08:29:00Z host app", "2026-11-24T08:29:00"),
        ("\x00\x00\x002026-11-24 08:29:00 after a crash", "2026-11-24T08:29:00"),
        ('{"level":30,"time":1795508940000,"msg":"x 2020-01-01 00:00:00"}', "2026-11-24T08:29:00"),
        ('{"ts":1795508940.5,"msg":"x"}', "2026-11-24T08:29:00.500000"),
        ('{"msg":"of 2020-01-01 00:00:00","@timestamp":"2026-11-24T08:29:00Z"}', "2026-11-24T08:29:00"),
        ('{"msg":"of 2020-01-01 00:00:00"}', None),
        ('127.0.0.1 - - [24/Nov/2026:08:29:00 +0000] "GET /2020-01-01 00:00:00" 200 1', "2026-11-24T08:29:00"),
    ],
)
def test_the_time_of_a_line_and_none_that_it_speaks_of(line, at):
    found = time_of(line, Zone(0.0, 1_795_509_000.0))
    assert (found and datetime.fromtimestamp(found, UTC).isoformat().removesuffix("+00:00")) == at
