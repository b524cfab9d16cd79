"""Who is behind it, and who is not."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.resource_hogs import weigh_cpu, weigh_memory

HOST = {"cores": 2, "cpu_used": 0.9, "load": [3.0, 2.0, 1.0], "memory": {"available": 2**30, "total": 2**32}}


def one(service, **more):
    return {
        "name": f"shop-{service}-1", "project": "shop", "service": service, "cpu": 0.0, "throttled": 0.0,
        "oom_recent": 0, "memory_share": 0.1, "working_set": 2**20, "limit": 2**24, "leak": None, **more,
    }  # fmt: skip


def process(name, container, cpu, inside=7):
    return {"pid": 4711, "inside_pid": inside, "name": name, "container": container, "cpu": cpu}


def test_a_container_is_named_and_others_are_left():
    found = {"host": HOST, "containers": [one("web", cpu=1.8), one("db", cpu=0.1)], "processes": []}
    assert weigh_cpu(found, [], "shop")["services"] == ["web"]
    assert weigh_cpu(found, [], "other")["services"] == []


def test_a_query_is_ended_through_the_database_and_its_container_is_not_restarted():
    found = {
        "host": HOST, "containers": [one("db", cpu=1.0)], "processes": [process("postgres", "shop-db-1", 0.98, 87)],
    }  # fmt: skip
    weighed = weigh_cpu(found, [{"pid": 87, "target": "87@x"}, {"pid": 88, "target": "88@x"}], "shop")
    assert weighed["services"] == []
    assert [session["target"] for session in weighed["sessions"]] == ["87@x"]
    unknown = weigh_cpu(found, [], "shop")
    assert unknown["sessions"] == unknown["services"] == []
    assert "no session of the database accounts for it" in unknown["advice"][0]


def test_what_runs_on_the_host_is_told_and_not_touched():
    found = {"host": HOST, "containers": [], "processes": [process("backup", "", 1.5)]}
    assert "runs outside of any container" in weigh_cpu(found, [], "shop")["advice"][0]


def test_memory():
    leak = {"grows": True, "seconds_to_limit": 40.0, "bytes_per_second": 2**20}
    found = {
        "host": HOST, "processes": [],
        "containers": [
            one("web", oom_recent=4), one("worker", leak=leak, memory_share=0.7), one("db", memory_share=0.95),
            one("calm", leak={**leak, "seconds_to_limit": 40.0}, memory_share=0.1), one("free", limit=None),
        ],
    }  # fmt: skip
    weighed = weigh_memory(found, "shop")
    assert weighed["services"] == ["db", "web", "worker"]
    assert weighed["may_grow_to"]["shop-db-1"] == {"uses": 2**20, "limit": 2**24}
    assert "all containers together may grow by 60 MiB" in " ".join(weighed["lines"])
    advice = " ".join(weighed["advice"])
    assert "shop-worker-1 grows: a higher limit only buys time" in advice
    assert "shop-web-1: if this is what it needs, raise its limit to 21 MiB" in advice
    assert "without a limit, so each may take the whole host: shop-free-1" in advice


def test_what_keeps_data_is_told_and_not_restarted():
    found = {"host": HOST, "containers": [one("db", cpu=1.0), one("web", cpu=0.9)], "processes": []}
    weighed = weigh_cpu(found, [], "shop", keep=["db"])
    assert weighed["services"] == ["web"]
    assert "shop-db-1 keeps data and is not restarted" in " ".join(weighed["advice"])
    assert weigh_memory({**found, "containers": [one("db", memory_share=0.95)]}, "shop", keep=["db"])["services"] == []
