"""An undo that is held, approved as it is printed, and typed again."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from support.servers import ROOT

SETTINGS = "SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole"


@pytest.fixture
def relieved(server, site):
    """A site whose own playbook has set a timeout; gives its incident."""
    site.variables["runbook_postgres"] = server.login("postgres")
    names = {
        "hosts": "{{ where | default('database') }}",
        "gather_facts": False,
        "vars": {"incident_scenario": "relief"},
    }
    role = {"name": "Relieve", "ansible.builtin.include_role": {"name": "pafar.runbook.role_settings"}}
    close = {"name": "pafar.runbook.incident", "tasks_from": "close", "rolespec_validate": False}
    tasks = [role, {"name": "Close", "ansible.builtin.import_role": close}]
    (site.folder / "relief.yml").write_text(json.dumps([{**names, "tasks": tasks}]))
    timeout = {"role": "app", "setting": "lock_timeout", "value": "5s"}
    done = site.play(
        playbook=str(site.folder / "relief.yml"), role_settings_settings=[timeout], role_settings_approval="over_limit"
    )
    assert done.returncode == 0, done.stdout
    assert server.value(SETTINGS) == 1
    yield site.events()[0]["note"]["id"]
    server.run("ALTER ROLE app RESET ALL")


def undo(site, incident, *options, **extra):
    return site.play(*options, playbook="playbooks/undo.yml", incident_id=incident, **extra)


def test_a_held_undo_is_approved_as_an_undo_and_once(server, site, relieved):
    held = undo(site, relieved, runbook_approval="always")
    assert "has a plan that is held" in held.stdout, held.stdout
    command = site.next_command(held)
    done = site.typed(command)
    assert done.returncode == 0, done.stdout
    assert server.value(SETTINGS) == 0
    assert "/incidents.yml " in site.next_command(done)
    assert "can be undone" not in done.stdout
    (act, undone) = [event for event in site.events() if event["kind"] == "mitigated"]
    assert undone["note"]["undoes"] == act["at"]
    again = undo(site, relieved)
    assert "nothing can be undone: every act is already undone" in again.stdout
    server.run("ALTER ROLE app SET lock_timeout = '5s'")  # the same state again, by another hand
    refused = site.typed(command)
    assert refused.returncode == 2
    assert f"it undoes the act of {act['at']}, which is already undone. Nothing was done." in refused.stdout
    assert server.value(SETTINGS) == 1


def test_where_it_is_installed_it_says_why_nothing_can_be_undone(site, relieved):
    env = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")}
    for says in ("the last act that can be undone is role_settings of", "nothing can be undone: every act is already"):
        done = site.play(playbook="pafar.runbook.undo", cwd=site.folder, env=env, incident_id=relieved)
        assert says in done.stdout, done.stdout


@pytest.mark.parametrize("check", [True, False])
def test_what_a_playbook_of_the_site_prints_runs_as_printed(server, site, relieved, check):
    """On hosts of the site's own choice, without the callback, in the folder of the site."""
    server.run("ALTER ROLE app RESET ALL")
    (site.folder / "pg.json").write_text(json.dumps({"pg": {"hosts": {"pg1": site.variables}}}))
    env = site.environment(ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".collections"))
    line = "ansible-playbook -i pg.json relief.yml -e where=pg -e incident_join_within=0 -e '%s'%s"
    timeout = {"role_settings_settings": [{"role": "app", "setting": "lock_timeout", "value": "7s"}]}
    command = line % (json.dumps(timeout), " --check" if check else "")
    for count in (0, 1, 0):
        done = subprocess.run(
            shlex.split(command), cwd=site.folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert server.value(SETTINGS) == count, done.stdout
        command = site.next_command(done)
    assert " pafar.runbook.incidents " in command
    assert relieved not in command


OTHER = {"role_settings_settings": [{"role": "app", "setting": "lock_timeout", "value": "99s"}]}


def test_an_extra_variable_that_would_change_what_is_undone_is_refused(server, site, relieved):
    says = "Extra variables replace what this run takes from the incident: role_settings_settings is"
    for options in ((), ("--check",)):
        done = undo(site, relieved, *options, **OTHER)
        assert (done.returncode, says in done.stdout) == (2, True), done.stdout
    command = site.next_command(undo(site, relieved, runbook_approval="always"))
    done = site.typed(f"{command} -e '{json.dumps(OTHER)}'")
    assert (done.returncode, says in done.stdout) == (2, True), done.stdout
    assert {event["kind"] for event in site.events()} == {
        "opened", "evidence", "intended", "mitigated", "verified", "handed_over", "held",
    }  # fmt: skip
    assert len([event for event in site.events() if event["kind"] == "mitigated"]) == 1
    assert server.value(SETTINGS) == 1
    (kept,) = [{**OTHER["role_settings_settings"][0], "value": "", "loosen": True}]
    done = site.typed(f"{command} -e '{json.dumps({'role_settings_settings': [kept]})}'")
    assert done.returncode == 0, done.stdout
    assert server.value(SETTINGS) == 0


def test_the_time_that_was_typed_is_that_of_the_act_or_nothing_is_undone(server, site, relieved):
    (at,) = [event["at"] for event in site.events() if event["kind"] == "mitigated"]
    for typed in ("2026-01-01T00:00:00.000000Z", "yesterday", f"{at},2026-01-01"):
        done = undo(site, relieved, incident_undo_at=typed)
        assert done.returncode == 2, done.stdout
        says = f"is not the time of the last act that can be undone of a host of this run: {at}. Nothing was done."
        assert says in done.stdout, done.stdout
        assert server.value(SETTINGS) == 1
    spoken = at.replace("T", " ").replace("Z", "+00:00")  # as a survey gives it
    done = undo(site, relieved, incident_undo_at=spoken, incident_by="another person")
    assert done.returncode == 0, done.stdout
    assert server.value(SETTINGS) == 0


@pytest.mark.parametrize("extra", [{}, {"incident_id": "2026-nope"}])
def test_without_an_incident_the_next_command_lists_them(site, relieved, extra):
    done = site.play(playbook="playbooks/undo.yml", **extra)
    assert done.returncode == 2
    shown = site.typed(site.next_command(done))
    assert relieved in shown.stdout, shown.stdout
