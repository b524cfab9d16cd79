"""host_preflight_info on this host; its part about compose is tried on the rehearsal platform."""

from __future__ import annotations

import bz2
import gzip
import http.server
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from support.modules import run_module
from support.open_folder import open_folder
from support.servers import PASSWORD, ROOT, Server, client_tool, newest

ROWS = b"CREATE TABLE trips (id int);\n" + b"INSERT INTO trips VALUES (1);\n" * 2000
WHOLE = b"--\n-- PostgreSQL database dump\n--\n" + ROWS + b"--\n-- PostgreSQL database dump complete\n--\n\n"


def checks(*areas: str, **options: Any) -> dict[str, dict[str, Any]]:
    found = run_module("host_preflight_info", areas=list(areas), **options)
    assert "failed" not in found, found
    assert all(one["ready"] or one["remedy"] for one in found["checks"])
    return {one["check"]: one for one in found["checks"]}


def test_disks_and_the_clock():
    found = checks("disk", "clock")
    assert any(name.endswith("has room") for name in found)
    assert found["inodes are left"]["ready"] in (True, False)
    assert found["the clock is set"]["ready"] in (True, False, None)
    before = time.time()
    moments = run_module("host_preflight_info", areas=["clock"])["host_clock"]
    assert before <= moments["received"] <= moments["answered"] <= time.time()
    assert "host_clock" not in run_module("host_preflight_info", areas=["disk"])


@pytest.fixture
def remote(tmp_path):
    """The checks of a host whose clock is ahead by so many seconds, and the way to it takes so many (each way)."""

    def look(ahead: float, connection: str = "remote", way: float = 0) -> dict[str, dict[str, Any]]:
        (tmp_path / "sitecustomize.py").write_text(
            f"import time\nours = time.time\ntime.time = lambda: ours() + {ahead}\n"
        )
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
        python.chmod(0o755)
        argv = ["ansible", "all", "-i", "host,", "-m", "pafar.runbook.host_preflight_info", "-a"]
        argv += [json.dumps({"areas": ["clock"]}), "-e"]
        argv += [json.dumps({"ansible_connection": connection, "ansible_python_interpreter": str(python)})]
        settings = {
            "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connections"),
            "PAFAR_WAY": str(way),
            "ANSIBLE_STDOUT_CALLBACK": "minimal",
        }
        done = subprocess.run(
            argv, cwd=ROOT, env={**os.environ, **settings, "ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        found = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
        return {one["check"]: one for one in found["checks"]}

    return look


AGREES = "the clock agrees with the controller"


def test_a_slow_connection_is_no_offset_of_the_clock(remote):
    found = remote(0.0, way=2.5)  # more than two clocks may be apart
    assert list(found) == ["the clock is set", AGREES]
    assert found[AGREES]["ready"] is True


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
def test_a_clock_that_is_off(remote, ahead):
    found = remote(ahead)[AGREES]
    assert found["ready"] is False
    assert re.match(r"at least [+-]3[56]\d\d\.\d s apart", found["found"])
    assert found["found"].split()[2][0] == ("+" if ahead > 0 else "-")
    assert "chrony" in found["remedy"]


def test_over_a_local_connection_there_is_one_clock(remote):
    assert list(remote(3600.0, "local")) == ["the clock is set"]


def dump(folder: Path, name: str, data: bytes = WHOLE, hours: float = 1) -> None:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    os.utime(path, (time.time() - 3600 * hours,) * 2)


BEGAN = time.time()  # a name is the same however long a test takes


def name(hours: float, database: str = "shop") -> str:
    return f"{database}-{time.strftime('%Y-%m-%dT%H%M', time.gmtime(BEGAN - 3600 * hours))}.sql.gz"


def backups(folder: Path, **options: Any) -> dict[str, Any]:
    return checks("backups", backups=[{"path": str(folder), **options}])[f"backups of {folder} can be restored"]


def test_a_whole_dump(tmp_path):
    dump(tmp_path, name(30), hours=30)
    dump(tmp_path, name(1))
    assert backups(tmp_path)["ready"] is True
    assert f"{name(1)}" in backups(tmp_path)["found"]
    assert "1 table, 2,000 rows" in backups(tmp_path)["found"]


def test_what_cannot_be_judged_is_unknown_and_what_lies_beside_is_no_backup(tmp_path):
    dump(tmp_path, name(1))
    for ending in (".sha256", ".part"):
        (tmp_path / f"{name(1)}{ending}").write_bytes(b"x")
    assert backups(tmp_path, pattern="*")["ready"] is True
    (tmp_path / "shop.rdb").write_bytes(b"REDIS0011" + os.urandom(1000))
    found = backups(tmp_path, pattern="*")
    assert found["ready"] is None
    assert "it is a snapshot of Redis, and cannot be judged here" in found["found"]


def test_a_real_one(server_dump, tmp_path):
    (tmp_path / "real.sql").write_bytes(server_dump)
    assert backups(tmp_path, pattern="*.sql")["ready"] is True
    assert "3 tables, 1,109 rows" in backups(tmp_path, pattern="*.sql")["found"]
    (tmp_path / "real.sql").write_bytes(server_dump[:-200])
    assert backups(tmp_path, pattern="*.sql")["ready"] is False


@pytest.fixture
def server_dump():
    with Server(newest()) as server:
        server.prepare_site()
        server.run("CREATE TABLE trips AS SELECT generate_series(1, 9) i")
        argv = [str(client_tool("pg_dump")), "-d", server.dsn()]
        yield subprocess.run(argv, env={**os.environ, "PGPASSWORD": PASSWORD}, capture_output=True, check=True).stdout


EMPTY = b"--\n-- PostgreSQL database dump\n--\nSET x = 1;\n--\n-- PostgreSQL database dump complete\n--\n\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(WHOLE[:-60]), "does not end as a whole dump does"),
        (gzip.compress(WHOLE)[:-40], "does not end"),
        (b"rubbish", "does not end"),
        (b"", "does not end"),
        (gzip.compress(EMPTY), "holds no table"),
        (bz2.compress(EMPTY), "holds no table"),
        (lzma.compress(WHOLE), "half as big"),
        (gzip.compress(WHOLE.replace(b"INSERT", b"SELECT")), "holds no row"),
        (b"PGDMP\x01\x0e" + os.urandom(40_000), "pg_restore cannot read it"),
    ],
    # Compressed bytes have the time in them, and a name must be the same in every worker.
    ids=["cut", "cut in the stream", "rubbish", "empty", "no table", "no table, bzip2", "half", "no row", "damaged"],
)
def test_a_newest_one_that_is_none(tmp_path, data, said):
    dump(tmp_path, name(20), os.urandom(20000) + WHOLE, hours=20)
    (tmp_path / name(0)).write_bytes(data)
    found = backups(tmp_path)
    assert found["ready"] is (None if "pg_restore" in said else False)
    assert said in found["found"]


