"""Network faults told apart, from facts as the modules return them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import ProbeReport

from .endpoint_facts import BACKEND, SERVICES, WORKER, down, row, service


def outside(source: str, name: str, state: str = "down", layer: str = "dns") -> ProbeReport:
    return row(source, name, state, "" if state == "up" else layer, "SERVFAIL", address=f"{name}:443")


@pytest.mark.parametrize(
    ("rows", "cause", "mitigation", "services"),
    [
        ([row(BACKEND, "redis"), row(WORKER, "redis")], "", "", None),
        ([down(BACKEND, "redis"), row(WORKER, "redis")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "redis"), row(BACKEND, "database")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "database"), down(BACKEND, "redis"), row(WORKER, "redis")], "network_cut", "restart_services",
         ["backend"]),
        ([down(BACKEND, "database", "dns", "silent"), down(BACKEND, "redis", "dns", "silent"), row(WORKER, "redis")],
         "dns_failure", "restart_services", ["backend"]),
        ([down(BACKEND, "stripe"), down("host", "stripe"), down("host", "maps")], "no_egress", "", None),
        ([down(BACKEND, "stripe"), down("host", "stripe"), row("host", "maps")], "provider_fault", "", None),
        ([down(BACKEND, "stripe"), row("host", "stripe")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "stripe", "protocol", "it fails", fault_of="theirs")], "provider_fault", "", None),
        ([down(BACKEND, "stripe", "protocol", "it refuses", fault_of="key")], "key_refused", "", None),
        ([down(BACKEND, "redis", "tcp", "redis:6379: connection refused"), down(WORKER, "redis", "tcp", "refused")],
         "not_listening", "restart_services", ["redis"]),
        ([down("host", "redis"), row(WORKER, "redis")], "network_cut", "", None),
        ([row(BACKEND, "redis", "degraded", "protocol", "it is loading"), row(WORKER, "redis")], "target_degraded", "",
         None),
    ],
)  # fmt: skip
def test_networks(rows, cause, mitigation, services):
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"], found["rules"].get("services")) == (cause, mitigation, services)


def test_a_target_that_does_not_run_is_restarted_and_not_who_asks():
    services = {**SERVICES, "redis": service("redis", 0, "exited with code 1", state="exited")}
    found = diagnose_network([down(BACKEND, "redis", "dns"), down(WORKER, "redis", "dns")], services).as_dict()
    assert found["cause"] in ("target_down", "dns_failure")
    rows = [
        down(BACKEND, "redis", "dns"),
        row(BACKEND, "database"),
        down(WORKER, "redis", "dns"),
        row(WORKER, "database"),
    ]
    found = diagnose_network(rows, services).as_dict()
    assert found["cause"] == "target_down"
    assert found["rules"] == {"services": ["redis"], "containers": ["pafar-redis-1@aaaaaaaaaaaa"], "which": "all"}
    assert "exited with code 1" in found["causes"][0]["evidence"][0]


@pytest.mark.parametrize(
    ("rows", "cause", "mitigation"),
    [
        pytest.param([outside(BACKEND, "a.example"), row(BACKEND, "redis")], "dns_failure", "", id="one name outside"),
        pytest.param([outside(BACKEND, "a.example"), outside(WORKER, "b.example"), row(WORKER, "redis")],
                     "dns_failure", "", id="every name outside, from everywhere"),
        pytest.param([outside(BACKEND, "a.example"), outside(BACKEND, "b.example")], "dns_failure", "",
                     id="nobody asks for a name of ours"),
        pytest.param([outside(BACKEND, "a.example"), outside(WORKER, "a.example", "up"), row(BACKEND, "redis")],
                     "dns_failure", "restart_services", id="one of us alone"),
    ],
)  # fmt: skip
def test_who_resolves_the_names_outside(rows, cause, mitigation):
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation)
    assert mitigation or "resolver" in found["advice"][0]


def test_our_own_front_door_is_nobody_elses_fault():
    door = down("host", "the front door", "tcp", "connection refused", fault_of="ours", address="127.0.0.1:80")
    exited = service("nginx", 0, "is exited (1, failed with 1)", ports=["0.0.0.0:80->80/tcp"])
    rows = [door, row(BACKEND, "stripe", address="api.stripe.com:443")]
    found = diagnose_network(rows, {**SERVICES, "nginx": exited}).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("target_down", ["nginx"])
    # By its public name nobody knows where it leads; a service that is sick beside it is mended first.
    public: ProbeReport = {**door, "address": "pafar.example:443"}
    unhealthy = service("nginx", 1, "its health check fails", state="running")
    found = diagnose_network([public, *rows[1:]], {**SERVICES, "nginx": unhealthy}).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("service_unhealthy", ["nginx"])


def test_a_handshake_with_a_provider_that_fails_restarts_nothing():
    unhealthy = service("nginx", 1, "its health check fails", state="running")
    theirs = down(BACKEND, "stripe", "tls", "no trustworthy connection: it is self-signed", judge="stripe")
    theirs["address"] = "api.stripe.com:443"
    found = diagnose_network([theirs], {**SERVICES, "nginx": unhealthy}).as_dict()
    assert (found["cause"], found["mitigation"]) == ("target_unhealthy", "")
    assert "clock" in found["advice"][0]
    theirs["judge"] = ""
    found = diagnose_network([theirs], {**SERVICES, "nginx": unhealthy}).as_dict()
    assert found["cause"] == "service_unhealthy"


def test_what_was_stopped_by_somebody_is_named_and_stays_stopped():
    stopped = service("reports", 0, "is exited (143, stopped on request)", state="exited")
    services = {**SERVICES, "reports": stopped}
    theirs = down(BACKEND, "maps", "protocol", "it answers 500", fault_of="theirs", address="maps.example:443")
    found = diagnose_network([theirs], services).as_dict()
    assert (found["cause"], found["mitigation"]) == ("provider_fault", "")
    door = down("host", "the front door", "tcp", "refused", fault_of="ours", address="pafar.example:443")
    found = diagnose_network([door, theirs], services).as_dict()
    assert found["mitigation"] == ""
    assert "service_unhealthy" in {one["cause"] for one in found["causes"]}
    assert any("restart_services_services" in one for one in found["advice"])


def test_the_replica_that_is_cut_off_is_restarted_and_not_those_beside_it():
    two = service("backend")
    two["containers"].append({**two["containers"][0], "name": "pafar-backend-2", "target": "pafar-backend-2@b"})
    rows = [down("pafar-backend-2", "redis"), row(BACKEND, "redis"), down(WORKER, "redis")]
    found = diagnose_network(rows, {**SERVICES, "backend": two}).as_dict()
    assert found["rules"]["services"] == ["backend", "worker"]
    assert found["rules"]["containers"] == ["pafar-backend-2@b", f"{WORKER}@aaaaaaaaaaaa"]


def answered(target: str, status: int, by: str = "", own: bool = False, **more) -> ProbeReport:
    """A row of a target that was reached and answered so; ``own``: at an address of this host."""
    found = down("host", target, "protocol", f"it answers {status}", **more)
    found["layers"] = {
        "tcp": {"ok": True, "ms": 1.0, "said": "", "address": "192.0.2.7", "own": own},
        "protocol": {"ok": True, "ms": 1.0, "said": "", "status": status, "answered_by": by},
    }
    return found


@pytest.mark.parametrize("status", [500, 501, 599])
@pytest.mark.parametrize("fault_of", ["theirs", "", "ours"])
def test_what_a_service_of_ours_answers_is_no_others_fault(status, fault_of):
    rows = [answered("api", status, fault_of=fault_of, address="backend:8000")]
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"]) == ("target_unhealthy", "")
    assert not any("provider" in text for text in [*found["lines"], *found["advice"]])
    # By the host's own address and a published port, and by the container's address.
    published = {**SERVICES, "nginx": service("nginx", ports=["0.0.0.0:443->443/tcp"])}
    public = answered("site", status, own=True, fault_of=fault_of, address="pafar.example:443")
    assert diagnose_network([public], published).as_dict()["cause"] == "target_unhealthy"
    inside = {**SERVICES, "backend": service("backend", networks={"default": "192.0.2.7"})}
    direct = answered("site", status, fault_of=fault_of, address="api.internal:8000")
    assert diagnose_network([direct], inside).as_dict()["cause"] == "target_unhealthy"


def test_of_an_address_that_is_of_no_service_it_is_not_known_whose_fault_it_is():
    found = diagnose_network([answered("partner", 500, address="partner.example:443")], SERVICES).as_dict()
    assert (found["cause"], found["mitigation"]) == ("target_unhealthy", "")
    stripe = answered("stripe", 500, fault_of="theirs", judge="stripe")
    assert diagnose_network([stripe], SERVICES).as_dict()["cause"] == "provider_fault"


STALE = {"proxy": "pafar-nginx-1", "seconds": 90.0, "service": "backend", "replicas": ["pafar-backend-1"]}


@pytest.mark.parametrize(
    ("status", "by", "stale", "cause", "mitigation"),
    [
        (502, "no_backend", [STALE], "stale_proxy", "scale_services"),
        (504, "", [STALE], "stale_proxy", "scale_services"),
        (522, "no_backend", [STALE], "stale_proxy", "scale_services"),
        (502, "no_backend", [], "no_backend", ""),
        (502, "no_backend", [{**STALE, "proxy": "other-nginx-1"}], "no_backend", ""),
        (500, "", [STALE], "target_unhealthy", ""),
        (404, "server_page", [STALE], "target_unhealthy", ""),
    ],
)
def test_a_proxy_that_holds_stale_addresses_is_reloaded(status, by, stale, cause, mitigation):
    services = {**SERVICES, "nginx": service("nginx", ports=["127.0.0.1:18080->80/tcp"])}
    rows = [answered("site", status, by, address="127.0.0.1:18080", fault_of="ours")]
    found = diagnose_network(rows, services, stale).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation)
    if mitigation:
        assert found["rules"] == {"services": ["backend"], "replicas": "+0", "proxy": "nginx"}
        assert "pafar-nginx-1 read its configuration 90 s ago, before pafar-backend-1" in found["lines"][-1]
    assert not any("provider" in text for text in [*found["lines"], *found["advice"]])


def test_the_service_that_the_proxy_depends_on_is_the_one_that_it_does_not_know():
    proxy: Any = {**service("nginx", ports=["0.0.0.0:80->80/tcp"]), "needs": ["backend"]}
    stale: Any = [{**STALE, "service": "worker", "replicas": ["pafar-worker-1"]}, STALE]
    rows = [answered("site", 502, "no_backend", address="127.0.0.1:80")]
    found = diagnose_network(rows, {**SERVICES, "nginx": proxy}, stale).as_dict()
    assert found["rules"]["services"] == ["backend"]


def test_an_unhealthy_backend_comes_before_the_proxy_that_does_not_reach_it():
    services = {
        **SERVICES,
        "nginx": service("nginx", ports=["0.0.0.0:80->80/tcp"]),
        "backend": service("backend", 1, "loops", state="restarting"),
    }
    found = diagnose_network([answered("site", 502, "no_backend", address="127.0.0.1:80")], services).as_dict()
    assert (found["cause"], found["mitigation"]) == ("service_unhealthy", "restart_services")
    assert found["rules"]["services"] == ["backend"]


def test_one_dead_address_of_two_is_named_and_restarts_nothing():
    rows = [row(BACKEND, "database", "degraded", "tcp", "1 of 2 addresses fail"), row(WORKER, "database")]
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"]) == ("target_degraded", "")
    far = row(BACKEND, "stripe", "degraded", "tcp", "1 of 2 addresses fail")
    assert diagnose_network([far], SERVICES).as_dict()["cause"] == "target_degraded"


def test_what_could_not_be_tried_is_said():
    found = diagnose_network([row(BACKEND, "maps", "unknown", "", "its key is not there")], SERVICES).as_dict()
    assert (found["cause"], len(found["unread"])) == ("", 1)


def test_what_the_answers_leave_open_is_said_once_for_each_target():
    rows = [row(BACKEND, "maps"), row(BACKEND, "stripe"), row(WORKER, "stripe")]
    for left_open in rows[1:]:
        left_open["unasked"] = "the last 4 of 20 addresses were not tried"
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["unread"]) == ("", ["stripe: the last 4 of 20 addresses were not tried"])
    assert diagnose_network(rows[:1], SERVICES).as_dict()["unread"] == []


@pytest.mark.parametrize(
    ("state", "note"), [("paused", "is paused, by a person"), ("exited", "was stopped on purpose")]
)
def test_a_target_that_was_set_aside_is_not_started(state, note):
    aside = service("redis", 0, state=state)
    aside["containers"][0]["note"] = note
    rows = [down(BACKEND, "redis"), down(WORKER, "redis"), row(BACKEND, "database"), row(WORKER, "database")]
    found = diagnose_network(rows, {**SERVICES, "redis": aside}).as_dict()
    assert (found["cause"], found["mitigation"]) == ("stopped_on_purpose", "")
    assert note in found["causes"][0]["evidence"][0]
    assert "container_start_stop" in found["advice"][0]


@pytest.mark.parametrize(("health", "cause"), [("healthy", "other_port"), ("none", "not_listening")])
def test_a_port_that_a_healthy_service_refuses_is_no_reason_to_restart_it(health, cause):
    """The port of the endpoint may be mistyped: a database would be restarted for it."""
    checked = service("redis")
    checked["containers"][0]["health"] = health
    rows = [down(BACKEND, "redis", "tcp", "connection refused"), down(WORKER, "redis", "tcp", "connection refused")]
    found = diagnose_network(rows, {**SERVICES, "redis": checked}).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, "" if health == "healthy" else "restart_services")


@pytest.mark.parametrize(
    ("listens", "ports", "cause"),
    [
        pytest.param([6380], [], "other_port", id="it listens on another port"),
        pytest.param([6380], ["0.0.0.0:6379->6379/tcp"], "not_listening", id="which it is to publish"),
        pytest.param([], [], "not_listening", id="it listens on none"),
        pytest.param(None, [], "not_listening", id="what it listens on is not known"),
    ],
)
def test_what_listens_on_another_port_is_not_restarted_for_one_that_no_file_declares(listens, ports, cause):
    """It has no health check, and the port of the endpoint may be mistyped."""
    unchecked = service("redis")
    found = unchecked["containers"][0]
    found["health"], found["listens"], found["ports"] = "none", listens, ports
    rows = [down(BACKEND, "redis", "tcp", "connection refused"), down(WORKER, "redis", "tcp", "connection refused")]
    told = diagnose_network(rows, {**SERVICES, "redis": unchecked}).as_dict()
    assert (told["cause"], told["mitigation"]) == (cause, "" if cause == "other_port" else "restart_services")


@pytest.mark.parametrize("layer", ["dns", "tcp"])
@pytest.mark.parametrize(
    ("own", "cause", "mitigation"),
    [
        ({"pafar_edge": "172.20.0.2"}, "no_common_network", ""),
        ({"host": ""}, "no_common_network", ""),
        ({"pafar_edge": "172.20.0.2", "pafar_data": "172.21.0.2"}, "network_cut", "restart_services"),
        ({}, "network_cut", "restart_services"),  # not known
    ],
)
def test_a_source_without_a_network_in_common_is_not_restarted(own, cause, mitigation, layer):
    """As a proxy in a network of its own, which is not to reach the database: a restart gives it no other network."""
    services = {**SERVICES, "nginx": service("nginx", networks=own), "db": service("db", networks={"pafar_data": "x"})}
    rows = [down("pafar-nginx-1", "database", layer, "x"), row(BACKEND, "database"), row("pafar-nginx-1", "redis")]
    found = diagnose_network(rows, services).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation)
    alone = diagnose_network(rows[:2], services).as_dict()
    assert alone["mitigation"] == mitigation, "also where that is the only name that it asks for"
    if not mitigation:
        assert "pafar-nginx-1 shares no network with database" in found["advice"][0]


@pytest.mark.parametrize("layer", ["dns", "tcp"])
def test_a_source_in_internal_networks_alone_is_not_restarted_for_an_address_outside(layer):
    inside = service("worker", networks={"pafar_data": "172.21.0.2"})
    inside["containers"][0]["internal"] = True
    rows = [outside(WORKER, "stripe", layer=layer), outside(BACKEND, "stripe", "up"), row(WORKER, "redis")]
    found = diagnose_network(rows, {**SERVICES, "worker": inside}).as_dict()
    assert (found["cause"], found["mitigation"]) == ("no_common_network", "")
    found = diagnose_network(rows, SERVICES).as_dict()
    assert found["mitigation"] == "restart_services"


@pytest.mark.parametrize(("network", "mitigation"), [("pafar_edge", ""), ("pafar_data", "restart_services")])
def test_a_guest_has_the_networks_of_its_host(network, mitigation):
    """`network_mode: service:vpn`: it has none of its own, and reaches what the VPN's container reaches."""
    guest = service("nginx")
    guest["containers"][0]["shares"] = ["network of pafar-vpn-1"]
    vpn, db = service("vpn", networks={network: "172.20.0.2"}), service("db", networks={"pafar_data": "x"})
    rows = [down("pafar-nginx-1", "database", "dns", "x"), row(BACKEND, "database"), row("pafar-nginx-1", "redis")]
    found = diagnose_network(rows, {**SERVICES, "nginx": guest, "vpn": vpn, "db": db}).as_dict()
    assert found["mitigation"] == mitigation


