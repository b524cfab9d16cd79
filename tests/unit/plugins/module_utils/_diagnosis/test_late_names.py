"""A name server that gives no answer is a matter of who asks: neither the target nor its provider is blamed for it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, diagnose_payments
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import (
    DEGRADED,
    NETWORK,
    THEIRS,
    UP,
    Meaning,
)
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.meaning import behind_silent_servers

from support.reports import log

from .endpoint_facts import BACKEND, SERVICES, WORKER, down, row

SERVER = "name server 10.0.0.2: no answer"
LATE = f"its name resolves late: {SERVER}; programs wait for that at each name"
SLOW = "it answered after 9.0 s, more than 2 s"
UNRESOLVED = "the name could not be resolved: name server 10.0.0.2: no answer"


def late(source, target="stripe"):
    return row(source, target, "degraded", "dns", LATE, fault_of="network")


def slow(source):
    return row(source, "stripe", "degraded", "protocol", SLOW, fault_of="theirs")


@pytest.mark.parametrize(
    ("rows", "cause", "services"),
    [
        pytest.param([down(BACKEND, "stripe"), row(WORKER, "stripe"), row("host", "stripe")], "network_cut",
                     ["backend"], id="the others reach it"),
        pytest.param([down(BACKEND, "stripe"), late(WORKER), late("host")], "network_cut", ["backend"],
                     id="the others reach it late"),
        pytest.param([down(BACKEND, "stripe"), late(WORKER), slow("host")], "network_cut", ["backend"],
                     id="late, and slow"),
        pytest.param([down(BACKEND, "stripe"), slow(WORKER)], "provider_fault", [], id="slow elsewhere"),
        pytest.param([down(BACKEND, "redis"), late("host", "redis")], "network_cut", ["backend"], id="of ours"),
        pytest.param([down(BACKEND, "stripe"), row(WORKER, "stripe", "flapping", "tcp", "1 of 3")],
                     "target_flapping", [], id="at times elsewhere: no path that works is shown"),
        pytest.param([down(BACKEND, "stripe"), row(WORKER, "stripe", "degraded", "tcp", "1 of 2 addresses fail")],
                     "provider_fault", [], id="at some addresses elsewhere"),
        pytest.param([down(BACKEND, "stripe"), down(WORKER, "stripe", "protocol", "503", fault_of="theirs")],
                     "provider_fault", [], id="it fails elsewhere, too"),
        pytest.param([down(BACKEND, "stripe"), down(WORKER, "stripe")], "provider_fault", [], id="from nowhere"),
        pytest.param([down(BACKEND, "stripe", "dns", UNRESOLVED), late(WORKER)], "dns_failure", [],
                     id="no name here, a late one there"),
        pytest.param([late(BACKEND), late(WORKER), late("host", "redis")], "dns_failure", [], id="all late"),
        pytest.param([late(BACKEND), row(WORKER, "stripe")], "dns_failure", [], id="late from one"),
        pytest.param([slow(BACKEND), slow(WORKER)], "provider_fault", [], id="slow by itself"),
    ],
)  # fmt: skip
def test_who_is_blamed(rows, cause, services):
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["rules"].get("services", [])) == (cause, services), found


@pytest.mark.parametrize("others", [(WORKER,), (WORKER, "host")])
@pytest.mark.parametrize(
    ("state", "layer", "why", "fault_of", "cause"),
    [
        ("flapping", "protocol", "2 of 3 attempts failed: Stripe itself fails (503)", "theirs", "provider_fault"),
        ("flapping", "protocol", "2 of 3 attempts failed: no answer within 3.0 s", "theirs", "provider_fault"),
        ("flapping", "protocol", "2 of 3 attempts failed: it answers 500", "", "provider_fault"),
        ("flapping", "tls", "1 of 3 attempts failed: no handshake", "theirs", "provider_fault"),
        ("degraded", "protocol", SLOW, "", "provider_fault"),
        ("degraded", "protocol", "1 of 2 addresses fail (x: 503)", "theirs", "provider_fault"),
        ("degraded", "protocol", "Stripe limits our requests (429)", "ours", "network_cut"),
        ("degraded", "tls", "its certificate ends in 3 days", "", "network_cut"),
        ("degraded", "protocol", "Stripe knows our key, which may not ask this (403)", "key", "network_cut"),
    ],
)
def test_nothing_is_restarted_for_a_target_that_is_healthy_nowhere(others, state, layer, why, fault_of, cause):
    """A provider that is flaky or overloaded gives one source no connection, and another an answer."""
    rows = [
        down(BACKEND, "stripe", why="no connection within 3 s"),
        *(row(source, "stripe", state, layer, why, fault_of=fault_of, judge="stripe") for source in others),
    ]
    found = diagnose_network(rows, SERVICES).as_dict()
    assert (found["cause"], found["mitigation"], found["rules"]) == (cause, "", {}), found
    payments = diagnose_payments(rows, SERVICES, log(), Known(0), ["backend"], 7200).as_dict()
    assert payments["mitigation"] == "", payments
    healthy = diagnose_network([*rows, row("pafar-nginx-1", "stripe")], SERVICES).as_dict()
    assert healthy["rules"].get("services") == ["backend"], "one that is healthy elsewhere shows a path that works"


def test_what_is_limited_wherever_it_is_reached_is_said_so():
    limited = row(WORKER, "stripe", "degraded", "protocol", "Stripe limits our requests (429)", fault_of="ours")
    found = diagnose_network([down(BACKEND, "stripe"), limited], SERVICES).as_dict()
    assert "nothing is restarted for it" in " ".join(found["advice"])


def test_late_names_are_one_cause_that_names_the_server():
    found = diagnose_network([late(BACKEND), late(WORKER), late("host", "redis")], SERVICES).as_dict()
    assert SERVER in str(found)
    assert "target_degraded" not in str(found)
    told = " ".join(found["advice"])
    assert "a name server gives no answer" in told
    assert "see its own log" not in told


@pytest.mark.parametrize(
    ("layer", "why", "laid"),
    [
        ("dns", LATE, False),
        ("protocol", f"{SLOW}; {LATE}", False),
        ("protocol", "it answers 200 to a GET, as a page does", True),
    ],
)
def test_a_webhook_whose_name_is_late_is_not_configured_wrongly(layer, why, laid):
    hook = row("host", "hook", "degraded", layer, why, judge="webhook", status=200)
    found = diagnose_payments([hook], SERVICES, log(), Known(0), ["backend"], 7200).as_dict()
    assert (found["cause"] == "webhook_misconfigured") is laid, found["cause"]


@pytest.mark.parametrize(
    ("meaning", "state", "why", "fault_of"),
    [
        (Meaning(UP, "it answers 200"), DEGRADED, LATE, NETWORK),
        (Meaning(DEGRADED, SLOW, THEIRS), DEGRADED, f"{SLOW}; {LATE}", THEIRS),
        (Meaning(DEGRADED, SLOW), DEGRADED, f"{SLOW}; {LATE}", ""),
        (
            Meaning(DEGRADED, "its certificate ends in 3 days", THEIRS),
            DEGRADED,
            "its certificate ends in 3 days",
            THEIRS,
        ),
        (Meaning("down", "it answers 503", THEIRS), "down", "it answers 503", THEIRS),
    ],
)
def test_what_is_slow_itself_stays_so_behind_a_silent_server(meaning, state, why, fault_of):
    found = behind_silent_servers(meaning, SERVER)
    assert (found.state, found.why, found.fault_of) == (state, why, fault_of)
