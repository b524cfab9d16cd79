"""Under which names rotated files are read, and which files beside a log are named because they may be such ones."""

from __future__ import annotations

import gzip
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.gathering import LogQuery
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.reader import Where, read
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.rotated import family

HOUR = 3600.0


def write(path: Path, ago: float, text: str) -> None:
    """Three lines of a moment, seconds ago, and the file's own time."""
    moment = datetime.now(UTC) - timedelta(seconds=ago)
    lines = "".join(f"{moment + timedelta(seconds=place):%Y-%m-%dT%H:%M:%SZ} {text}\n" for place in range(3))
    path.write_bytes(gzip.compress(lines.encode()) if path.suffix == ".gz" else lines.encode())
    os.utime(path, (moment.timestamp() + 3,) * 2)


NOT_ASKED: Any = None  # files need no engine


def asked(*files: Path, hours: float = 6.0) -> tuple[list[str], list[str], bool]:
    now = time.time()
    where = Where(files=[str(file) for file in files])
    report = read(NOT_ASKED, NOT_ASKED, where, LogQuery(now - hours * HOUR, now), Limits(10**9, time.monotonic() + 60))
    left_out = [note for source in report["sources"] for note in source["left_out"]]
    return [entry["text"].split(" ", 1)[1] for entry in report["entries"]], left_out, report["truncated"]


ROTATED = [
    "app.log.2026-11-28.0", "app.log.2026-11-28.12.gz", "app.log.20261128-210000", "app.log.20261128-210000.gz",
    "app-2026-11-28T21-00-00.000.log", "app-2026-11-28T21-00-00.000.log.gz", "app-20261128.log", "app-20261128.log.gz",
    "app.2026-11-28.log", "app_2026-11-28.log", "app__2026-11-28_21-00-00.log", "app-2026-11-28-1.log.gz",
    "app.log.old", "app.log.bak", "app.log.prev", "app.log.28-11-2026", "app.log.28-Nov-2026", "app.log_20261128",
    "app.log.2026-11-28T21-00-00", "app.log.2026_11_28", "app.log.1795903200", "app.log-20261128", "app.log.1.gz",
]  # fmt: skip


@pytest.mark.parametrize("name", ROTATED)
def test_names_under_which_logs_are_rotated(tmp_path, name):
    write(tmp_path / "app.log", 300, "INFO current")
    write(tmp_path / name, 2 * HOUR, "ERROR rotated")
    assert asked(tmp_path / "app.log") == (["ERROR rotated"] * 3 + ["INFO current"] * 3, [], False)


PERHAPS = [
    "app.1.log", "app-1.log", "app-2.log.gz", "app1.log", "app.log~", "app.log.saved", "app-old.log",
    "app-12345678.log", "app.log.tmp-7", "app-2026.11.28.log", "app.log.20261128.part",
]  # fmt: skip


@pytest.mark.parametrize("name", PERHAPS)
def test_what_may_be_rotated_out_of_it_is_named(tmp_path, name):
    write(tmp_path / "app.log", 300, "INFO current")
    write(tmp_path / name, 2 * HOUR, "ERROR other")
    texts, left_out, truncated = asked(tmp_path / "app.log")
    assert texts == ["INFO current"] * 3
    assert truncated
    assert left_out == [f"{name} may be rotated out of it and was not read: name it in files, if so"]


@pytest.mark.parametrize(
    "name", ["app-worker.log", "application.log", "app.json", "my-app.log.1", "app.d", "error.log.1"]
)
def test_logs_of_others_beside_it_are_no_part_of_it(tmp_path, name):
    write(tmp_path / "app.log", 300, "INFO current")
    write(tmp_path / name, 2 * HOUR, "ERROR other")
    assert asked(tmp_path / "app.log") == (["INFO current"] * 3, [], False)


def test_nothing_is_said_where_the_log_reaches_back(tmp_path):
    write(tmp_path / "app-1.log", 2 * HOUR, "ERROR other")
    write(tmp_path / "app.log", 300, "INFO current")
    assert asked(tmp_path / "app.log", hours=0.05)[1] == []
    write(tmp_path / "app.log.1", 5 * HOUR, "INFO older")
    assert asked(tmp_path / "app.log", hours=4)[1] == []
    assert len(asked(tmp_path / "app.log")[1]) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_that_begins_before_what_was_asked_for(tmp_path, packed):
    write(tmp_path / "app-1.log", 2 * HOUR, "ERROR other")
    write(tmp_path / "app.log", 300, "INFO current")
    older = tmp_path / ("app.log.1.gz" if packed else "app.log.1")
    write(tmp_path / "x", 7 * HOUR, "INFO older")
    data = (tmp_path / "x").read_bytes() + (tmp_path / "app.log").read_bytes().replace(b"current", b"before")
    older.write_bytes(gzip.compress(data) if packed else data)
    assert asked(tmp_path / "app.log")[1:] == ([], False)


def test_what_was_written_before_or_is_given_too_is_not_named(tmp_path):
    write(tmp_path / "app.log", 300, "INFO current")
    write(tmp_path / "app-1.log", 7 * HOUR, "ERROR other")
    assert asked(tmp_path / "app.log")[1] == []
    write(tmp_path / "app-1.log", 2 * HOUR, "ERROR other")
    assert asked(tmp_path / "app.log", tmp_path / "app-1.log")[1] == []
    (tmp_path / "app-2.log").symlink_to("app.log")
    (tmp_path / "app-3.log").mkdir()
    (tmp_path / "app-4.log").touch()
    assert "app-1.log may be" in asked(tmp_path / "app.log")[1][0]


def test_the_newest_of_one_day_is_the_first(tmp_path):
    names = ["app.log", "app.log.2026-11-28.10", "app.log.2026-11-28.2", "app.log.2026-11-27.30"]
    for name in names:
        (tmp_path / name).touch()
    assert [os.path.basename(path) for path in family(str(tmp_path / "app.log"))] == names
    days = ["app.log", "app.log.01-12-2026", "app.log.28-Nov-2026", "app.log.27-11-2026"]
    for name in days:
        (tmp_path / name).touch()
    dated = [os.path.basename(path) for path in family(str(tmp_path / "app.log"))]
    assert [name for name in dated if name in days] == days
