from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import (
    Event,
    kept_at,
    read_events,
    usable_id,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.hash_chain import digest_of, sealed
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import why_refused
from ansible_collections.pafar.runbook.plugins.module_utils._incident.recording import incident_report
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


# As version 0.1.0 wrote them, of an act on sessions and of one that can be undone.
TARGET = {"target": "7@20261123T025000.0Z", "who": "7 app@b", "reason": "idle", "action": "terminated"}
OF_0_1_0: list[tuple[str, dict[str, Any]]] = [
    ("opened", {"id": "i", "scenario": "db_lock_contention", "severity": "P1"}),
    (
        "diagnosed",
        {
            "cause": "service_sick",
            "causes": [
                {"cause": "service_sick", "weight": 1.0, "evidence": ["e"], "relief": "restart_services",
                 "rules": {"services": ["web"]}, "detail": {"cure": "c"}},
                {"cause": "forgotten_transactions", "weight": 0.5, "evidence": ["f"], "relief": "end_sessions",
                 "rules": {"vanished": [{"pid": 7}]}, "detail": {}},
            ],
            "lines": ["1. service sick: e"], "advice": [],
        },
    ),
    (
        "held",
        {
            "plan": {"verb": "guard_role", "digest": "d" * 64, "late": 1, "leaves": 0, "spared": [{"target": "s"}],
                     "actions": [TARGET], "what": "guards to set", "nothing": ""},
            "reasons": ["needs an approval"], "mitigation": "guard_roles",
        },
    ),
    (
        "mitigated",
        {
            "ended": [TARGET], "stuck": [{"target": "8@x"}], "missed": [{"target": "9@x", "reason": "gone"}], "left": 2,
            "rounds": 1, "seconds_to_relief": 0.2, "gate": ["fine"], "mitigation": "unblock_sessions",
            "undo": {"reversible": False, "why": "it does not come back"},
        },
    ),
    (
        "verified",
        {"verdict": "recovered", "kept": True, "before": 3, "after": 0, "seconds_to_relief": 0.2,
         "mitigation": "unblock_sessions"},
    ),
    (
        "mitigated",
        {
            "done": ["set app.lock_timeout"], "missed": [], "left": 0, "seconds": 0.1, "mitigation": "guard_roles",
            "undo": {
                "reversible": True, "module": "pg_guard_role",
                "options": {"guards": [{"role": "app", "setting": "lock_timeout", "value": "", "loosen": True}]},
            },
        },
    ),
]  # fmt: skip


def lines_of_0_1_0() -> list[str]:
    return [
        json.dumps({"at": f"2026-11-23T03:00:0{number}.000000Z", "kind": kind, "by": "ada", "host": "db", "note": note})
        for number, (kind, note) in enumerate(OF_0_1_0)
    ]


def test_a_log_of_version_0_1_0_is_read_in_the_names_of_this_one():
    events, torn = read_events(lines_of_0_1_0())
    dummy, diagnosed, held, acted, verified, settings = (event["note"] for event in events)
    assert torn == 0
    assert [(each["cause"], each["mitigation"]) for each in diagnosed["causes"]] == [
        ("service_unhealthy", "restart_services"),
        ("idle_in_transaction", "end_sessions"),
    ]
    assert (diagnosed["cause"], diagnosed["causes"][0]["detail"]) == ("service_unhealthy", {"remedy": "c"})
    assert diagnosed["causes"][1]["rules"] == {"dead_clients": [{"pid": 7}]}
    plan = held["plan"]
    assert (plan["affected_before"], plan["affected_after"], plan["no_action_reason"]) == (1, 0, "")
    assert (plan["excluded"], held["mitigation"]) == ([{"target": "s"}], "role_settings")
    assert (acted["acted_on"], acted["remaining"], acted["seconds_to_recovery"]) == ([TARGET], 2, 0.2)
    assert (acted["still_present"], acted["not_done"]) == ([{"target": "8@x"}], [{"target": "9@x", "reason": "gone"}])
    assert (verified["outcome"], verified["seconds_to_recovery"]) == ("recovered", 0.2)
    # All that is kept has a name of this version: else no reader would find it.
    for event in events:
        assert why_refused(event["kind"], event["note"]) == ""
    undoable: Any = incident_report(events, torn, "db", NOW)["undoable"]
    assert (undoable["mitigation"], undoable["module"]) == ("role_settings", "pg_role_settings")
    assert undoable["options"] == {"settings": OF_0_1_0[5][1]["undo"]["options"]["guards"]}
    assert settings["undo"]["reversible"]


def test_a_line_of_this_version_keeps_its_own_words():
    note = {"text": "x", "left": 7}
    (event,) = read_events([line_of(Event("noted", NOW, "ada", "db", note))])[0]
    assert "remaining" not in event["note"]


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