def test_each_series_by_itself(tmp_path):
    """One of three databases has not been dumped since yesterday; its number is no date, nor the time of the dump."""
    dumped = time.gmtime(time.time() - 3600).tm_hour
    hour = 10 if dumped >= 16 or dumped < 4 else 22  # at least six hours from it, on the clock
    for number in (f"{hour}01", f"{hour}02", f"{hour}03"):
        for hours in (1, 25, 49):
            if (number, hours) != (f"{hour}02", 1):
                day = time.strftime("%Y%m%d", time.gmtime(time.time() - 3600 * hours))
                dump(tmp_path, f"{day}-{number}.sql.gz", hours=hours)
    assert backups(tmp_path, max_age=26)["ready"] is True
    found = backups(tmp_path, max_age=20)
    assert found["ready"] is False
    assert found["found"].startswith("1 of 3 series: ")
    assert f"-{hour}02.sql.gz" in found["found"]


def test_roles_alone_restore_no_database(tmp_path):
    roles = b"--\n-- PostgreSQL database cluster dump\n--\nCREATE ROLE ada;\n"
    roles += b"--\n-- PostgreSQL database cluster dump complete\n--\n"
    dump(tmp_path, name(1, "globals"), roles)
    assert "no database" in backups(tmp_path)["found"]
    dump(tmp_path, name(1, "shop"))
    assert backups(tmp_path)["ready"] is True


