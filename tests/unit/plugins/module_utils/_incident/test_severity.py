from __future__ import annotations

import json
import random
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.severity import (
    ABOUT_SEVERITY,
    at_least,
    is_worse,
    opened_with,
    raised,
    severity_event,
    severity_given,
    severity_of,
    severity_since,
)

from support.incident_events import event, opened


def by_fact(severity):
    return event("severity", severity=severity, reason="x", facts=["all bookings fail"])


def by_person(severity):
    return event("severity", severity=severity, reason="x")


def triage(severity):
    return event("noted", triage=severity, signs=[])


@pytest.mark.parametrize(
    ("events", "severity"),
    [
        ([], "unknown"),
        ([opened("unknown")], "unknown"),
        ([opened("P2"), event("noted", text="P0")], "P2"),
        ([opened("P2"), by_person("P0")], "P0"),
        ([opened("P0"), by_person("P3")], "P3"),
        ([opened("P0"), by_fact("P3")], "P0"),
        ([opened("P2"), by_fact("P1")], "P1"),
        ([opened("P1"), triage("P3")], "P1"),
        ([opened("unknown"), triage("P3"), triage("P1"), triage("P2")], "P1"),
        ([opened("P1"), by_person("P3"), triage("P2")], "P2"),
        ([opened("P1"), by_person("P9")], "P1"),
        ([opened("P1"), event("mitigated", severity="P0")], "P1"),
    ],
)
def test_facts_raise_it_and_a_person_sets_it(events, severity):
    assert severity_of(events) == severity


@pytest.mark.parametrize("number", range(50))
def test_the_lines_that_are_about_it_lead_to_the_same(number):
    """A run that joins reads these alone, before its first event."""
    dice = random.Random(number)
    others = [event("mitigated", mitigation="x", done=["y"]), event("noted", text="P0"), event("acknowledged")]
    about = [make(severity) for make in (by_fact, by_person, triage) for severity in ("P0", "P1", "P2", "P3", "P9")]
    events = [opened(dice.choice(["P1", "P3", "unknown"])), *(dice.choice([*others, *about]) for dummy in range(20))]
    lines = [json.dumps(each).encode() for each in events]
    read = [one for one, line in zip(events, lines, strict=True) if any(word in line for word in ABOUT_SEVERITY)]
    assert severity_of(read) == severity_of(events)
    for severity in ("P0", "P1", "P2"):
        assert raised(read, {"severity": severity}) == raised(events, {"severity": severity})


def test_the_event_that_it_comes_from_is_named():
    first, second = opened("P2"), by_fact("P1")
    assert severity_event([first, second])[1] is second
    assert severity_event([]) == ("unknown", None)


@pytest.mark.parametrize(
    ("severity", "than", "worse"),
    [("P0", "P1", True), ("P1", "P1", False), ("P2", "P1", False), ("P3", "unknown", True), ("unknown", "P3", False)],
)
def test_worse_is_the_smaller_number(severity, than, worse):
    assert is_worse(severity, than) is worse


def test_a_run_that_joins_brings_its_severity_where_it_is_worse():
    (found,) = raised([opened("P2")], {"severity": "P1", "scenario": "disk_space", "hosts": ["db1"]})
    assert (found["note"]["severity"], found["note"]["before"]) == ("P1", "P2")
    assert found["note"]["facts"] == ["a run of disk_space on db1"]
    assert raised([opened("P1")], {"severity": "P1"}) == []
    assert raised([opened("P1")], {"severity": "unknown"}) == []
    assert raised([], {"severity": "P0"}) == [], "it opens the incident, with its severity"


def sign(severity, text="12 sessions wait for locks"):
    return {"severity": severity, "text": text}


def test_the_facts_that_a_run_has_found_open_an_incident_with_their_severity_and_are_named():
    opening = {"severity": "unknown", "scenario": "db_lock_contention", "alert": "", "hosts": ["db1"]}
    note = opened_with({**opening, "signs": [sign("P1"), sign("P2", "a"), sign("P1", "b")]})
    assert note == {
        "severity": "P1", "scenario": "db_lock_contention", "hosts": ["db1"],
        "facts": ["12 sessions wait for locks", "b"],
    }  # fmt: skip
    assert opened_with({"severity": "P0", "signs": [sign("P1")]}) == {"severity": "P0"}, "it was given a worse one"
    assert opened_with({"severity": "P1", "signs": [sign("P1", "b")]}) == {"severity": "P1", "facts": ["b"]}
    assert opened_with({"severity": "unknown", "signs": []}) == {"severity": "unknown"}
    assert opened_with({"severity": "unknown", "signs": ["x"]}) == {"severity": "unknown"}
    many = opened_with({"signs": [sign("P1", f"fact {number}") for number in range(9)]})
    assert many["facts"][-2:] == ["fact 4", "4 more"]


def test_facts_of_a_run_that_joins_raise_it_and_never_lower_it():
    given = {"severity": "unknown", "scenario": "disk_space", "hosts": ["db1"], "signs": [sign("P1", "/ is 97% full")]}
    (found,) = raised([opened("P2")], given)
    assert found["note"] == {
        "severity": "P1", "before": "P2", "reason": "by the facts of a run of disk_space on db1",
        "facts": ["/ is 97% full"],
    }  # fmt: skip
    (found,) = raised([opened("unknown")], {**given, "signs": [sign("P2", "/ is 90% full")]})
    assert (found["note"]["severity"], found["note"]["before"]) == ("P2", "unknown")
    assert raised([opened("P1")], given) == []
    assert raised([opened("P0")], given) == []
    assert raised([], given) == [], "it opens the incident, with its severity"


