from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.open_faults import OpenFaults

from support.incident_events import event


def on(host, kind, seq, **note):
    return {**event(kind, seq, seq=seq, **note), "host": host}


def diagnosed(seq, *mitigations, host="web1", scenario="payment_outage", cause="x"):
    causes = [{"cause": f"{cause}{number}", "mitigation": each} for number, each in enumerate(mitigations)]
    more = {"scenario": scenario} if scenario else {}
    return on(host, "diagnosed", seq, cause=cause, causes=causes, **more)


def verified(seq, mitigation, host="web1", scenario="payment_outage", outcome="recovered"):
    more = {"scenario": scenario} if scenario else {}
    return on(host, "verified", seq, mitigation=mitigation, outcome=outcome, **more)


def held(seq, mitigation="restart_services", host="web1", scenario="payment_outage", **note):
    return on(host, "held", seq, mitigation=mitigation, scenario=scenario, plan={"digest": "d"}, reasons=[], **note)


RESTART = "restart_services"
FOUND, OVER = diagnosed(2, RESTART), verified(5, RESTART)
RESOLVED, AGAIN = on("", "phase", 8, phase="resolved"), on("", "phase", 9, phase="open", reason="back")


@pytest.mark.parametrize(
    ("events", "left"),
    [
        ([], []),
        ([FOUND], [2]),
        ([FOUND, OVER], []),
        ([OVER, FOUND], [2]),
        # Of another host, of another scenario, of a mitigation that is not for it.
        ([FOUND, diagnosed(3, RESTART, host="web2"), OVER], [3]),
        ([FOUND, diagnosed(3, RESTART, scenario="network_connectivity"), OVER], [3]),
        ([diagnosed(2, "end_sessions"), OVER], [2]),
        ([FOUND, verified(5, RESTART, host="web2")], [2]),
        ([FOUND, verified(5, RESTART, scenario="service_restart")], [2]),
        ([diagnosed(2, "", ""), OVER], [2]),  # no role can act: a person says that it is over
        ([diagnosed(2, "", RESTART), OVER], []),
        # What the log does not say, as in one of an earlier version, is closed by what fits.
        ([diagnosed(2, RESTART, scenario=""), OVER], []),
        ([FOUND, verified(5, RESTART, scenario="")], []),
        ([diagnosed(2, scenario=""), verified(5, "any", scenario="")], []),
        ([diagnosed(2, scenario=""), verified(5, "any", scenario="", host="web2")], [2]),
        ([diagnosed(2, "a", scenario=""), diagnosed(3, "b", scenario="", cause="y"), verified(5, "b")], [2]),
        # A later diagnosis of a scenario says what its fault is now.
        ([FOUND, diagnosed(3, "scale_services"), verified(5, "scale_services")], []),
        ([FOUND, diagnosed(3, "scale_services"), OVER], [2]),
        ([FOUND, OVER, diagnosed(6, RESTART)], [6]),
        ([on("web1", "diagnosed", 2, cause="")], []),
        # A plan that the facts called for, and an act that did not help.
        ([held(2, "unblock_sessions"), OVER], [2]),
        ([held(2, "unblock_sessions"), verified(5, "unblock_sessions")], []),
        ([held(2, "scale_services")], []),  # a wish
        ([held(2, options={"services": ["web"]})], []),
        ([verified(2, RESTART, outcome="unchanged")], [2]),
        ([verified(2, RESTART, outcome="unchanged"), verified(5, RESTART, scenario="high_memory")], [2]),
        ([verified(2, RESTART, outcome="unchanged"), OVER], []),
        # Carried out by the playbook for approvals, it is of the scenario that has made the plan.
        ([FOUND, held(3), verified(5, RESTART, scenario="approve")], []),
        ([FOUND, held(3, options={"services": ["web"]}), verified(5, RESTART, scenario="approve")], []),
        ([FOUND, held(3, scenario="network_connectivity"), verified(5, RESTART, scenario="approve")], [2]),
        ([FOUND, held(3), held(4, scenario="approve"), verified(5, RESTART, scenario="approve")], []),
        # A person has seen all of them; opened again, each must be verified anew.
        ([FOUND, diagnosed(3, "", host="web2"), RESOLVED], []),
        ([FOUND, diagnosed(3, RESTART, host="web2"), OVER, RESOLVED, AGAIN], [2, 3]),
        ([FOUND, diagnosed(3, RESTART, host="web2"), RESOLVED, AGAIN, verified(10, RESTART)], [3]),
        ([FOUND, RESOLVED, AGAIN, verified(10, RESTART)], []),
    ],
)  # fmt: skip
def test_which_faults_no_verification_has_closed(events, left):
    faults = OpenFaults()
    for each in events:
        faults.read(each)
    assert [fault.event["seq"] for fault in faults.now] == left


def test_a_fault_says_its_host_and_scenario():
    faults = OpenFaults()
    faults.read(FOUND)
    assert [(fault.host, fault.scenario) for fault in faults.now] == [("web1", "payment_outage")]
