"""What a new act leaves of the records of older ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io.act_store import OpenRecord
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import RESTART, ROLLBACK, SCALE
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS

from ..facts import old, record, unfinished, wish

A, B = old(1), old(2)
BOTH = {"web": wish(2, A, B), "cron": wish(1)}


class Store:
    """The records of a project, by id."""

    def __init__(self, *older: Any) -> None:
        self.kept = {each.record.id: each.record for each in older}
        self.older, self.number = list(older), 0

    def unfinished(self):
        return self.older

    def put(self, record):
        self.number += 1
        kept = replace(record, id=f"new {self.number}")
        self.kept[kept.id] = kept
        self.remove(record.id)
        return kept

    def remove(self, id):
        self.kept.pop(id, None)


def left(older, module, wishes, still_open, run=ENDED):
    """The services of the records that are left beside that of the new act."""
    store: Any = Store(unfinished(replace(older, id="older"), run))
    OpenRecord(store, record(module, wishes)).begin(lambda _record: still_open)
    rest = [kept for kept in store.kept.values() if kept.id != "new 1"]
    return [sorted(each.wishes) for each in rest]


@pytest.mark.parametrize(
    ("still_open", "wishes", "expected"),
    [
        (["web", "cron"], ["web", "cron"], []), (["web"], ["web"], []), (["cron"], ["web"], [["cron"]]),
        (["web"], ["other"], [["web"]]), ([], ["other"], []), (["web", "cron"], ["other"], [["cron", "web"]]),
    ],
)  # fmt: skip
def test_what_an_older_act_had_reached_is_no_wish_any_more(still_open, wishes, expected):
    """Else a service that a person stops afterwards would be what that act had not completed."""
    new = {name: wish(1) for name in wishes}
    assert left(record(ROLLBACK, BOTH), ROLLBACK, new, still_open) == expected


def test_a_restart_leaves_the_number_and_the_image_that_are_still_wanted():
    new = {"web": wish(2), "cron": wish(1)}
    assert left(record(SCALE, BOTH), RESTART, new, ["web"]) == [["web"]]
    assert left(record(RESTART, BOTH), RESTART, new, ["web"]) == []


def test_what_runs_has_reached_nothing_yet():
    assert left(record(SCALE, BOTH), ROLLBACK, {"other": wish(1)}, [], run=RUNS) == [["cron", "web"]]
