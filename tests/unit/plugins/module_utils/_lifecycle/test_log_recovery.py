from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.log_recovery import (
    SOAK,
    held_since,
    recovery_of,
    why_not_held,
)

from support.incident_events import START, event, opened


def verified(outcome="recovered", seq=5, name="x", minutes=5):
    return event("verified", minutes, seq=seq, outcome=outcome, mitigation=name)


def intended(minutes=6, name="x"):
    return event("intended", minutes, seq=7, mitigation=name, actions=[])


def end(kind="noted", **note):
    return event(kind, 7, seq=8, mitigation="x", intended="2026-11-27T10:06:00.000000Z", **note)


def held(minutes=6, name="unblock_sessions", **note):
    return event("held", minutes, seq=9, mitigation=name, plan={"digest": "d"}, reasons=[], **note)


def diagnosed(minutes, seq=6, cause="other"):
    return event("diagnosed", minutes, seq=seq, cause=cause)


def alert(status, minutes, seq=9, fingerprint="1"):
    return event("alert", minutes, seq=seq, alertname="Locks", fingerprint=fingerprint, status=status, labels={})


AGAIN = [event("phase", 20, phase="resolved"), event("phase", 30, phase="open", reason="back")]


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([], "no verification is in the log"),
        ([verified()], ""),
        ([event("mitigated", 1, mitigation="y"), verified()], "y on db1 (#1) was not verified"),
        ([verified("unchanged", 4), verified()], ""),  # of one act the last one counts
        ([verified("unchanged", 4, "y"), verified()], "the last verification on db1 (#4) says unchanged"),
        ([verified(), intended()], "x on db1 (#7) was not verified"),
        ([verified(), intended(), end()], ""),  # it was refused before it began
        ([verified(), intended(), end("reconciled", gone=[], unknown=[])], ""),
        ([verified(), intended(), end("reconciled", gone=["a"])], "x on db1 (#7) was not verified"),
        ([verified(), intended(), end("reconciled", gone=[], unknown=["a"])], "x on db1 (#7) was not verified"),
        ([verified(name="unblock_sessions"), held()], "unblock_sessions on db1 (#9) has found the fault again"),
        (
            [
                verified(name="unblock_sessions"),
                held(),
                intended(7, "unblock_sessions"),
                verified(name="unblock_sessions", minutes=8),
            ],
            "",
        ),
        ([held(4), verified(name="unblock_sessions")], ""),
        ([verified(), held()], "the fault for which a plan was made on db1 (#9) was not verified"),
        ([held(4), verified()], "the fault for which a plan was made on db1 (#9) was not verified"),
        ([verified(name="scale_services"), held(name="scale_services")], ""),  # a precaution, or an undo
        ([verified(name="restart_services"), held(name="restart_services", options={"services": ["web"]})], ""),
        (
            [verified(name="restart_services"), held(name="restart_services", options={"services": []})],
            "restart_services on db1 (#9) has found the fault again",
        ),
        ([verified(name="unblock_sessions"), held(), *AGAIN], "no verification is in the log since"),
        ([alert("firing", 1), verified(), alert("firing", 6)], ""),  # it is known once more, and had not ended
        ([verified(), alert("resolved", 6), alert("firing", 7)], "Locks (#9) fires again since the last verification"),
        ([alert("resolved", 4), verified(), alert("firing", 7)], "Locks (#9) fires again"),
        ([alert("resolved", 3), alert("firing", 4), verified()], ""),
        ([verified(), alert("resolved", 6), alert("firing", 7, fingerprint="2")], ""),  # another one
        ([verified(), alert("resolved", 6), alert("firing", 7), verified(minutes=8)], ""),
        ([verified(), alert("resolved", 6), alert("firing", 7), alert("resolved", 8)], ""),
        (
            [verified(), alert("resolved", 6), alert("firing", 7), alert("resolved", 8), alert("firing", 9, 12)],
            "Locks (#12) fires again",
        ),
        ([diagnosed(2), verified()], ""),
        ([verified(), diagnosed(6)], "a fault was diagnosed (#6) after the last verification (#5)"),
        ([diagnosed(2), verified(), diagnosed(6), diagnosed(8, seq=8)], "a fault was diagnosed (#6) after"),
        ([verified(), diagnosed(6), verified(seq=7, minutes=8)], ""),
        ([verified(), diagnosed(6), verified("unchanged", 7, minutes=8)], "(#7) says unchanged"),
        ([verified(), diagnosed(6, cause="")], ""),
        (
            [event("diagnosed", 2, seq=2, cause="z", causes=[{"mitigation": "y"}], scenario="disk_space"), verified()],
            "the fault of disk_space that was diagnosed on db1 (#2) was not verified as recovered since",
        ),
        (
            [
                event("verified", 4, seq=4, outcome="unchanged", mitigation="x", scenario="high_cpu"),
                event("verified", 5, seq=5, outcome="recovered", mitigation="x", scenario="high_memory"),
            ],
            "the fault of high_cpu that had not recovered on db1 (#4) was not verified as recovered since",
        ),
        ([verified(), diagnosed(6), event("phase", 7, phase="resolved")], ""),
        ([verified(), event("phase", 6, phase="resolved"), diagnosed(7)], "a fault was diagnosed"),
        ([verified(), *AGAIN], "no verification is in the log since it was opened again"),
        ([verified(), *AGAIN, verified(seq=9, minutes=40)], ""),
        ([verified("worse", 4, "y"), *AGAIN, verified(seq=9, minutes=40)], "(#4) says worse"),
    ],
)
def test_whether_the_log_shows_that_the_fault_is_gone(events, why):
    found = recovery_of([opened(), *events])
    assert why in found.why_not
    assert bool(why) == bool(found.why_not)


def test_a_recovery_holds_from_the_end_of_an_alert_that_fired_again():
    found = recovery_of([opened(), verified(), alert("resolved", 6), alert("firing", 7), alert("resolved", 8, 12)])
    assert held_since(found) == START + timedelta(minutes=8)
    assert why_not_held(found, START + timedelta(minutes=16), SOAK) == "#12 holds for 8 min of 10 min"
    assert why_not_held(found, START + timedelta(minutes=18), SOAK) == ""
    assert held_since(recovery_of([opened(), verified(), alert("resolved", 6)])) == START + timedelta(minutes=5)
