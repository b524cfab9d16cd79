from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import (
    Event,
    kept_at,
    read_events,
    usable_id,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import digest_of, sealed
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import moment_of

from support.snapshots import NOW


def line_of(event: Event, seq: int = 1) -> str:
    return sealed(event.as_dict(), seq, digest_of(b"")).decode()


def test_an_event_has_its_keys_in_reading_order_and_the_log_s_clock_where_it_differs():
    event = Event("noted", NOW, "ada", "db1", {"text": "x"})
    assert list(event.as_dict()) == ["at", "kind", "by", "host", "note"]
    assert event.as_dict()["at"] == "2026-11-23T03:00:00.000000Z"
    assert moment_of(event.as_dict()["at"]) == NOW
    late = replace(event, logged=NOW + timedelta(seconds=3))
    assert late.as_dict()["logged"] == "2026-11-23T03:00:03.000000Z"


def test_a_torn_line_is_counted_and_the_rest_is_read():
    whole = line_of(Event("noted", NOW, "ada"), 7)
    old = '{"at": "2026-11-23T03:00:00.000000Z", "kind": "noted", "by": 7, "logged": "later", "seq": "x"}'
    events, torn = read_events([whole, whole[:20], "", "[]", '{"at": "x", "kind": "noted"}', old.encode(), b"\xff"])
    assert [(event["kind"], event["seq"], event["logged"]) for event in events] == [("noted", 7, ""), ("noted", 0, "")]
    assert "sum" not in events[0]
    assert (events[1]["by"], events[1]["host"]) == ("", "")
    assert torn == 4


def test_a_line_of_a_version_without_numbers_has_its_place():
    old = '{"at": "2026-11-23T03:00:00.000000Z", "kind": "noted"}'
    lines = [old, old[:9], old, line_of(Event("noted", NOW, "ada"), 3), old]
    assert [event["seq"] for event in read_events(lines)[0]] == [1, 2, 3, 0], "the last one was added by hand"


@pytest.mark.parametrize(
    ("given", "usable"),
    [
        ("2026-11-23-0256-db_lock", True),
        ("INC-7.b", True),
        ("", False),
        ("../etc/passwd", False),
        ("a/b", False),
        ("a..b", False),
        (".hidden", False),
        ("x" * 101, False),
        ("a b", False),
        ("a\n", False),
    ],
)
def test_an_id_is_fit_to_be_a_file_name(given, usable):
    assert usable_id(given) == usable


def test_durations_are_by_the_clock_of_the_log_where_the_writer_s_differs():
    event = read_events([line_of(Event("opened", NOW, "ada", logged=NOW + timedelta(seconds=90)))])[0][0]
    assert kept_at(event) == NOW + timedelta(seconds=90)
    assert kept_at({**event, "logged": ""}) == NOW
