"""host_resources_info against a real engine and kernel: figures beside the engine's own, kills, a leak."""

from __future__ import annotations

import os
import re
import select
import socket
import socketserver
import threading
import time
from contextlib import contextmanager

import pytest

from rehearsal import engine
from support.engine import socket_path
from support.modules import run_module

EAT = "x=$(head -c 60000000 /dev/zero | tr '\\0' x)"
REFILL = (
    "push @kept, 'x' x 200000 for 1 .. 1000; @kept = ();"
    " while (1) { push @kept, 'x' x 200000; select undef, undef, undef, 0.1 }"
)
LEAK = "while (1) { push @kept, 'x' x 200000; select undef, undef, undef, 0.1 }"  # 2 MB a second


def of(seen, name):
    return next(one for one in seen["containers"] if one["name"] == name)


def test_it_tells_of_host_and_containers(shop):
    seen = run_module("host_resources_info", project=shop.project)
    assert seen["source"] == "cgroup"
    assert seen["host"]["cores"] == os.cpu_count()
    assert 0 < seen["host"]["memory"]["available"] <= seen["host"]["memory"]["total"]
    assert any(disk["mount"] == "/" for disk in seen["host"]["filesystems"])
    assert {one["service"] for one in seen["containers"]} == {"web", "front", "worker", "db"}
    assert [one["service"] for one in seen["stopped"]] == ["migrate"]
    assert "(healthy)" in of(seen, f"{shop.project}-web-1")["status"]


def test_it_agrees_with_the_engine(shop):
    name = f"{shop.project}-web-1"

    def looks():
        """Not in the same moment: a health check's processes may be seen by one of them alone."""
        mine = of(run_module("host_resources_info", project=shop.project), name)
        said = engine.run(["docker", "stats", "--no-stream", "--format", "{{.PIDs}}", name]).stdout
        return mine, int(said)

    shop.until("both count the same processes", lambda: (seen := looks()) and abs(seen[0]["pids"] - seen[1]) <= 2)
    ours = of(run_module("host_resources_info", project=shop.project), name)
    with by_tcp() as address:
        api = run_module("host_resources_info", project=shop.project, docker_host=address)
    assert api["source"] == "api", "the engine is elsewhere, so its own counters are read"
    assert of(api, f"{shop.project}-web-1")["working_set"] == pytest.approx(ours["working_set"], rel=0.5, abs=2e6)
    assert {one["service"] for one in api["containers"]} == {"web", "front", "worker", "db"}


@contextmanager
def by_tcp():
    """The engine's socket behind a TCP port, as an engine on another machine is reached."""
    path = socket_path()

    class Forward(socketserver.BaseRequestHandler):
        def handle(self):
            with socket.socket(socket.AF_UNIX) as engine_side:
                engine_side.connect(path)
                sides = {self.request: engine_side, engine_side: self.request}
                while True:
                    for side in select.select(list(sides), [], [])[0]:
                        data = side.recv(65536)
                        if not data:
                            return
                        sides[side].sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forward) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def spent(shop, name):
    """Processor time of a container since its start in seconds, as the kernel counts it."""
    files = "/sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpuacct/cpuacct.usage"
    words = shop.execute(name, "sh", "-c", f"cat {files} 2>/dev/null; :").split()
    return int(words[1]) / 1e6 if words[0] == "usage_usec" else int(words[-1]) / 1e9


def test_a_busy_container_and_its_process_are_named(shop):
    """How much of the machine it gets is the machine's affair: it is named as what uses most, and so is its process."""
    name, interval = f"{shop.project}-worker-1", 2
    engine.run(["docker", "exec", "-d", name, "sh", "-c", "while :; do :; done"])
    try:
        before = spent(shop, name)
        seen = run_module("host_resources_info", project=shop.project, interval=interval, processes=5000)
        after = spent(shop, name)
    finally:
        engine.run(["docker", "rm", "--force", "--volumes", name])
    used = {one["name"]: one["cpu"] for one in seen["containers"]}
    assert max(used, key=lambda one: used[one]) == name
    # It was looked at within this span, so it cannot have used more; cores times seconds are processor time.
    assert 0 < used[name] * interval <= after - before
    own = [one for one in seen["processes"] if one["container"] == name]
    busy = max(own, key=lambda one: one["cpu"])
    assert busy["name"] == "sh"
    assert 0 < busy["cpu"] * interval <= after - before + 0.02  # the kernel counts a process in ticks of 10 ms
    assert busy["inside_pid"] != busy["pid"]


