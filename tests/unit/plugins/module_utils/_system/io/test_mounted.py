"""File systems that do not answer cost a few seconds, and nothing that answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.io.mounted import Silent, answers_of, silent_mounts
from ansible_collections.pafar.runbook.plugins.module_utils._system.mounts import Mount

# In a namespace of mounts of its own: a file system in user space whose process answers nothing.
_HANGS = """
import ctypes, json, os, sys, time
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io import backups, filesystem, space_holders
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.io import host as preflight
from ansible_collections.pafar.runbook.plugins.module_utils._system.io import mounted, procfs
place, sound = sys.argv[1:]
handle = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={handle},rootmode=40000,user_id=0,group_id=0".encode()
if ctypes.CDLL(None).mount(b"nfs.example:/export", place.encode(), b"fuse", 0, options):
    sys.exit("NOT RUN: it cannot be mounted")
libc, bind = ctypes.CDLL(None), 4096
for source, target in (("data", "again"), ("data", "data")):  # as the engine does with its own folder
    os.makedirs(f"{sound}/{target}", exist_ok=True)
    os.makedirs(f"{sound}/{source}", exist_ok=True)
    libc.mount(f"{sound}/{source}".encode(), f"{sound}/{target}".encode(), b"", bind, b"")
open(sound + "/data/file", "wb").write(os.urandom(2**20))
host = procfs.read_host()
device = os.stat(sound).st_dev
kept = [backups.Kept(place + "/daily"), backups.Kept(sound)]
finds, notes = backups.backups(None, kept, device, time.monotonic() + 60)
own, files, servers, whole = space_holders._counted(sound, device, mounted.silent_mounts().silent)
try:
    filesystem.device_of(place + "/daily")
except InputError as error:
    notes.append(str(error))
print(json.dumps({
    "silent": host.not_answering, "disks": [each["mount"] for each in host.filesystems],
    "preflight": preflight.backups(None, {"path": place + "/daily"}, 9e9)[0].found,
    "left_out": procfs.not_examined(), "notes": notes, "folders": sorted(own), "bytes": sum(own.values()),
}))
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.path.exists("/dev/fuse") or not shutil.which("unshare"),
    reason="NOT RUN: mounting needs root",
)
def test_what_hangs_is_named_and_the_others_are_read(tmp_path):
    place = tmp_path / "nfs"
    place.mkdir()
    argv = ["unshare", "-m", sys.executable, "-c", _HANGS, str(place), str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode and ("NOT RUN" in done.stderr or "unshare" in done.stderr):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["silent"] == [str(place)]
    assert seen["disks"]
    assert str(place) not in seen["disks"]
    assert [str(place), "it does not answer", -1] in seen["left_out"]
    assert f"the backups in {place}/daily cannot be read: {place} does not answer" in seen["notes"]
    assert f"mount: {place}/daily cannot be examined ({place} does not answer). Nothing was done." in seen["notes"]
    assert f"there is no backup of the form *.sql.gz in {tmp_path}" in seen["notes"]
    assert seen["preflight"] == f"{place} does not answer"
    assert len(seen["folders"]) == 2
    assert 2**20 <= seen["bytes"] < 2**21, "a folder that is mounted twice, or upon itself, counts once"


def test_a_place_that_is_gone_has_a_problem_and_no_figures(tmp_path):
    places = [str(tmp_path), str(tmp_path / "gone")]
    for source in ("/dev/sda1", "nfs.example:/export"):
        answers = answers_of([Mount(place, "ext4", source, True) for place in places])
        assert answers[places[0]].device == tmp_path.stat().st_dev
        assert answers[places[0]].figures
        assert (answers[places[1]].problem, answers[places[1]].silent) == ("No such file or directory", False)


def test_the_silent_mount_under_which_a_path_lies():
    mounted = Silent(["/", "/mnt", "/mnt/here"], ["/mnt"])
    assert mounted.under("/mnt/daily/shop.sql") == "/mnt"
    assert mounted.under("/mnt") == "/mnt"
    assert mounted.under("/mnt/here/x") == ""
    assert mounted.under("/mntx") == ""
    assert Silent(["/"], []).under("/mnt") == ""
    assert mounted.inside("/") == {"mnt"}
    assert mounted.inside("/mnt") == mounted.inside("") == set()


def test_a_link_that_leads_to_a_silent_mount(tmp_path):
    mounted = Silent(["/", "/mnt/nfs"], ["/mnt/nfs"])
    for name, to in (("backups", "/mnt/nfs/b"), ("second", "backups"), ("loop", "loop"), ("sound", "/usr")):
        (tmp_path / name).symlink_to(to)
    assert mounted.behind(f"{tmp_path}/backups/daily") == mounted.behind(f"{tmp_path}/second") == "/mnt/nfs"
    assert mounted.behind("/mnt/nfs/b") == "/mnt/nfs"
    for name in ("loop", "sound/lib", "gone", ""):
        assert mounted.behind(f"{tmp_path}/{name}") == ""
    assert Silent(["/", "/mnt/nfs"], []).behind(f"{tmp_path}/backups") == ""


def test_what_is_mounted_here_answers():
    assert "/" in silent_mounts().places
    assert silent_mounts().under("/") == ""
