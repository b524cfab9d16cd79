from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.log_recovery import recovery_of

from support.incident_events import event, opened


def verified(outcome="recovered", seq=5, name="x", minutes=5):
    return event("verified", minutes, seq=seq, outcome=outcome, mitigation=name)


def intended(minutes=6, name="x"):
    return event("intended", minutes, seq=7, mitigation=name, actions=[])


def end(kind="noted", **note):
    return event(kind, 7, seq=8, mitigation="x", intended="2026-11-27T10:06:00.000000Z", **note)


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
        ([verified(), *AGAIN], "no verification is in the log since it was opened again"),
        ([verified(), *AGAIN, verified(seq=9, minutes=40)], ""),
        ([verified("worse", 4, "y"), *AGAIN, verified(seq=9, minutes=40)], "(#4) says worse"),
    ],
)
def test_whether_the_log_shows_that_the_fault_is_gone(events, why):
    found = recovery_of([opened(), *events])
    assert why in found.why_not
    assert bool(why) == bool(found.why_not)
