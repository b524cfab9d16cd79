"""Feeds of a server that misbehaves: the copy, what is kept secret, and what goes to which host."""

from __future__ import annotations

import json
import os
import threading
from datetime import date

import pytest

from support.feeds import calendar, feed_server, rotation_feed
from support.modules import run_module

PEOPLE = [{"name": "ada", "mail": "ada@example.org"}, {"name": "bob", "mail": "bob@example.org"}]
AT = "2026-10-26T07:30:00.000000Z"  # after the clock was changed, in the last hour of a week
WEEKS = rotation_feed("dtend", "Europe/Berlin", date(2026, 2, 9), ["ada", "bob", "ada"])
ENTRY = {"start": "2026-10-20T09:00:00+02:00", "end": "2026-11-30T09:00:00+01:00", "person": "bob"}


@pytest.fixture
def server():
    with feed_server() as running:
        running.body = WEEKS
        yield running


def ask(folder, primary, **options):
    found = run_module(
        "oncall_info",
        people=PEOPLE,
        oncall={"primary": primary},
        copies=str(folder),
        **{"at": AT, "timeout": 5, **options},
    )
    assert "failed" not in found, found
    return found


def misbehave(server, how):
    if how == "gone":
        server.stop()
        server.stop = lambda: None
    elif how == "cut off":
        server.declared = 400
    elif how == "cut off without a length":
        server.body, server.length = server.body[:-40], False
    elif how == "late":
        server.waits = threading.Event()
    else:
        server.status = 500


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("gone", "127.0.0.1 could not be read: "), ("500", "127.0.0.1 could not be read: HTTP 500"),
        ("cut off", "127.0.0.1 could not be read: it was cut off"),
        ("cut off without a length", "127.0.0.1 could not be read: it is no calendar"),
        ("late", "127.0.0.1 could not be read: no whole answer within 0.5 s"),
    ],
)  # fmt: skip
def test_a_feed_that_is_gone_is_replaced_by_its_copy_and_nothing_secret_is_shown(server, tmp_path, how, why):
    good = ask(tmp_path, {"ical": server.url})
    misbehave(server, how)
    found = ask(tmp_path, {"ical": server.url}, timeout=0.5 if how == "late" else 5)
    if how == "late":
        server.waits.set()
    (row,) = found["steps"]
    assert (row["person"], row["until"]) == (good["steps"][0]["person"], "2026-10-26T08:00:00.000000Z")
    assert (row["age"] >= 1, row["source"]) == (True, "127.0.0.1")
    assert why in found["problems"][0]
    for answer in (good, found):
        assert "private-token" not in json.dumps(answer)
    assert good["invocation"]["module_args"]["people"] == PEOPLE


def test_headers_go_to_the_host_that_is_named_alone_and_are_never_shown(server, tmp_path):
    with feed_server() as other:
        other.body = json.dumps([ENTRY]).encode()
        server.redirect = other.url
        url = f"{server.url}?since={{since}}&until={{until_date}}"
        found = ask(tmp_path, {"shifts": url, "headers": {"X-Key": "abcdefgh", "Accept": "application/json"}})
        assert found["steps"][0]["person"] == "bob"
        path, headers = server.asked[0]
        assert path.endswith("?since=2026-10-25T07:30:00Z&until=2026-11-26")
        assert {name.lower(): value for name, value in headers.items()}["x-key"] == "abcdefgh"
        assert not any(name.lower() == "x-key" for name in other.asked[0][1])
    assert "abcdefgh" not in json.dumps(found)
    assert "application/json" in json.dumps(found)


def rows(first, last, person="bob"):
    """As a system renders what it was asked for: until ``last``."""
    return json.dumps([{"start": f"{first}T00:00:00Z", "end": f"{last}T00:00:00Z", "person": person}]).encode()


def test_what_the_tick_asks_for_does_not_replace_what_was_asked_for_a_month(server, tmp_path):
    schedule = {"shifts": f"{server.url}?since={{since}}&until={{until}}"}
    server.body = rows("2026-10-25", "2026-11-30")
    ask(tmp_path, schedule)
    server.body = rows("2026-10-25", "2026-10-28", "ada")
    ask(tmp_path, schedule, ahead=0.1)
    assert len(list(tmp_path.iterdir())) == 2
    server.status = 500
    found = [ask(tmp_path, schedule, ahead=0.1, at=f"2026-{day}T07:30:00Z") for day in ("10-26", "10-29", "12-01")]
    people = [answer["steps"][0]["person"] for answer in found]
    assert people == ["ada", "bob", ""], "the newest that reaches far enough, then the one that reaches further"
    assert all("HTTP 500" in answer["problems"][0] for answer in found)


@pytest.mark.parametrize(("kind", "body", "empty"), [
    ("shifts", rows("2026-10-20", "2026-11-30"), b"[]"),
    ("ical", calendar(["DTSTART:20261001T000000Z", "DTEND:20270101T000000Z", "SUMMARY:bob"]), calendar()),
])  # fmt: skip
def test_an_answer_without_any_shift_replaces_no_copy_and_is_believed_after_a_day(server, tmp_path, kind, body, empty):
    server.body = body
    ask(tmp_path, {kind: server.url})
    server.body = empty
    for dummy in range(2):
        found = ask(tmp_path, {kind: server.url})
        assert (found["steps"][0]["person"], found["steps"][0]["age"] >= 1) == ("bob", True)
        assert found["problems"][0] == "primary: 127.0.0.1 has no shift at all"
    (copy,) = tmp_path.iterdir()
    long_ago = copy.stat().st_mtime - 90000
    os.utime(copy, (long_ago, long_ago))
    assert ask(tmp_path, {kind: server.url})["steps"][0]["person"] == ""
    server.status = 500
    assert ask(tmp_path, {kind: server.url})["steps"][0]["person"] == "bob", "gone is not empty"


