"""What counts as a change of the world."""

from __future__ import annotations

import pytest

from rehearsal import world

BEFORE = {
    "sessions": {"1@a": "web, idle", "2@b": "job, active"}, "prepared": ["gid@t"], "settings": ["work_mem=4MB"],
    "objects": ["r trips id"], "roles": ["pafar f"],
    "containers": {"db": {"id": "x", "service": "db", "state": "running"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("after", "found"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"sessions": {**BEFORE["sessions"], "3@c": "new"}}, [], id="a session that came"),
        pytest.param(
            {"sessions": {"1@a": "web, active", "2@c": "job, active"}},
            ["session 2@b (job, active) is gone"],
            id="a pid used again",
        ),
        pytest.param({"prepared": []}, ["prepared: gid@t is gone"], id="a prepared transaction"),
        pytest.param(
            {"settings": ["work_mem=8MB"]},
            ["settings: work_mem=4MB is gone", "settings: work_mem=8MB is new"],
            id="a setting",
        ),
        pytest.param(
            {"containers": {"db": {"id": "x", "service": "db", "state": "paused"}}},
            ["container db was stopped, restarted or replaced"],
            id="a paused container",
        ),
        pytest.param({"containers": {}}, ["container db was stopped, restarted or replaced"], id="a container gone"),
    ],
)
def test_changes(after, found):
    assert world.changes(BEFORE, {**BEFORE, **after}) == found


def test_what_a_fault_restarts_itself_is_told_from_what_a_runbook_does():
    old = {"web": {"id": "x", "service": "web", "restarts": 1}, "db": {"id": "y", "service": "db", "restarts": 0}}
    new = {"web": {**old["web"], "restarts": 4}, "db": {**old["db"], "restarts": 1}}
    before, after = {"containers": old}, {"containers": new}
    assert world.touched(before, after) == ["db", "web"]
    assert world.touched(before, after, unstable=["web"]) == ["db"]
    assert world.of_others(before, after, ["web"]) == ["db"]
    gone = {"containers": {"db": new["db"]}}
    assert world.touched(before, gone, unstable=["web"]) == ["db", "web"]
