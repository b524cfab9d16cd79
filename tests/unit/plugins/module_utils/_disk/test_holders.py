"""What holds a disk, and whose it is."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import holders
from ansible_collections.pafar.runbook.plugins.module_utils._disk.holders import Owner, ServerFolders
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import Goal
from ansible_collections.pafar.runbook.plugins.module_utils._system.counters import Filesystem

OWN = {"/mnt": 0, "/mnt/data": 10, "/mnt/data/c": 0, "/mnt/data/c/pg_wal": 700, "/mnt/data/c/base": 0,
       "/mnt/data/c/base/5": 150, "/mnt/other": 20}  # fmt: skip


SERVER = ServerFolders(("/mnt/data/c",), ("/mnt/data/c/pg_wal", "/wal/shop"), ("/archive",))


@pytest.mark.parametrize(
    ("path", "kind", "remedy"),
    [
        ("/wal/shop/000000010000000000000001", "write-ahead log", "never remove files of pg_wal"),
        ("/archive", "archive of write-ahead log", "pg_archivecleanup"),
        ("/mnt/data/c/base", "data directory", "never remove files of a data directory"),
    ],
)
def test_what_of_a_server_it_is(path, kind, remedy):
    (entry,) = holders.explain([(9, path)], [], SERVER, whole=True)
    assert f"{path} ({kind} of PostgreSQL)" in entry["what"]
    assert remedy in entry["remedy"]


@pytest.mark.parametrize(
    ("own", "files", "shown"),
    [
        (OWN, [], ["/mnt/data/c/pg_wal", "/mnt/data/c/base/5"]),
        ({"/": 0, "/var": 0, "/var/a": 500, "/var/b": 400}, [], ["/var", "/var/a", "/var/b"]),
        ({"/mnt": 0, "/mnt/x": 900}, [(890, "/mnt/x/filler")], ["/mnt/x/filler"]),
        ({"/mnt": 900}, [(890, "/mnt/filler")], ["/mnt/filler"]),
        ({"/mnt": 1}, [], []),
    ],
)
def test_as_far_down_as_one_holds_nearly_all(own, files, shown):
    root = "/" if "/" in own else "/mnt"
    assert [path for dummy, path in holders.biggest(own, files, root, 1000)] == shown


def test_whose_it_is_and_what():
    owners = [Owner("/mnt/data", "the container shop-db-1", "/var/lib/postgresql/data")]
    places = [(700, "/mnt/data/c/pg_wal"), (150, "/mnt/data/c/base/5"), (20, "/mnt/other")]
    entries = holders.explain(places, owners, SERVER, whole=True)
    assert entries[0]["what"] == (
        "/mnt/data/c/pg_wal (write-ahead log of PostgreSQL) holds 700 B, of the container shop-db-1"
        " (/var/lib/postgresql/data)"
    )
    assert "never remove files of pg_wal" in entries[0]["remedy"]
    assert "(data directory of PostgreSQL)" in entries[1]["what"]
    assert entries[2]["what"] == "/mnt/other holds 20 B"


def test_an_owner_below_a_folder_and_what_could_not_be_counted():
    owners = [Owner("/mnt/volumes/x/_data", "the container a")]
    (entry,) = holders.explain([(9, "/mnt/volumes")], owners, ServerFolders(), whole=False)
    assert entry["what"] == "/mnt/volumes holds 9 B, of the container a, of what could be counted in time"
    (space,) = holders.explain([(9, "/space/PG_15_202209061/16384")], [], ServerFolders(), whole=True)
    assert "(tablespace of PostgreSQL)" in space["what"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/backups/daily", "/srv/b/daily"),
        ("/backups", "/srv/b"),
        ("/backups/wal/x", "/srv/wal/x"),
        ("/data/x", None),
        ("/backups-old", ""),
        ("/var", ""),
    ],
)
def test_where_a_folder_of_a_container_is_on_the_host(path, place):
    mounts = [
        {"Source": "/srv/b", "Destination": "/backups"},
        {"Source": "/srv/wal/", "Destination": "/backups/wal/"},
        {"Source": "", "Destination": "/data", "Type": "volume"},
    ]
    assert holders.place_on_host(path, mounts) == place


GIB = 2**30


def system(mount: str, size: float, used: float, inodes: float | None = 0.1) -> Filesystem:
    """``size`` in GiB; ``used`` and ``inodes``: shares."""
    return {"mount": mount, "device": "", "kind": "ext4", "size": int(size * GIB), "free": int(size * GIB * (1 - used)),
            "used_share": used, "inodes_used_share": inodes}  # fmt: skip


ROOT = system("/", 100, 0.6)


@pytest.mark.parametrize(
    ("systems", "goal", "meant"),
    [
        ([ROOT, system("/data", 50, 0.9)], Goal(share=0.2), "/data"),
        ([ROOT, system("/a", 50, 0.5)], Goal(share=0.2), "/"),
        # By inodes, of which the bytes say nothing.
        ([ROOT, system("/mail", 50, 0.3, 0.99)], Goal(share=0.2), "/mail"),
        ([ROOT, system("/mail", 50, 0.3, 0.99)], Goal(bytes=GIB), "/mail"),
        ([ROOT, system("/mail", 50, 0.3, None)], Goal(share=0.2), "/"),
        # 20 TiB of which 5% are free have more than the 10 GiB that are wanted.
        ([system("/", 20, 0.93), system("/tape", 20480, 0.95)], Goal(bytes=10 * GIB), "/"),
        ([system("/", 20, 0.93), system("/tape", 20480, 0.95)], Goal(share=0.2), "/tape"),
        # One that is smaller than the goal is short only where it is full.
        ([system("/", 100, 0.95), system("/boot", 0.5, 0.6)], Goal(bytes=10 * GIB), "/"),
        ([system("/", 100, 0.91), system("/wal", 5, 1.0)], Goal(bytes=10 * GIB), "/wal"),
        ([system("/", 100, 0.5), system("/boot", 0.5, 0.6)], Goal(bytes=10 * GIB), "/boot"),
        ([system("/b", 5, 1.0), system("/", 5, 1.0), system("/c", 5, 1.0)], Goal(share=0.2), "/"),
        # A database has no room for a file of its log: it stands as on a disk without a byte.
        ([ROOT, system("/boot", 0.5, 1.0), system("/data", 1000, 0.99999)], Goal(share=0.2), "/data"),
        ([ROOT, system("/boot", 0.5, 1.0), system("/data", 1000, 0.999)], Goal(share=0.2), "/boot"),
        ([system("/", 100, 0.99), system("/data", 1000, 0.99999)], Goal(share=0.2), "/data"),
        ([system("/", 100, 1.0), system("/data", 1000, 0.99999)], Goal(share=0.2), "/"),
        # A small one of which half is free is not full.
        ([ROOT, system("/boot/efi", 0.01, 0.5)], Goal(share=0.2), "/"),
        ([], Goal(share=0.2), "/"),
    ],
)
def test_which_file_system_is_meant(systems, goal, meant):
    assert holders.fullest_of(systems, goal) == meant