def test_a_base_backup_and_its_log(tmp_path):
    base = tmp_path / f"base-{time.strftime('%Y-%m-%d')}"
    (base / "global").mkdir(parents=True)
    (base / "global/1").write_bytes(b"x" * 9)
    (tmp_path / "daily").mkdir()  # a folder that is no backup
    (base / "backup_manifest").write_text(json.dumps({"Files": [{"Path": "global/1", "Size": 9}]}))
    for number in (1, 2, 3):
        (tmp_path / f"00000001000000000000000{number}").touch()
    every = {"path": str(tmp_path), "pattern": "*"}
    found = checks("backups", backups=[every])
    assert [one["ready"] for one in found.values()] == [True, True]
    (tmp_path / "000000010000000000000002").unlink()
    (base / "global/1").write_bytes(b"x")
    found = list(checks("backups", backups=[every]).values())
    assert [one["ready"] for one in found] == [False, False]
    assert "000000010000000000000002 is missing" in found[0]["found"]
    assert "1 file has another size" in found[1]["found"]


def test_too_old_none_at_all_and_nowhere(tmp_path):
    assert "there is none" in backups(tmp_path)["found"]
    dump(tmp_path, "a.sql.gz", hours=40)
    assert "too old" in backups(tmp_path)["found"]
    assert backups(tmp_path, max_age=50)["ready"] is True
    assert backups(tmp_path / "nowhere")["ready"] is None


class Door(http.server.BaseHTTPRequestHandler):
    status, asked = 200, []

    def do_HEAD(self):
        Door.asked.append(self.path)
        self.send_response(Door.status)
        self.end_headers()

    def log_message(self, *_):
        """Quiet."""


