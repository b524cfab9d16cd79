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
    (tmp_path / "playbooks/parts").mkdir(parents=True)
    (tmp_path / "playbooks/parts/check_run.yml").touch()

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
        "--sftp-extra-args='-f -l'", "--scp-extra-args=-l8", "--ssh-extra-args='-o Compression=yes'", "-J",
        "--ssh-common-args='-o Port=22'", "--ssh-common-args=-4", "-e @site.yml", "-u ada -K -l db1 -e runbook_site=x",
    ],
)  # fmt: skip
def test_what_reaches_the_hosts_is_repeated(typed, options):
    shown = (
        typed(options)
        .replace("args ", "args=")
        .replace("--ask-vault-pass", "-J" if "-J" in options else "--ask-vault-pass")
    )
    assert sorted(shlex.split(shown)) == sorted(shlex.split(options))


def test_what_is_configured_is_not_repeated_and_no_password_is(typed, monkeypatch):
    assert typed("--ssh-common-args='-o ProxyCommand=\"sshpass -p hunter2 ssh x\"'") == ""
    monkeypatch.setenv("ANSIBLE_REMOTE_USER", "ada")
    assert typed("-u ada -vvv --check --diff -f 3") == ""


@pytest.mark.parametrize("option", ["--ssh-extra-args", "--sftp-extra-args", "--scp-extra-args", "--ssh-common-args"])
def test_an_option_with_a_secret_in_it_is_left_out(typed, option):
    assert typed(f"{option}='-o ProxyCommand=\"connect --password=hunter2hunter2 x\"'") == ""


@pytest.fixture
def called(monkeypatch, tmp_path):
    """How a run of a playbook was called, in a folder with playbooks of this collection under another name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rb/parts").mkdir(parents=True)
    (tmp_path / "rb/parts/check_run.yml").touch()

    def of(*words: str):
        cli = PlaybookCLI(["ansible-playbook", *words])
        cli.init_parser()
        monkeypatch.setattr(context, "CLIARGS", CLIArgs.from_options(cli.parser.parse_args(cli.args[1:])))
        return invocation(hosts="db1")

    return of


@pytest.mark.parametrize(
    ("playbook", "name", "other"),
    [
        ("rb/triage.yml", "triage", "rb/undo.yml"),
        ("./rb/triage.yml", "triage", "./rb/undo.yml"),
        ("pafar.runbook.triage", "triage", "pafar.runbook.undo"),
        ("triage.yml", "", "pafar.runbook.undo"),
        ("playbooks/triage.yml", "", "pafar.runbook.undo"),
        ("acme.ops.triage", "", "pafar.runbook.undo"),
    ],
)
def test_a_playbook_is_ours_by_where_it_is(called, monkeypatch, tmp_path, playbook, name, other):
    (tmp_path / "c/ansible_collections/pafar/runbook/playbooks").mkdir(parents=True)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", str(tmp_path / "c"))
    call = called(playbook)
    assert call.name == name
    assert command(call, "undo").split()[1] == other
    assert command(call, call.name) == f"ansible-playbook {playbook}"


def test_where_the_collection_is_not_found_by_its_name_its_playbooks_are_named_by_their_path(called, monkeypatch):
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", "/none")
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_SCAN_SYS_PATH", "false")
    undo = command(called("relief.yml"), "undo").split()[1]
    assert undo.endswith("/playbooks/undo.yml")


def test_the_part_of_a_playbook_that_runs_is_typed_again_for_it_alone(called):
    call = called("relief.yml", "--skip-tags", "slow", "-t", "relief", "--start-at-task", "Set them")
    assert call.part == ["-t relief", "--skip-tags slow", "--start-at-task 'Set them'"]
    assert "relief -" not in command(call, "undo")
    assert command(call, call.name).endswith("relief.yml -t relief --skip-tags slow --start-at-task 'Set them'")
    assert called("relief.yml", "-t", "all").part == []
