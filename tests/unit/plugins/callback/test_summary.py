"""The callback against results as Ansible hands them over; what the lines say is tested with the domain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.action.gate import _exported as exported
from ansible_collections.pafar.runbook.plugins.callback import summary
from ansible_collections.pafar.runbook.plugins.callback.summary import CallbackModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import Decision
from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import outcome_of
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation

from support.database_reports import activity

ACTIVITY = activity()
QUIET = {**ACTIVITY, "tree": ["no session waits for a lock"]}
PLAN: dict[str, Any] = {"digest": "d" * 64, "affected_before": 1, "affected_after": 0, "actions": [], "excluded": []}
PLANNED = {
    "plan": PLAN,
    "rounds": 0,
    "acted_on": [],
    "still_present": [],
    "not_done": [],
    "seconds_to_recovery": None,
    "stopped": "",
    "facts": {},
}
ENDED = {
    **PLANNED,
    "rounds": 1,
    "acted_on": [{"action": "terminated", "pid": 7, "who": "7 app@b m", "reason": "idle"}],
    "seconds_to_recovery": 0.1,
}
OPEN = Decision(True, ("fine",), ("t",)).as_dict()
GATE = {**OPEN, "digest": "d" * 64, "ansible_stats": exported({**PLAN, "actions": [{"target": "t"}]}, "x@db", OPEN)}
VERDICT = {**outcome_of(1, 0, 0, 0.1), "what": ""}


@pytest.fixture
def printed(monkeypatch):
    lines: list[str] = []
    callback = CallbackModule()
    screen = SimpleNamespace(display=lambda text, **_colour: lines.append(text.strip()))
    monkeypatch.setattr(callback, "_display", screen)

    def show(module, result, host="db", failed=False, role=""):
        lines.clear()
        of_role = SimpleNamespace(get_name=lambda: role) if role else None
        task = SimpleNamespace(resolved_action=f"pafar.runbook.{module}", action="", _role=of_role)
        machine = SimpleNamespace(get_name=lambda: host)
        event = callback.v2_runner_on_failed if failed else callback.v2_runner_on_ok
        event(SimpleNamespace(task=task, host=machine, result=result))
        return list(lines)

    return show


def test_each_item_of_a_loop_is_shown_and_kept(monkeypatch):
    """What a post-mortem writes: a loop over passages, of which each is an event."""
    lines: list[str] = []
    callback = CallbackModule()
    monkeypatch.setattr(
        callback, "_display", SimpleNamespace(display=lambda text, **_colour: lines.append(text.strip()))
    )
    task = SimpleNamespace(resolved_action="pafar.runbook.incident_event", action="", _role=None, loop="{{ passages }}")
    written = [
        {"id": "i", "path": "/log/i.jsonl", "evidence": None, "joined": False, "head": {"seq": seq, "hash": "ab" * 32}}
        for seq in (4, 5)
    ]
    values = {"changed": True, "results": [*written, {"skipped": True}], "msg": "All items completed"}
    machine = SimpleNamespace(get_name=lambda: "db")
    callback.v2_runner_on_ok(SimpleNamespace(task=task, host=machine, result=values))
    assert [line.partition(" (")[2].partition(":")[0] for line in lines] == ["head 4", "head 5"]
    callback.v2_runner_on_failed(
        SimpleNamespace(task=task, host=machine, result={**values, "results": [{"failed": True, "msg": "no"}]})
    )
    assert len(lines) == 2


def test_a_note_and_messages_are_shown_with_the_head_of_the_log(printed):
    head = {"seq": 4, "hash": "ab12cd34ef56"}
    note = {"id": "i", "path": "/log/i.jsonl", "evidence": None, "joined": False, "head": head}
    assert printed("incident_note", note) == ["incident log: /log/i.jsonl (head 4:ab12cd34ef56)"]
    sent = {"messages": [], "differences": [], "silences": [], "left": [], "heads": {"i": {**head, "seq": 6}}}
    assert printed("announce", sent) == ["incident log: i (head 6:ab12cd34ef56)"]


def test_an_incident_that_was_joined_at_the_first_event_is_said_with_why_and_on_the_last_screen(monkeypatch):
    lines: list[str] = []
    callback = CallbackModule()
    monkeypatch.setattr(callback, "_display", SimpleNamespace(display=lambda text, **_colour: lines.append(text)))
    monkeypatch.setattr(summary, "invocation", lambda incident: Invocation("playbooks/undo.yml", incident=incident))

    def seen(action, values):
        task = SimpleNamespace(resolved_action=action, action="", _role=None)
        result = SimpleNamespace(task=task, host=SimpleNamespace(get_name=lambda: "db"), result=values)
        callback.v2_runner_on_ok(result)

    opening = {"id": "mine", "joined": False, "why": "", "under_way": [], "problem": "", "first_break": None}
    seen("pafar.runbook.incident_open", opening)
    seen("ansible.builtin.set_fact", {"ansible_facts": {"incident_name": "mine"}})
    seen("pafar.runbook.gate", GATE)
    written = {"id": "other", "path": "/log/other.jsonl", "evidence": None, "head": {"seq": 3, "hash": "ab" * 6}}
    seen("pafar.runbook.incident_event", {**written, "joined": True, "why": "it is open, shares db"})
    seen("pafar.runbook.incident_event", {**written, "joined": False, "why": ""})
    callback.v2_playbook_on_stats(SimpleNamespace(failures={}, dark={}))
    shown = " ".join(" ".join(lines).split())
    assert "joins the incident other, which another run has opened in the meantime: it is open, shares db" in shown
    assert "incident: other (joined), log /log/other.jsonl, head 3:abababababab" in shown


def test_every_view_is_that_of_a_module():
    """A view under another name would never be shown."""
    modules = {path.stem for path in (Path(__file__).parents[4] / "plugins/modules").glob("*.py")}
    assert set(CallbackModule()._views) - modules == {"async_status"}


def test_a_real_run_shows_facts_plan_act_and_verdict_and_not_the_verification(printed):
    for dummy in range(2):  # the role may be used twice in a play
        assert printed("pg_activity_info", ACTIVITY)
        assert "no action is planned" in printed("pg_kill_blocking", PLANNED)[0]
        assert printed("gate", GATE)
        assert "terminated 7 app@b m" in printed("pg_kill_blocking", ENDED)[0]
        assert printed("pg_activity_info", ACTIVITY) == []
        assert "recovered" in printed("outcome", VERDICT)[0]


def test_a_check_run_says_that_nobody_was_ended(printed):
    for dummy in range(2):
        assert printed("pg_activity_info", ACTIVITY)
        assert len(printed("pg_kill_blocking", PLANNED)) == 2
        assert printed("gate", GATE)
        assert printed("pg_kill_blocking", PLANNED) == ["db | no session was terminated"]


def test_hosts_do_not_mix_and_others_tasks_are_left_alone(printed):
    printed("pg_kill_blocking", PLANNED, host="a")
    assert len(printed("pg_kill_blocking", PLANNED, host="b")) == 2
    assert printed("../builtin.debug", {"msg": "x"}) == []


def test_a_failed_task_without_such_a_result_prints_nothing(printed):
    assert printed("pg_kill_blocking", {"msg": "refused"}, failed=True) == []
    assert printed("compose_info", {"msg": "refused", "failed_when_result": False}) == []
    assert len(printed("pg_kill_blocking", PLANNED)) == 2


def test_a_wrong_setting_of_one_channel_hides_no_message_of_another(printed):
    row = {
        "channel": "mail",
        "key": "mail/resolved/1",
        "state": "failed",
        "reason": "no connection",
        "to": "",
        "title": "",
    }
    wrong = {
        "msg": "page needs token.",
        "error": "InputError",
        "differences": [],
        "silences": [],
        "left": [],
        "heads": {},
    }
    assert printed("announce", {**wrong, "messages": [row]}, failed=True) == [
        "not sent to mail yet: mail/resolved/1 (failed): no connection"
    ]
    assert printed("announce", {**wrong, "messages": []}, failed=True) == []
    assert printed("announce", {"msg": "the log cannot be read", "error": "LogError"}, failed=True) == []


def test_a_result_that_it_cannot_read_is_said_and_not_passed_over(printed):
    renamed = {"seen" if name == "visibility" else name: value for name, value in ACTIVITY.items()}
    assert printed("pg_activity_info", renamed) == [
        "db | result of pg_activity_info not understood (key 'visibility'); see the log"
    ]
    (line,) = printed("compose_info", {"services": None})
    assert line.startswith("db | result of compose_info not understood (")
    (line,) = printed("compose_scale", {"plan": {}, "msg": "a message beside it hides nothing"})
    assert line == "db | result of compose_scale not understood (key 'actions'); see the log"


def test_a_job_in_the_background_has_no_result_yet(printed):
    assert printed("pg_index_build", {"ansible_job_id": "j", "started": 1, "finished": 0}) == []


def test_one_look_shows_facts_and_plan(printed):
    look = {**PLANNED, "facts": {**ACTIVITY, "waiters": 3, "tree": ["3 sessions wait"]}}
    lines = printed("pg_kill_blocking", look)
    assert "connection slots used" in lines[0]
    assert "3 sessions wait" in lines[1]
    assert "no action is planned" in lines[2]
    assert printed("gate", GATE)
    assert "terminated 7 app@b m" in printed("pg_kill_blocking", {**ENDED, "facts": {}})[0]


def test_a_look_without_waiters_shows_facts_alone(printed):
    lines = printed("pg_kill_blocking", {**PLANNED, "facts": QUIET})
    assert "no session waits for a lock" in lines[-1]


def test_what_the_tree_says_without_waiters_follows(printed):
    lines = printed("pg_kill_blocking", {**PLANNED, "facts": {**QUIET, "tree": ["none waits", "an old transaction"]}})
    assert "no session waits for a lock" in lines[-2]
    assert "an old transaction" in lines[-1]


def test_where_the_facts_were_shown_only_the_plan_follows(printed):
    assert printed("pg_activity_info", ACTIVITY)
    assert "no action is planned" in printed("pg_kill_blocking", {**PLANNED, "facts": ACTIVITY})[0]


def test_a_refusal_shows_who_waits(printed):
    refusal = {"msg": "may not see", "error": "PrivilegeError", "facts": QUIET}
    assert "no session waits for a lock" in printed("pg_kill_blocking", refusal, failed=True)[-1]


def test_a_look_at_an_earlier_act_is_no_plan_of_this_run(printed):
    plan = {**PLAN, "no_action_reason": "nothing to do"}
    result: dict[str, Any] = {"plan": plan, "done": [], "missed": [], "seconds": None, "remaining": 0, "undo": {}}
    assert printed("compose_scale", result, role="pafar.runbook.incident") == []
    assert printed("compose_scale", result, role="pafar.runbook.scale_services") == ["db | nothing to do"]


@pytest.mark.parametrize(
    ("action", "result", "done"),
    [
        (
            "pafar.runbook.pg_index_build",
            {"plan": PLAN, "done": ["built i"], "undo": {"reversible": True}},
            ["built i"],
        ),
        (
            "ansible.builtin.async_status",
            {"plan": PLAN, "done": ["built i"], "undo": {"reversible": True}},
            ["built i"],
        ),
        ("ansible.builtin.async_status", {"finished": True, "done": ["another's"]}, None),
        ("ansible.builtin.debug", {"plan": PLAN, "done": ["another's"]}, None),
    ],
)
def test_the_last_screen_knows_acts_also_those_in_the_background(action, result, done):
    callback = CallbackModule()
    opened = SimpleNamespace(resolved_action="ansible.builtin.set_fact", action="")
    callback._keep(opened, "db", {"ansible_facts": {"incident_name": "i"}})
    callback._keep(SimpleNamespace(resolved_action=action, action=""), "db", result)
    assert [story.done for story in callback._stories.values()] == ([done] if done else [])
    assert all(story.reversible for story in callback._stories.values())


def test_a_run_imports_no_subject_that_it_does_not_show():
    code = (
        "import sys; import ansible_collections.pafar.runbook.plugins.callback.summary;"
        "print(*sorted({name.split('.')[5] for name in sys.modules if '.runbook.plugins.module_utils._' in name}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"_core", "_incident", "_run", "_system"}, done.stdout
