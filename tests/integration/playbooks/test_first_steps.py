"""The first hour: what is typed wrongly, what is printed, typed as printed, and what an approval does."""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import subprocess

import pytest

from support.clients import lock_waiters, until
from support.scenes import Batch, ended_steps, held, lasting, row_storm
from support.servers import ROOT


@pytest.fixture
def two_storms(server, session):
    first, queue = row_storm(server, session, 6, row=1)
    second, more = row_storm(server, session, 4, row=2)
    lasting(server, 0.25)
    return first, second, queue + more


def test_a_misspelt_variable_stops_the_run_before_anything_is_done(two_storms, site):
    site.variables["runbook_aproval"] = "always"
    done = site.play(runbook_spare_application=["pafar-web"])
    assert done.returncode == 2
    assert "did you mean runbook_approval?" in done.stdout + done.stderr
    assert "did you mean runbook_exclude_applications?" in done.stdout + done.stderr
    assert two_storms[0].fate() == two_storms[1].fate() == "alive"
    assert not site.log.exists()


def test_a_held_plan_is_carried_out_later_as_one_incident(server, two_storms, site):
    first, second, dummy = two_storms
    site.variables["unblock_sessions_limit"] = 1
    held = site.play("-e", "unblock_sessions_max_terminations=7", incident_severity="P1")
    assert held.returncode == 0, held.stdout
    assert "outcome: db has a plan that is held" in held.stdout
    command = site.next_command(held)
    assert "playbooks/approve.yml" in command
    first.run("ROLLBACK")  # one of the two has ended by itself since
    until(lambda: lock_waiters(server) == 4)
    done = site.typed(command)
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: second.fate() == "terminated")
    assert first.fate() == "alive"
    assert [event["kind"] for event in site.events()] == [
        "opened", "held", "approved", "evidence", "intended", "mitigated", "verified",
    ]  # fmt: skip
    assert len(list(site.log.glob("*.jsonl"))) == 1
    assert site.events()[1]["note"]["options"]["max_terminations"] == "7"
    shown = site.typed(site.next_command(done))
    assert "approved: unblock_sessions, plan" in shown.stdout
    again = site.typed(command)
    assert "nothing to do" in again.stdout


