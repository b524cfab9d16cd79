"""The preflight of the whole platform: what is ready, and what was unmade on purpose."""

from __future__ import annotations

import json
import os
import re
import subprocess

from rehearsal import world
from support.rehearsals import LONGEST
from support.servers import ROOT


def preflight(platform, **variables) -> str:
    argv = [
        "ansible-playbook",
        "playbooks/preflight.yml",
        "-i",
        str(platform.site.inventory),
        "-e",
        json.dumps(variables),
    ]
    environment = {**os.environ, "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_ready_and_nothing_is_changed(platform):
    platform.until("the first dump is made", platform.dumps, LONGEST)
    before = world.look(platform)
    said = preflight(platform)
    for words in (
        "ready     connects when it is full: the replication login path works",
        "ready     index advice can be proved: hypopg is installed",
        f"ready     the compose project is found: {platform.site.project}, 12 containers",
        "ready     logs are rotated",
        "ready     a replica can be drained",
        "can be restored: pafar-",
        "ready     the users' door is reachable: 127.0.0.1",
    ):
        assert words in said, said
    # How full this machine's disk is says nothing about the preflight: that it was looked at does.
    assert re.search("^ *pafar \\| (ready|NOT READY) +the database's disk has room", said, re.M), said
    changed = [one for one in world.changes(before, world.look(platform)) if not one.startswith("session")]
    assert changed == []


def test_what_was_unmade_is_told_with_its_cure(platform):
    platform.query("SELECT pg_create_physical_replication_slot('dead', true)")
    platform.query("ALTER ROLE oncall NOREPLICATION")
    try:
        said = preflight(platform, runbook_backups=[{"path": "/nowhere", "service": "db-backup"}])
    finally:
        platform.query("ALTER ROLE oncall REPLICATION")
        platform.query("SELECT pg_drop_replication_slot('dead')")
    assert "NOT READY connects when it is full" in said
    assert "remedy: ALTER ROLE oncall REPLICATION" in said
    assert "remedy: SELECT pg_drop_replication_slot('dead')" in said
    assert "unknown   backups of db-backup:/nowhere can be restored" in said