def lowered(before, severity):
    return event("severity", severity=severity, before=before, reason="a copy of the data")


def test_what_a_person_has_lowered_only_a_new_fact_raises():
    events = [event("opened", severity="P1", facts=["12 sessions wait for locks"]), lowered("P1", "P3")]
    same, other = sign("P1", "340 sessions wait for locks"), sign("P2", "/ is 90% full")
    assert raised(events, {"signs": [same]}) == [], "the same fact with other numbers"
    (found,) = raised(events, {"signs": [same, other]})
    assert (found["note"]["severity"], found["note"]["facts"]) == ("P2", ["/ is 90% full"])
    (found,) = raised(events, {"severity": "P1", "signs": [same]})
    assert found["note"]["severity"] == "P1", "a person has given it to the run"


def test_what_a_person_has_lowered_the_next_triage_does_not_raise_by_the_same_signs():
    first = event("noted", triage="P1", signs=[sign("P1"), sign("P2", "a")])
    again = event("noted", triage="P1", signs=[sign("P1", "7 sessions wait for locks"), sign("P2", "b")])
    assert severity_of([opened("unknown"), first, lowered("P1", "P3")]) == "P3"
    assert severity_of([opened("unknown"), first, lowered("P1", "P3"), again]) == "P2", "b was not known"
    assert severity_of([opened("unknown"), first, lowered("P1", "P3"), first]) == "P3"


@pytest.mark.parametrize("known", ["facts", "signs"])
@pytest.mark.parametrize(("severity", "becomes"), [("P0", "P0"), ("P1", "P1"), ("P2", "P3"), ("P3", "P3")])
def test_what_a_person_has_lowered_a_known_fact_raises_that_is_more_severe_now(known, severity, becomes):
    """A disk at 90 % is one that a person may know better about; at 99 % it is another matter."""
    found: Any = {"facts": {"facts": ["/ is 90% full"]}, "signs": {"signs": [sign("P2", "/ is 90% full")]}}[known]
    first = event("opened", severity="P2", **found)
    now = sign(severity, "/ is 99% full")
    events = [first, lowered("P2", "P3")]
    assert [each["note"]["severity"] for each in raised(events, {"signs": [now]})] == [becomes] * (becomes != "P3")
    assert severity_of([*events, event("noted", triage=severity, signs=[now])]) == becomes
    again = [*events, event("severity", severity="P0", before="P3", facts=["/ is 99% full"]), lowered("P0", "P2")]
    assert raised(again, {"signs": [now]}) == [], "by then that was known too"


@pytest.mark.parametrize(
    ("events", "severities", "since"),
    [
        ([opened("P1"), by_person("P0")], ("P0", "P1"), 0),
        ([opened("P2"), by_person("P0")], ("P0", "P1"), 1),
        ([opened("P0"), by_person("P2")], ("P0", "P1"), None),
        ([opened("P0"), by_person("P2"), by_fact("P1")], ("P0", "P1"), 2),
        ([], ("P0",), None),
    ],
)
def test_since_when_it_is_one_of_several(events, severities, since):
    assert severity_since(events, severities) is (None if since is None else events[since])


@pytest.mark.parametrize(("severity", "all_of"), [("P0", ("P0",)), ("P2", ("P0", "P1", "P2")), ("unknown", ())])
def test_a_severity_and_those_that_are_worse(severity, all_of):
    assert at_least(severity) == all_of


@pytest.mark.parametrize(
    ("typed", "severity"),
    [("P0", "P0"), (" p1\n", "P1"), ("", "unknown"), ("  ", "unknown"), ("Unknown", "unknown"), ("p3", "P3")],
)
def test_a_severity_as_it_is_typed(typed, severity):
    assert severity_given(typed) == severity


@pytest.mark.parametrize(
    "typed", ["P7", "P", "1", "high", "P1 or P2", "{{ 7*7 }}", "<b>P0</b>", "@here", "P1\nP2", "x" * 10_000]
)
def test_what_is_no_severity_is_refused_in_one_line(typed):
    with pytest.raises(InputError) as refused:
        severity_given(typed, "incident_severity", "Nothing was done.")
    text = str(refused.value)
    assert text.startswith("incident_severity: ")
    assert text.endswith(" is no severity; use one of P0, P1, P2, P3, or unknown. Nothing was done.")
    assert len(text.splitlines()) == 1
    assert len(text) < 200


def test_the_word_of_an_alert_that_is_no_severity_is_a_fact_of_the_opening():
    said = {"severity": "unknown", "text": "an alert fires with the severity 'gold'"}
    worse = {"severity": "P2", "text": "slow"}
    assert opened_with({"severity": "unknown", "signs": [said]}) == {"severity": "unknown", "facts": [said["text"]]}
    assert opened_with({"signs": [said]}) == {"facts": [said["text"]]}
    assert opened_with({"severity": "P1", "signs": [said]}) == {"severity": "P1"}
    assert opened_with({"severity": "unknown", "signs": [said, worse]}) == {"severity": "P2", "facts": ["slow"]}
    assert raised([opened("unknown")], {"signs": [said]}) == []
