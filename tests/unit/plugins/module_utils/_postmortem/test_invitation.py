from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.invitation import invitation, review_at


def at(day, hour=15):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("severity", "ended", "review"),
    [
        ("P0", at(23), at(26, 10)),  # Monday to Thursday
        ("P0", at(26), at(27, 10)),  # Thursday: within 3 days is Friday, since the others are a weekend
        ("P0", at(27), at(30, 10)),  # Friday to Monday
        ("P0", at(27, 9), at(29, 10)),  # Friday before 10: Monday at 10 is later than 3 days, so a day of the weekend
        ("P1", at(23), at(30, 10)),  # Monday to Monday
        ("P1", at(21), at(27, 10)),  # Saturday to Friday
        ("P2", at(23), None),
        ("unknown", at(23), None),
    ],
)
def test_when_the_review_is(severity, ended, review):
    assert review_at(severity, ended.timestamp()) == review


def test_a_p0_is_reviewed_within_three_days_whatever_the_hour():
    for hours in range(24 * 14):
        ended = at(1) + timedelta(hours=hours)
        review = review_at("P0", ended.timestamp())
        assert review is not None
        assert timedelta(0) < review - ended <= timedelta(days=3)


def test_the_file():
    text = invitation("2026-11-23-x", "P1", at(23).timestamp(), "a, b; c\\d\nATTENDEE:mailto:x@y " + "\u00e9" * 80)
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTART:20261130T100000Z" in lines
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not any(line.startswith("ATTENDEE") for line in lines)
    whole = text.replace("\r\n ", "")
    assert "SUMMARY:Review of P1 2026-11-23-x: a\\, b\\; c\\\\d ATTENDEE:mailto:x@y " + "\u00e9" * 80 in whole


def test_the_same_incident_gives_the_same_file_and_others_none():
    ended = at(23).timestamp()
    assert invitation("i", "P0", ended, "x") == invitation("i", "P0", ended, "x")
    assert invitation("i", "P3", ended, "x") == ""


def test_one_that_is_sent_can_be_answered_and_a_later_one_replaces_it():
    sent = invitation("i", "P0", 1_795_446_000.0, "locks", "Ops <ops@z>", "ada@z\r\nX-EVIL:1", 2).splitlines()
    assert "METHOD:REQUEST" in sent
    assert "ORGANIZER:mailto:ops@z" in sent
    assert "SEQUENCE:1" in sent
    assert not any(line.startswith("X-EVIL") for line in sent)
    kept = invitation("i", "P0", 1_795_446_000.0, "locks").splitlines()
    assert "METHOD:PUBLISH" in kept
    assert not any(line.startswith(("ORGANIZER", "ATTENDEE")) for line in kept)
    assert [line for line in sent if line.startswith("UID")] == [line for line in kept if line.startswith("UID")]
