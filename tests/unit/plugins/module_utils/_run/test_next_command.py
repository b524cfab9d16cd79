"""The next command of the last screen names the incident that was typed, in every state of a run."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation
from ansible_collections.pafar.runbook.plugins.module_utils._run.last_screen import Run, Story, last_lines

DIGEST = "ab" * 32


def gate(is_open: bool, approved: bool = False, digest: str = DIGEST) -> Any:
    return {
        "incident": "2026-x", "mitigation": "unblock_sessions", "digest": digest, "planned": 2, "open": is_open,
        "approved": approved, "matched": [digest[:12]] if approved else [], "reasons": ["2 planned"],
    }  # fmt: skip


def after(playbook: str, state: str, check: bool, extra=("incident_id=2026-x",), **options) -> list[str]:
    """The words of the next command."""
    approved = playbook == "approve"
    story = Story("db1", [] if state == "failed" else [gate(state == "open", approved and state == "open")])
    story.failed = state == "failed"
    call = Invocation(f"playbooks/{playbook}.yml", ["inventory"], extra=extra, incident="2026-x")
    run = Run(call, [options.get("story", story)], check=check, path="" if check else "/log/2026-x.jsonl", joined=True)
    dummy, text = last_lines(run)[-1]
    return shlex.split(text.partition("ansible-playbook")[2])


@pytest.mark.parametrize("playbook", ["undo", "approve", "db_lock_contention", "service_restart"])
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("state", ["open", "held", "failed"])
@pytest.mark.parametrize("extra", ["incident_id=2026-x", '{"incident_id": "2026-x", "a": 1}', "a=1 incident_id=2026-x"])
def test_the_incident_that_was_typed_is_named_once(playbook, check, state, extra):
    words = after(playbook, state, check, [extra])
    assert sum(word.count("2026-x") for word in words) == 1, words


@pytest.mark.parametrize("typed", ["incident_approved_digest=abababababab", "incident_approved_targets=1@x"])
def test_a_check_run_of_an_approval_is_followed_by_the_same_approval(typed):
    for extra in (["incident_id=2026-x", typed], [f"incident_id=2026-x {typed}"]):
        assert typed in " ".join(after("approve", "open", True, extra))
        assert typed in " ".join(after("approve", "failed", True, extra))
    assert typed not in after("db_lock_contention", "failed", True, [typed])
    assert typed not in after("db_lock_contention", "open", True, [typed]), "open without it"
    story = Story("db1", [gate(True, approved=True)])
    assert typed in after("db_lock_contention", "open", True, [typed], story=story)


def test_a_plan_that_is_held_beside_an_approved_one_does_not_take_that_approval_away():
    story = Story("db1", [gate(True, approved=True), gate(False, digest="cd" * 32), gate(True, digest="ef" * 32)])
    words = after("db_connection_exhaustion", "held", True, ["incident_approved_digest=abababababab"], story=story)
    assert words[-1] == "incident_approved_digest=abababababab,cdcdcdcdcdcd"


def test_what_was_not_typed_is_not_added_to_the_command_of_a_check_run():
    assert not any("incident_id" in word for word in after("db_lock_contention", "open", True, []))


@pytest.mark.parametrize("playbook", ["undo", "approve"])
@pytest.mark.parametrize("typed", ["incident_id=", "incident_id=2026-y", "incident_approved_digest=abababababab"])
def test_where_no_incident_was_named_that_exists_the_next_command_lists_them(playbook, typed):
    story = Story("db1", failed=True)
    call = Invocation(f"playbooks/{playbook}.yml", ["inventory"], extra=[typed], incident="2026-x")
    for check in (True, False):
        assert last_lines(Run(call, [story], check=check))[-1][1] == (
            "next: ansible-playbook -i inventory playbooks/incidents.yml"
        )
