"""With and without a search in the bytes the same records match, whatever stands around and in the lines."""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io import files
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import DOCKER, newest_first, text_of
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.prefilter import needle_of

ESCAPES = ["\x1b", "\\u001b", "\\x1b", "\\e", "\\033", "#033", "^["]
TEXTS = [
    "ERROR: failed", "all is well", 'say "no" | ERROR', "caf\u00e9 \u212aey \u017fhut", "tab\there", "back\\slash",
    "[31mERROR: failed", "a\rERROR: failed", "Traceback (most recent call last):\n  File \"x\"\nERROR: failed: x",
    "x \u0000 ERROR", "<b>failed</b>",
]  # fmt: skip
MATCHES = [
    "ERROR: failed",
    "key shut",
    r"\[31mERROR",
    "most recent.*\n.*\nERROR: failed",
    "say|failed",
    "slash",
    "here",
]


def coloured(chance: random.Random, text: str, escape: str) -> str:
    for dummy in range(chance.randint(1, 4)):
        place = chance.randint(0, len(text))
        text = f"{text[:place]}{escape}[{chance.choice(['31', '0', '1;32', ''])}{chance.choice('mK')}{text[place:]}"
    return text


def plain(chance: random.Random, moment: str, text: str) -> list[str]:
    return [f"{moment} {text}"]


def compose(chance: random.Random, moment: str, text: str) -> list[str]:
    escape = chance.choice(ESCAPES)
    head = f"{escape}[36mweb-1  | {escape}[0m" if chance.random() < 0.8 else "web-1  | "
    return [head + line for line in coloured(chance, f"{moment} {text}", escape).split("\n")]


def pod(chance: random.Random, moment: str, text: str) -> list[str]:
    escape = chance.choice(ESCAPES)
    return [f"[pod/web-1/web] {line}" for line in coloured(chance, f"{moment} {text}", escape).split("\n")]


def bare_colours(chance: random.Random, moment: str, text: str) -> list[str]:
    return [coloured(chance, f"{moment} {text} | x", chance.choice(ESCAPES))]


def cri(chance: random.Random, moment: str, text: str) -> list[str]:
    place = chance.randint(0, len(text))
    parts = [(text[:place], "P"), (text[place:], "F")] if chance.random() < 0.5 else [(text, "F")]
    return [f"{moment} stdout {tag} {part}" for part, tag in parts if "\n" not in part and "\r" not in part]


def docker(chance: random.Random, moment: str, text: str) -> list[str]:
    lines = coloured(chance, text, "\x1b").split("\n") if chance.random() < 0.5 else text.split("\n")
    return [
        json.dumps({"log": line + "\n", "stream": "stdout", "time": moment}, ensure_ascii=False, separators=(",", ":"))
        for line in lines
    ]


@pytest.mark.parametrize("write", [plain, compose, pod, bare_colours, cri, docker])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_records_match(tmp_path, monkeypatch, write, seed):
    monkeypatch.setattr(files, "_NEWEST", 500)  # what is read whatever is searched
    monkeypatch.setattr("ansible_collections.pafar.runbook.plugins.module_utils._logs.io.searching._CHUNK", 2048)
    chance = random.Random(seed)
    start = time.time() - 600
    lines: list[str] = []
    for number in range(400):
        moment = datetime.fromtimestamp(start + number, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lines += write(chance, moment, chance.choice(TEXTS) if chance.random() < 0.2 else "INFO nothing to see here")
    path = tmp_path / "log"
    path.write_bytes("".join(line + "\n" for line in lines).encode())
    form = DOCKER if write is docker else text_of(Zone(0.0, time.time()))
    found = 0
    for expression in MATCHES:
        pattern = re.compile(expression, re.IGNORECASE)
        matched = []
        for needle in (None, needle_of(expression, True)):
            tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle)
            read = records(whole_lines(newest_first(str(path), start - 9, form, tally)), "log")
            matched.append([record.text for record in read if pattern.search(record.text)])
        assert matched[0] == matched[1], expression
        found += len(matched[0])
    assert found > 20


def test_colours_that_stay_in_the_text_need_no_other_search():
    needle = needle_of("ERROR: failed", False)
    assert needle is not None
    split = b"\x1b[31mERROR\x1b[0m: failed"
    assert needle.places(split, 9) == []
    assert needle.places(split, 9, coloured=True) == [5]
    assert needle.places(b"ERROR: failed error: failed", 9, coloured=True) == [0]


