"""How a run was called, from Ansible's own reading of its command line."""

from __future__ import annotations

import shlex

import pytest
from ansible import context
from ansible.cli.playbook import PlaybookCLI
from ansible.utils.context_objects import CLIArgs
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import command
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import invocation


@pytest.fixture
def typed(monkeypatch, tmp_path):
    """The command for another playbook, after a run that was typed so."""
    monkeypatch.chdir(tmp_path)

    def again(options: str) -> str:
        cli = PlaybookCLI(["ansible-playbook", "playbooks/db_lock_contention.yml", *shlex.split(options)])
        cli.init_parser()
        monkeypatch.setattr(context, "CLIARGS", CLIArgs.from_options(cli.parser.parse_args(cli.args[1:])))
        return command(invocation(), "approve").partition("approve.yml")[2].strip()

    return again


@pytest.mark.parametrize(
    "options",
    [
        "", "--ask-vault-pass", "--vault-password-file .vault", "--vault-password-file a --vault-password-file b",
        "--vault-id dev@prompt --vault-id prod@.vault", "-K", "-k", "-u ada",
        "-b --become-method su --become-user root",
        "--private-key 'my keys/id'", "--connection-password-file .pass", "--become-password-file .pass", "-c local",
        "--ssh-common-args='-o Port=22'", "--ssh-common-args=-4", "-e @site.yml", "-u ada -K -l db1 -e runbook_site=x",
    ],
)  # fmt: skip
def test_what_reaches_the_hosts_is_repeated(typed, options):
    assert sorted(shlex.split(typed(options).replace("args ", "args="))) == sorted(shlex.split(options))


def test_what_is_configured_is_not_repeated_and_no_password_is(typed, monkeypatch):
    assert typed("--ssh-common-args='-o ProxyCommand=\"sshpass -p hunter2 ssh x\"'") == ""
    monkeypatch.setenv("ANSIBLE_REMOTE_USER", "ada")
    assert typed("-u ada -vvv --check --diff -f 3") == ""
