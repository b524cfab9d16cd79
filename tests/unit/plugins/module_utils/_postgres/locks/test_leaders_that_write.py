"""Leaders by an advisory lock of their transaction, which has written and goes on."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.election import standbys
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds

from support.snapshots import advisory, ago, holds, session, snapshot, waits


def leads_on(*waited, said=40.0, **given):
    """A leader by a lock of its transaction that has written, and said something so many seconds ago."""
    times = {"xact_start": ago(9000), "query_start": ago(said), "state_change": ago(said)}
    own = {
        "state": "idle in transaction",
        "query": "INSERT INTO runs VALUES (1)",
        "has_written": True,
        **times,
        **given,
    }
    pids = range(2, 2 + len(waited))
    return snapshot(
        [holds(1, advisory(5)), *(waits(pid, advisory(5), seconds=age) for pid, age in zip(pids, waited, strict=True))],
        session(1, **own),
        *(session(pid, query="SELECT pg_advisory_xact_lock(5)") for pid in pids),
    )


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(leads_on(4000, 3900, 3800), id="three standbys, for an hour"),
        pytest.param(leads_on(700), id="the only standby"),
        pytest.param(leads_on(4000, 3900, 3800, 45), id="one of four was restarted"),
    ],
)
def test_a_leader_whose_transaction_writes_and_goes_on_is_left_to_lead(scene):
    assert standbys(scene) == {pid for pid in scene.sessions if pid > 1}
    assert not judge(scene, Exclusions(), Bounds(max_share=1.0)).without_approval().plan.actions


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param(leads_on(4000, 3900, 3800, said=70.0), id="it is silent"),
        pytest.param(leads_on(45, 44, 43), id="requests may wait for so long"),
        pytest.param(leads_on(4000, 45, 44), id="two of three have come lately"),
        pytest.param(leads_on(*[4000] * 6), id="so many wait that they are a queue"),
    ],
)
def test_one_that_has_written_and_is_no_leader_is_terminated(scene):
    assert not standbys(scene)
    assert len(judge(scene, Exclusions(), Bounds(max_share=1.0)).without_approval().plan.actions) == 1