def with_idle(name, problem, state, first=""):
    """A service of which one replica runs, and another does not. ``first``: what is wrong with the one that runs."""
    both = service(name, 1, first)
    idle = service(name, 1, problem, state=state)["containers"][0]
    both["containers"].append({**idle, "name": f"pafar-{name}-2", "target": f"pafar-{name}-2@b"})
    return both


@pytest.mark.parametrize(
    ("problem", "state"),
    [
        pytest.param("is exited (137, killed)", "exited", id="killed by a person"),
        pytest.param("is created", "created", id="never started"),
        pytest.param("", "paused", id="paused"),
        pytest.param("", "exited", id="stopped on purpose"),
    ],
)
def test_a_replica_that_does_not_run_beside_one_that_does_is_not_started(problem, state):
    services = {**SERVICES, "redis": with_idle("redis", problem, state)}
    rows = [down(BACKEND, "redis", "tcp", "connection refused"), down(WORKER, "redis", "tcp", "connection refused")]
    found = diagnose_network(rows, services).as_dict()
    assert (found["cause"], found["rules"]["containers"]) == ("not_listening", ["pafar-redis-1@aaaaaaaaaaaa"])
    nearby = {**SERVICES, "reports": with_idle("reports", problem, state)}
    door = down("host", "the front door", "tcp", "refused", fault_of="ours", address="pafar.example:443")
    assert diagnose_network([door], nearby).as_dict()["mitigation"] == ""


