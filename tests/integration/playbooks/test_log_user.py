"""A log that is written as another user, whose password is wrong or missing: the mitigation goes on, in one message."""

from __future__ import annotations

import re

import pytest

WHY = re.compile(
    r"could not become nobody on localhost: [^\n]{1,200}\. Nothing was done there by this step\. Give the password"
)


@pytest.fixture
def refused(site):
    """A login to which `su` is refused, as by a wrong password."""
    site.variables["runbook_incident_user"] = "nobody"
    become = {"ansible_become_method": "su", "ansible_become_exe": "/bin/false", "ansible_become_password": "wrong"}
    site.variables.update(become)
    return become


def test_a_mitigation_goes_on_without_its_log(site, refused):
    done = site.play(**refused)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the incident log could not be read: its user could not be taken: " in done.stdout
    assert "outcome: db has nothing to do" in done.stdout
    assert not site.log.exists()


@pytest.mark.parametrize(
    ("playbook", "extra"),
    [
        ("incident_open", {"incident_act_text": "no booking can be paid", "incident_act_reported_by": "support"}),
        ("incident_note", {"incident_id": "x", "incident_note_text": "restarted it by hand"}),
        ("incident_ack", {"incident_id": "x"}),
        ("incident_verify", {"incident_id": "x"}),
    ],
)
def test_what_a_person_writes_is_refused_in_one_paragraph(site, refused, playbook, extra):
    done = site.play(playbook=f"playbooks/{playbook}.yml", **refused, **extra)
    assert done.returncode == 2, done.stdout
    assert WHY.search(done.stdout), done.stdout
    assert "unreachable=0" in done.stdout
    assert not site.log.exists()
