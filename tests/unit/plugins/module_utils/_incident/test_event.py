from __future__ import annotations

import json

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event, read_events, usable_id

from support.snapshots import NOW


def test_an_event_is_one_line_of_json_whatever_it_holds():
    line = Event("noted", NOW, "ada", "db1", {"text": "line\nbreak \u2028 é"}).as_line()
    assert "\n" not in line
    assert json.loads(line) == {
        "at": "2026-11-23T03:00:00.000000Z",
        "kind": "noted",
        "by": "ada",
        "host": "db1",
        "note": {"text": "line\nbreak \u2028 é"},
    }


def test_a_torn_line_is_counted_and_the_rest_is_read():
    whole = Event("noted", NOW, "ada").as_line()
    events, torn = read_events([whole, whole[:20], "", "[]", whole])
    assert [event["kind"] for event in events] == ["noted", "noted"]
    assert torn == 2


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