def test_a_calendar_without_an_event_in_the_time_in_question_is_not_empty(server, tmp_path):
    server.body = calendar(["DTSTART:20261001T000000Z", "DTEND:20261002T000000Z", "SUMMARY:bob"])
    found = ask(tmp_path, {"ical": server.url}, ahead=1)
    assert (found["steps"][0]["person"], len(list(tmp_path.iterdir()))) == ("", 1)
    assert not any("no shift at all" in problem for problem in found["problems"])


def test_a_copy_that_cannot_be_kept_is_said_and_costs_nothing(server, tmp_path):
    (tmp_path / "file").write_text("")
    found = ask(tmp_path / "file/copies", {"ical": server.url})
    assert found["steps"][0]["person"] == "ada"
    assert found["problems"][0].startswith("primary: no copy of 127.0.0.1 could be kept in ")


def test_a_file_that_is_gone_or_cut_off_has_its_copy_too(tmp_path):
    path = tmp_path / "team.ics"
    path.write_bytes(calendar(["DTSTART:20261001T000000Z", "DTEND:20270101T000000Z", "SUMMARY:bob"]))
    people = [ask(tmp_path / "copies", {"ical": str(path)})["steps"][0]["person"]]
    path.write_bytes(path.read_bytes()[:150])
    people.append(ask(tmp_path / "copies", {"ical": str(path)})["steps"][0]["person"])
    path.unlink()
    found = ask(tmp_path / "copies", {"ical": str(path)})
    assert [*people, found["steps"][0]["person"]] == ["bob"] * 3
    assert f"{path} could not be read: No such file or directory" in found["problems"][0]


@pytest.mark.parametrize("wrong", ["ftp://example.org/a.ics", "https:///team.ics", "file:///etc/hosts"])
def test_what_is_no_address_is_refused(wrong):
    refused = run_module("oncall_info", people=PEOPLE, oncall={"primary": {"ical": wrong}})
    assert "runbook_oncall.primary.ical: it is a file or an address such as https://" in refused["msg"]


def test_the_preflight_shows_nothing_secret(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where its copy of the feed is kept
    server.status = 404
    found = run_module("host_preflight_info", areas=["people"], people=PEOPLE, oncall={"primary": {"ical": server.url}})
    assert "HTTP 404" in json.dumps(found["checks"])
    assert "private-token" not in json.dumps(found)


STEPS = ("primary", "secondary", "escalation")


def test_feeds_are_read_beside_each_other(tmp_path):
    """None of them answers before all are asked: read one after the other, no one would answer in time."""
    with feed_server() as first, feed_server() as second, feed_server() as third:
        together = threading.Barrier(3)
        for server in (first, second, third):
            server.body, server.waits = WEEKS, together
        feeds = {name: {"ical": server.url} for name, server in zip(STEPS, (first, second, third), strict=True)}
        found = run_module("oncall_info", people=PEOPLE, oncall=feeds, at=AT, copies=str(tmp_path), timeout=50)
    assert [(row["person"], row["age"]) for row in found["steps"]] == [("ada", 0)] * 3


@pytest.mark.parametrize("silent", ["address", "pipe"])
def test_a_feed_that_is_silent_costs_no_other_and_has_its_copy(server, tmp_path, silent):
    with feed_server() as other:
        other.body = WEEKS
        source, copies = server.url, str(tmp_path / "copies")
        if silent == "pipe":
            source = str(tmp_path / "team.ics")
            (tmp_path / "team.ics").write_bytes(WEEKS)
        feeds = {"primary": {"ical": source}, "secondary": {"ical": other.url}, "escalation": {"ical": server.url}}
        good = run_module("oncall_info", people=PEOPLE, oncall=feeds, at=AT, copies=copies, timeout=30)
        assert [row["age"] for row in good["steps"]] == [0, 0, 0]
        server.waits = threading.Event()
        if silent == "pipe":
            (tmp_path / "team.ics").unlink()
            os.mkfifo(tmp_path / "team.ics")
        found = run_module("oncall_info", people=PEOPLE, oncall=feeds, at=AT, copies=copies, timeout=4)
        server.waits.set()
    assert [row["person"] for row in found["steps"]] == ["ada"] * 3
    ages = [row["age"] for row in found["steps"]]
    assert (ages[0] >= 1, ages[1], ages[2] >= 1) == (True, 0, True)
    assert found["problems"][0].endswith("could not be read: no whole answer within 4 s")


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;INTERVAL=2", "FREQ=DAILY;BYMINUTE=0,5,10"])
def test_an_event_that_recurs_without_end_is_named_and_costs_no_other(server, tmp_path, rule):
    often = ["DTSTART:20260101T000000Z", "DTEND:20260101T000100Z", "SUMMARY:bob", f"RRULE:{rule}"]
    server.body = calendar(often, ["DTSTART:20261001T000000Z", "DTEND:20270101T000000Z", "SUMMARY:ada"])
    found = ask(tmp_path, {"ical": server.url}, timeout=60)
    assert found["steps"][0]["person"] == "ada"
    assert found["problems"] == ["primary: the event 'bob' recurs more often than every hour, so it is left out"]
