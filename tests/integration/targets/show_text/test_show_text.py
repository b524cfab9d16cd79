"""show_text through Ansible itself: lines for people are text on the screen, those for programs stay in the result."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from support.adhoc import adhoc
from support.servers import ROOT

FOREIGN = "a \x1b[31m{{ 1 + 1 }} <!channel>\u202e"
LONG = "seven words that are wrapped at forty columns of a terminal"


def played(folder, lines, **environment):
    playbook = folder / "play.yml"
    task = {"name": "Show", "pafar.runbook.show_text": {"lines": lines}}
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    return subprocess.run(
        ["ansible-playbook", str(playbook)], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", **environment},
    ).stdout  # fmt: skip


@pytest.mark.parametrize("with_callback", [True, False])
def test_each_line_is_once_on_the_screen(tmp_path, with_callback):
    bare = tmp_path / "ansible.cfg"
    bare.write_text(f"[defaults]\ncollections_path = {ROOT / '.collections'}\n")
    shown = played(tmp_path, ["first", LONG], COLUMNS="40", **({} if with_callback else {"ANSIBLE_CONFIG": str(bare)}))
    assert shown.count("  first\n") == 1
    assert "  seven words that are wrapped at forty\n      columns of a terminal\n" in shown
    assert '"' not in shown


def test_a_playbook_that_is_named_is_the_command_that_starts_it(tmp_path):
    shown = played(tmp_path, ["next: playbooks/undo.yml"])
    assert "  next: ansible-playbook pafar.runbook.undo" in shown


def test_foreign_text_is_text(tmp_path):
    (tmp_path / "foreign").write_text(FOREIGN)
    shown = played(tmp_path, ["{{ lookup('ansible.builtin.file', '" + str(tmp_path / "foreign") + "') }}"])
    assert "{{ 1 + 1 }} <!channel>" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_result_has_the_lines():
    assert adhoc("show_text", lines=["first", LONG])["lines"] == ["first", LONG]
