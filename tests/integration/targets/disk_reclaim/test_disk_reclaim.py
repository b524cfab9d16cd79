"""disk_reclaim on files of its own: backups, a real journal, deleted files; containers: tests/integration/platform."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.reclaim_logs import empty

from support.modules import run_module

REMOTE = Path("/lib/systemd/systemd-journal-remote")
DAY = 86400.0


def reclaim(folder: Path, kinds: list[str], more: int = 2**40, **options: Any) -> dict[str, Any]:
    """Free so many bytes more than are free now; by default more than there ever are."""
    figures = os.statvfs(folder)
    goal = figures.f_bavail * figures.f_frsize + more
    return run_module("disk_reclaim", mount=str(folder), free=str(goal), kinds=kinds, **options)


def dump(folder: Path, name: str, days: float, whole: bool = True, size: int = 100_000) -> Path:
    """A dump as pg_dump writes it, of about so many bytes; ``days`` old."""
    end = b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n" if whole else b""
    body = b"--\n-- PostgreSQL database dump\n--\n" + os.urandom(size).hex().encode() + b"\n" + end
    path = folder / name
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    os.utime(path, (time.time() - DAY * days,) * 2)
    return path


def nightly(days: int, database: str = "pafar") -> str:
    """The name of a dump of so many days ago."""
    return f"{database}-{time.strftime('%Y%m%d', time.gmtime(time.time() - DAY * days))}.sql.gz"


def backups(folder: Path, check: bool = False, **options: Any) -> dict[str, Any]:
    kept = {"path": str(folder), "keep": 3, **options}
    return reclaim(folder, ["backups"], backups=[kept], check=check)


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_the_newest_valid_stay_and_the_oldest_go_first(tmp_path):
    for days in range(6):
        dump(tmp_path, nightly(days), days + 0.01)
    planned = backups(tmp_path, check=True)
    assert len(names(tmp_path)) == 6
    found = backups(tmp_path)
    assert found["plan"]["digest"] == planned["plan"]["digest"]
    assert names(tmp_path) == [nightly(2), nightly(1), nightly(0)]
    assert [one.split("/")[-1].split(" ")[0] for one in found["done"]] == [nightly(5), nightly(4), nightly(3)]
    assert found["left"] > 0
    assert found["undo"]["reversible"] is False


def test_good_backups_outlive_a_job_that_makes_empty_files(tmp_path):
    """The page's `find -mtime +7 -delete` takes the four good ones and leaves the empty one."""
    for days in (8, 9, 10, 11):
        dump(tmp_path, nightly(days), days)
    (tmp_path / nightly(0)).touch()
    found = backups(tmp_path, keep=1)
    assert len(names(tmp_path)) == 5
    assert not found["changed"]
    assert f"the newest valid backup, {nightly(8)}, is 8 days old" in found["notes"][0]
    assert found["plan"]["nothing"].startswith("nothing here may be freed")


def test_torn_and_small_ones_are_no_backups(tmp_path):
    dump(tmp_path, "pafar-20261124.sql.gz", 0.1, whole=False)
    (tmp_path / "pafar-20261123.sql.gz").write_bytes(dump(tmp_path, "x", 1).read_bytes()[:300])
    small = dump(tmp_path, "pafar-20261122.sql.gz", 2, size=1000)
    os.unlink(tmp_path / "x")
    for day in (19, 20, 21):
        dump(tmp_path, f"pafar-202611{day}.sql.gz", 24 - day)
    found = backups(tmp_path, keep=3, max_age=100)
    assert len(names(tmp_path)) == 6
    reasons = {one["target"].rpartition("/")[2].partition("@")[0]: one["reason"] for one in found["plan"]["spared"]}
    assert "does not end as a whole dump does" in reasons["pafar-20261124.sql.gz"]
    assert small.exists()
    found = backups(tmp_path, keep=2, max_age=100)
    assert "pafar-20261119.sql.gz" not in names(tmp_path)
    assert len(names(tmp_path)) == 5


