"""Of base backups of which some are incremental nothing goes, whatever entry and folder they are in."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.backups import Kept, backups
from ansible_collections.pafar.runbook.plugins.module_utils._disk.retention import Rule

DAY = 86400.0


def base(folder: Path, series: str, days: int, start: int, of: int = 0, form: str = "gz") -> None:
    """A base backup in a tar archive, that begins at a place in the log; ``of``: where the one before it began."""
    label = f"START WAL LOCATION: 0/{start:X} (file 00)\nLABEL: x\n"
    label += f"INCREMENTAL FROM LSN: 0/{of:X}\nINCREMENTAL FROM TLI: 1\n" if of else ""
    moment = time.time() - DAY * days - 60
    name = f"{series}-{time.strftime('%Y%m%d', time.gmtime(moment))}.tar{'.' if form else ''}{form}"
    folder.mkdir(exist_ok=True)
    with tarfile.open(name=str(folder / name), mode=cast(Any, f"w:{form}")) as tar:
        for path, data in (("backup_label", label.encode()), ("base/1/1", os.urandom(9000 if of else 12000))):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    os.utime(folder / name, (moment, moment))


def going(*entries: Kept) -> tuple[list[str], str]:
    finds, notes = backups(None, entries, os.stat(entries[0].path).st_dev, time.monotonic() + 60)
    return sorted(find.handle["name"] for find in finds if not find.excluded), "\n".join(notes)


@pytest.mark.parametrize("form", ["gz", "xz", ""])
@pytest.mark.parametrize("full", [range(16), [0, 7, 14], [2, 9], [15], []])
def test_a_series_with_incremental_ones(tmp_path, full, form):
    for days in range(16):
        of = 0 if days in full else 1000 - days - 1
        base(tmp_path, "base", days, 1000 - days, of, form)
    names, notes = going(Kept(str(tmp_path), "base-*", Rule(keep=5)))
    if len(full) == 16:
        assert len(names) == 11
    else:
        assert names == []
        assert "incremental base backup" in notes


@pytest.mark.parametrize("apart", [False, True])
def test_full_ones_of_another_name_that_incremental_ones_need(tmp_path, apart):
    """By the place in the log: those of another cluster go."""
    increments = tmp_path / "increments" if apart else tmp_path
    for days in range(6):
        base(tmp_path, "full", days, 1000 - days)
        base(tmp_path, "other", days, 5000 - days)
    base(increments, "incr", 0, 3000, 1000 - 5)
    names, notes = going(*(Kept(str(folder), "*", Rule(keep=2)) for folder in {tmp_path, increments}))
    assert {name.partition("-")[0] for name in names} == {"other"}
    assert len(names) == 4
    assert "incremental base backups need full-" in notes


def test_incremental_ones_that_no_entry_names(tmp_path):
    for days in range(6):
        base(tmp_path, "full", days, 1000 - days)
    base(tmp_path, "monday", 0, 3000, 1000 - 5)
    assert going(Kept(str(tmp_path), "full-*", Rule(keep=2)))[0] == []