@pytest.mark.parametrize(("status", "ready"), [(200, True), (403, True), (503, False)])
def test_what_must_be_reachable(status, ready):
    """A webhook's path is its secret: it is neither sent nor told."""
    Door.status, Door.asked = status, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_port}/services/T0/SECRET"
        found = run_module("host_preflight_info", areas=["reach"], urls={"the channel": url})
        web.shutdown()
    (one,) = found["checks"]
    assert (one["ready"], Door.asked) == (ready, ["/"])
    assert "SECRET" not in str(found["checks"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ftp://x", "nonsense", "https://[::1"])
def test_what_is_not_there(url):
    (found,) = run_module("host_preflight_info", areas=["reach"], urls={"x": url})["checks"]
    assert found["ready"] is False


def test_the_incident_log(tmp_path):
    assert checks("incident_log", log=str(tmp_path / "a/b"))["incidents can be recorded"]["ready"] is True
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("")
    assert checks("incident_log", log=str(tmp_path / "file/b"))["incidents can be recorded"]["ready"] is False


ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files to others")


@ROOT_ONLY
def test_a_person_of_the_team_who_could_not_write_the_log_is_named():
    with open_folder() as place:
        _preflight_of_a_team(place / "log", "daemon")


def _preflight_of_a_team(log, other):
    log.mkdir(mode=0o700)
    (log / "a.jsonl").write_text("")
    (log / "a.jsonl").chmod(0o600)

    def of(group="", user=other):
        return checks("incident_log", log=str(log), log_group=group, log_users=[user, "root"])

    assert of()[f"{other} can record incidents"]["ready"] is False
    assert of()["root can record incidents"]["ready"] is True
    assert "no such login" in of(user="nobody-of-here")["nobody-of-here can record incidents"]["found"]
    shutil.chown(log, group=other)
    log.chmod(0o2770)
    assert (
        "1 of the files of the log are closed to the login, such as a.jsonl"
        in of()[f"{other} can record incidents"]["found"]
    )
    shutil.chown(log / "a.jsonl", group=other)
    (log / "a.jsonl").chmod(0o660)
    assert of(other)[f"{other} can record incidents"]["ready"] is True
    for name, is_folder in (("a.evidence", True), (".opening.lock", False)):
        (log / name).mkdir() if is_folder else (log / name).write_text("")
        shutil.chown(log / name, group=other)
        (log / name).chmod(0o2750 if is_folder else 0o640)
        assert f"such as {name}" in of(other)[f"{other} can record incidents"]["found"]
        (log / name).chmod(0o2770 if is_folder else 0o660)
    log.parent.chmod(0o750)
    assert f"{log.parent} is closed to the login" in of(other)[f"{other} can record incidents"]["found"]
    log.parent.chmod(0o755)
    assert of(other)[f"{other} can record incidents"]["ready"] is True
    assert "not a member of the group bin" in of("bin")[f"{other} can record incidents"]["found"]
    assert of("no-such-group")["the team can record incidents"]["ready"] is False


@ROOT_ONLY
def test_without_a_group_what_each_login_creates_is_closed_to_the_others():
    """In a folder that is open to all of them the preflight said ready, and after the first incident it was not."""
    with open_folder() as place:
        log = place / "log"
        log.mkdir()
        log.chmod(0o1777)

        def of(*logins, group=""):
            found = checks("incident_log", log=str(log), log_group=group, log_users=list(logins))
            return [found[f"{login} can record incidents"] for login in logins]

        one, other = of("daemon", "bin")
        assert (one["ready"], other["ready"]) == (False, False)
        assert one["found"] == "what another login creates is closed to this one: runbook_incident_group is not set"
        assert [check["ready"] for check in of("daemon", "root")] == [True, True]
        assert of("daemon", "root", group="daemon")[0]["ready"] is True


@ROOT_ONLY
@pytest.mark.parametrize(
    ("user", "owner", "says"),
    [
        ("nobody", "nobody", ""),
        ("nobody", "root", "/log cannot be written by nobody"),
        ("no-such-user", "root", "Failed to change ownership"),
    ],
)
def test_the_log_is_examined_as_the_user_who_writes_it_for_all(tmp_path, user, owner, says):
    """Not as the login that runs the playbooks: the one may write where the other may not."""
    with open_folder() as place:
        log = place / "log"
        log.mkdir(mode=0o700)
        shutil.chown(log, owner)
        variables = {
            "ansible_connection": "local", "ansible_remote_tmp": str(place), "runbook_incident_log": str(log),
            "ansible_python_interpreter": "/usr/bin/python3", "runbook_incident_user": user,
            "ansible_become_method": "ansible.builtin.su", "ansible_become_flags": "-s /bin/sh",
        }  # fmt: skip
        site = {"incident_log": {"hosts": {"logs": variables}}}
        (tmp_path / "hosts.json").write_text(json.dumps(site))
        argv = ["ansible-playbook", "playbooks/preflight.yml", "-i", str(tmp_path / "hosts.json")]
        environment = {**os.environ, "HOME": str(tmp_path), "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"}
        done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = [line.partition("|")[2].strip() for line in done.stdout.splitlines() if "incidents can be recorded" in line]
    assert found[0].startswith("NOT READY incidents can be recorded: " if says else "ready     incidents can be"), found
    assert says in found[0], found
    assert (len(found) == 2) is bool(says), "what is not ready is also in the total"


def test_no_engine_is_a_check_and_no_failure(tmp_path):
    found = checks("compose", docker_host=f"unix://{tmp_path}/none")
    assert found["the compose project is found"]["ready"] is False


def test_bad_input_is_one_sentence():
    found = run_module("host_preflight_info", areas=["backups"], backups=[{"path": "here"}])
    assert "absolute path" in found["msg"]


@pytest.mark.parametrize(("area", "variable"), [("backups", "runbook_backups"), ("reach", "runbook_reach")])
def test_what_is_not_configured_is_not_ready(area, variable):
    (found,) = run_module("host_preflight_info", areas=[area])["checks"]
    assert (found["ready"], found["found"]) == (False, "none configured")
    assert f"set {variable} in the inventory: " in found["remedy"]


def test_a_cure_is_a_command_or_an_edit(tmp_path):
    """Of what cannot be looked at too: nobody is sent to look somewhere."""
    url = "http://127.0.0.1:1"
    wanted = [{"path": str(tmp_path / "none")}, {"path": "/x", "service": "db-backup"}, {"path": str(tmp_path)}]
    found = run_module(
        "host_preflight_info", areas=["backups", "reach"], backups=wanted, urls={"x": url},
        docker_host=f"unix://{tmp_path}/none", project="shop",
    )["checks"]  # fmt: skip
    assert [one["ready"] for one in found] == [None, None, False, False]
    assert all(
        re.match("set |curl |docker compose -p shop up -d db-backup|open the way", one["remedy"]) for one in found
    )
