from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, GOOD
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import Run, Story, last_lines, undoes

CALL = Invocation("playbooks/db_lock_contention.yml", ["hosts.yml"], incident="2026-x")
OUTCOME = {"outcome": "recovered", "kept": True, "before": 107, "after": 0, "seconds_to_recovery": 0.07}


def gate(is_open=False, planned=7, digest="ab") -> Any:
    return {
        "incident": "2026-x", "mitigation": "unblock_sessions", "digest": digest * 32, "planned": planned,
        "open": is_open, "approved": False, "matched": [],
        "reasons": ["7 actions are planned and 5 are allowed without approval"],
    }  # fmt: skip


def text(run: Run) -> list[str]:
    return [line for dummy, line in last_lines(run)]


def acted(host="db1", undo=False) -> Story:
    story = Story(host, [gate(True, 1)])
    story.add({"acted_on": [{"action": "terminated", "who": "1613 app@postgres"}], "undo": {"reversible": undo}})
    story.add(OUTCOME)
    return story


def test_an_act_has_its_outcome_what_changed_the_log_and_what_is_next():
    lines = text(Run(CALL, [acted()], path="/log/2026-x.jsonl"))
    assert lines[0].startswith("outcome: db1 recovered after 0.1 s (107 before, 0 now)")
    assert lines[1] == "changed: terminated 1613 app@postgres"
    assert lines[2] == "incident: 2026-x, log /log/2026-x.jsonl"
    assert lines[3] == "next: ansible-playbook -i hosts.yml playbooks/incidents.yml -e incident_id=2026-x"
    undo = text(Run(CALL, [acted(undo=True)], path="/log/2026-x.jsonl"))[-1]
    assert undo == "next: to undo: ansible-playbook -i hosts.yml playbooks/undo.yml -e incident_id=2026-x"
    of_undo = acted(undo=True)
    of_undo.undoes = True
    assert text(Run(CALL, [of_undo], path="/log/2026-x.jsonl"))[-1] == lines[3]


@pytest.mark.parametrize(
    ("facts", "is_undo"),
    [
        ({"incident_undoable": {"at": "2026-11-26T10:00:00.000000Z"}}, True),
        ({"incident_held": [{"undoes": ""}, {"undoes": "2026-11-26T10:00:00.000000Z"}]}, True),
        ({"incident_held": [{"undoes": ""}], "incident_undoable": {}}, False),
        ({}, False),
    ],
)
def test_an_undo_is_known_by_what_it_takes_from_the_incident(facts, is_undo):
    assert undoes(facts) is is_undo


def test_what_is_not_in_the_log_is_said_beside_what_is():
    why = "logs was not reached: Connection refused."
    lines = text(Run(CALL, [acted()], path="/log/2026-x.jsonl", unwritten=why))
    assert lines[2] == "incident: 2026-x, log /log/2026-x.jsonl"
    assert lines[3].startswith("not in the incident log: ")
    assert lines[3].endswith(why)
    assert text(Run(CALL, [acted()], unwritten=why))[2] == lines[3]


def test_a_held_plan_says_why_and_how_it_is_approved():
    lines = text(Run(CALL, [Story("db1", [gate()])], path="/log/2026-x.jsonl"))
    assert lines[0] == "outcome: db1 has a plan that is held"
    assert lines[3].startswith("held: db1 unblock_sessions, plan abababababab: 7 actions are planned and 5")
    assert lines[4].endswith("playbooks/approve.yml -e incident_id=2026-x -e incident_approved_digest=abababababab")
    checked = text(Run(CALL, [Story("db1", [gate()])], check=True))
    assert checked[1] == "changed: nothing (--check)"
    assert checked[-1].endswith("playbooks/db_lock_contention.yml -e incident_approved_digest=abababababab")


