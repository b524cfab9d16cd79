"""What justifies a restart: no attempt made a connection, and nothing shows that path, name or port work."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, diagnose_payments
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import ProbeReport

from support.reports import log

from .endpoint_facts import BACKEND, SERVICES, WORKER, down, row, service

REFUSED = "10.0.0.7: refused: nothing listens there"
NXDOMAIN = "the name could not be resolved: name server 127.0.0.11: it knows no such name (NXDOMAIN)"
SERVFAIL = "the name could not be resolved: name server 127.0.0.11: it failed (SERVFAIL)"
SILENT = "no answer in time: dropped on the way, or it hangs"


def flaps(source: str, target: str, layer: str = "tcp", why: str = REFUSED, **more: Any) -> ProbeReport:
    return row(source, target, "flapping", layer, f"1 of 3 attempts failed: {why}", **more)


def partner(source: str, state: str = "up", layer: str = "", why: str = "") -> ProbeReport:
    return row(source, "partner", state, layer, why, address="partner.example:443")


def told(rows: list[ProbeReport], services: Any = SERVICES) -> tuple[str, str, str]:
    """The cause, the mitigation, and all advice."""
    found = diagnose_network(rows, services).as_dict()
    paid = diagnose_payments(rows, services, log(), Known(0), ["backend"], 7200).as_dict()
    assert paid["mitigation"] == found["mitigation"], "payment_outage uses the same judgement"
    return found["cause"], found["mitigation"], " ".join(found["advice"])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([flaps(BACKEND, "redis"), flaps(WORKER, "redis")], id="refused at times, from everywhere"),
        pytest.param([flaps(BACKEND, "redis"), row(WORKER, "redis")], id="from one source alone"),
        pytest.param([flaps(BACKEND, "redis", why=SILENT), row(WORKER, "redis")], id="silent at times"),
        pytest.param([flaps(BACKEND, "redis", "dns", SERVFAIL), flaps(BACKEND, "database", "dns", SERVFAIL),
                      row(WORKER, "redis")], id="no name at times, and always one in the end"),
        pytest.param([flaps(BACKEND, "redis", "dns", SERVFAIL)], id="one name at times"),
        pytest.param([flaps(BACKEND, "stripe", why=SILENT), row("host", "stripe")], id="outside, from one source"),
        pytest.param([flaps(BACKEND, "stripe", why=SILENT), flaps("host", "stripe")], id="outside, from everywhere"),
        pytest.param([down(BACKEND, "redis"), flaps(WORKER, "redis")], id="reached at times alone"),
        pytest.param([down(BACKEND, "redis", why=REFUSED), flaps(WORKER, "redis")], id="it listens at times"),
    ],
)  # fmt: skip
def test_what_is_reached_at_times_restarts_nothing(rows):
    cause, mitigation, advice = told(rows)
    assert (cause, mitigation) == ("target_flapping", "")
    assert "is reached at some attempts, and nothing is restarted" in advice


def test_a_name_outside_that_is_resolved_at_times_restarts_nothing():
    rows = [flaps(BACKEND, "stripe", "dns", SERVFAIL), flaps("host", "stripe", "dns", SERVFAIL), row(BACKEND, "redis")]
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"]) == ("dns_failure", "")
    assert "stripe cannot always be resolved" in found["causes"][0]["evidence"][0]


def test_an_unhealthy_service_is_not_restarted_since_packets_to_another_are_lost_at_times():
    services = {**SERVICES, "nginx": service("nginx", 1, "its health check fails")}
    assert told([flaps(BACKEND, "stripe", why=SILENT), row("host", "stripe")], services)[1] == ""
    at_times = flaps("host", "site", "protocol", "it answers 500", address="pafar.example:443")
    assert told([at_times], services)[1] == "restart_services", "an answer at times may be that of the unhealthy one"


@pytest.mark.parametrize(
    ("layer", "why", "cause", "word"),
    [
        ("dns", NXDOMAIN, "dns_failure", "name servers"),
        ("dns", "the name could not be resolved: the name has no address", "dns_failure", "name servers"),
        ("tcp", REFUSED, "network_cut", "firewall"),
        ("tcp", SILENT, "network_cut", "firewall"),
        ("dns", SERVFAIL, "dns_failure", "name servers"),
    ],
)
def test_a_source_that_reaches_another_target_outside_is_not_restarted(layer, why, cause, word):
    rows = [partner(BACKEND, "down", layer, why), partner("host"), row(BACKEND, "stripe")]
    found = told(rows)
    assert (found[:2], word in found[2]) == ((cause, ""), True)


@pytest.mark.parametrize(("layer", "why"), [("dns", NXDOMAIN), ("tcp", REFUSED)])
def test_an_answer_that_arrived_shows_that_the_source_works(layer, why):
    """Also where the source reaches nothing else outside, or asks for nothing else."""
    here = [partner(BACKEND, "down", layer, why), partner("host")]
    assert told(here)[1] == told([*here, row(BACKEND, "redis")])[1] == ""


@pytest.mark.parametrize(("layer", "why"), [("dns", SERVFAIL), ("dns", "the time was over"), ("tcp", SILENT)])
def test_a_source_of_which_nothing_works_outside_is_restarted(layer, why):
    rows = [partner(BACKEND, "down", layer, why), partner("host"), row(BACKEND, "redis")]
    assert told(rows)[1] == "restart_services"


def test_one_that_is_refused_where_others_connect_is_not_cut_off():
    cause, mitigation, advice = told([down(BACKEND, "redis", why=REFUSED), row(WORKER, "redis")])
    assert (cause, mitigation, "getent hosts" in advice) == ("network_cut", "", True)
    answered = row(WORKER, "redis", "down", "protocol", "it is no Redis")
    assert told([down(BACKEND, "redis", why=REFUSED), answered])[1] == "", "a process listens on the port"


def test_a_name_server_that_refuses_is_no_port_on_which_nothing_listens():
    why = "the name could not be resolved: name server 127.0.0.11: connection refused"
    rows = [down(BACKEND, "redis", "dns", why), row(BACKEND, "database")]
    assert told(rows)[:2] == ("network_cut", "restart_services")


@pytest.mark.parametrize(
    ("running", "mitigation"),
    [
        pytest.param(1, "restart_services", id="both run, and the source knows neither"),
        pytest.param(0, "", id="neither runs, so no name server knows it"),
    ],
)
def test_a_missing_name_of_a_service_that_does_not_run_says_nothing_of_the_source(running, mitigation):
    services = {**SERVICES, **{name: service(name, running) for name in ("db", "redis")}}
    for name in ("db", "redis"):
        services[name]["containers"][0]["state"] = "running" if running else "exited"
    rows = [down(BACKEND, "redis", "dns", NXDOMAIN), down(BACKEND, "database", "dns", NXDOMAIN)]
    found = diagnose_network(rows, services).as_dict()
    assert (found["cause"], found["mitigation"]) == ("dns_failure" if running else "stopped_on_purpose", mitigation)


def test_sources_of_other_states_are_named_beside():
    rows = [down(BACKEND, "redis"), flaps(WORKER, "redis", why=SILENT), row("host", "redis")]
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("network_cut", ["backend"])
    text = found["causes"][0]["evidence"][0]
    assert text.endswith(f"from {WORKER} it is flapping; from host it is up"), text


STALE: Any = {"proxy": "pafar-nginx-1", "seconds": 90.0, "service": "backend", "replicas": ["pafar-backend-1"]}


def answered(status: int, by: str, address: str) -> ProbeReport:
    found = down("host", "api", "protocol", f"it answers {status}", address=address)
    found["layers"]["protocol"] = {"ok": True, "ms": 1.0, "said": "", "status": status, "answered_by": by}
    return found


@pytest.mark.parametrize(
    ("status", "by", "address", "needs", "stale", "cause"),
    [
        pytest.param(503, "", "backend:8000", ["db"], [], "target_unhealthy", id="an application answers 503"),
        pytest.param(502, "", "backend:8000", ["db"], [STALE], "target_unhealthy", id="it answers 502 itself"),
        pytest.param(503, "", "nginx:80", ["backend"], [STALE], "target_unhealthy", id="passed on by the proxy"),
        pytest.param(503, "page", "nginx:80", [], [STALE], "target_unhealthy", id="with a page"),
        pytest.param(502, "no_backend", "nginx:80", ["backend"], [{**STALE, "service": "mailer"}], "no_backend",
                     id="what it does not know is not behind it"),
        pytest.param(502, "", "nginx:80", [], [], "target_unhealthy", id="by whom is not known"),
        pytest.param(502, "", "nginx:80", ["backend"], [STALE], "stale_proxy", id="the proxy's own status"),
        pytest.param(504, "page", "nginx:80", [], [STALE], "stale_proxy", id="the site's page for it"),
        pytest.param(503, "no_backend", "nginx:80", ["backend"], [STALE], "stale_proxy", id="its own words"),
    ],
)  # fmt: skip
def test_a_status_alone_shows_no_proxy_without_a_backend(status, by, address, needs, stale, cause):
    services: Any = {**SERVICES, "nginx": {**service("nginx"), "needs": needs}}
    found = diagnose_network([answered(status, by, address)], services, stale).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, "scale_services" if cause == "stale_proxy" else "")
    if stale and cause == "no_backend":
        assert "does not know every replica of mailer either" in found["causes"][0]["evidence"][0]
