"""What of a folder of backups could not be read: it stays, and so does what it may need or keep."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import EngineError
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io import backup_files
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.backups import Kept, backups
from ansible_collections.pafar.runbook.plugins.module_utils._disk.retention import Rule
from ansible_collections.pafar.runbook.plugins.module_utils._disk.series import Backup

from support.reclaiming import DAY, dump, nightly


def going(*entries: Kept, engine: Any = None) -> tuple[list[str], str]:
    device = os.stat(next(entry.path for entry in entries if not entry.service)).st_dev
    finds, dummy = backups(engine, entries, device, time.monotonic() + 60)
    reasons = "; ".join(find.excluded for find in finds)
    return sorted(str(find.handle["name"]) for find in finds if not find.excluded), reasons


def base(folder: Path, days: int, start: int) -> None:
    label = f"START WAL LOCATION: 0/{start:X} (file 00)\nLABEL: x\n".encode()
    moment = time.time() - DAY * days - 60
    path = folder / f"base-{time.strftime('%Y%m%d', time.gmtime(moment))}.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (("backup_label", label), ("base/1/1", os.urandom(12000))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    os.utime(path, (moment, moment))


@pytest.mark.skipif(not shutil.which("zstd"), reason="NOT RUN: zstd is not installed")
def test_an_archive_that_cannot_be_unpacked_may_need_the_base_backups(tmp_path, monkeypatch):
    for days in range(5):
        base(tmp_path, days, 1000 - days)
    subprocess.run(["zstd", "-q", "-o", tmp_path / "monday.tar.zst"], input=b"x" * 9000, check=True)
    entry = Kept(str(tmp_path), "base-*", Rule(keep=2))
    assert len(going(entry)[0]) == 3
    monkeypatch.setattr(shutil, "which", lambda dummy: None)
    names, reasons = going(entry)
    assert names == []
    assert "monday.tar.zst: it is packed by zstd, which is not installed here" in reasons


@pytest.mark.parametrize(("name", "number"), [("monday", 0), ("lost+found", 3)])
def test_a_folder_that_may_not_be_read_may_need_the_base_backups(tmp_path, monkeypatch, name, number):
    for days in range(5):
        base(tmp_path, days, 1000 - days)
    (tmp_path / name).mkdir()
    entry = Kept(str(tmp_path), "base-*", Rule(keep=2))
    assert len(going(entry)[0]) == 3
    opened = os.open

    def closed(path: Any, *words: Any, **options: Any) -> int:
        if path == name:
            raise PermissionError(13, "Permission denied", name)
        return opened(path, *words, **options)

    monkeypatch.setattr(os, "open", closed)
    names, reasons = going(entry)
    assert len(names) == number
    assert (f"{name}: it cannot be read (Permission denied)" in reasons) == (not number)


def test_dumps_beside_it_go_nevertheless(tmp_path, monkeypatch):
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    (tmp_path / "x.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    monkeypatch.setattr(shutil, "which", lambda dummy: None)
    assert going(Kept(str(tmp_path), rule=Rule(keep=2)))[0] == [nightly(3), nightly(2)]


class _Engine:
    """One whose service does not run; ``mounts``: those of its container, None where it gives no answer."""

    def __init__(self, mounts: list[dict[str, str]] | None) -> None:
        self.mounts = mounts

    def root_of(self, dummy: str, service: str) -> str:
        raise EngineError(f"no container of {service} runs")

    def labelled(self) -> list[dict[str, Any]]:
        if self.mounts is None:
            raise EngineError("no answer")
        labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "db"}
        return [{"Id": "a", "Labels": labels, "Mounts": self.mounts}]


@pytest.mark.parametrize(
    ("mounts", "path", "pattern", "number"),
    [
        ("here", "/b", "*.sql.gz", 0),
        ("here", "/b/", "pafar*", 0),
        ("above", "/b/daily", "*.sql.gz", 0),
        ("elsewhere", "/b", "*.sql.gz", 3),
        ("none", "/b", "*.sql.gz", 3),
        ("here", "/b", "crm*", 3),
        # Without an answer a folder at the same path may be the same one.
        (None, "same", "*.sql.gz", 0),
        ("unnamed", "same", "*.sql.gz", 0),
        (None, "/b", "*.sql.gz", 3),
        (None, "same", "*.dump", 3),
    ],
)
def test_what_an_entry_that_cannot_be_judged_may_keep_no_other_removes(tmp_path, mounts, path, pattern, number):
    folder = tmp_path / "daily"
    folder.mkdir()
    for days in range(5):
        dump(folder, nightly(days), days + 0.01)
    path = str(folder) if path == "same" else path
    sources = {"here": str(folder), "above": str(tmp_path), "elsewhere": "/srv/other", "unnamed": ""}
    inside = path if mounts == "unnamed" else "/b"
    listed = (
        None if mounts is None else [{"Source": sources[mounts], "Destination": inside}] if mounts in sources else []
    )
    mine = Kept(str(folder), rule=Rule(keep=2))
    names, reasons = going(mine, Kept(path, pattern, Rule(keep=4), "db", "shop"), engine=_Engine(listed))
    assert len(names) == number
    assert (f"the entry of db:{path} could not be judged, and may keep it" in reasons) == (not number)
    # One that names a folder that is not there keeps nothing.
    assert len(going(mine, Kept(str(tmp_path / "nowhere"), rule=Rule(keep=4)))[0]) == 3


@pytest.mark.parametrize(
    ("script", "problem", "damaged"),
    [
        ("kill -9 $$", "zstd cannot unpack it here", False),
        ("echo 'Frame requires too much memory for decoding' >&2; exit 1", "zstd cannot unpack it here", False),
        ("echo 'Decoding error (36) : Data corruption detected' >&2; exit 1", "", True),
        ("echo 'premature end' >&2; exit 1", "", True),
    ],
)
def test_a_program_that_is_killed_or_lacks_memory_does_not_prove_that_a_file_is_damaged(
    tmp_path, monkeypatch, script, problem, damaged
):
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "zstd").write_text(f"#!/bin/sh\n{script}\n")
    (tools / "zstd").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    (tmp_path / "x.sql.zst").write_bytes(b"\x28\xb5\x2f\xfd" * 9)
    figures = os.stat(tmp_path / "x.sql.zst")
    handle = os.open(tmp_path, os.O_RDONLY)
    read = backup_files.backup_in(handle, Backup("x.sql.zst", figures.st_size, 0, 0.0, 1, 0), 0.0)
    os.close(handle)
    assert (problem in read.problem, read.damaged) == (True, damaged)
    assert bool(read.problem) == bool(problem)


def test_a_disk_that_cannot_be_read_does_not_prove_that_an_archive_is_damaged(tmp_path, monkeypatch):
    (tmp_path / "x.dump").write_bytes(b"PGDMP" + os.urandom(3_000_000))
    handle = os.open(tmp_path, os.O_RDONLY)
    pieces = backup_files._unpacked

    def failing(*words: Any) -> Any:
        yield next(pieces(*words))
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(backup_files, "_unpacked", failing)
    read = backup_files.backup_in(handle, Backup("x.dump", 3_000_005, 0, 0.0, 1, 0), 0.0)
    os.close(handle)
    assert not read.damaged
    assert read.problem


@pytest.mark.parametrize("to", ["{up}/{own}/{name}", "{alias}/{name}", "{alias}/../{own}/./{name}"])
def test_a_link_that_names_a_backup_by_another_path_to_its_folder_keeps_it(tmp_path, to):
    own = tmp_path / "daily"
    own.mkdir()
    (tmp_path / "alias").symlink_to("daily")
    for days in range(5):
        dump(own, nightly(days), days + 0.01)
    target = to.format(up="..", own="daily", alias=tmp_path / "alias", name=nightly(3))
    (own / "before-the-migration.sql.gz").symlink_to(target)
    (own / "elsewhere.sql.gz").symlink_to(f"{tmp_path}/{nightly(4)}")
    gone, reasons = going(Kept(str(own), "*.sql.gz", Rule(keep=2)))
    assert gone == sorted([nightly(2), nightly(4)])
    assert "a link beside it points to it" in reasons


def test_histories_and_labels_beside_segments_are_no_backups(tmp_path):
    for name in ("000000010000000000000003", "00000002.history", "000000010000000000000003.00000028.backup"):
        (tmp_path / name).write_bytes(b"START WAL LOCATION: 0/28 (file 000000010000000000000003)\n")
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    assert going(Kept(str(tmp_path), "*", Rule(keep=2)))[0] == sorted([nightly(2), nightly(3)])
