"""The kinds of event and the fields of their notes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.kinds import KINDS, readable, why_refused


class _AnsibleTaggedInt(int):
    """As ansible-core marks what it has read."""


@pytest.mark.parametrize(
    ("kind", "note", "says"),
    [
        ("noted", {"text": "moved the report"}, ""),
        ("noted", {}, ""),
        ("noted", {"triage": "P1", "signs": [], "next": "playbooks/disk_space.yml"}, ""),
        ("severity", {"severity": "P1", "reason": "all bookings fail"}, ""),
        ("severity", {"severity": "P7", "reason": "x"}, "one of P0, P1, P2, P3, unknown, not 'P7'"),
        ("severity", {"severity": "P1", "reson": "x"}, "no field 'reson'; did you mean reason?"),
        ("severity", {"severity": "P1"}, "needs reason"),
        ("role", {"role": "boss", "person": "ada", "action": "taken"}, "one of incident_commander"),
        ("phase", {"phase": "resolved", "reason": "verified by hand"}, ""),
        ("checklist", {"item": "team assembled", "state": 1}, "is a text, not int"),
        ("action_item", {"key": "a1", "text": "alert on the pool", "owner": "ada", "due": "2026-12-01"}, ""),
        ("action_item", {"key": "a1", "text": "x", "due": "2026-12-01T10:00:00"}, ""),
        ("action_item", {"key": "a1", "text": "x", "due": ""}, ""),
        *[
            ("action_item", {"key": key, "text": "x"}, "the key of an action item is one line of 1 to 200 characters")
            for key in ("", "  ", "a\nb", "x" * 201)
        ],
        ("action_item", {"key": "x" * 200, "text": "x" * 10_000, "owner": "x" * 200}, ""),
        ("action_item", {"key": "a1", "text": "x" * 10_001}, "the field text of an action item has at most 10000"),
        (
            "action_item",
            {"key": "a1", "text": "x", "owner": "x" * 201},
            "the field owner of an action item has at most",
        ),
        ("action_item", {"key": "a1", "text": _AnsibleTaggedInt(5)}, "is a text, not int"),
        *[
            ("action_item", {"key": "a1", "text": "x", "due": due}, "is a date such as 2026-12-01")
            for due in ("soon", "2026-02-30", "2026-12-1", "20261201", "2026-12-011", "2026-W49-2", "1.12.2026")
        ],
        ("evidence", {"about": "x", "bytes": True}, "is a number, not bool"),
        ("verified", {"outcome": "recovered", "held_for": True}, "is a number, not bool"),
        ("mitigated", {"signalled": False}, "is a list or a number, not bool"),
        ("verified", {"outcome": "recovered", "kept": True, "before": True}, ""),
        ("noted", {5: "x"}, "has no field 5. It has: "),
        ("noted", {None: "x"}, "has no field None"),
        ("mitigated", {"done": ["scaled web"], "acted": []}, "no field 'acted'; did you mean acted_on?"),
        ("mittigated", {}, "no kind of event 'mittigated'; did you mean mitigated?"),
        ("update", {"text": "x", "next_at": "in an hour"}, "field next_at of an event of kind update is a time in UTC"),
        ("update", {"text": "x", "next_at": ""}, ""),
        ("written", {"section": "lucky", "text": "finished"}, ""),
        ("written", {"section": "status", "text": " In review\n"}, ""),
        ("written", {"section": "status", "text": "finished"}, "one of draft, in review, done, not 'finished'"),
        *[
            ("written", {"section": "impact_began", "text": text}, "")
            for text in ("2026-11-23T14:50:00Z", "2026-11-23 14:50\nby the log of nginx", "2026-11-23 15:50 +01:00", "")
        ],
        *[
            ("written", {"section": "impact_began", "text": text}, "is a date with a time, and nothing else")
            for text in ("14:50", "about three", "2026-11-23 14:50, by the log", "1h", "2026-13-01 10:00", "\n@7")
        ],
        ("written", {"section": "impact_began"}, "needs text"),
        ("zzz", {}, "no kind of event 'zzz'. It has: "),
    ],
)
def test_a_field_that_a_kind_does_not_have_is_refused(kind, note, says):
    refused = why_refused(kind, note)
    assert says in refused
    assert bool(refused) is bool(says)


def test_every_kind_says_what_it_is_and_no_field_is_both_required_and_optional():
    for name, kind in KINDS.items():
        assert kind.about, name
        assert not kind.required.keys() & kind.optional.keys(), name


@pytest.mark.parametrize(
    ("kind", "note", "read"),
    [
        ("severity", {"severity": 7, "reason": "x"}, {"reason": "x"}),
        ("update", {"text": "x", "next_at": "soon"}, {"text": "x"}),
        ("noted", {"text": "x", "of_a_later_version": "y", "and": ["z"]}, {"text": "x", "of_a_later_version": "y"}),
        ("of_a_later_version", {"key": "y", "intended": ["z"]}, {"key": "y"}),
        (
            "intended",
            {"actions": [{"target": "1@x"}, {"who": "y"}, "z", {"target": 3}]},
            {"actions": [{"target": "1@x"}]},
        ),
        ("held", {"plan": {"actions": []}, "reasons": []}, {"reasons": []}),
        ("held", {"plan": {"digest": "d", "actions": {}}}, {"plan": {"digest": "d", "actions": []}}),
        (
            "held",
            {"plan": {"digest": "d", "alternatives": ["x", {"digest": "e", "actions": [1]}]}},
            {"plan": {"digest": "d", "actions": [], "alternatives": [{"digest": "e", "actions": []}]}},
        ),
    ],
)
def test_what_has_not_the_form_of_its_field_is_not_read(kind, note, read):
    assert readable(kind, note) == read