def test_each_database_has_its_own(tmp_path):
    for day in (20, 21, 22, 23):
        dump(tmp_path, f"shard1-202611{day}.sql.gz", 23.5 - day)
    dump(tmp_path, "shard2-20261101.sql.gz", 23)
    found = backups(tmp_path, keep=2)
    assert names(tmp_path) == ["shard1-20261122.sql.gz", "shard1-20261123.sql.gz", "shard2-20261101.sql.gz"]
    assert any("shard2" in note for note in found["notes"])


def test_a_date_in_the_name_outlives_a_copy(tmp_path):
    """After `cp` every file is of today."""
    for day in (18, 19, 20, 21):
        dump(tmp_path, f"pafar-202611{day}T0300.sql.gz", 0)
    found = backups(tmp_path, keep=2, max_age=26)
    assert len(names(tmp_path)) == 4
    assert "and 26 h are allowed" in found["notes"][0] or "old, and" in found["notes"][0]


def test_links_are_not_followed_and_no_backup(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = dump(elsewhere, "pafar-20261101.sql.gz", 23)
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in (21, 22, 23):
        dump(folder, f"pafar-202611{day}.sql.gz", 23.5 - day)
    (folder / "pafar-20261102.sql.gz").symlink_to(target)
    found = backups(folder, keep=2)
    assert target.exists()
    assert (folder / "pafar-20261102.sql.gz").is_symlink()
    assert len(found["done"]) == 1


def test_a_file_that_changed_since_the_approval_stays(tmp_path):
    for day in (20, 21, 22, 23):
        dump(tmp_path, f"pafar-202611{day}.sql.gz", 23.5 - day)
    kept = [{"path": str(tmp_path), "keep": 2}]
    planned = reclaim(tmp_path, ["backups"], backups=kept, check=True)
    targets = [one["target"] for one in planned["plan"]["actions"]]
    assert len(targets) == 2
    dump(tmp_path, "pafar-20261120.sql.gz", 3.5, size=120_000)
    found = reclaim(tmp_path, ["backups"], backups=kept, only=targets)
    assert names(tmp_path) == ["pafar-20261120.sql.gz", "pafar-20261122.sql.gz", "pafar-20261123.sql.gz"]
    again = reclaim(tmp_path, ["backups"], backups=kept, only=targets)
    assert again["failed"]
    assert again["error"] == "StaleApproval"
    assert len(found["done"]) == 1


@pytest.fixture
def journal(tmp_path):
    """A journal with three archived files and a present one, as journald names them."""
    if not REMOTE.exists() or not shutil.which("journalctl"):
        pytest.skip("NOT RUN: disk_reclaim on a journal (systemd-journal-remote is not installed)")
    lines = []
    for number in range(2000):
        at = int((time.time() - 3600 + number) * 1e6)
        lines.append(
            f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={number + 1}\n_BOOT_ID={'a' * 32}\n"
            f"MESSAGE=entry {number} {os.urandom(400).hex()}\n_SYSTEMD_UNIT=docker.service\n\n"
        )
    export = tmp_path / "export"
    export.write_text("".join(lines))
    folder = tmp_path / "journal" / ("b" * 32)
    folder.mkdir(parents=True)
    present = folder / "system.journal"
    subprocess.run([REMOTE, "-o", present, export], check=True, capture_output=True)
    for number in (1, 2, 3):
        archived = folder / f"system@{'c' * 32}-{number:016x}-{number:016x}.journal"
        shutil.copy(present, archived)
        os.utime(archived, (time.time() - 1000 + number,) * 2)
    return tmp_path / "journal"


def test_the_journal_is_vacuumed(journal):
    size = sum(one.stat().st_blocks * 512 for one in journal.rglob("*.journal"))
    each = size // 4
    keep = int(1.5 * each / 2**20) + 1
    options = {"journal_directory": str(journal), "journal_keep": keep}
    planned = reclaim(journal, ["journald"], check=True, **options)
    assert len(list(journal.rglob("*.journal"))) == 4
    found = reclaim(journal, ["journald"], **options)
    assert found["plan"]["digest"] == planned["plan"]["digest"]
    assert found["done"][0].startswith("vacuumed the journal")
    left = list(journal.rglob("*.journal"))
    assert any(one.name == "system.journal" for one in left)
    assert size - sum(one.stat().st_blocks * 512 for one in left) == found["plan"]["frees_bytes"]
    assert reclaim(journal, ["journald"], **options)["plan"]["actions"] == []


def test_a_deleted_file_that_is_open_is_explained(tmp_path):
    path = tmp_path / "huge.log"
    program = f"f=open({str(path)!r},'wb'); f.write(b'x'*20*2**20); f.flush(); print('ready',flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        path.unlink()
        found = reclaim(tmp_path, ["backups"], check=True)
        mine = [one for one in found["explained"] if holder.pid in one.get("pids", [])]
        holder.communicate(b"\n")
    assert mine[0]["kind"] == "deleted_open"
    assert mine[0]["bytes"] >= 20 * 2**20
    assert str(path) in mine[0]["what"]
    assert f"pid {holder.pid}" in mine[0]["cure"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own: 40 MiB, 200 inodes."""
    place = tmp_path / "small"
    place.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", "size=40m,nr_inodes=200", "none", str(place)]
    if subprocess.run(argv, capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: a disk that is full (nothing can be mounted here)")
    yield place
    subprocess.run(["umount", place], check=True)


def test_no_more_goes_than_is_needed(small):
    for days in range(6):
        dump(small, nightly(days), days + 0.01, size=1_000_000)
    found = reclaim(small, ["backups"], 100_000, backups=[{"path": str(small), "keep": 2}])
    assert len(found["done"]) == 1
    assert nightly(5) not in names(small)
    assert any(one["reason"].startswith("not needed") for one in found["plan"]["spared"])


class Told:
    """Where an engine says that a log is; everything else here is a real file on a real, full disk."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def log_place(self, dummy: str) -> dict[str, str]:
        return {"driver": "json-file", "path": self.path}


def test_the_end_of_a_log_is_saved_though_not_a_byte_is_free(small):
    log = small / "x-json.log"
    lines = [json.dumps({"log": f"{number} {os.urandom(300).hex()}\n"}) for number in range(20_000)]
    log.write_text("\n".join(lines) + "\n")
    with suppress(OSError), open(small / "filler", "wb") as filler:
        while True:
            filler.write(os.urandom(4096))
            filler.flush()
    assert os.statvfs(small).f_bavail == 0
    handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
    place = empty(Told(log), handle, 2**20, str(small / "saved"))
    assert log.stat().st_size == 0
    saved = gzip.decompress(Path(place).read_bytes()).decode().splitlines()
    assert saved == lines[-len(saved) :]
    assert len(saved) > 1000
    assert list((small / "saved").iterdir()) == [Path(place)]


def test_inodes_are_explained(small):
    (small / "sessions").mkdir()
    for number in range(180):
        (small / "sessions" / str(number)).touch()
    found = run_module("disk_reclaim", check=True, mount=str(small), free="1%", kinds=["backups"])
    told = [one for one in found["explained"] if one["kind"] == "inodes"]
    assert f"{small}/sessions (180)" in told[0]["what"]
    assert not found["changed"]


def test_enough_is_free(tmp_path):
    found = run_module("disk_reclaim", mount=str(tmp_path), free="1%", docker_host="unix:///nowhere.sock")
    assert found["changed"] is False
    assert found["plan"]["nothing"].startswith("nothing to do")
    assert found["left"] == 0
    assert any("engine" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"free": "much"}, "'much' is neither a share"),
        ({"free": "100%"}, "'100%' is neither a share"),
        ({"mount": "/nowhere"}, "/nowhere cannot be looked at"),
        ({"mount": "here"}, "must be an absolute path"),
        ({"backups": [{"path": "here"}]}, "needs an absolute path"),
        ({"backups": [{"path": "/x", "keep": 0}]}, "at least one must stay"),
        ({"backups": [{"path": "/x", "days": 7}]}, "does not know days"),
        ({"backups": [{"path": "/x", "max_age": "nan"}]}, "max_age"),
        ({"log_size": 0}, "log_size is 0"),
        ({"kinds": ["volumes"]}, "value of kinds must be one or more of"),
    ],
)
def test_bad_input(options, said):
    found = run_module("disk_reclaim", **options)
    assert found["failed"]
    assert said in found["msg"], found["msg"]
    assert "Traceback" not in json.dumps(found)
