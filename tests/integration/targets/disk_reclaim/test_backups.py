"""disk_reclaim on backups: the newest valid ones stay, whatever a job has made since."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.backups import Kept, delete
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.backups import backups as backups_of
from ansible_collections.pafar.runbook.plugins.module_utils._disk.retention import Rule

from support.modules import run_module
from support.reclaiming import DAY, dump, names, nightly, reclaim
from support.servers import Server, one_per_major


def backups(folder: Path, check: bool = False, **options: Any) -> dict[str, Any]:
    kept = {"path": str(folder), "keep": 3, **options}
    return reclaim(folder, ["backups"], backups=[kept], check=check)


def test_the_newest_valid_stay_and_the_oldest_go_first(tmp_path):
    for days in range(6):
        dump(tmp_path, nightly(days), days + 0.01)
    planned = backups(tmp_path, check=True)
    assert len(names(tmp_path)) == 6
    found = backups(tmp_path)
    assert found["plan"]["digest"] == planned["plan"]["digest"]
    assert names(tmp_path) == [nightly(2), nightly(1), nightly(0)]
    assert [one.split("/")[-1].split(" ")[0] for one in found["done"]] == [nightly(5), nightly(4), nightly(3)]
    assert found["remaining"] > 0
    assert found["undo"]["reversible"] is False


def test_good_backups_outlive_a_job_that_makes_empty_files(tmp_path):
    """The page's `find -mtime +7 -delete` takes the four good ones and leaves the empty one."""
    for days in (8, 9, 10, 11):
        dump(tmp_path, nightly(days), days)
    (tmp_path / nightly(0)).touch()
    found = backups(tmp_path, keep=1)
    assert len(names(tmp_path)) == 5
    assert not found["changed"]
    assert f"the newest valid backup, {nightly(8)}, is 8 days old" in str(found["notes"])
    assert found["plan"]["no_action_reason"].startswith("nothing here may be freed")


def test_torn_and_small_ones_are_no_backups(tmp_path):
    dump(tmp_path, nightly(0), 0.01, whole=False)
    (tmp_path / nightly(1)).write_bytes(dump(tmp_path, "x", 1).read_bytes()[:300])
    small = dump(tmp_path, nightly(2), 2.01, size=1000)
    os.unlink(tmp_path / "x")
    for days in (3, 4, 5):
        dump(tmp_path, nightly(days), days + 0.01)
    found = backups(tmp_path, keep=3, max_age=100)
    assert len(names(tmp_path)) == 6
    reasons = {one["target"].rpartition("/")[2].partition("@")[0]: one["reason"] for one in found["plan"]["excluded"]}
    assert "does not end as a whole dump does" in reasons[nightly(0)]
    assert small.exists()
    found = backups(tmp_path, keep=2, max_age=100)
    assert nightly(5) not in names(tmp_path)
    assert len(names(tmp_path)) == 5


@pytest.mark.parametrize("target", ["{name}", "./{name}", "{folder}/{name}"])
def test_a_backup_that_a_link_beside_it_names_stays(tmp_path, target):
    for days in range(6):
        dump(tmp_path, nightly(days), days + 0.01)
    (tmp_path / "before-the-migration.sql.gz").symlink_to(target.format(name=nightly(4), folder=tmp_path))
    (tmp_path / "elsewhere.sql.gz").symlink_to(f"/nowhere/{nightly(5)}")
    found = backups(tmp_path)
    kept = [name for name in names(tmp_path) if name.startswith("pafar")]
    assert kept == [nightly(4), nightly(2), nightly(1), nightly(0)]
    assert "a link beside it points to it" in str(found["plan"]["excluded"])


def test_each_database_has_its_own(tmp_path):
    for days in range(4):
        dump(tmp_path, nightly(days, "shard1"), days + 0.01)
    dump(tmp_path, nightly(23, "shard2"), 23)
    found = backups(tmp_path, keep=2)
    assert names(tmp_path) == [nightly(1, "shard1"), nightly(0, "shard1"), nightly(23, "shard2")]
    assert any("shard2" in note for note in found["notes"])


def test_a_date_in_the_name_outlives_a_copy(tmp_path):
    """After `cp` every file is of today."""
    for day in (18, 19, 20, 21):
        dump(tmp_path, f"pafar-202611{day}T0300.sql.gz", 0)
    found = backups(tmp_path, keep=2, max_age=26)
    assert len(names(tmp_path)) == 4
    assert "and 26 h are allowed" in str(found["notes"]) or "old, and" in found["notes"][0]


