"""What reading costs, counted in folders listed, files opened, bytes read and lines decoded; two sizes side by side."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_transport import EngineLogin
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import (
    DOCKER,
    Format,
    newest_first,
    text_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.gathering import LogQuery
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import Where, read
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.rotated import matching
from ansible_collections.pafar.runbook.plugins.module_utils._logs.prefilter import needle_of


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of the calls is made from now on."""
    calls: Counter[str] = Counter()

    def counts(name: str) -> Callable:
        whole = getattr(os, name)

        def call(*arguments, **named):
            calls[name] += 1
            return whole(*arguments, **named)

        return call

    for name in ("open", "scandir", "stat", "pread"):
        monkeypatch.setattr(os, name, counts(name))
    return calls


def filled(folder: Path, names: list[str]) -> list[str]:
    """Files whose ages are in no order of their names; returned with the newest first. Their folder is old."""
    folder.mkdir()
    now, chance = time.time(), random.Random(7)
    ages = list(range(len(names)))
    chance.shuffle(ages)
    line = datetime.fromtimestamp(now - 60, UTC).strftime("%Y-%m-%d %H:%M:%S INFO x\n")
    for name, age in zip(names, ages, strict=True):
        (folder / name).write_text(line)
        os.utime(folder / name, (now - age, now - age))
    os.utime(folder, (now - 60, now - 60))
    return [str(folder / name) for dummy, name in sorted(zip(ages, names, strict=True))]


NAMINGS: dict[str, Callable[[int], str]] = {
    "requests": lambda number: f"req-{number:05}.log",
    "jobs with an id": lambda number: f"job_{number * 7919 % 99991:08}.out",
    "hosts": lambda number: f"web{number}.example.org.log",
    "days": lambda number: f"app.{datetime.fromtimestamp(number * 86400, UTC):%Y-%m-%d}.log",
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_of_a_wildcard_the_newest_are_read_and_the_folder_is_listed_a_few_times(tmp_path, monkeypatch, naming):
    costs = []
    for number in (300, 900):
        folder = tmp_path / str(number)
        newest = filled(folder, [NAMINGS[naming](each) for each in range(number)])
        pattern = str(folder / "*")
        with monkeypatch.context() as patched:
            calls = counted(patched)
            limits = Limits(10**9, time.monotonic() + 60)
            query = LogQuery(time.time() - 3600, time.time() + 1, last=1000)
            report = read(EngineLogin(), Source(""), Where(files=[pattern], timezone="UTC"), query, limits)
        assert [place["source"] for place in report["sources"] if not place["problem"]] == newest[:200]
        assert [place["problem"] for place in report["sources"] if place["problem"]] == [
            f"{number - 200} files of {pattern} were not read: 200 are the most at once"
        ]
        assert report["matched"] == 200
        costs.append(calls)
    assert [calls["scandir"] for calls in costs] == [costs[0]["scandir"]] * 2
    assert costs[1]["scandir"] < 60, "beside the first 50 it is looked for earlier parts"
    assert costs[1]["open"] == costs[0]["open"], "as many files are opened, however many there are"
    assert costs[1]["stat"] - costs[0]["stat"] < 3 * 600, "a few looks at each file more"


@pytest.mark.parametrize("naming", NAMINGS)
def test_a_wildcard_gives_the_newest_first(tmp_path, naming):
    newest = filled(tmp_path / "x", [NAMINGS[naming](each) for each in range(100)])
    assert matching(str(tmp_path / "x" / "*")) == newest


def plain(moment: str, text: str) -> str:
    return f"{moment} INFO [worker-3] {text} user=u17 trace=abcdef0123456789"


def docker(moment: str, text: str) -> str:
    return json.dumps({"log": f"INFO {text}\n", "stream": "stdout", "time": moment}, separators=(",", ":"))


def access(moment: str, text: str) -> str:
    clock = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'10.0.0.7 - - [{clock}] "GET /{text.replace(" ", "/")} HTTP/1.1" 200 612 "-" "curl/8"'


def logfmt(moment: str, text: str) -> str:
    return f'time={moment} level=info msg="{text}" user=u17'


FORMS = {"plain": plain, "docker": docker, "access": access, "logfmt": logfmt}


@pytest.mark.parametrize("form", FORMS)
def test_a_plain_search_reads_each_byte_about_once_and_decodes_what_is_near(tmp_path, monkeypatch, form):
    """A match far back in a file: bytes and lines are counted for a file and for one four times as large."""
    searched = "payment/declined" if form == "access" else "payment declined"
    sizes, scanned, decoded, lines_of = [], [], [], []
    for number in (8000, 32000):
        path, begin = tmp_path / f"{form}{number}", time.time() - number
        with path.open("w") as file:
            for each in range(number):
                moment = datetime.fromtimestamp(begin + each, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                file.write(FORMS[form](moment, "payment declined" if each == number // 4 else f"GET {each} ok") + "\n")
        whole: Format = DOCKER if form == "docker" else text_of(Zone(0.0, time.time()))
        calls: list[int] = []

        def decode(line: bytes, whole: Format = whole, calls: list[int] = calls):
            calls.append(len(line))
            return whole.decode(line)

        tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle_of(searched, False))
        read_lines = newest_first(str(path), begin - 9, replace(whole, decode=decode), tally)
        found = [each for each in records(whole_lines(read_lines), "log") if re.search(searched, each.text)]
        assert len(found) == 1
        sizes.append(path.stat().st_size)
        scanned.append(tally.scanned)
        decoded.append(len(calls))
        lines_of.append(number)
    twice = 80 * 1024  # the end, where the order of the lines is seen
    assert all(size * 0.95 <= read_bytes <= size + twice for size, read_bytes in zip(sizes, scanned, strict=True))
    assert decoded[1] <= decoded[0] * 1.2, "what is decoded does not grow with the file"
    assert decoded[1] < lines_of[1] / 8
