"""Who is behind it, and who is not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.top_consumers import weigh_cpu, weigh_memory

from support import reports
from support.database_reports import running
from support.reports import container_use, growth, host, process, resources, steady

HOST = host(memory=0.25, cpu=0.9, load=1.5)


BEGAN = 1_795_000_000.0


def one(service, **more):
    return container_use(f"shop-{service}-1", service=service, **more)


def backend(container, inside, started=BEGAN, **more):
    return process("postgres", container, 0.98, inside, started=started, **more)


def test_a_container_is_named_and_others_are_left():
    found = resources(one("web", cpu=1.8), one("db", cpu=0.1), reading=HOST)
    assert weigh_cpu(found, [], "shop")["services"] == ["web"]
    assert weigh_cpu(found, [], "other")["services"] == []


def test_a_query_is_ended_through_the_database_and_its_container_is_not_restarted():
    found = resources(one("db", cpu=1.0), reading=HOST, processes=[backend("shop-db-1", 87)])
    weighed = weigh_cpu(found, [running(87, started=BEGAN), running(88, started=BEGAN)], "shop")
    assert weighed["services"] == []
    assert [session["pid"] for session in weighed["sessions"]] == [87]
    assert weighed["sessions"][0]["target"] == running(87, started=BEGAN)["target"]
    assert weighed["advice"] == []
    unknown = weigh_cpu(found, [], "shop")
    assert (unknown["sessions"], unknown["services"]) == ([], [])
    assert "no session of the database explains it" in unknown["advice"][0]


@pytest.mark.parametrize(
    ("busy", "session", "why"),
    [
        # The database of another project, an hour older; a standby beside its primary, started some seconds later.
        (backend("crm-postgres-1", 87, BEGAN - 3600), running(87, started=BEGAN), "3600 s before it"),
        (backend("shop-standby-1", 87, BEGAN + 7), running(87, started=BEGAN), "7 s after it"),
        # Two servers started at once, such as at the start of the host.
        (backend("crm-postgres-1", 87, BEGAN, twins=1), running(87, started=BEGAN), "has the same pid and start"),
        (backend("shop-db-1", 87, None), running(87, started=BEGAN), "its start is not known"),
        (backend("shop-db-1", 87, BEGAN, twins=None), running(87, started=BEGAN), "its start is not known"),
        (backend("shop-db-1", 87), running(87), "its start is not known"),
        (backend("", 87, BEGAN + 90), running(87, started=BEGAN), "90 s after it"),
    ],
)
def test_a_session_with_the_pid_of_another_servers_process_is_not_ended(busy, session, why):
    weighed = weigh_cpu(resources(one("db", cpu=0.1), reading=HOST, processes=[busy]), [session], "shop", keep=["db"])
    assert (weighed["sessions"], weighed["services"]) == ([], [])
    (advice,) = weighed["advice"]
    assert f"{busy['container'] or 'PostgreSQL on the host'} is busy with its process 87, which is not shown" in advice
    assert why in advice


def test_what_a_former_version_read_is_no_proof():
    old = backend("shop-db-1", 87)
    del old["started"], old["twins"]
    assert weigh_cpu(resources(reading=HOST, processes=[old]), [running(87, started=BEGAN)], "shop")["sessions"] == []


def test_the_statement_of_a_server_on_the_host_itself_is_ended_too():
    seen = resources(reading=HOST, processes=[backend("", 4711, BEGAN + 0.4)])
    weighed = weigh_cpu(seen, [running(4711, started=BEGAN)], "shop")
    assert [(session["pid"], session["container"]) for session in weighed["sessions"]] == [(4711, "")]
    assert weighed["advice"] == []
    assert weigh_cpu(seen, [], "shop")["advice"] == [
        "PostgreSQL on the host is busy, and no session of the database explains it: check autovacuum, and frequent"
        " short statements"
    ]


@pytest.mark.parametrize("name", ["postgres_export", "postgrest", "postgres-backup", "postgresql-proxy"])
def test_what_is_only_called_like_the_database_is_a_process_as_any(name):
    """`postgres_export` is what the kernel shows of the exporter: 15 characters of the name."""
    odd: Any = {**backend("shop-exporter-1", 87), "name": name}
    weighed = weigh_cpu(
        resources(one("exporter", cpu=0.98), reading=HOST, processes=[odd]), [running(87, started=BEGAN)], "shop"
    )
    assert (weighed["sessions"], weighed["services"]) == ([], ["exporter"])
    assert not any("session" in text for text in weighed["advice"])
    odd["container"] = ""
    alone = weigh_cpu(resources(reading=HOST, processes=[odd]), [], "shop")
    assert alone["advice"] == [f"{name} (pid 4711) runs outside of any container: inspect it"]


def test_what_runs_on_the_host_is_told_and_not_touched():
    found = resources(reading=HOST, processes=[process("backup", "", 1.5)])
    assert "runs outside of any container" in weigh_cpu(found, [], "shop")["advice"][0]


def test_while_cores_are_idle_no_busy_container_is_restarted_unasked():
    """Eight cores, one of which encodes a film: nothing waits for a processor."""
    busy, hung = one("encoder", cpu=0.6), one("hung", cpu=1.0)
    idle = host(memory=0.25, cpu=0.2, load=1.0)
    found = resources(busy, hung, reading=idle, processes=[process("python", "shop-hung-1", 0.99)])
    weighed = weigh_cpu(found, [], "shop")
    assert (weighed["services"], list(weighed["uncertain"])) == (["hung"], ["shop-hung-1"])
    assert "a process of it uses a whole core" in weighed["uncertain"]["shop-hung-1"]
    assert any("shop-encoder-1 uses 0.60 cores, and the host has" in line for line in weighed["lines"])


def test_who_uses_up_the_host_is_restarted_unasked_only_if_it_is_broken_by_what_compose_info_says():
    """Two web servers of one site: one has more requests than before, the other spins and answers none."""
    many, hung = one("many", cpu=1.0), one("hung", cpu=0.9)
    found = resources(many, hung, reading=HOST)
    services = {
        name: reports.service({**reports.container(f"shop-{name}-1"), "health": health})
        for name, health in (("many", "healthy"), ("hung", "unhealthy"))
    }
    weighed = weigh_cpu(found, [], "shop", services=services)
    assert weighed["services"] == ["hung", "many"]
    assert list(weighed["uncertain"]) == ["shop-many-1"]
    assert "it may serve its requests" in weighed["uncertain"]["shop-many-1"]
    assert list(weigh_cpu(found, [], "shop")["uncertain"]) == ["shop-many-1", "shop-hung-1"], "nothing is known of them"


def test_memory():
    found = resources(
        one("web", oom_recent=4, oom_own=4),
        one("worker", leak=growth(40.0), memory_share=0.7),
        one("db", memory_share=0.95, memory_stall=12.0),
        one("calm", leak=growth(40.0), memory_share=0.1),
        one("free", limit=None),
        reading=HOST,
    )
    weighed = weigh_memory(found, "shop")
    assert weighed["services"] == ["db", "web", "worker"]
    assert weighed["may_grow_to"]["shop-db-1"] == {"uses": 2**20, "limit": 2**24}
    assert "all containers together may grow by 60 MiB" in " ".join(weighed["lines"])
    advice = " ".join(weighed["advice"])
    assert "shop-worker-1 leaks memory: a higher limit only delays the failure" in advice
    assert "shop-web-1: if it needs that much, raise its limit to 21 MiB" in advice
    assert "without a memory limit, so each may use all of the host's memory: shop-free-1" in advice


def test_what_keeps_data_is_told_and_not_restarted():
    found = resources(one("db", cpu=1.0), one("web", cpu=0.9), reading=HOST)
    weighed = weigh_cpu(found, [], "shop", keep=["db"])
    assert weighed["services"] == ["web"]
    assert "shop-db-1 keeps data and is not restarted" in " ".join(weighed["advice"])
    near = resources(one("db", oom_recent=2, oom_own=2), reading=HOST)
    assert weigh_memory(near, "shop", keep=["db"])["services"] == []


def test_a_container_that_is_full_and_steady_is_left_alone():
    """A heap of a fixed size, a pool of workers: 95 % of the limit for months."""
    found = resources(one("heap", memory_share=0.95, leak=steady()), one("cache", memory_share=0.99), reading=HOST)
    weighed = weigh_memory(found, "shop")
    assert (weighed["services"], list(weighed["uncertain"])) == (["cache"], ["shop-cache-1"])
    assert "was not measured" in weighed["uncertain"]["shop-cache-1"]
    told = " ".join(weighed["lines"])
    assert "shop-heap-1 uses 1 of 16 MiB, and was steady for 10 s" in told
    assert "it is left alone" in told
    assert "shop-heap-1: if it needs that much, raise its limit to 21 MiB" in " ".join(weighed["advice"])


def test_slow_growth_is_told_with_its_time_and_no_limit_is_to_be_raised_for_it():
    slow = container_use("shop-web-1", memory_share=0.7, leak=growth(1500.0, 65536))
    seen = weigh_memory(resources(slow), "shop")
    assert (seen["services"], seen["uncertain"]) == ([], {})
    assert any("shop-web-1 uses 70% of its limit and grows" in line and "left alone" in line for line in seen["lines"])
    assert not any("raise its limit" in text for text in seen["advice"])


def test_what_may_be_no_leak_is_called_none():
    may = container_use("shop-web-1", memory_share=0.7, leak=growth(40.0), in_files=0.9)
    seen = weigh_memory(resources(may, one("api", memory_share=0.7, leak=growth(40.0))), "shop")
    assert (seen["services"], list(seen["uncertain"])) == (["api", "web"], ["shop-web-1"])
    assert [text.partition(" ")[0] for text in seen["advice"] if "leaks" in text] == ["shop-web-1:", "shop-api-1"]
    assert "whether it leaks is not known" in seen["advice"][0]


def test_only_the_containers_that_are_short_are_named():
    found = resources(one("web", oom_recent=1, oom_own=1), one("other", memory_share=0.95, leak=steady()), reading=HOST)
    assert [container["name"] for container in weigh_memory(found, "shop")["consumers"]] == ["shop-web-1"]


def test_a_run_of_its_own_is_told_and_no_service_is_restarted_for_it():
    """`docker compose run backend import`, or a `docker run` of its image: the replicas of the service are innocent."""
    import_run = container_use("shop-backend-run-1a2b", service="", cpu=1.9, oom_recent=1, oom_own=1)
    found = resources(import_run, one("backend", cpu=0.1), reading=HOST)
    for weighed in (weigh_cpu(found, [], "shop"), weigh_memory(found, "shop")):
        assert (weighed["services"], weighed["consumers"]) == ([], [])
        assert "shop-backend-run-1a2b is no replica of a service" in " ".join(weighed["advice"])
        assert "shop-backend-run-1a2b " in " ".join(weighed["lines"])
    both = resources(import_run, one("web", cpu=1.0, oom_recent=1, oom_own=1), reading=HOST)
    assert weigh_cpu(both, [], "shop")["services"] == weigh_memory(both, "shop")["services"] == ["web"]


def test_whose_a_container_is_may_not_be_known():
    found = resources(container_use("1a2b3c", service="", cpu=1.9), reading=HOST)
    found["engine_problem"] = "it hangs"
    assert not any("is no replica" in text for text in weigh_cpu(found, [], "")["advice"])


def test_for_a_kill_by_the_hosts_own_shortage_no_container_is_restarted_and_no_limit_is_raised():
    found = resources(one("web", oom_recent=1, oom_own=0, oom_age=300.0), one("api", oom_recent=1), reading=HOST)
    weighed = weigh_memory(found, "shop")
    assert (weighed["services"], list(weighed["uncertain"])) == (["api"], ["shop-api-1"])
    assert any("shop-web-1 lost 1 process" in line and "left alone" in line for line in weighed["lines"])
    assert not any(text.startswith("shop-web-1") and "limit" in text for text in weighed["advice"])


def elsewhere(*containers, address="tcp://10.0.0.7:2376", **more):
    """As the engine of another machine gives its figures, beside those of this host."""
    found = resources(*containers, reading=HOST, **more)
    return {**found, "source": "api", "engine": {**found["engine"], "address": address}}


FAILS = {"web": {"containers": [{"name": "shop-web-1", "health": "unhealthy"}]}}


@pytest.mark.parametrize(
    ("more", "services", "named", "why"),
    [
        pytest.param({"cpu": 1.8}, {}, [], "", id="busy"),
        pytest.param({"cpu": 1.8}, FAILS, ["web"], "whether its host is short of cores is not known", id="and fails"),
        pytest.param({"cpu": 1.8, "throttled": 0.6}, {}, ["web"], "its own limit slows it", id="slowed by its limit"),
        pytest.param({"cpu": 1.8, "throttled": 0.6}, FAILS, ["web"], "", id="slowed by its limit, and fails"),
    ],
)
def test_the_cores_of_this_host_say_nothing_of_containers_on_another_one(more, services, named, why):
    """This host has none left."""
    weighed = weigh_cpu(elsewhere(one("web", **more)), [], "shop", services=services)
    assert weighed["services"] == named
    assert list(weighed["uncertain"]) == (["shop-web-1"] if why else [])
    assert why in weighed["uncertain"].get("shop-web-1", "")
    assert weighed["lines"][0].startswith("this host has 2 cores, ")
    assert weighed["lines"][0].endswith("tcp://10.0.0.7:2376 are on another one, of which this is not known")
    here = weigh_cpu(resources(one("web", **more), reading=HOST), [], "shop", services=services)
    assert here["services"] == ["web"], "on this host it is what uses its cores up"


def test_nor_does_its_memory():
    found = elsewhere(one("web", limit=2**40, memory_share=0.2), one("api", limit=16 * 2**20))
    weighed = weigh_memory(found, "shop")
    assert weighed["services"] == []
    assert weighed["advice"] == [], "neither its total nor what has no limit there is known"
    assert "MiB are available on this host: the containers of tcp://10.0.0.7:2376 are" in weighed["lines"][0]
    assert not any("may grow by" in line for line in weighed["lines"])
    here = weigh_memory(resources(one("web", limit=2**40, memory_share=0.2), reading=HOST), "shop")
    assert here["advice"]


def test_behind_a_socket_it_is_not_known_where_they_are():
    """A machine of its own (Docker Desktop), or a forwarded socket."""
    weighed = weigh_cpu(elsewhere(one("web", cpu=1.8), address="unix:///var/run/docker.sock"), [], "shop")
    assert weighed["lines"][0].endswith("whether the containers of unix:///var/run/docker.sock are on it is not known")
    assert weighed["services"] == []
