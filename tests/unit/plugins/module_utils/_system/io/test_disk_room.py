"""Whether a file system has room left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.io import disk_room
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.disk_room import full_at

BLOCK = 4096
GIB = 2**30


def figures(size, free, inodes=1000, left=1000):
    return SimpleNamespace(
        f_blocks=size // BLOCK, f_bavail=free // BLOCK, f_frsize=BLOCK, f_files=inodes, f_favail=left
    )


@pytest.fixture
def disks(monkeypatch):
    known: dict[str, SimpleNamespace] = {}

    def statvfs(path):
        if path not in known:
            raise FileNotFoundError(path)
        return known[path]

    monkeypatch.setattr(disk_room, "os", SimpleNamespace(statvfs=statvfs))
    return known


@pytest.mark.parametrize(
    ("of", "full"),
    [
        (figures(20 * GIB, 0), True),
        (figures(20 * GIB, 16 * 2**20), True),  # less than two segments of write-ahead log
        (figures(20 * GIB, 5 * GIB, left=0), True),  # no inodes
        (figures(20 * GIB, 5 * GIB), False),
        (figures(100 * 2**20, 16 * 2**20), False),  # a small one that is far from full
        (figures(20 * GIB, 5 * GIB, inodes=0, left=0), False),  # btrfs counts none
        (figures(0, 0, inodes=0, left=0), False),  # proc and its kind
    ],
)
def test_room_and_inodes_count(disks, of, full):
    disks["/srv"] = of
    assert full_at(["/srv"]) == ("/srv" if full else "")


def test_the_first_full_one_is_named_and_what_is_not_there_is_passed_over(disks):
    disks.update({"/a": figures(GIB, GIB // 2), "/b": figures(GIB, 0), "/c": figures(GIB, 0)})
    assert full_at(["/gone", "/a", "/b", "/c"]) == "/b"
    assert full_at(["/gone"]) == ""
    assert full_at([]) == ""
