"""Base backups by their manifest, write-ahead log by its names."""

from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk import base_backup

MANIFEST = json.dumps({"Files": [{"Path": "PG_VERSION", "Size": 3}, {"Path": "base/1/2", "Size": 8192}]}).encode()


def test_the_manifest_names_every_file():
    wanted = base_backup.sizes_in(MANIFEST)
    assert wanted == {"PG_VERSION": 3, "base/1/2": 8192}
    assert base_backup.lacking(wanted, wanted) == ""
    assert base_backup.lacking(wanted, {"PG_VERSION": 3}) == "1 of 2 files are missing (base/1/2)"
    assert "another size" in base_backup.lacking(wanted, {"PG_VERSION": 3, "base/1/2": 0})


@pytest.mark.parametrize("text", [MANIFEST[:-9], b"", b"[]", b'{"Files": 3}'])
def test_a_manifest_that_is_cut_off(text):
    assert base_backup.sizes_in(text) is None


def test_segments():
    assert base_backup.is_segment("000000010000000000000042")
    assert base_backup.is_segment("0000000100000000000000FF.gz.partial")
    assert not base_backup.is_segment("00000001.history")
    assert not base_backup.is_segment("000000010000000000000042.sql")
    assert not base_backup.is_segment("000000010000000000000042.00000028.backup")


@pytest.mark.parametrize("suffix", [".gz.gpg", ".zst.age", ".lz4", f"-{'0a' * 20}.gz", f"-{'0a' * 20}", ".br"])
def test_segments_as_archives_keep_them(suffix):
    assert base_backup.is_segment("000000010000000000000042" + suffix)
    assert base_backup.gap_in([name + suffix for name in names(1, 2, 4)]) == "000000010000000000000003"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("00000002.history", True),
        ("0000000A.history.gz", True),
        ("000000010000000000000003.00000028.backup", True),
        ("000000010000000000000003.00000028.backup.zst", True),
        ("000000010000000000000003", False),
        ("shop.history", False),
        ("20261128.backup", False),
        ("000000010000000000000003.backup", False),
    ],
)
def test_what_lies_beside_segments(name, is_one):
    assert base_backup.is_history(name) is is_one


def names(*numbers: int, line: int = 1, to_a_log: int = 256) -> list[str]:
    return [f"{line:08X}{number // to_a_log:08X}{number % to_a_log:08X}" for number in numbers]


@pytest.mark.parametrize(
    ("segments", "sizes", "gap"),
    [
        (names(254, 255, 256, 257), [2**24], ""),
        (names(1, 2, 4), [2**24], "000000010000000000000003"),
        (names(1, 3) + names(4, 5, line=2), [], ""),
        (names(63, 64, to_a_log=64), [2**26], ""),
        ([], [], ""),
    ],
)
def test_the_first_segment_that_is_missing(segments, sizes, gap):
    assert base_backup.gap_in(segments, sizes) == gap
