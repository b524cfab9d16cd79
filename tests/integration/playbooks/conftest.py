"""A server and an inventory for whole playbooks; the newest major is enough, the modules run on all."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess

import pytest

from support.clients import clients
from support.servers import ROOT, Server, newest


@pytest.fixture(scope="session")
def server():
    with Server(newest(), {"max_connections": "200", "log_statement": "all", "log_line_prefix": "%m %a| "}) as running:
        running.prepare_site()
        yield running


@pytest.fixture
def session(server):
    with clients(server) as factory:
        yield factory


class Site:
    """An inventory in a folder of its own, and playbooks run against it."""

    def __init__(self, server, folder):
        self.folder = folder
        self.log = folder / "incidents"
        self.variables = {
            "ansible_connection": "local",
            "runbook_postgres": server.login("oncall"),
            "runbook_incident_log": str(self.log),
            "unblock_sessions_min_waiting": 0.2,
        }

    def inventory(self):
        path = self.folder / "hosts.yml"
        path.write_text(json.dumps({"database": {"hosts": {"db": self.variables}}}))
        return path

    def play(self, *options, playbook="playbooks/db_lock_contention.yml", cwd=ROOT, env=None, **extra):
        argv = ["ansible-playbook", playbook, "-i", str(self.inventory()), *options]
        if extra:
            argv += ["-e", json.dumps(extra)]
        return subprocess.run(
            argv, cwd=cwd, env=self.environment(**(env or {})), capture_output=True, text=True, check=False
        )

    def environment(self, **more):
        """That of the tests, without the width of the terminal in which they run: lines are as long as they are."""
        inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        return {**inherited, "HOME": str(self.folder), "ANSIBLE_NOCOLOR": "1", **more}

    def typed(self, line, cwd=ROOT):
        """Runs a command as it was printed."""
        return subprocess.run(
            shlex.split(line), cwd=cwd, env=self.environment(), capture_output=True, text=True, check=False
        )

    @staticmethod
    def next_command(done):
        """The command of the last screen."""
        return re.findall(r"^  next: (?:to \w+: )?(ansible-playbook .*)$", done.stdout, re.M)[-1]

    def events(self):
        files = sorted(self.log.glob("*.jsonl"))
        return [json.loads(line) for path in files for line in path.read_text().splitlines()]


@pytest.fixture
def site(server, tmp_path):
    return Site(server, tmp_path)