def csvlog(start: float, number: int, seconds: float) -> str:
    """Every seventh record has values of several lines, which may look like anything."""
    text = ""
    for place in range(number):
        moment = datetime.fromtimestamp(start + seconds * place, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
        head = f'{moment} UTC,"app","shop",{place},"10.0.0.7:1",65.7,3,"UPDATE",{moment[:19]} UTC,3/4,0'
        if place % 7:
            text += f'{head},LOG,00000,"x",,,,,,,,,"psql","client backend",,0\n' * 3
        else:
            detail = 'Process 7 waits.\nERROR\n2026-01-01 00:00:00 was the date\n\n  Process 8: SELECT ""1""'
            query = "UPDATE a\nSET b = 7\nWHERE c = 2"
            text += f'{head},ERROR,40P01,"deadlock","{detail}",,,,,"{query}",,,"psql","client backend",,0\n'
    return text


@pytest.mark.parametrize("expression", ["SET b = 7", "Process 7 waits", "WHERE c", "deadlock", "2026-01-01"])
def test_the_same_records_of_csvlog_match(tmp_path, monkeypatch, expression):
    monkeypatch.setattr(files, "_NEWEST", 200)
    monkeypatch.setattr("ansible_collections.pafar.runbook.plugins.module_utils._logs.io.searching._CHUNK", 2048)
    start = time.time() - 600
    path = tmp_path / "postgresql.csv"
    path.write_text(csvlog(start, 60, 5))
    pattern = re.compile(expression)
    matched = []
    for needle in (None, needle_of(expression, False)):
        tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle)
        read = records(whole_lines(newest_first(str(path), start - 9, text_of(Zone(0.0, time.time())), tally)), "log")
        matched.append([record.text for record in read if pattern.search(record.text)])
    assert matched[0] == matched[1]
    assert [text.count("\n") for text in matched[0]] == [5] * 9  # without the blank line


@pytest.mark.parametrize("packed", [False, True])
def test_a_date_within_a_value_of_csvlog_is_no_time_of_a_line(tmp_path, packed):
    """It would be older than what is asked for, and all behind it with it."""
    number, seconds = 700, 60
    start = time.time() - seconds * number
    path = tmp_path / ("postgresql.csv.gz" if packed else "postgresql.csv")
    text = csvlog(start, number, seconds).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60))
    since = start + seconds * number / 2 - 1
    read = records(whole_lines(newest_first(str(path), since, text_of(Zone(0.0, time.time())), tally)), "log")
    younger = [record for record in read if record.at is not None and record.at >= since]
    assert len(younger) == 350 // 7 * 19
    assert all(record.text.count("client backend") == 1 for record in younger)


@pytest.mark.parametrize("newest", range(40, 1400, 37))
def test_a_record_that_is_begun_is_read_whole(tmp_path, monkeypatch, newest):
    """The end of a file is read whatever is searched; the record in which that begins is read whole."""
    monkeypatch.setattr(files, "_NEWEST", newest)
    monkeypatch.setattr("ansible_collections.pafar.runbook.plugins.module_utils._logs.io.backwards.BLOCK", 64)
    start = time.time() - 600
    text = ""
    for number in range(30):
        moment = datetime.fromtimestamp(start + number, UTC).strftime("%Y-%m-%d %H:%M:%S")
        word = "declined" if number % 2 else "paid"
        text += f"{moment} INFO id={number} {word}\n{moment} ERROR id={number} failed\n"
        text += f'Traceback (most recent call last):\n  File "/x.py", line 1, in f\nx.ValidationError: {word}\nseats\n'
        text += "  Field required [type=missing, input_value={}]\n"
    path = tmp_path / "log"
    path.write_text(text)
    matched = []
    for needle in (None, needle_of("declined", False)):
        tally = Tally("log", "", "", Limits(10**9, time.monotonic() + 60), needle=needle)
        read = records(whole_lines(newest_first(str(path), start - 9, text_of(Zone(0.0, time.time())), tally)), "log")
        matched.append([record.text for record in read if "declined" in record.text])
    assert matched[0] == matched[1]
    assert len(matched[0]) == 30