def test_a_plan_that_is_held_in_a_workflow_is_approved_there():
    page = "https://awx.example.org/#/jobs/workflow/41/output"
    held = Run(CALL, [Story("db1", [gate()])], path="/log/2026-x.jsonl", workflow=page)
    assert text(held)[-1] == f"next: to approve exactly this plan: {page}"
    shown = ["plan abababababab of unblock_sessions on db1:", "  terminate 4711"]
    assert text(replace(held, held_plans=shown)) == [*shown, *text(held)]
    done = Run(CALL, [acted()], path="/log/2026-x.jsonl", workflow=page)
    assert text(done)[-1].startswith("next: ansible-playbook")


def test_an_open_plan_of_a_check_run_is_followed_by_the_run():
    lines = text(Run(CALL, [Story("db1", [gate(True)])], check=True))
    assert lines[0] == "outcome: db1 has a plan that would be carried out"
    assert lines[-1] == "next: ansible-playbook -i hosts.yml playbooks/db_lock_contention.yml"


def test_hosts_with_one_outcome_are_one_part_and_a_failure_is_said_first():
    stories = [Story(f"db{number}") for number in range(7)]
    assert text(Run(CALL, stories))[0] == "outcome: db0, db1, db2, db3 and 3 more has nothing to do"
    stories[0].failed = True
    lines = text(Run(CALL, stories))
    assert lines[0].startswith("outcome: db0 failed, see its message; ")
    assert lines[-1].endswith("--check --diff")
    assert "was not reached" in text(Run(CALL, [Story("db1", reached=False)]))[0]


YOUNG = (
    "nothing to do: no session waits too long: 20 wait, the longest for 29 s; too long is 30 s or longer"
    " (unblock_sessions_min_waiting)"
)
NONE = "no action is possible (sessions that wait too long: 5): see what is excluded"
FULL = "nothing here may be freed: 1 GiB (2%) of / are free, 9 GiB are missing; see what is explained"
INSTEAD = "approve cdcdcdcdcdcd instead: cancels the waiters"


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ([NONE], f"has no plan: {NONE}"),
        ([FULL], f"has no plan: {FULL}"),
        ([NONE, INSTEAD], f"has no plan: {NONE}; {INSTEAD}"),
        ([YOUNG], f"has {YOUNG}"),
        (["nothing to do"], "has nothing to do"),
        (["nothing to do: the session has ended", "the approval that was given is of another plan"],
         "has nothing to do: the session has ended"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("check", [True, False])
def test_a_plan_without_an_action_says_why_it_has_none(reasons, words, check):
    empty: Any = {**gate(planned=0), "reasons": reasons}
    assert text(Run(CALL, [Story("db1", [empty])], check=check))[0] == f"outcome: db1 {words}"
    assert text(Run(CALL, [Story("db1", [empty, gate()])]))[0] == "outcome: db1 has a plan that is held"
    kinds = {True: GOOD, False: CARE}
    assert last_lines(Run(CALL, [Story("db1", [empty])]))[0][0] == kinds[reasons[0].startswith("nothing to do")]


def diagnosed(mitigation="", *causes) -> dict[str, Any]:
    return {"cause": causes[0] if causes else "", "causes": [{"cause": name} for name in causes],
            "mitigation": mitigation, "rules": {}}  # fmt: skip


NO_CAUSE = "did nothing: no cause was found among those that are looked for"


def state(cause, sessions=0, refuses=False) -> dict[str, Any]:
    return {"cause": cause, "text": "x", "sessions": sessions, "seconds": 1.0, "refuses": refuses, "advice": "y"}


def found(causes: str) -> str:
    return f"has no act for what was found ({causes}): see above"


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([diagnosed("", "leak")], found("leak")),
        ([diagnosed("", "traffic", "full_pool")], found("traffic, full pool")),
        ([diagnosed("", "stripe_down"), {"lines": []}], found("stripe down")),
        ([diagnosed()], NO_CAUSE),
        ([diagnosed("end_sessions", "leak")], "has nothing to do"),
        ([diagnosed("", "leak"), diagnosed()], NO_CAUSE),  # looked at again
        ([{"causes": [{"cause": "x"}], "mitigation": ""}], "has nothing to do"),  # of another module
        ([{"server_states": [state("read_only", refuses=True)]}], found("read only")),
        ([{"server_states": [state("replay_conflict", 3), state("convoy")]}], found("replay conflict")),
        ([{"server_states": [state("wraparound", refuses=True)]}, diagnosed("", "wraparound")], found("wraparound")),
        ([{"facts": {"server_states": [state("read_only", refuses=True)]}, "plan": {}}], found("read only")),
        ([{"server_states": [state("convoy")]}, {"facts": {}}], "has nothing to do"),
        ([{"server_states": [state("replay_conflict", 2)]}, {"server_states": []}], "has nothing to do"),  # it is over
    ],
)  # fmt: skip
@pytest.mark.parametrize("gates", [[], ["nothing to do: every setting is set already, or its role is excluded"]])
def test_a_cause_for_which_there_is_no_act_is_not_called_nothing(reports, words, gates):
    closed: list[Any] = [{**gate(planned=0), "reasons": [reason]} for reason in gates]
    story = Story("db1", closed)
    for report in reports:
        story.add(report)
    run = Run(CALL, [story], path="/log/x")
    expected = words if "was found (" in words or not gates else f"has {gates[0]}"
    assert text(run)[0] == f"outcome: db1 {expected}"
    assert last_lines(run)[0][0] == (CARE if "was found (" in words else GOOD)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (OUTCOME, "recovered after 0.1 s (107 before, 0 now)"),
        ({"lines": []}, "has a plan that is held"),
    ],
)
def test_a_cause_beside_an_act_or_a_plan_leaves_their_outcome(more, words):
    story = Story("db1", [] if more is OUTCOME else [gate()])
    story.add(diagnosed("", "traffic"))
    story.add(more)
    assert text(Run(CALL, [story]))[0] == f"outcome: db1 {words}"


