"""disk_reclaim on files of its own: backups, a real journal, deleted files; containers: tests/integration/platform."""

from __future__ import annotations

import gzip
import http.server
import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import HostError
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.backup_files import backup_in
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.container_logs import empty
from ansible_collections.pafar.runbook.plugins.module_utils._disk.series import Backup
from ansible_collections.pafar.runbook.plugins.modules.disk_reclaim import DOCUMENTATION

from support.modules import run_module
from support.reclaiming import dump, names, nightly, reclaim
from support.servers import ROOT

MIB = 2**20

REMOTE = Path("/lib/systemd/systemd-journal-remote")


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
    assert f"pid {holder.pid}" in mine[0]["remedy"]


def test_a_deleted_file_of_a_containers_own_layer_is_explained(tmp_path):
    """An overlay mount in a mount namespace of its own, as a container has."""
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    options = ",".join(f"{name}dir={tmp_path / name}" for name in ("lower", "upper", "work"))
    path = tmp_path / "merged" / "huge.log"
    program = (
        f"import subprocess; subprocess.run(['mount','-t','overlay','-o',{options!r},'none',{str(path.parent)!r}],"
        f" check=True, capture_output=True); f=open({str(path)!r},'wb'); f.write(b'x'*20*2**20); f.flush();"
        f" import os; os.unlink({str(path)!r}); print('ready',flush=True); input()"
    )
    argv = ["unshare", "--mount", sys.executable, "-c", program]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, **pipes) as holder:
        if not holder.stdout.readline():
            pytest.skip("NOT RUN: a deleted file in an overlay (none can be mounted here)")
        found = reclaim(tmp_path, ["backups"], check=True)
        elsewhere = reclaim(Path("/dev/shm"), ["backups"], check=True)
        holder.communicate(b"\n")
    (mine,) = [one for one in found["explained"] if holder.pid in one.get("pids", [])]
    assert mine["bytes"] >= 20 * 2**20
    assert str(path) in mine["what"]
    assert not [one for one in elsewhere["explained"] if holder.pid in one.get("pids", [])]


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
    assert any(one["reason"].startswith("not needed") for one in found["plan"]["excluded"])


def test_a_dump_is_not_unpacked_without_end(tmp_path):
    path = dump(tmp_path, "x.sql.gz", 0)
    handle = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        file = Backup(path.name, 1, 1, 0.0, 1, 1)
        looked = [backup_in(handle, file, 0.0, time.monotonic() + seconds) for seconds in (60, 0)]
    finally:
        os.close(handle)
    assert [one.problem for one in looked] == ["", "there was no time to look into all of it"]


def test_the_role_sets_every_option():
    options = yaml.safe_load((ROOT / "roles/reclaim_disk/vars/main.yml").read_text())["__reclaim_disk_options"]
    assert set(options) == {*yaml.safe_load(DOCUMENTATION)["options"], "docker_host"} - {"only"}
    told = yaml.safe_load((ROOT / "roles/reclaim_disk/defaults/main.yml").read_text())
    for name in ("saved_dir", "journal_directory"):
        assert options[name] == "{{ reclaim_disk_" + name + " }}"
        assert f"reclaim_disk_{name}" in told


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
    place, dummy, note = empty(Told(log), handle, 2**20, str(small / "saved")).partition(" ")
    assert log.stat().st_size < 2**20
    assert "missing" in note or log.stat().st_size > 0
    saved = gzip.decompress(Path(place).read_bytes()).decode().splitlines()
    assert saved == lines[-len(saved) :]
    assert len(saved) > 1000
    assert list((small / "saved").iterdir()) == [Path(place)]


def test_a_log_stays_whole_where_its_end_would_go_to_another_full_disk(small, tmp_path):
    log = tmp_path / "x-json.log"
    log.write_bytes(b'{"log": "line"}\n' * 200_000)
    before = log.read_bytes(), log.stat().st_blocks
    with suppress(OSError), open(small / "filler", "wb", buffering=0) as filler:
        while True:
            filler.write(os.urandom(4096))
    handle = {"path": str(log), "inode": log.stat().st_ino, "id": "a" * 64, "container": "x"}
    with pytest.raises(HostError, match=r"another disk than the log's.*the log was left as it is"):
        empty(Told(log), handle, 2**20, str(small / "saved"))
    assert (log.read_bytes(), log.stat().st_blocks) == before


