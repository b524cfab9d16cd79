from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.mitigations import evidence_of, mitigations

from support.timelines import event, lock_act

DIGEST = "d" * 64
HELD = event(1, 0, "held", mitigation="unblock_sessions", plan={"digest": DIGEST}, reasons=["over"])
APPROVED = event(2, 9, "approved", by="grace", mitigation="unblock_sessions", digest=DIGEST[:12])


def parts(act):
    found = {name: getattr(act, name) for name in ("held", "approved", "intended", "evidence", "act", "outcome")}
    return {name: each["seq"] for name, each in found.items() if each}


def test_an_act_has_all_of_its_events():
    evidence = event(3, 20, "evidence", file="x.json", sha256="a" * 64)
    (act,) = mitigations([HELD, APPROVED, evidence, *lock_act(4, 20)])
    assert parts(act) == {"held": 1, "approved": 2, "evidence": 3, "intended": 4, "act": 5, "outcome": 6}
    assert (act.cites, act.outcome_word, act.seconds, act.is_done) == ([1, 2, 4, 3, 5, 6], "recovered", 1.5, True)


def test_a_plan_that_was_never_carried_out():
    (act,) = mitigations([HELD])
    assert (parts(act), act.is_done, act.outcome_word, act.seconds) == ({"held": 1}, False, "", None)


def test_acts_of_other_hosts_and_plans_are_their_own():
    other_host: list[Any] = [{**each, "host": "db2"} for each in lock_act(5, 20)]
    other_plan = lock_act(8, 40, mitigation="scale_services")
    acts = mitigations([HELD, *other_host, *other_plan])
    assert [parts(act) for act in acts] == [
        {"held": 1}, {"intended": 5, "act": 6, "outcome": 7}, {"intended": 8, "act": 9, "outcome": 10},
    ]  # fmt: skip


def test_an_alternative_that_was_approved_instead():
    held = event(
        1, 0, "held", mitigation="unblock_sessions", plan={"digest": "e" * 64, "alternatives": [{"digest": DIGEST}]}
    )
    (act,) = mitigations([held, APPROVED, *lock_act(3, 20)])
    assert parts(act) == {"held": 1, "approved": 2, "intended": 3, "act": 4, "outcome": 5}


def test_an_act_that_was_cut_off_is_completed_or_has_no_outcome():
    intended = lock_act(1, 0)[0]
    reconciled = event(
        2, 60, "reconciled", mitigation="unblock_sessions", intended=intended["at"], outcome="not carried out"
    )
    assert parts(mitigations([intended])[0]) == {"intended": 1}
    assert parts(mitigations([intended, reconciled])[0]) == {"intended": 1, "act": 2}


def test_an_outcome_without_an_act_is_no_act():
    assert mitigations([event(1, 0, "verified", outcome="recovered")]) == []


def test_a_changed_log_gives_no_error():
    odd = [
        event(1, 0, "held", plan=[1]),
        event(2, 0, "approved", digest=5),
        event(3, 0, "mitigated", intended=[1], plan=3),
    ]
    assert [parts(act) for act in mitigations(odd)] == [{"held": 1}, {"act": 3}]


def test_evidence_is_listed_also_without_a_file():
    events = [event(1, 0, "evidence", about="x"), event(2, 0, "noted")]
    assert [each["seq"] for each in evidence_of(events)] == [1]