def test_one_that_runs_and_is_sick_is_restarted_and_not_the_idle_one_beside_it():
    services = {**SERVICES, "redis": with_idle("redis", "is exited (137, killed)", "exited", "is unhealthy")}
    found = diagnose_network([down(BACKEND, "redis"), down(WORKER, "redis")], services).as_dict()
    assert (found["cause"], found["rules"]["containers"]) == ("target_down", ["pafar-redis-1@aaaaaaaaaaaa"])


def test_what_runs_is_restarted_by_the_rules_of_what_no_person_has_named():
    """What it depends on may be paused or stopped on purpose; what does not run is started."""
    sick, fallen = service("redis", 1, "its health check fails"), service("db", 0, "is exited", state="exited")
    rows = [down(BACKEND, "redis"), down(WORKER, "redis")]
    alone = diagnose_network(rows, {**SERVICES, "redis": sick}).as_dict()["rules"]
    assert (alone["services"], alone["which"]) == (["redis"], "running")
    nearby = diagnose_network([down("host", "stripe")], {**SERVICES, "worker": sick}).as_dict()["rules"]
    assert (nearby["services"], nearby["which"]) == (["worker"], "running")
    rows += [down(BACKEND, "database"), down(WORKER, "database")]
    both = diagnose_network(rows, {**SERVICES, "redis": sick, "db": fallen}).as_dict()["rules"]
    assert (sorted(both["services"]), both["which"]) == (["db", "redis"], "all")