def test_links_are_not_followed_and_no_backup(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = dump(elsewhere, nightly(23), 23)
    folder = tmp_path / "backups"
    folder.mkdir()
    for days in range(3):
        dump(folder, nightly(days), days + 0.01)
    (folder / nightly(22)).symlink_to(target)
    found = backups(folder, keep=2)
    assert target.exists()
    assert (folder / nightly(22)).is_symlink()
    assert len(found["done"]) == 1


def test_a_file_that_changed_since_the_approval_stays(tmp_path):
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    kept = [{"path": str(tmp_path), "keep": 2}]
    planned = reclaim(tmp_path, ["backups"], backups=kept, check=True)
    targets = [one["target"] for one in planned["plan"]["actions"]]
    assert len(targets) == 2
    dump(tmp_path, nightly(3), 3.01, size=120_000)
    found = reclaim(tmp_path, ["backups"], backups=kept, only=targets)
    assert names(tmp_path) == [nightly(3), nightly(1), nightly(0)]
    again = reclaim(tmp_path, ["backups"], backups=kept, only=targets)
    assert again["failed"]
    assert again["error"] == "StaleApproval"
    assert len(found["done"]) == 1


def test_good_backups_outlive_a_job_that_dumps_the_wrong_database(tmp_path):
    """One an hour: the good ones would be young enough to go."""
    for hours in range(15):
        name = f"pafar-{int(time.time() - 3600 * hours)}.sql.gz"
        dump(tmp_path, name, hours / 24, size=500 if hours < 8 else 100_000)
    found = backups(tmp_path, keep=3)
    assert len(names(tmp_path)) == 15
    assert "the newest 3 are all small beside older ones" in str(found["notes"])


def test_a_damaged_archive_counts_for_nothing(tmp_path):
    for days in range(4):
        archive = b"PGDMP\x01\x0e" + os.urandom(100_000)
        path = tmp_path / nightly(days)
        path.write_bytes(gzip.compress(archive)[: 90_000 if days == 0 else None])
        os.utime(path, (time.time() - DAY * days - 600,) * 2)
    found = backups(tmp_path, keep=1)
    assert len(names(tmp_path)) == 4
    reasons = {one["target"].rpartition("/")[2].partition("@")[0]: one["reason"] for one in found["plan"]["excluded"]}
    assert "its packing breaks off or is damaged" in reasons[nightly(0)]
    assert "pg_restore cannot read it" in reasons[nightly(1)]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """A database as pg_dump writes it: custom, tar and directory format."""
    folder = tmp_path_factory.mktemp("archives")
    tool = max(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), key=lambda path: float(path.parts[-3]))
    with Server(one_per_major()[int(tool.parts[-3])]) as server:
        server.run("CREATE DATABASE shop")
        make = "CREATE TABLE trips AS SELECT i, repeat(md5(i::text), 9) t FROM generate_series(1, 9000) i"
        server.run(make, dbname="shop")
        for form in ("c", "t", "d"):
            argv = [str(tool), f"-F{form}", "-f", str(folder / f"shop.{form}"), "-d", server.dsn(dbname="shop")]
            subprocess.run(argv, check=True)
    return folder


