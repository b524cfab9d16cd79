"""Whose run a drained replica is of, and what that means."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.leftover import (
    drain_report,
    drained,
    undrain_item,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.rule import Mark
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS, UNKNOWN, Identity

from ..facts import container

MARK = Mark("0123456789ab", 1795600000, 1795600040, Identity(77, 5000, 42), "shop", "web")


@pytest.mark.parametrize(
    ("run", "now", "left", "words"),
    [
        pytest.param(ENDED, MARK.since, True, "the run that drained it (pid 77) has ended", id="ended"),
        pytest.param(RUNS, MARK.until + 999, False, "by a run that is active (pid 77)", id="at work, however long"),
        pytest.param(UNKNOWN, MARK.until, False, "whether that run is still active is unknown", id="not to be seen"),
        pytest.param(UNKNOWN, MARK.until + 1, True, "has ended", id="not to be seen, and its time is over"),
    ],
)
def test_what_is_known_of_its_run(run, now, left, words):
    state = drained(MARK, run, now)
    assert state.left is left
    assert words in state.words
    assert "since 2026-11-25T09:46:40Z" in state.words


def test_as_an_action_and_as_a_report():
    state, replica = drained(MARK, ENDED, MARK.until), container()
    item = undrain_item(replica, state)
    assert (item.target, item.action) == (f"shop-web-1:drain@{replica.short}/1795600000", "undrain")
    report = drain_report(replica, state)
    assert (report["container"], report["run"], report["pid"]) == ("shop-web-1", "ended", 77)
    assert report["explanation"].startswith("shop-web-1 refuses new connections since")
