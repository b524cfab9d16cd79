"""An error that says nothing is completed by the lines below it, which have no time and no level of their own."""

from __future__ import annotations

import json
import re
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.continuation import is_below, says_nothing
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io import files, searching
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import DOCKER, newest_first, text_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.prefilter import needle_of

SPRING = """2026-11-24 02:40:04.100 ERROR 1 --- [           main] o.s.b.d.LoggingFailureAnalysisReporter   :\x20

***************************
APPLICATION FAILED TO START
***************************

Description:

Failed to configure a DataSource: 'url' attribute is not specified.

Reason: Failed to determine a suitable driver class


Action:

Consider the following:
\tIf you want an embedded database, please put it on the classpath."""
PRISMA = """PrismaClientKnownRequestError:\x20
Invalid `prisma.user.create()` invocation in
/app/src/user.ts:12:24

  9 export async function create() {
\u2192 12   await prisma.user.create(
Unique constraint failed on the fields: (`email`)
    at $n.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:121:7315) {
  code: 'P2002'
}"""
NEST = """[Nest] 7  - 11/24/2026, 2:40:04 AM   ERROR [ExceptionsHandler]\x20
Invalid `prisma.user.findMany()` invocation:


Can't reach database server at `db:5432`

Please make sure your database server is running at `db:5432`."""


def read(text: str) -> list[str]:
    form = text_of(Zone(0.0, 1_795_903_200.0))
    pieces = [form.decode(line.encode()) for line in reversed(text.split("\n"))]
    return [record.text for record in records(whole_lines(pieces), "x")][::-1]


@pytest.mark.parametrize("block", [SPRING, PRISMA, NEST])
@pytest.mark.parametrize("behind", ["2026-11-24 02:40:05.100  INFO 1 --- [main] x : y", '{"level":30,"msg":"y"}'])
def test_what_failed_is_of_the_error(block, behind):
    assert read(f"{behind}\n{block}\n{behind}") == [behind, block, behind]


@pytest.mark.parametrize(
    "lines",
    [
        ["2026-11-24 02:40:04 ERROR it failed", "plain text"],
        ["2026-11-24 02:40:04 INFO settings:", "plain text"],
        ["2026-11-24 02:40:04 ERROR failed [id=7]", "plain text"],
        ["2026-11-24 02:40:04 ERROR x:", "2026-11-24 02:40:04 INFO y"],
        ["2026-11-24 02:40:04 ERROR x:", "INFO y"],
        ["2026-11-24 02:40:04 ERROR x:", '{"msg": "y"}'],
        ["Error:", "plain text", "GET /x"],  # of a program without times nothing says where its message ends
    ],
)
def test_other_lines_are_records_of_their_own(lines):
    assert read("\n".join(lines)) == lines


def test_only_an_error_that_ends_where_its_message_would_begin_says_nothing():
    assert says_nothing("2026-11-24 02:40:04 ERROR x : \n")
    assert not says_nothing("2026-11-24 02:40:04 INFO x:")
    assert not says_nothing("2026-11-24 02:40:04 ERROR x: y")


def test_what_has_a_time_or_a_level_is_below_none():
    assert is_below("Description:")
    assert not is_below("Nov 24 02:40:04 web app: x")
    assert not is_below("WARN x")
    assert not is_below("Traceback (most recent call last):")


@pytest.mark.parametrize("docker", [False, True])
@pytest.mark.parametrize("expression", ["suitable driver", "failed to start", "analysisreporter", "12: 7"])
def test_a_search_finds_the_whole_of_it(tmp_path, monkeypatch, docker, expression):
    monkeypatch.setattr(files, "_NEWEST", 100)
    monkeypatch.setattr(searching, "_CHUNK", 300)  # smaller than the record
    lines: list[str] = []
    for number in range(60):
        block = SPRING.replace("02:40:04.100", f"02:{number:02}:04.100")
        lines += (block if number % 9 == 0 else f"2026-11-24 02:{number:02}:04.100 INFO nothing {number}: 7").split(
            "\n"
        )
    path = tmp_path / "log"
    moment = "2026-11-24T02:40:04.1Z"
    stored = [
        json.dumps({"log": f"{line}\n", "stream": "stdout", "time": moment}) if docker else line for line in lines
    ]
    path.write_text("".join(line + "\n" for line in stored), encoding="utf-8")
    form = DOCKER if docker else text_of(Zone(0.0, 1_795_903_200.0))
    pattern = re.compile(expression, re.IGNORECASE)
    matched = []
    for needle in (None, needle_of(expression, True)):
        tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle)
        found = records(whole_lines(newest_first(str(path), 0, form, tally)), "log")
        matched.append([record.text for record in found if pattern.search(record.text)])
    assert matched[0] == matched[1] != []


def test_a_search_finds_a_long_record_across_parts_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_NEWEST", 100)
    monkeypatch.setattr(searching, "_CHUNK", 300)
    frames = "".join(f'  File "a{number}.py", line 1, in f\n    pay()\n' for number in range(20))
    text = f"2026-11-24 02:40:04 ERROR needle\nTraceback (most recent call last):\n{frames}shop.Error: no money\n"
    path = tmp_path / "log"
    path.write_text(text + "2026-11-24 02:40:05 INFO x\n" * 30, encoding="utf-8")
    tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle_of("needle", True))
    form = text_of(Zone(0.0, 1_795_903_200.0))
    found = [record.text for record in records(whole_lines(newest_first(str(path), 0, form, tally)), "log")]
    assert text.rstrip("\n") in found