@pytest.mark.parametrize("form", ["c", "t"])
def test_archives_of_pg_dump_are_read_to_their_end(tmp_path, archives, form):
    whole = (archives / f"shop.{form}").read_bytes()
    states = [whole[: len(whole) * 2 // 3], whole, whole, whole]
    for days, data in enumerate(states):
        path = tmp_path / f"shop-{time.strftime('%Y%m%d', time.gmtime(time.time() - DAY * days))}.dump"
        path.write_bytes(data)
        os.utime(path, (time.time() - DAY * days - 60,) * 2)
    found = backups(tmp_path, keep=2, max_age=99, pattern="*.dump")
    assert len(found["done"]) == 1
    assert len(names(tmp_path)) == 3
    assert any("cannot be trusted (it is not complete" in one["reason"] for one in found["plan"]["excluded"])


def test_an_archive_in_a_folder_is_read_and_never_removed(tmp_path, archives):
    for days in range(3):
        name = f"shop-{time.strftime('%Y-%m-%d', time.gmtime(time.time() - DAY * days))}"
        shutil.copytree(archives / "shop.d", tmp_path / name)
        os.utime(tmp_path / name, (time.time() - DAY * days - 60,) * 2)
    found = backups(tmp_path, keep=1, pattern="*")
    assert len(names(tmp_path)) == 3
    assert not found["done"]
    entry = [{"path": str(tmp_path), "pattern": "*"}]
    (check,) = run_module("host_preflight_info", areas=["backups"], backups=entry)["checks"]
    assert check["ready"] is True
    assert "1 table of shop, 9,000 rows" in check["found"]
    today = tmp_path / f"shop-{time.strftime('%Y-%m-%d', time.gmtime())}"
    next(today.glob("*.dat.gz")).unlink()
    (check,) = run_module("host_preflight_info", areas=["backups"], backups=entry)["checks"]
    assert check["ready"] is False


def test_customers_ports_and_years_are_names(tmp_path):
    for number in ("10000001", "10000002", "20260101"):
        for days in range(4):
            day = time.strftime("%Y%m%d", time.gmtime(time.time() - DAY * days))
            dump(tmp_path, f"{number}_{day}.sql.gz", days + 0.01, size=99_000)
    found = backups(tmp_path, keep=3)
    assert len(found["done"]) == 3
    assert len(names(tmp_path)) == 9


def test_what_one_entry_keeps_no_other_removes(tmp_path):
    """The same folder by another path and a narrower pattern."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for days in range(8):
        dump(tmp_path / "real", nightly(days), days + 0.01)
    entries = [
        {"path": str(tmp_path / "real"), "keep": 2},
        {"path": str(tmp_path / "link"), "keep": 6, "pattern": "pafar-*"},
        {"path": str(tmp_path / "real"), "keep": 2},
    ]
    found = reclaim(tmp_path / "real", ["backups"], backups=entries)
    assert names(tmp_path / "real") == sorted(nightly(days) for days in range(6))
    assert len(found["done"]) == 2


def test_copied_files_of_numbers_alone_stay_and_it_is_said(tmp_path):
    for days in range(6):
        dump(tmp_path, f"db-{int(time.time() - DAY * days)}.sql.gz", 0.1 - 0.01 * days)
    found = backups(tmp_path, keep=3)
    assert len(names(tmp_path)) == 6
    assert "is not certain" in " ".join(found["notes"])
    assert len(backups(tmp_path, keep=3, dated_by="name")["done"]) == 3


def test_one_that_must_stay_has_gone_since_the_plan(tmp_path):
    """What may go does so on the strength of those that stay."""
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    kept = Kept(str(tmp_path), rule=Rule(2))
    finds, dummy = backups_of(None, [kept], tmp_path.stat().st_dev, time.monotonic() + 60)
    going = [find for find in finds if not find.excluded]
    assert len(going) == 2
    (tmp_path / nightly(0)).unlink()
    assert [delete(find.handle) for find in going] == [False, False]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"keep_monthly": -1}, "at least one must stay"),
        ({"keep_daily": "x"}, "must be numbers"),
        ({"dated_by": "age"}, "dated_by"),
        ({"keep_hourly": 3}, "does not know keep_hourly"),
    ],
)
def test_an_entry_that_cannot_be_meant(tmp_path, entry, said):
    found = backups(tmp_path, **entry)
    assert found["failed"]
    assert said in found["msg"]


def test_a_date_that_is_still_to_come_hides_no_old_backup(tmp_path):
    for days in (9, 10, 11):
        dump(tmp_path, nightly(days), days + 0.01)
    dump(tmp_path, nightly(-999), 9)
    found = backups(tmp_path, keep=1)
    assert len(names(tmp_path)) == 4
    assert f"the newest valid backup, {nightly(9)}, is 9 days old" in str(found["notes"])
    assert any("in the future" in one["reason"] for one in found["plan"]["excluded"])


def test_what_cannot_be_judged_or_is_not_finished_stays_and_is_named(tmp_path):
    for days in range(5):
        dump(tmp_path, nightly(days), days + 0.01)
        secret = tmp_path / f"{nightly(days)}.gpg"
        secret.write_bytes(b"\x8c\x0d\x04\x09" + os.urandom(5000))
        os.utime(secret, (time.time() - days * DAY,) * 2)
    (tmp_path / f"{nightly(0)}.part").write_bytes(b"x")
    found = backups(tmp_path, pattern="*")
    assert len([one for one in names(tmp_path) if one.endswith(".gpg")]) == 5
    assert len(names(tmp_path)) == 9, "two dumps went"
    notes = " ".join(found["notes"])
    assert "5 could not be checked (it is encrypted by OpenPGP, and cannot be judged here)" in notes
    assert f"{nightly(0)}.part in {tmp_path} stay: their names say that they are not finished" in notes


def test_incremental_base_backups_keep_what_they_need(tmp_path):
    binaries = next((path for major, path in one_per_major().items() if major >= 17), None)
    if binaries is None:
        pytest.skip("no PostgreSQL from 17 on is installed here")
    with Server(binaries, {"summarize_wal": "on", "wal_level": "replica", "max_wal_senders": "4"}) as server:
        folder = server.home / "taken"
        take = [str(server.binaries / "pg_basebackup"), "-d", server.dsn(), "-c", "fast", "-X", "none"]
        subprocess.run([*take, "-D", str(folder)], check=True)
        (tmp_path / "full.tar").write_bytes(subprocess.check_output([*take, "-Ft", "-D", "-"]))
        take.append(f"--incremental={folder}/backup_manifest")
        (tmp_path / "increment.tar").write_bytes(subprocess.check_output([*take, "-Ft", "-D", "-"]))
    for days in range(9):
        moment = time.time() - DAY * days - 60
        path = tmp_path / f"base-{time.strftime('%Y%m%d', time.gmtime(moment))}.tar.gz"
        source = tmp_path / ("full.tar" if days == 5 else "increment.tar")
        path.write_bytes(gzip.compress(source.read_bytes(), 1))
        os.utime(path, (moment, moment))
    found = backups(tmp_path, keep=3, pattern="base-*")
    assert found["done"] == []
    assert any("are incremental base backups" in note for note in found["notes"])
    assert len(list(tmp_path.glob("base-*"))) == 9
