"""endpoint_probe_info on real Redis servers: up is the one that can do its work."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.probing import row, serving_redis
from support.servers import PATIENCE


def says(port: int, *commands: str) -> list[str]:
    """What it answers to commands, each a line."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as asking:
        answers = []
        for command in commands:
            asking.sendall(f"{command}\r\n".encode())
            answers.append(asking.recv(65536).decode())
        return answers


def probed(port: int, **more: Any) -> dict[str, Any]:
    return row({"kind": "redis", "host": "127.0.0.1", "port": port, **more}, attempts=1, **more.pop("options", {}))


@pytest.mark.parametrize(
    ("options", "state", "words"),
    [
        pytest.param(["--maxmemory", "100kb"], "degraded", "memory limit is reached", id="evicts nothing"),
        pytest.param(["--maxmemory", "100kb", "--maxmemory-policy", "volatile-ttl"], "degraded", "volatile-ttl",
                     id="evicts what is there not"),
        pytest.param(["--maxmemory", "100kb", "--maxmemory-policy", "allkeys-lru"], "degraded",
                     "memory limit is reached", id="has nothing left to evict"),
        pytest.param(["--maxmemory", "100mb"], "up", "takes writes", id="a limit far away"),
        pytest.param(["--replicaof", "127.0.0.1 1"], "degraded", "its master is 127.0.0.1:1", id="a replica"),
        pytest.param(["--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no"], "degraded", "lost its master",
                     id="a replica that serves nothing"),
        pytest.param(["--min-replicas-to-write", "1"], "degraded", "too few replicas", id="replicas are missing"),
        pytest.param(["--cluster-enabled", "yes"], "degraded", "cluster is down", id="a cluster without its slots"),
        pytest.param(["--requirepass", "hunter2"], "up", "not known without", id="a password"),
    ],
)  # fmt: skip
def test_a_redis_that_takes_no_writes_is_not_up(tmp_path: Path, options: list[str], state: str, words: str) -> None:
    with serving_redis(tmp_path, *options) as port:
        found = probed(port)
    assert (found["state"], words in found["why"]) == (state, True), found


@pytest.mark.parametrize(
    ("command", "state", "words", "unasked"),
    [
        pytest.param("CLIENT PAUSE 60000 WRITE", "degraded", "leaves a write without an answer", False, id="paused"),
        pytest.param("ACL SETUSER default -@write", "up", "whether it takes writes is not known", True, id="may not"),
        pytest.param("ACL SETUSER default resetkeys ~app:*", "up", "is not known (NOPERM", True, id="not such a key"),
        pytest.param("ACL SETUSER default -info", "up", "it answers, and takes writes", False, id="INFO is closed"),
        pytest.param("PING", "up", "it answers, and takes writes", False, id="as it comes"),
    ],
)
def test_whether_it_takes_writes_is_asked_of_it(
    tmp_path: Path, command: str, state: str, words: str, unasked: bool
) -> None:
    with serving_redis(tmp_path) as port:
        says(port, command)
        # One that leaves it without an answer is waited for as long as this.
        found = row({"kind": "redis", "host": "127.0.0.1", "port": port}, attempts=1, timeout=8.0)
    assert (found["state"], words in found["why"], bool(found["unasked"])) == (state, True, unasked), found


def test_the_question_for_writes_changes_nothing(tmp_path: Path) -> None:
    with serving_redis(tmp_path) as port:
        says(port, "SET a b")
        before = says(port, "INFO persistence", "DBSIZE")
        assert probed(port)["state"] == "up"
        after = says(port, "INFO persistence", "DBSIZE")
    changes = [line for said in (before, after) for line in said[0].splitlines() if "changes_since" in line]
    assert (changes[0], before[1]) == (changes[1], after[1])


def test_with_its_password_it_is_asked(tmp_path: Path) -> None:
    with serving_redis(tmp_path, "--requirepass", "hunter2", "--maxmemory", "100kb") as port:
        it = {"kind": "redis", "host": "127.0.0.1", "port": port, "key": "redis"}
        right = row(it, attempts=1, keys={"redis": "hunter2"})
        wrong = row(it, attempts=1, keys={"redis": "hunter3"})
    assert (right["state"], "memory limit" in right["why"]) == ("degraded", True)
    assert (wrong["state"], "another password" in wrong["why"]) == ("up", True)


def test_a_queue_that_no_worker_consumes(tmp_path: Path) -> None:
    it = {"kind": "redis", "host": "127.0.0.1", "queues": ["celery", "mail"]}
    with serving_redis(tmp_path) as port:
        it["port"] = port
        empty = row(it, attempts=1)
        says(port, "LPUSH celery a b c")
        left = row(it, attempts=1)
        with closing(socket.create_connection(("127.0.0.1", port))) as worker:
            worker.sendall(b"BRPOP other 0\r\n")
            deadline = time.monotonic() + PATIENCE
            while "blocked_clients:1" not in says(port, "INFO clients")[0]:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            beside = row(it, attempts=1)
        says(port, "SET mail x")
        wrong = row(it, attempts=1)
    assert empty["state"] == "up"
    assert (left["state"], "3 in celery" in left["why"]) == ("degraded", True)
    assert (beside["state"], "1 client may wait for other lists" in beside["why"]) == ("degraded", True)
    assert (wrong["state"], "the queue mail cannot be read" in wrong["why"]) == ("degraded", True)