def test_kills_for_want_of_memory_are_counted_by_the_kernel(shop):
    shop.services["worker"]["mem_limit"] = "32m"
    shop.up()
    name = f"{shop.project}-worker-1"
    engine.run(["docker", "exec", name, "sh", "-c", EAT], check=False)
    seen = run_module("host_resources_info", project=shop.project)
    assert of(seen, name)["oom_kills"] >= 1
    assert any(re.search(rf"process(?:es)? of {name} \(out of memory\)", line) for line in seen["findings"])
    flag = engine.inspect("container", [name])[0]["State"]["Status"]
    assert flag == "running", "a child was killed, the container lives: the engine's own flag says nothing of it"


def test_a_leak_is_estimated(shop):
    """It leaks for eight minutes before it reaches its limit, so it grows for the whole look on any machine."""
    shop.services["worker"].update(mem_limit="1g", command=["perl", "-e", LEAK])
    shop.up()
    name = f"{shop.project}-worker-1"
    began, before = time.monotonic(), of(run_module("host_resources_info", project=shop.project), name)["working_set"]
    seen = run_module("host_resources_info", project=shop.project, leak_window=4)
    after, ended = of(run_module("host_resources_info", project=shop.project), name)["working_set"], time.monotonic()
    found = of(seen, name)["leak"]
    assert found["grows"] is True
    rate = (after - before) / (ended - began)
    assert rate / 3 < found["bytes_per_second"] < rate * 3
    assert found["seconds_to_limit"] > 0
    assert not any(f"{shop.project}-db-1 grows" in line for line in seen["findings"])


def test_what_fills_up_again_is_no_leak(shop):
    """A heap between two collections grows as a leak does, but its process has had that much before."""
    shop.services["worker"].update(mem_limit="1g", command=["perl", "-e", REFILL])
    shop.services["web"].update(mem_limit="1g", command=["perl", "-e", LEAK], healthcheck={"disable": True})
    shop.up()
    seen = run_module("host_resources_info", project=shop.project, leak_window=3)
    heap, leaking = of(seen, f"{shop.project}-worker-1"), of(seen, f"{shop.project}-web-1")
    assert (heap["leak"]["grows"], leaking["leak"]["grows"]) == (True, True)
    assert heap["refills"] > 0.8
    assert leaking["refills"] < 0.2
    assert 0 < heap["age"] < 600


def test_the_page_cache_of_files_that_are_read_again_and_again_fills_no_limit(shop):
    shop.services["worker"].update(mem_limit="100m")
    shop.up()
    name = f"{shop.project}-worker-1"
    read = "dd if=/dev/urandom of=/cached bs=1M count=60 2>/dev/null; for n in 1 2 3 4; do cat /cached >/dev/null; done"
    engine.run(["docker", "exec", name, "sh", "-c", read])
    seen = of(run_module("host_resources_info", project=shop.project), name)
    assert seen["memory"] > 50_000_000
    assert seen["reclaimable"] > 20_000_000
    assert seen["memory_share"] < 0.3


def test_bad_input(shop):
    assert shop.project
    assert "interval is 0" in run_module("host_resources_info", interval=0)["msg"]


@pytest.mark.parametrize("nowhere", ["unix:///nowhere", "tcp://127.0.0.1:1"])
def test_the_host_is_reported_without_an_engine(nowhere):
    """A host need not have one, and in an incident it may be what fails."""
    seen = run_module("host_resources_info", docker_host=nowhere, project="shop")
    assert "Could not reach" in seen["engine_problem"]
    assert seen["engine"]["address"] == nowhere
    assert seen["host"]["memory"]["total"] > 0
    assert not any(container["project"] for container in seen["containers"]), "their names are not known"