def test_what_a_check_run_prints_runs_as_printed(two_storms, site):
    held = site.play("--check", "-l", "db", unblock_sessions_limit=1)
    command = site.next_command(held)
    assert " -l db " in command
    done = site.typed(command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recovered: 10 waited too long" in done.stdout
    until(lambda: two_storms[0].fate() == two_storms[1].fate() == "terminated")


@pytest.mark.parametrize(
    ("approved_while", "carried_out_while", "fate"),
    [("at work", "idle", "terminated"), ("idle", "at work", "cancelled"), ("at work", "at work again", "cancelled")],
)
def test_an_approval_stands_while_the_holder_goes_from_statement_to_statement(
    server, session, site, approved_while, carried_out_while, fate
):
    """Whether it is cancelled or terminated depends on the moment; the digest does not."""
    site.variables["runbook_approval"] = "always"
    holder = held(session, "UPDATE bookings SET seats = 1 WHERE id = 33", application="batch")
    queue = [session(name).send("UPDATE bookings SET seats = 2 WHERE id = 33") for name in ("web", "web", "partner")]
    until(lambda: lock_waiters(server) == 3)
    batch = Batch(holder)
    with ended_steps(server):
        if approved_while == "at work":
            batch.begin()
        lasting(server, 0.25)
        check = site.play("--check")
        digest = re.search(r"incident_approved_digest=([0-9a-f]+)", check.stdout)
        assert digest, check.stdout
        if approved_while == "at work":
            batch.finish()
        if carried_out_while != "idle":
            batch.begin()
        done = site.play(incident_approved_digest=digest[1])
        assert done.returncode == 0, done.stdout
        assert "gate open" in done.stdout
        assert "recovered: 3 waited too long" in done.stdout
        assert holder.fate() == fate
    assert {client.fate() for client in queue} == {"alive"}


@pytest.mark.parametrize("playbook", ["undo", "approve", "incidents"])
def test_an_incident_that_does_not_exist_is_not_made_by_reading_it(site, playbook):
    for dummy in range(2):
        extra = {"incident_id": "nope", "incident_approved_digest": "0" * 12}
        done = site.play(playbook=f"playbooks/{playbook}.yml", **extra)
        assert done.returncode == 2, done.stdout
        assert "There is no incident" in done.stdout
        assert not site.log.exists()


def test_an_approval_of_no_plan_is_said_and_holds_nothing_of_another_kind(two_storms, site):
    done = site.play(incident_approved_digest="00" * 6)
    assert done.returncode == 0, done.stdout
    assert "so that this approval had no effect" in " ".join((done.stdout + done.stderr).split())
    assert "the approval that was given is of another plan" in done.stdout
    until(lambda: two_storms[0].fate() == two_storms[1].fate() == "terminated")


# A callback as ansible.posix has it, which the tests do not need: all of its output is one JSON document.
FOR_PROGRAMS = """
from ansible.plugins.callback import CallbackBase
import json

class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "stdout", "json"

    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps({"stats": {host: stats.summarize(host) for host in stats.processed}}))
"""


def installed(site, *options, **env):
    """A run without the clone's ansible.cfg, so without the callback: as where the collection is installed."""
    where = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"), **env}
    return site.play(*options, playbook="pafar.runbook.db_lock_contention", cwd=site.folder, env=where)


def test_results_for_programs_are_valid_json(site):
    plugins = site.folder / "callbacks"
    plugins.mkdir()
    (plugins / "json.py").write_text(FOR_PROGRAMS)
    env = {"ANSIBLE_STDOUT_CALLBACK": "json", "ANSIBLE_CALLBACK_PLUGINS": str(plugins)}
    for done in (site.play("--check", env=env), installed(site, "--check", **env)):
        assert json.loads(done.stdout)["stats"]["db"]["failures"] == 0


def lines_of(done):
    """The lines for the operator, without what differs from moment to moment."""
    lines = [re.sub(r"\d+(\.\d+)? s\b", "N s", line) for line in done.stdout.splitlines() if line.startswith("  ")]
    return [line for line in lines if not line.startswith("  next: ")]


def test_installed_the_same_is_printed_without_the_callback(two_storms, site):
    site.variables["unblock_sessions_limit"] = 1
    clone, other = site.play("--check"), installed(site, "--check")
    assert set(lines_of(other)) <= set(lines_of(clone)), other.stdout
    for said in (
        "  db | terminate ",
        "  db | gate held: 2 actions are planned",
        "  outcome: db has a plan that is held",
    ):
        assert any(line.startswith(said) for line in lines_of(other)), said
    command = site.next_command(other)
    assert " pafar.runbook.db_lock_contention " in command
    done = installed(site, "-e", shlex.split(command)[-1])
    assert [line for line in lines_of(done) if line.startswith("  db | terminated ")], done.stdout
    assert "  db | recovered: 10 waited too long, 0 do now" in done.stdout
    assert "  outcome: db recovered" in done.stdout
    assert "playbooks/" not in site.next_command(done)


def test_lines_fit_the_terminal_and_no_name_is_torn(two_storms, site):
    site.variables["unblock_sessions_limit"] = 1
    done = site.play("--check", env={"COLUMNS": "80"})
    lines = [line for line in done.stdout.splitlines() if line.startswith("  ")]
    words = [line.removeprefix("  db | ").removesuffix(" \\").split() for line in lines if len(line) > 80]
    assert [line for line in words if len(line) > 1] == [], "one word that is longer than the line stands alone"
    targets = re.findall(r"\d+@\d{8}T[\d.]+Z/\d{8}T[\d.]+Z", done.stdout)
    assert len(set(targets)) == 2
    command = " ".join(line.strip().removesuffix("\\").strip() for line in lines[-5:]).partition("next: to approve: ")[
        2
    ]
    assert site.typed(command).returncode == 0, command


def test_a_state_of_the_whole_server_is_not_called_nothing(server, session, site):
    """Commits wait for a standby that is not there: no session blocks another one, and no user gets an answer."""
    server.run("ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()")
    try:
        until(lambda: server.value("SHOW synchronous_standby_names"))
        first = session()
        first.run("SET synchronous_commit = on")
        first.send("UPDATE bookings SET seats = 3 WHERE id = 1")
        lasting(server, 1.1, "wait_event = 'SyncRep'")
        done = site.play()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "outcome: db has no act for what was found (synchronous standby missing): see above" in done.stdout
        assert first.fate(0) == "alive"
    finally:
        server.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


def test_a_clone_that_everybody_may_write_to_finds_its_collection(site):
    """As a container mounts it: ansible.cfg is ignored there."""
    clone = site.folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    clone.chmod(0o777)
    done = site.play("--check", cwd=clone)
    assert "world writable" in done.stderr + done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  outcome: db has nothing to do" in done.stdout


LOGIN = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("given", "by"),
    [
        ({"SUDO_USER": "ada", "USER": "root"}, "ada"),
        ({"SUDO_USER": "", "USER": "", "LOGNAME": "grace"}, "grace"),
        ({"SUDO_USER": "", "USER": "", "LOGNAME": ""}, LOGIN),
    ],
)
def test_the_log_knows_who_ran_it(site, given, by):
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_port": 1}
    # Ansible looks for the home of that login, which need not exist: not in the folder of the test run.
    given = {**given, "ANSIBLE_REMOTE_TEMP": str(site.folder / "remote")}
    assert site.play(env=given).returncode == 2
    assert {event["by"] for event in site.events()} == {by}


NO_ANNOTATIONS = """  File "AnsiballZ_x.py", line 3
    from __future__ import annotations
SyntaxError: future feature annotations is not defined"""
NO_POSITIONAL = """    def import_controller_module(_module_name: str, /) -> t.Any:
SyntaxError: invalid syntax"""
OLD_PYTHON = "cannot read the module, most likely because it is older than 3.8"


@pytest.mark.parametrize(
    ("said", "old"),
    [(NO_ANNOTATIONS, True), (NO_POSITIONAL, True), ("ImportError: No module named json", False)],
    ids=["3.6", "3.7", "broken"],
)
def test_a_python_that_is_too_old_is_named(site, said, old):
    """By what those versions write (3.6.15 and 3.7.16), since few machines have one."""
    python = site.folder / "python"
    python.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
    python.chmod(0o755)
    site.variables["ansible_python_interpreter"] = str(python)
    done = site.play(playbook="playbooks/db_lock_contention.yml")
    assert done.returncode == 2
    assert (OLD_PYTHON in done.stdout + done.stderr) == old
    assert (f"db ({python})" in done.stdout + done.stderr) == old


def test_a_failure_is_one_message_and_one_reference(site):
    """Ansible writes a failure twice itself, as an error and as a result."""
    site.variables["runbook_postgres"] = {**site.variables["runbook_postgres"], "login_port": 1}
    for done in (site.play(), installed(site)):
        text = done.stdout + done.stderr
        assert text.count("No server listens there") == 2, text
        assert text.count("  outcome: db failed, see its message") == 1
        assert len(re.findall(r"^  incident: ", text, re.M)) == 1
        (reference,) = re.findall(r"^fatal: .*?\"(Handed over .*)\"", text, re.M)
        assert len(reference) < 120
        assert "incident" not in reference
