"""A tracker whose answers do not say by which id an issue can be changed: no second issue is made for that."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.tracker import Tracker
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

VALUES = {
    "incident": "i",
    "scenario": "x",
    "severity": "P1",
    "hosts": "db1",
    "opened_at": "2026-11-20T10:00:00.000000Z",
}


class Board(Tracker):
    """``rows``: what it has at the beginning; ``answer``: what it answers to a change."""

    def __init__(self, rows, answer, is_slow=False, **settings):
        settings = settings_of({"tracker": {"url": "http://x", **settings}})["tracker"]
        super().__init__(settings, Texts("tracker"))
        self.rows, self.answer, self.is_slow, self.changes = rows, answer, is_slow, []

    def _ask(self, method, path, thread, body=None):  # noqa: ARG002
        if method == "GET":
            return {"issues": self.rows}
        self.changes.append(f"{method} {path}")
        if method == "POST" and not self.is_slow:
            self.rows.append({"number": len(self.rows) + 7, **body})
        return self.answer


def sent(board, *actions):
    """What became of each message of an incident, in order."""
    thread, found = Thread("i", {}, ticks() + 60), []
    for number, action in enumerate(actions, 1):
        message = Message(
            f"tracker/{action}/{number}", "tracker", "issue", {**VALUES, "action": action, "phase": "open"}
        )
        delivery = board.send(message, thread)
        if isinstance(delivery, Delivered):
            thread.references[message.key] = delivery.reference
        found.append(delivery)
    return found


@pytest.mark.parametrize("actions", [("create",), ("create", "update"), ("create", "update", "close", "reopen")])
@pytest.mark.parametrize("find", [{}, {"id": "key"}])
def test_an_issue_whose_row_has_no_id_is_made_once(actions, find):
    board = Board([], {}, find=find)
    found = sent(board, *actions)
    assert board.changes == ["POST /issues"]
    assert "see create.id" in found[0].note
    assert all("see find.id" in each.reason and not each.forever for each in found[1:])


def test_an_issue_that_is_not_found_after_it_was_made_is_made_once():
    board = Board([], {}, is_slow=True, find={"id": "number"})
    first, second = sent(board, "create", "update")
    assert "find does not find the issue" in first.note
    assert "see create.id" in second.reason
    board.is_slow = False
    board.rows.append({"number": 9, "external_id": "i"})
    assert sent(board, "create")[0].reference == "9", "it is found later"


def test_an_issue_without_an_id_in_the_answer_is_asked_for():
    board = Board([], {}, find={"id": "number"})
    assert [each.reference for each in sent(board, "create", "update")] == ["7", "7"]
    assert board.changes == ["POST /issues", "PATCH /issues/7"]


def test_one_that_answers_with_an_id_or_cannot_be_asked_is_as_before():
    board = Board([], {"id": 7.0})
    assert [each.reference for each in sent(board, "create", "close")] == ["7", "7"]
    hook = Board([], {}, find={"path": ""})
    assert [each.reference for each in sent(hook, "create", "update")] == ["i", "i"]