class Hanging(http.server.BaseHTTPRequestHandler):
    """An engine that answers what is here, by the end of the path, and all else never."""

    answers: dict[str, Any] = {}
    deleted: list[str] = []
    over = threading.Event()

    def do_DELETE(self) -> None:
        self.deleted.append(self.path)
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]"
        )

    def do_GET(self) -> None:
        asked = self.path.partition("?")[0]
        known = [answer for end, answer in self.answers.items() if asked.endswith(end)]
        if not known:
            self.over.wait()
            return
        body = json.dumps(known[0]).encode()
        # It ends the connection, later than a client asks again where the machine is busy.
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        self.wfile.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *dummy: Any) -> None:
        pass


class Door(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def hanging(folder: Path, answers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Options that lead to such an engine, which keeps its files in the folder."""
    Hanging.answers = {"/version": {"ApiVersion": "1.44"}, "/info": {"DockerRootDir": str(folder)}, **answers}
    with Door(f"{folder}/engine.sock", Hanging) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Hanging.over = threading.Event()
        # What it does answer must come within this on a busy machine too.
        yield {"docker_host": f"unix://{folder}/engine.sock", "engine_timeout": 10, "journal_directory": "/nowhere"}
        Hanging.over.set()
        server.shutdown()


def test_an_engine_that_hangs_holds_up_nothing_else(tmp_path):
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    kinds = ["container_logs", "build_cache", "dangling_images", "exited_containers", "journald", "backups"]
    kept = [{"path": str(tmp_path), "keep": 2}, {"path": "/backups", "service": "db"}]
    with hanging(tmp_path, {}) as options:
        found = reclaim(tmp_path, kinds, backups=kept, **options)
    assert not found.get("failed"), found
    assert [one.split("/")[-1].split(" ")[0] for one in found["done"]] == [nightly(3), nightly(2)]
    said = " ".join(found["notes"])
    assert "the logs of containers could not be examined: Could not list the containers of the engine" in said
    for what in ("build cache", "dangling images", "exited containers"):
        assert f"{what} could not be examined: the engine does not answer" in said


def test_an_engine_that_hangs_halfway_holds_up_nothing_else(tmp_path):
    """It told of a log before; its last lines are evidence that is missed then."""
    for days in range(4):
        dump(tmp_path, nightly(days), days + 0.01)
    log = tmp_path / "x-json.log"
    log.write_bytes(b"x" * 3 * 2**20)
    config = {"LogConfig": {"Type": "json-file", "Config": {}}}
    known = {"Id": "a" * 64, "Name": "/x", "LogPath": str(log), "HostConfig": config, "Config": {"Labels": {}}}
    answers = {"/containers/json": [{"Id": "a" * 64, "Names": ["/x"]}], f"/{'a' * 64}/json": known}
    options = {"log_size": 1, "log_keep": 0, "saved_dir": str(tmp_path / "saved")}
    with hanging(tmp_path, answers) as engine:
        found = reclaim(tmp_path, ["container_logs", "backups"], backups=[{"path": str(tmp_path), "keep": 2}], **engine,
                        **options)  # fmt: skip
    assert not found.get("failed"), found
    assert log.stat().st_size < 2**16, found
    assert len(found["done"]) == 3, found
    assert any(note.startswith("the log of x could not be examined") for note in found["notes"])


def test_what_was_pulled_stays_until_the_next_is_replaced_and_no_parent_goes_along(tmp_path):
    """Pulled images carry no labels: the repository says whose predecessor one is."""
    size = 10**6

    def image(digit: str, day: int, *digests: str, tags: tuple[str, ...] = ()) -> dict[str, Any]:
        made = f"2026-01-{day:02}T00:00:00Z"
        return {"Id": f"sha256:{digit * 64}", "Created": made, "RepoDigests": [f"{one}@sha256:{digit * 64}" for one in
                digests], "RepoTags": list(tags), "Size": size, "Config": {}}  # fmt: skip

    present = image("a", 9, "redis", tags=("redis:7",))
    runs = image("9", 9, "redis")  # made before its name went to the present one
    dangling = [runs, image("b", 8, "redis"), image("c", 7, "redis"), image("d", 6, "tool"), image("e", 5)]
    shop = {"Id": "f" * 64, "Image": "docker.io/library/redis:7", "ImageID": present["Id"], "Names": ["/shop-redis-1"],
            "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "redis"}}  # fmt: skip
    answers = {
        "/containers/json": [shop, {**shop, "Image": runs["Id"], "ImageID": runs["Id"], "Labels": {}}],
        "/images/json": dangling,
        "/system/df": {},
        **{f"/{one['Id']}/json": one for one in [present, *dangling]},
    }
    Hanging.deleted.clear()
    with hanging(tmp_path, answers) as engine:
        found = reclaim(tmp_path, ["dangling_images"], releases=str(tmp_path / "none"), **engine)
    assert {one["target"]: one["reason"] for one in found["plan"]["excluded"]} == {
        f"image:{'9' * 12}": "a container was made of it",
        f"image:{'b' * 12}": "the last image of redis before the present one: a rollback may need it",
    }
    assert sorted(path.partition("sha256:")[2][0] for path in Hanging.deleted) == ["c", "d", "e"]
    assert all("noprune=True" in path for path in Hanging.deleted)


def test_inodes_are_explained(small):
    (small / "sessions").mkdir()
    for number in range(180):
        (small / "sessions" / str(number)).touch()
    found = run_module("disk_reclaim", check=True, mount=str(small), free="1%", kinds=["backups"])
    told = [one for one in found["explained"] if one["kind"] == "inodes"]
    assert f"{small}/sessions (180)" in told[0]["what"]
    assert not found["changed"]


def test_enough_is_free(small):
    found = run_module("disk_reclaim", mount=str(small), free="1%", docker_host="unix:///nowhere.sock")
    assert found["changed"] is False
    assert found["plan"]["no_action_reason"].startswith("nothing to do")
    assert found["remaining"] == 0
    assert any("engine" in note for note in found["notes"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"free": "much"}, "'much' is neither a share"),
        ({"free": "100%"}, "'100%' is neither a share"),
        ({"free": "9" * 400}, "is neither a share"),
        ({"backups": [{"path": "/x", "keep": float("inf")}]}, "must be numbers"),
        ({"mount": "/nowhere"}, "/nowhere cannot be examined"),
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


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system as hosts have them, of 16 MiB, full of a server's data."""
    image, place = tmp_path / "image", tmp_path / "full"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(16 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, check=False).returncode:
        pytest.skip("NOT RUN: a disk that is full (nothing can be mounted here)")
    data = place / "data"
    for folder in ("global", "pg_wal", "base/5"):
        (data / folder).mkdir(parents=True)
    (data / "PG_VERSION").write_text("15")
    (data / "base/5/1").write_bytes(b"x" * 3 * MIB)
    with suppress(OSError), open(data / "pg_wal/000000010000000000000001", "wb", buffering=0) as segment:
        while True:
            segment.write(b"x" * 65536)
    yield place
    subprocess.run(["umount", place], check=True)


def test_without_a_mount_the_fullest_is_meant(full):
    found = run_module("disk_reclaim", mount="", kinds=["journald"], journal_directory="/nowhere", check=True)
    assert found["before"]["mount"] == str(full)
    assert f"of {full} are free" in found["plan"]["no_action_reason"]
    entries = {
        entry["what"].partition(" holds ")[0]: entry for entry in found["explained"] if entry["kind"] == "folder"
    }
    segment = entries[f"{full}/data/pg_wal/000000010000000000000001 (write-ahead log of PostgreSQL)"]
    assert "never remove files of pg_wal" in segment["remedy"]
    assert f"{full}/data/base/5/1 (data directory of PostgreSQL)" in entries


def test_another_disk_that_is_short_is_named(full, tmp_path):
    wanted = run_module("disk_reclaim", mount=str(tmp_path), free="20%", kinds=["journald"], check=True)
    assert any(note.startswith(f"{full} is short of space too") for note in wanted["notes"])