def test_tasks_of_a_priority_wait_in_lists_of_their_own(tmp_path: Path) -> None:
    it = {"kind": "redis", "host": "127.0.0.1", "queues": ["celery"]}
    with serving_redis(tmp_path) as port:
        says(port, r'LPUSH "celery\x06\x163" a b', r'LPUSH "celery\x06\x1610" a')
        found = row({**it, "port": port}, attempts=1)
    assert (found["state"], "tasks wait (2 in celery, priority 3)" in found["why"]) == ("degraded", True), found


@pytest.mark.parametrize(("hours", "unasked"), [(0.5, False), (2, True)])
def test_tasks_that_a_worker_took_long_ago_may_be_worked_on(tmp_path: Path, hours: float, unasked: bool) -> None:
    with serving_redis(tmp_path) as port:
        says(port, f"ZADD unacked_index {time.time() - hours * 3600:.0f} first {time.time():.0f} second")
        found = row({"kind": "redis", "host": "127.0.0.1", "port": port, "queues": ["celery"]}, attempts=1)
    assert (found["state"], found["unasked"].startswith("whether 1 task that workers took")) == ("up", unasked), found


def test_a_queue_with_a_backlog_that_a_worker_takes_from(tmp_path: Path) -> None:
    done = threading.Event()

    def work(port: int) -> None:
        while not done.is_set():
            says(port, "RPOP celery")
            time.sleep(0.02)

    with serving_redis(tmp_path) as port:
        for dummy in range(10):
            says(port, "LPUSH celery " + " ".join("x" * 400))
        worker = threading.Thread(target=work, args=(port,))
        worker.start()
        it = {"kind": "redis", "host": "127.0.0.1", "port": port, "queues": ["celery"], "slow": 0.9}
        try:
            found = row(it, attempts=1)
        finally:
            done.set()
            worker.join()
    assert found["state"] == "up", found
    assert "answered after" not in found["why"], "the pause between the looks is not its slowness"


def test_a_queue_that_is_as_long_all_the_time_and_is_worked_on(tmp_path: Path) -> None:
    done = threading.Event()

    def work(port: int) -> None:
        number = 0
        while not done.is_set():
            number += 1
            says(port, f"LPUSH celery {number}")
            says(port, "RPOP celery")

    with serving_redis(tmp_path) as port:
        says(port, "LPUSH celery first second third")
        worker = threading.Thread(target=work, args=(port,))
        worker.start()
        try:
            found = row({"kind": "redis", "host": "127.0.0.1", "port": port, "queues": ["celery"]}, attempts=1)
        finally:
            done.set()
            worker.join()
        says(port, "DEL celery", """EVAL "return redis.call('LPUSH', 'celery', string.rep('x', 100000))" 0""")
        long = row({"kind": "redis", "host": "127.0.0.1", "port": port, "queues": ["celery"]}, attempts=1)
    assert found["state"] == "up", found
    assert (long["state"], long["unasked"]) == ("up", "whether tasks are taken (1 in celery)"), long


def test_a_redis_that_cannot_save(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    with serving_redis(gone, "--save", "3600 1") as port:
        gone.rmdir()
        says(port, "SET a b", "BGSAVE")
        deadline = time.monotonic() + PATIENCE
        while "rdb_last_bgsave_status:err" not in says(port, "INFO persistence")[0]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        found = probed(port)
        says(port, 'CONFIG SET save ""')  # or it would not stop without a last save
    assert (found["state"], "cannot save" in found["why"]) == ("degraded", True), found


def test_a_redis_whose_connections_are_all_taken(tmp_path: Path) -> None:
    with serving_redis(tmp_path, "--maxclients", "2") as port:
        with closing(socket.create_connection(("127.0.0.1", port))) as first:
            with closing(socket.create_connection(("127.0.0.1", port))):
                deadline = time.monotonic() + PATIENCE
                while (found := probed(port))["state"] == "up":
                    assert time.monotonic() < deadline
            first.sendall(b"PING\r\n")
    assert (found["state"], "every connection" in found["why"]) == ("down", True), found


def test_a_redis_that_a_script_blocks(tmp_path: Path) -> None:
    with serving_redis(tmp_path, "--lua-time-limit", "50") as port:
        with closing(socket.create_connection(("127.0.0.1", port))) as blocking:
            blocking.sendall(b'EVAL "while true do end" 0\r\n')
            deadline = time.monotonic() + PATIENCE
            while (found := probed(port))["state"] == "up":
                assert time.monotonic() < deadline
            says(port, "SCRIPT KILL")
    assert (found["state"], "a script blocks" in found["why"]) == ("down", True), found


def test_a_redis_in_protected_mode(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("192.0.2.1", 9))
        here = asking.getsockname()[0]
    if here.startswith("127."):
        pytest.skip("NOT RUN: Redis in protected mode (this host has no address besides the loopback)")
    with serving_redis(tmp_path, "--bind", f"127.0.0.1 {here}", "--protected-mode", "yes") as port:
        found = row({"kind": "redis", "host": here, "port": port}, attempts=1)
    assert (found["state"], "protected mode" in found["why"]) == ("down", True), found
