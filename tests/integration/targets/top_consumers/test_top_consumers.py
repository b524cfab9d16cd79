"""offenders through Ansible: what it is given it weighs, without a trip to the host."""

from __future__ import annotations

from support.adhoc import adhoc

HOST = {
    "cores": 2,
    "cpu_used": 0.9,
    "load": [3.0, 2.0, 1.0],
    "pressure": {},
    "memory": {"available": 2**30, "total": 2**32},
}
BUSY = {
    "name": "shop-web-1", "project": "shop", "service": "web", "cpu": 1.4, "throttled": 0.0, "oom_recent": 0,
    "memory_share": 0.5, "working_set": 1, "limit": 2, "leak": None, "status": "Up 3 hours", "cpu_of_quota": None,
}  # fmt: skip
QUIET = {"processes": [], "source": "cgroup", "engine": {"address": "unix:///run/docker.sock"}, "engine_problem": ""}


def test_the_busy_container_is_named():
    done = adhoc("top_consumers", of="cpu", resources={"host": HOST, "containers": [BUSY], **QUIET}, project="shop")
    assert done["services"] == ["web"]
    assert "shop-web-1 uses 1.40 cores" in done["lines"]


def test_what_is_no_result_is_refused():
    done = adhoc("top_consumers", of="cpu", resources={"host": HOST})
    assert done["failed"] is True
    assert "resources lacks containers, engine, engine_problem, processes, source" in done["msg"]
