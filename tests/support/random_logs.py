"""Random logs as hosts write them, and what a scan of every line finds in them: the truth that log_tail must tell.

Lines come up to ten minutes late, clocks are set back (also where a file is rotated), streams are mixed, rates differ,
files are rotated by number and by date, and packed. Every line has a number of its own.
"""

from __future__ import annotations

import datetime
import gzip
import itertools
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_ref import Source
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import read
from ansible_collections.pafar.runbook.plugins.module_utils._logs.options import (
    LOG_ARGS,
    limits_of,
    wanted_of,
    where_of,
)

from support.engine_login import engine_login

SECRET_WORD = "declined"
_NUMBER = re.compile(r"\bid=(\d+)\b")
_SPANS = (600, 7200, 3 * 86400)
_SIZES = (50, 500, 2000)


class Entry(NamedTuple):
    """One line: when it says that it was written, when it was, its number, its stream and its text."""

    at: float
    written: float
    number: int
    stream: str
    text: str


class Log(NamedTuple):
    """The lines of a log in the order of writing, and the places before which it was rotated."""

    entries: list[Entry]
    rotations: list[int]


def random_log(chance: random.Random, now: float) -> Log:
    number, span = chance.choice(_SIZES), chance.choice(_SPANS)
    late = chance.choice([0, 0, 30, 300, 600])
    share = chance.choice([0.01, 0.05, 0.3])
    streams = chance.choice([["stdout"], ["stdout", "stderr"], ["stdout"] * 30 + ["stderr"]])
    jumps = set(chance.sample(range(1, number), chance.choice([0, 0, 1, 1, 3])))
    rotations = sorted(chance.sample(range(1, number), chance.choice([0, 1, 3])))
    if jumps and rotations and chance.random() < 0.5:  # the clock is set back just there
        jumps = {rotations[0]}
    at, step = now - span, span / number
    entries: list[Entry] = []
    quiet = chance.choice([0.0, 0.0, 0.002])
    for place in range(number):
        at += step * chance.random() * 2 + (step * 200 if chance.random() < quiet else 0)
        at = min(at, now - 0.001 * (number - place))
        if place in jumps:
            at -= chance.choice([120, 600, 3600, 7200])
        shown = at - chance.uniform(0, late) if late and chance.random() < share else at
        word = SECRET_WORD if chance.random() < 0.01 else "paid"
        text = f"INFO id={place} payment {word} {'x' * chance.choice([10, 10, 80, 400])}"
        entries.append(Entry(round(shown, 3), at, place, chance.choice(streams), text))
    return Log(entries, rotations)


def stamp(at: float, zone: str = "") -> str:
    second, part = divmod(round(at * 1000), 1000)
    moment = datetime.datetime.fromtimestamp(second, datetime.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{part:03d}{zone}"


def text_line(entry: Entry) -> str:
    return f"{stamp(entry.at)} {entry.text}\n"


def docker_line(entry: Entry) -> str:
    value = {"log": entry.text + "\n", "stream": entry.stream, "time": stamp(entry.at).replace(" ", "T") + "000000Z"}
    return json.dumps(value, separators=(",", ":")) + "\n"


def write(folder: Path, log: Log, chance: random.Random) -> Path:
    """The log as files; the last part is ``app.log``, what was rotated out of it is named in one of the usual ways."""
    folder.mkdir(parents=True, exist_ok=True)
    bounds = [0, *log.rotations, len(log.entries)]
    parts = [log.entries[begin:end] for begin, end in itertools.pairwise(bounds)]
    naming = chance.choice(["numbers", "dates", "packed"])
    for age, part in enumerate(reversed(parts)):
        path = folder / "app.log"
        if age:
            name = f"app.log.{age}" if naming != "dates" else f"app.log-202611{28 - age:02d}"
            path = folder / name
        data = "".join(map(text_line, part)).encode()
        if age > 1 and naming == "packed":
            path = Path(f"{path}.gz")
            data = gzip.compress(data, 1)
        path.write_bytes(data)
        written = part[-1].written if part else log.entries[-1].written
        os.utime(path, (written, written))
    return folder / "app.log"


def asked(now: float, **options: Any) -> dict[str, Any]:
    """What log_tail returns, without the start of a process."""
    given = {name: spec.get("default") for name, spec in LOG_ARGS.items()}
    given.update({"last": 10_000, "signatures": 0, "timezone": "+00:00", "max_seconds": 600.0}, **options)
    report = read(engine_login(), Source(""), where_of(given), wanted_of(given), limits_of(given))
    return dict(report)


def numbers_in(report: dict[str, Any]) -> list[int]:
    """The numbers of the lines that were returned, each as often as it was."""
    return sorted(int(found) for entry in report["entries"] for found in _NUMBER.findall(entry["text"]))


def queries(log: Log, chance: random.Random, most: int = 3) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Options, and the numbers of the lines that a scan finds; ``truncated`` results are the caller's to judge."""
    times = [entry.at for entry in log.entries]
    for dummy in range(most):
        since = chance.uniform(min(times) - 10, max(times))
        options: dict[str, Any] = {"since": f"@{since:.6f}"}
        chosen = [entry for entry in log.entries if entry.at >= since]
        if chance.random() < 0.5:
            options["match"] = f"payment {SECRET_WORD}"
            chosen = [entry for entry in chosen if SECRET_WORD in entry.text]
        yield options, sorted(entry.number for entry in chosen)
