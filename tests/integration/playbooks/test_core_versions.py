"""One incident with each version of ansible-core that the README names, from a clone and installed as a collection."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from support.clients import until
from support.cores import CORES, environment
from support.scenes import lasting, row_storm
from support.servers import ROOT

MAIL = {"host": "127.0.0.1", "port": 1, "sender": "incidents@example.org", "to": "board@example.org"}
# What no run may print: it is of a version that the collection or its code does not fit.
UNFIT = ("DEPRECATION", "does not support Ansible version", "Traceback", "Unexpected")


@pytest.fixture(
    scope="module",
    params=[pytest.param(core, marks=pytest.mark.full("other versions of ansible-core")) for core in CORES],
)
def programs(request):
    made = environment(request.param)
    if isinstance(made, str):
        pytest.skip(made)
    return made


@pytest.fixture
def wide(site, programs, monkeypatch):
    """The site with the programs of that version, of which each line is as long as it is."""
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    site.variables["ansible_python_interpreter"] = str(programs / "python")
    site.variables["runbook_people"] = [{"name": "ada", "mail": "ada@example.org"}]
    site.variables["runbook_announce"] = {"mail": MAIL}
    return site


def clone_of(site):
    """A clone as git makes it, and how a playbook is named in it."""
    folder = site.folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    return folder, "playbooks/{}.yml"


def installed_of(site):
    """A folder with the lines of ansible.cfg that the README has, and how a playbook of the collection is named."""
    clone, dummy = clone_of(site)
    collections, work = site.folder / "collections", site.folder / "work"
    work.mkdir()
    (work / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {collections}\ncallbacks_enabled = pafar.runbook.summary\n"
    )
    build = f"ansible-galaxy collection build --output-path {site.folder}"
    install = f"ansible-galaxy collection install --offline -p {collections} {site.folder}/pafar-runbook-*.tar.gz"
    for command, cwd in ((build, clone), (install, work)):
        made = subprocess.run(
            ["sh", "-c", command], cwd=cwd, env=site.environment(), capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stdout + made.stderr
    return work, "pafar.runbook.{}"


class Console:
    """Commands as they are typed in one folder."""

    def __init__(self, site, folder, named):
        self.site, self.folder, self.named = site, folder, named
        self.inventory = site.inventory()

    def play(self, playbook, options="", rc=0):
        return self.typed(f"ansible-playbook -i {self.inventory} {self.named.format(playbook)} {options}", rc)

    def typed(self, command, rc=0):
        """What it wrote, on both streams."""
        done = self.site.typed(command, self.folder)
        text = done.stdout + done.stderr
        assert done.returncode == rc, f"{command}\n{text}"
        assert [words for words in UNFIT if words in text] == [], f"{command}\n{text}"
        return text

    def next_command(self, text):
        """That of the last screen."""
        return re.findall(r"^  next: (?:to \w+: )?(ansible-playbook .*)$", text, re.M)[-1]


@pytest.mark.parametrize("way", [clone_of, installed_of], ids=["clone", "installed"])
def test_one_incident_from_the_menu_to_the_post_mortem(server, session, wide, way):
    console = Console(wide, *way(wide))
    assert "sessions wait for locks, requests hang    db_lock_contention" in console.play("menu")
    assert re.search(r"^  \d+ checks: \d+ ready", console.play("preflight", "--check"), re.M)
    refused = console.play("db_lock_contention", "-e unblock_session_limit=1", rc=2)
    assert "did you mean unblock_sessions_limit?" in refused

    holder, dummy = row_storm(server, session, 4)
    lasting(server, 0.25)
    checked = console.play("db_lock_contention", "--check --diff")
    assert re.search(r"^  db \| terminate \d+ app@postgres", checked, re.M), checked
    assert holder.fate() == "alive"
    held = console.play("db_lock_contention", "-e runbook_approval=always -e incident_severity=P1")
    assert "  outcome: db has a plan that is held" in held
    assert "  outcome: db recovered" in console.typed(console.next_command(held))
    until(lambda: holder.fate() == "terminated")

    incident = f"-e incident_id={wide.events()[0]['note']['id']}"
    assert "nothing can be undone: the last act was unblock_sessions" in console.play("undo", incident)
    assert "unblock_sessions on db: terminated" in console.play("incident_status", incident)
    console.play("incident_note", f"{incident} -e \"incident_note_text='Moved it'\" -e incident_note_at=14:40")
    assert "postmortem.html" in console.play("incident_postmortem", incident)
    assert re.search(r"would be sent to mail \(board@example.org\)|mail/\S+/board", console.play("announce", "--check"))

    again, dummy = row_storm(server, session, 4)
    lasting(server, 0.25)
    assert "  outcome: db recovered" in console.play("db_lock_contention")
    until(lambda: again.fate() == "terminated")
    kinds = [event["kind"] for event in wide.events() if event["kind"] in ("held", "approved", "mitigated", "noted")]
    assert kinds == ["held", "approved", "mitigated", "noted", "mitigated"]