def test_an_act_that_helped_in_part_is_followed_by_the_plan_for_the_rest():
    story = acted()
    story.add({**OUTCOME, "outcome": "improved", "after": 5})
    again = "next: ansible-playbook -i hosts.yml playbooks/db_lock_contention.yml --check --diff"
    assert text(Run(CALL, [story], path="/log/x"))[-1] == again
    story.add(OUTCOME)
    assert "incidents.yml" in text(Run(CALL, [story], path="/log/x"))[-1]
    story.add({**OUTCOME, "outcome": "worse", "after": 200})
    assert "incidents.yml" in text(Run(CALL, [story], path="/log/x"))[-1]


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
def test_the_order_of_results_is_not_that_of_the_screen(order):
    stories = [Story(host, done=[f"restarted {host}-1"], failed=host == "b", reached=host != "c") for host in order]
    lines = text(Run(CALL, stories))
    assert lines[0] == "outcome: b failed, see its message; c was not reached; a has nothing to do"
    assert lines[1] == "changed: b: restarted b-1; c: restarted c-1; a: restarted a-1"


def test_a_triage_names_the_next_playbook():
    lines = text(Run(CALL, [Story("db1")], proposed="disk_space", severity="P1"))
    assert lines[0] == "outcome: proposed severity P1"
    assert lines[-1] == "next: ansible-playbook -i hosts.yml playbooks/disk_space.yml --check --diff"


@pytest.mark.parametrize("playbook", ["playbooks/preflight.yml", "pafar.runbook.incidents"])
def test_what_works_no_incident_has_none(playbook):
    assert last_lines(Run(Invocation(playbook), [Story("db1")])) == []


def test_five_lines_are_the_most():
    both = acted()
    both.gates.append(gate(digest="cd"))
    assert len(text(Run(CALL, [both], path="/log/x"))) == 5
