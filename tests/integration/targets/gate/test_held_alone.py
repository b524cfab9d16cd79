"""approve.yml acts on what the incident holds, and on nothing typed beside it. No server: the plan is given."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from support.servers import ROOT

HELD, OTHER = "aa" * 32, "bb" * 32


def plan(digest, *targets):
    actions = [{"target": target, "action": "cancel", "who": target} for target in targets]
    return {"verb": "unblock", "digest": digest, "actions": actions, "excluded": [], "affected_before": 2}


def role(part, **variables):
    task = {"name": "pafar.runbook.incident", "tasks_from": part, "rolespec_validate": False}
    return {"ansible.builtin.include_role": task, "vars": variables}


def gate(digest, *targets):
    return role(
        "gate", incident_mitigation="unblock_sessions", incident_plan=plan(digest, *targets), incident_limit=1,
        incident_approval="over_limit",
    )  # fmt: skip


HOLD = role(
    "record",
    incident_events=[
        {
            "kind": "held",
            "note": {
                "mitigation": "unblock_sessions", "plan": plan(HELD, "1@a/x", "2@b/x"), "reasons": ["2 planned"],
                "options": {},
            },
        }
    ],
)  # fmt: skip
SAY = {"ansible.builtin.debug": {"msg": "GATE {{ incident_gate.open }} {{ incident_gate.targets | join(',') }} END"}}


def play(tasks, **variables):
    given = {"incident_scenario": "approve", "incident_must_exist": True, "incident_only_approved": True, **variables}
    return {"hosts": "localhost", "gather_facts": False, "vars": given, "tasks": [role("open"), *tasks]}


def ran(folder, plays, *options):
    """What the gates said, and the whole output."""
    (folder / "play.yml").write_text(json.dumps(plays))
    argv = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(folder / "play.yml"), *options]
    argv += ["-e", f"incident_log={folder}/log", "-e", "incident_by=ada", "-e", "incident_id=test"]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "HOME": str(folder)}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    text = " ".join(done.stdout.split())
    return [part.partition(" END")[0] for part in text.split("GATE ")[1:]], text + done.stderr


MADE = play([HOLD], incident_must_exist=False, incident_scenario="db_lock_contention")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([f"incident_approved_digest={HELD[:12]},{OTHER[:12]}"], f"holds no plan {OTHER[:12]}"),
        ([f"incident_approved_digest={OTHER}"], f"holds no plan {OTHER}"),
        ([f"incident_approved_digest={HELD[:12]}", '{"incident_approved_targets": ["9@c/x"]}'], "has no effect here"),
        ([f"incident_approved_digest={HELD[:12]}", "runbook_four_eyes=always"], "runbook_four_eyes"),
        # A few characters fit every plan that begins with them.
        ([f"incident_approved_digest={HELD[:1]}"], f"'{HELD[:1]}' is no digest"),
        ([f"incident_approved_digest={HELD[:11]}"], f"'{HELD[:11]}' is no digest"),
        ([f"incident_approved_digest={HELD[:12]},{HELD[:3]}"], f"'{HELD[:3]}' is no digest"),
        (["incident_approved_digest=all"], "'all' is no digest"),
    ],
)
def test_what_was_not_held_is_refused(tmp_path, options, says):
    typed = [word for option in options for word in ("-e", option)]
    dummy, text = ran(tmp_path, [MADE])
    assert "failed=0" in text, text
    gates, text = ran(tmp_path, [play([role("held"), gate(OTHER, "8@c/x", "9@c/x"), SAY])], *typed)
    assert gates == []
    assert says in text, text


def test_the_gate_opens_for_what_is_held_alone_and_not_in_the_next_play(tmp_path):
    tasks = [
        role("held"), gate(HELD, "1@a/x", "2@b/x"), SAY, gate(OTHER, "2@b/x", "8@c/x", "9@c/x"), SAY,
        gate(OTHER, "8@c/x", "9@c/x"), SAY,
    ]  # fmt: skip
    later = play([gate(OTHER, "8@c/x", "9@c/x"), SAY], runbook_four_eyes=True)
    gates, text = ran(tmp_path, [MADE, play(tasks), later], "-e", f"incident_approved_digest={HELD[:12]}")
    assert gates == ["True 1@a/x,2@b/x", "True 2@b/x", "False"], text
    assert "This site wants the approval of another person" in text
