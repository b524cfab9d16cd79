"""log_tail through the engine: files of its drivers, and its API, which counts the lines of both streams together."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal import engine
from rehearsal.errors import PlatformError
from support.engine import socket_path
from support.modules import run_module
from support.random_logs import Entry, asked, docker_line, numbers_in, queries, random_log
from support.scope import ALL, left_out

NAME = f"log-streams-{os.getpid()}"
LOGS = 100
# A few errors on one stream, then many lines on the other, and a line that the engine splits.
BURIED = (
    "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo ERROR payment $i failed >&2; done;"
    " i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo INFO request $i; done;"
    " head -c 40000 /dev/zero | tr '\\0' y; echo ' long'"
)
MIXED = (
    "i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo INFO request $i;"
    " [ $((i % 300)) = 0 ] && echo ERROR payment $i failed >&2; done; true"
)
# The engine keeps a cache of its own for drivers that cannot read, of what the driver has taken: where no socket has
# the port, a refusal may come between two lines, and one of them is lost.
TAKES_ALL = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
TAKES_ALL.bind(("127.0.0.1", 0))
REMOTE = ["--log-driver", "syslog", "--log-opt", f"syslog-address=udp://127.0.0.1:{TAKES_ALL.getsockname()[1]}"]


@pytest.fixture
def container() -> Iterator[Any]:
    """Runs a command in a container to its end; gone afterwards."""
    try:
        engine.require_engine()
        engine.get_base_image(lambda dummy: None)
    except PlatformError as error:
        pytest.skip(f"NOT RUN: {error}")

    def run(command: str, *options: str) -> str:
        engine.run(["docker", "run", "--name", NAME, *options, engine.BASE_IMAGE, "sh", "-c", command])
        return NAME

    yield run
    engine.run(["docker", "rm", "--force", NAME], check=False)


def tail(**options: Any) -> dict[str, Any]:
    found = run_module("log_tail", **{"containers": [NAME], "since": "1h", "match": "ERROR", **options})
    assert not found.get("failed"), found
    return found


@pytest.mark.parametrize(
    ("command", "errors", "options"),
    [
        (BURIED, 40, ["--log-driver", "json-file"]),
        (BURIED, 40, ["--log-driver", "local"]),
        (BURIED, 40, REMOTE),
        (MIXED, 5, ["--log-driver", "local", "--log-opt", "max-size=20k", "--log-opt", "max-file=9"]),
    ],
    ids=["json-file", "local", "remote driver", "rotated"],
)
def test_no_stream_is_missing_behind_the_other(container, command, errors, options):
    container(command, *options)
    for source in ("auto", "api"):
        found = tail(source=source)
        assert found["matched"] == errors, (source, found["sources"])
        assert not found["truncated"]
        assert [one["count"] for one in found["signatures"]] == [errors]
        assert {one["stream"] for one in found["entries"]} == {"stderr"}
    if command == BURIED:
        (long,) = tail(source="api", match="long", signatures=0)["entries"]
        assert long["text"].endswith("y long")


def test_a_user_who_may_only_use_the_engine_reads_both_streams(container):
    container(BURIED, "--log-driver", "json-file")
    group = os.stat(socket_path()).st_gid
    argv = [
        "setpriv",
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--groups",
        str(group),
        sys.executable,
        "-W",
        "ignore",
        "-m",
    ]
    given = {"ANSIBLE_MODULE_ARGS": {"containers": [NAME], "since": "1h", "match": "ERROR"}}
    done = subprocess.run(
        [*argv, "ansible_collections.pafar.runbook.plugins.modules.log_tail"],
        input=json.dumps(given), capture_output=True, text=True, check=False,
        env={**os.environ, "HOME": "/nonexistent"},
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found.get("matched") == 40, found
    assert found["sources"][0]["kind"] == "api"


def test_a_driver_that_keeps_nothing_is_named(container):
    container("echo ERROR x", "--log-driver", "none")
    found = run_module("log_tail", containers=[NAME], since="1h")
    assert found["failed"]
    assert "could be read" in found["msg"]


def test_what_is_behind_a_clock_that_was_set_back_is_read_through_the_engine(container):
    """More lines than the first tail holds are too old, and the wanted ones are before them."""
    container("true", "--log-driver", "json-file")
    path = Path(engine.inspect("container", [NAME])[0]["LogPath"])
    now = time.time()
    entries = [Entry(now - 900 + number / 10, 0, number, "stdout", f"INFO id={number} paid") for number in range(500)]
    entries += [
        Entry(now - 9000 + number, 0, number, "stderr", f"INFO id={number} paid") for number in range(500, 2500)
    ]
    path.write_text("".join(map(docker_line, entries)))
    report = asked(now, containers=[NAME], source="api", since="1h")
    assert numbers_in(report) == list(range(500))
    assert not report["truncated"]


def test_nothing_is_missing_in_silence_through_the_engine(container):
    """Random logs in the place of a container's own, read from the file and through the API."""
    container("true", "--log-driver", "json-file")
    path = Path(engine.inspect("container", [NAME])[0]["LogPath"])
    run = LOGS if ALL else LOGS // 10
    for seed in range(10_000, 10_000 + run):
        chance, now = random.Random(seed), time.time()
        log = random_log(chance, now)
        path.write_text("".join(map(docker_line, log.entries)))
        for options, expected in queries(log, chance):
            for source in ("file", "api"):
                report = asked(now, containers=[NAME], source=source, **options)
                found = numbers_in(report)
                missing = set(expected) - set(found)
                assert not missing or report["truncated"], (seed, source, options, len(missing), report["sources"])
                assert len(found) == len(set(found)), (seed, source, options)
                assert set(found) <= set(expected), (seed, source, options)
    left_out("random logs through the engine", LOGS - run)
