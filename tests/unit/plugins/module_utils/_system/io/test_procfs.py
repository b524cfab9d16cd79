"""What the kernel's lists of mounts say of file systems that are read-only."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.io import procfs

MOUNTED = "36 25 8:{minor} {root} {place} {own} shared:1 - {kind} /dev/sd{minor} {system}"


def mountinfo(*mounts):
    defaults = {"minor": 1, "root": "/", "place": "/data", "own": "rw,relatime", "kind": "ext4", "system": "rw"}
    return "".join(MOUNTED.format(**{**defaults, **mount}) + "\n" for mount in mounts)


@pytest.mark.parametrize(
    ("mounts", "named"),
    [
        ([{"system": "rw,errors=remount-ro"}], []),
        ([{"own": "ro,relatime", "system": "ro,errors=remount-ro"}], ["/data"]),
        ([{"own": "rw,relatime", "system": "rw,emergency_ro"}], ["/data"]),
        ([{"own": "ro,relatime", "system": "ro"}], []),
        ([{"own": "ro,relatime", "system": "ro", "kind": "iso9660"}], []),
        ([{"own": "ro,relatime", "root": "/conf", "system": "rw,errors=remount-ro"}], []),
        ([{"place": "/my\\040data", "system": "ro,errors=remount-ro"}], ["/my data"]),
        ([{"system": "ro,errors=remount-ro"}, {"place": "/again", "system": "ro,errors=remount-ro"}], ["/data"]),
        ([{"system": "ro,errors=remount-ro"}, {"minor": 2, "place": "/b", "system": "ro,errors=remount-ro"}],
         ["/data", "/b"]),
    ],
)  # fmt: skip
def test_a_file_system_that_an_error_made_read_only_is_named(monkeypatch, mounts, named):
    """Not one that is so on purpose, nor a mount of its own that is read-only while its file system is not."""
    monkeypatch.setattr(procfs, "read", lambda path: mountinfo(*mounts) if path == "/proc/self/mountinfo" else "")
    assert list(procfs._read_only_after_errors()) == named
