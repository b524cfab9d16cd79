"""The load generator counts everybody who came, and talks to its own network alone."""

from __future__ import annotations

import importlib.util
import time

import pytest

from rehearsal.site import SOURCE

spec = importlib.util.spec_from_file_location("load", SOURCE / "load/load.py")
assert spec is not None
assert spec.loader is not None
load = importlib.util.module_from_spec(spec)
spec.loader.exec_module(load)


def test_who_still_waits_counts_as_gone_after_two_seconds_and_not_before():
    users, now = load.Users(), time.time()
    users.arrive(1, "book", now - 10)
    users.arrive(2, "book", now - 1)
    users.done.append(load.Request(now - 9, "browse", "ok", 0.1))
    found = users.between(now - 60, now, None)
    assert [(one.kind, one.outcome) for one in found] == [("book", "timeout"), ("browse", "ok")]
    assert load.summary(found)["success"] == 0.5
    assert [one.kind for one in users.between(now - 60, now, "book")] == ["book"]


def test_an_answer_after_two_seconds_comes_too_late(monkeypatch):
    users = load.Users()
    monkeypatch.setattr(users, "book", lambda: "ok")
    users.arrive(1, "book", time.time() - 3)
    users.act(1, "book", time.time() - 3)
    assert [one.outcome for one in users.done] == ["timeout"]
    assert not users.waiting


@pytest.mark.parametrize(("address", "near"), [("127.0.0.1", True), ("198.51.100.7", False), ("8.8.8.8", False)])
def test_only_what_is_near_gets_load(address, near):
    assert load.is_near(address) is near


def test_a_booking_that_has_expired_is_not_paid(monkeypatch):
    users = load.Users()
    users.unpaid.extend([(time.time() - 500, "old"), (time.time(), "fresh")])
    paid = []
    monkeypatch.setattr(users, "ask", lambda *words: paid.append(words[2]["booking"]) or (201, {"charge": "ch_1"}))
    assert users.pay() == ("ok", "ch_1")
    assert paid == ["fresh"]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (["charged", "charged", "confirmed"], "ok"),
        (["charged"] * 100, "unconfirmed"),
        ([OSError("no answer")] * 100, "unconfirmed"),
        ([OSError("no answer"), "confirmed"], "ok"),
    ],
)
def test_a_payer_looks_for_the_confirmation_until_patience_ends(monkeypatch, answers, outcome):
    """It is counted apart: neither the requests of all kinds nor their success have it."""
    users, seconds = load.Users(), iter(range(1000))

    def ask(*words):
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return 200, {"status": answer}

    monkeypatch.setattr(users, "ask", ask)
    monkeypatch.setattr(load.time, "sleep", lambda dummy: None)
    monkeypatch.setattr(load.time, "time", lambda: float(next(seconds)))
    users.confirm("ch_1")
    assert [each.outcome for each in users.between(0, 1000, "confirm")] == [outcome]
    assert users.between(0, 1000, None) == []
    assert dict(users.confirmed) == {outcome: 1}
