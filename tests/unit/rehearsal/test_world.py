"""What counts as a change of the world."""

from __future__ import annotations

import pytest

from rehearsal import world

BEFORE = {
    "sessions": ["1@a", "2@b"], "prepared": ["gid@t"], "settings": ["work_mem=4MB"], "objects": ["r trips id"],
    "roles": ["pafar f"], "containers": {"db": {"id": "x", "state": "running"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("after", "found"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"sessions": ["1@a", "2@b", "3@c"]}, [], id="a session that came"),
        pytest.param({"sessions": ["1@a", "2@c"]}, ["session 2@b is gone"], id="a pid used again"),
        pytest.param({"prepared": []}, ["prepared: gid@t is gone"], id="a prepared transaction"),
        pytest.param(
            {"settings": ["work_mem=8MB"]},
            ["settings: work_mem=4MB is gone", "settings: work_mem=8MB is new"],
            id="a setting",
        ),
        pytest.param(
            {"containers": {"db": {"id": "x", "state": "paused"}}},
            ["container db was stopped, restarted or replaced"],
            id="a paused container",
        ),
        pytest.param({"containers": {}}, ["container db was stopped, restarted or replaced"], id="a container gone"),
    ],
)
def test_changes(after, found):
    assert world.changes(BEFORE, {**BEFORE, **after}) == found
