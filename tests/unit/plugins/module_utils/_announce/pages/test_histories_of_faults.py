"""Random histories of an incident with several faults: of two hosts and two scenarios, held, approved, ended by a
person and opened again. The page says resolved by facts only where each fault has a verification of its own after it.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import page_states
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import moment_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.log_recovery import recovery_of

from support.incident_events import event

SOAK = timedelta(minutes=10)


def fact(chance, is_ended):
    mitigation, scenario = chance.choice(["unblock_sessions", "end_sessions"]), chance.choice("ab")
    act = {"mitigation": mitigation}
    of_run = {**act, "scenario": scenario}
    by_a_person = [("phase", {"phase": "open", "reason": "back"})] if is_ended else [
        ("phase", {"phase": "resolved", "reason": "seen"}), ("phase", {"phase": "monitoring", "reason": "seen"}),
    ]  # fmt: skip
    return chance.choice(
        [
            ("diagnosed", {"cause": "x", "causes": [act], "scenario": scenario}),
            ("diagnosed", {"cause": "y", "causes": [{"mitigation": ""}], "scenario": scenario}),
            ("held", {**of_run, "plan": {"digest": "d"}, "reasons": []}),
            ("mitigated", act), ("mitigated", act),
            ("verified", {**of_run, "outcome": chance.choice(["unchanged", "worse", "improved"])}),
            *[("verified", {**of_run, "outcome": "recovered"})] * 5,
            ("verified", {**act, "scenario": "approve", "outcome": "recovered"}),
            ("update", {"audience": "public", "text": "t", "status": chance.choice(["resolved", "identified"])}),
            chance.choice(by_a_person),
        ]
    )  # fmt: skip


def history(chance):
    events, minutes, is_ended = [event("opened", seq=1, scenario="a")], 0.0, False
    for seq in range(2, chance.randint(4, 18)):
        minutes += chance.choice([0, 0.5, 5, 9.9, 11, 30])
        kind, note = fact(chance, is_ended)
        is_ended = note["phase"] == "resolved" if kind == "phase" else is_ended
        events.append({**event(kind, minutes, seq=seq, **note), "host": chance.choice(["db1", "db2"])})
    return events


def closes(verified, found, before):
    """Whether a verification is of a fault. ``before``: the events before it."""
    note, of = verified["note"], found["note"]
    mitigation = note.get("mitigation")
    if verified["kind"] != "verified" or note["outcome"] != "recovered" or verified["host"] != found["host"]:
        return False
    plans = [
        each["note"]["scenario"]
        for each in before
        if (each["kind"], each["host"], each["note"].get("mitigation")) == ("held", found["host"], mitigation)
    ]
    scenario = (plans or [of["scenario"]])[-1] if note["scenario"] == "approve" else note["scenario"]
    return scenario == of["scenario"]


def is_left_open(events):
    """Whether a fault has no verification of its host and scenario after it, nor a person who has resolved it."""
    for number, found in enumerate(events):
        is_fault = found["kind"] in ("diagnosed", "held") or found["note"].get("outcome", "recovered") != "recovered"
        later = list(enumerate(events))[number + 1 :]
        if is_fault and not any(
            closes(each, found, events[:place]) or each["note"].get("phase") == "resolved" for place, each in later
        ):
            return True
    return False


@pytest.mark.parametrize("seed", range(300))
def test_the_page_is_not_resolved_by_facts_while_a_fault_is_open(seed):
    for part in range(10):
        chance = random.Random(f"faults {seed} {part}")
        events = history(chance)
        phases = [each["note"]["phase"] for each in events if each["kind"] == "phase"]
        if phases[-1:] == ["resolved"]:
            continue
        for minutes in (0, 11, 600):
            now = moment_of(events[-1]["at"]) + timedelta(minutes=minutes)
            if page_states(events, now, SOAK, True)[-1].state == "resolved":
                assert not is_left_open(events), events
                assert not recovery_of(events).why_not, events


def test_the_histories_are_of_both_kinds():
    """Else nothing would be tested."""
    ends = []
    for seed in range(300):
        events = history(random.Random(f"faults {seed} 0"))
        last = page_states(events, moment_of(events[-1]["at"]) + timedelta(hours=9), SOAK, True)[-1]
        ends.append((last.state == "resolved", is_left_open(events)))
    assert {(True, False), (False, True)} <= set(ends)
