"""Playbooks of a run share the payloads of modules that Ansible builds."""

from __future__ import annotations

import os

from support.callback_plugins.shared_payloads import KEPT, name_of
from support.servers import ROOT


def built():
    """When each payload of the module was written; there is a file beside it that is its lock."""
    files = (KEPT / str(os.geteuid()) / name_of([ROOT / "plugins"])).glob("*pg_kill_blocking*")
    return {path.name: path.stat().st_mtime_ns for path in files if path.stat().st_size}


def test_the_second_playbook_builds_no_module_again(site):
    assert site.play("--check").returncode == 0
    first = built()
    assert first
    assert site.play("--check").returncode == 0
    assert built() == first
