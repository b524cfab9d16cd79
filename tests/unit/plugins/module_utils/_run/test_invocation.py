from __future__ import annotations

import shlex

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import (
    Invocation,
    command,
    quoted,
    runnable,
)


@pytest.mark.parametrize(
    ("playbook", "name", "other"),
    [
        ("playbooks/triage.yml", "triage", "playbooks/undo.yml"),
        ("/srv/runbook/playbooks/triage.yml", "triage", "/srv/runbook/playbooks/undo.yml"),
        ("triage.yml", "triage", "undo.yml"),
        ("pafar.runbook.triage", "triage", "pafar.runbook.undo"),
        ("site/mine.yml", "mine", "pafar.runbook.undo"),
    ],
)
def test_another_playbook_is_found_as_this_one_was(playbook, name, other):
    call = Invocation(playbook)
    assert call.name == name
    assert command(call, "undo") == f"ansible-playbook {other}"


def test_inventory_limit_and_what_was_typed_are_repeated():
    call = Invocation(
        "playbooks/triage.yml", ["my hosts.yml"], "web1", ["triage_since=5m", "incident_approved_digest=1"]
    )
    again = shlex.split(command(call, "triage", "--check"))
    assert again == [
        "ansible-playbook", "-i", "my hosts.yml", "playbooks/triage.yml", "-l", "web1", "-e", "triage_since=5m",
        "--check",
    ]  # fmt: skip
    assert "-l" not in command(call, "disk_space"), "another playbook acts on other hosts"
    assert "-l web1" in command(call, "undo")


def test_no_secret_is_repeated():
    assert "hunter2" not in command(Invocation("playbooks/x.yml", extra=["login_password=hunter2"]), "x")


def test_playbooks_in_a_text_become_commands():
    call = Invocation("pafar.runbook.triage", ["hosts.yml"], incident="2026-x")
    run = "ansible-playbook -i hosts.yml pafar.runbook.disk_space"
    assert runnable("run playbooks/disk_space.yml -e x=1", call) == f"run {run} -e x=1"
    assert runnable("next: ansible-playbook playbooks/disk_space.yml --check", call) == f"next: {run} --check"
    assert runnable("playbooks/undo.yml -e incident_id=...", call).endswith("pafar.runbook.undo -e incident_id=2026-x")
    whole = "to undo: ansible-playbook -i 'my hosts.yml' -e a=1 playbooks/undo.yml -e incident_id=x"
    assert runnable(whole, call) == whole
    for text in ("see docs/playbooks/x.yml", "/srv/playbooks/x.yml", "no playbook"):
        assert runnable(text, call) == text


@pytest.mark.parametrize("word", ["a b", "it's", "$HOME", "", '{"a": 1}', "plain"])
def test_a_word_is_one_word_to_a_shell(word):
    assert shlex.split(quoted(word)) == [word]


@pytest.mark.parametrize("sign", [".", ",", ";", ":", ")"])
def test_a_sign_behind_a_command_is_none_of_its_last_word(sign):
    call = Invocation("playbooks/x.yml", extra=["runbook_exclude_roles=reporting"])
    text = f"Check it with playbooks/triage.yml{sign} Then"
    assert runnable(text, call).endswith(f"-e runbook_exclude_roles=reporting {sign} Then")
    assert runnable(text, Invocation("playbooks/x.yml")).endswith(f"playbooks/triage.yml{sign} Then")
    assert runnable("playbooks/triage.yml", call).endswith("reporting"), "the end of the text"


@pytest.mark.parametrize("option", ["--vault-id=-x", "--vault-id=dev@prompt", "--private-key='my key'", "--user=ada"])
def test_an_option_with_a_sign_of_equality_is_not_repeated(option):
    call = Invocation("playbooks/x.yml", (), "db1", ["a='b c' d=1"], access=[option, "-K"])
    for name, options in (("x", ("--check",)), ("undo", ("-e incident_id=x",))):
        whole = command(call, name, *options)
        assert runnable(whole, call) == whole


SITE = Invocation(
    "ops/relief.yml", ["hosts.yml"], "db1", ["target=pg", "runbook_site=x"], "2026-x", ["-K"], ["-t relief"],
    place="pafar.runbook.{}", of_site=True, hosts="db1",
)  # fmt: skip


def test_a_playbook_of_the_site_is_run_again_as_it_was_typed():
    assert shlex.split(command(SITE, SITE.name, "--check")) == [
        "ansible-playbook", "-i", "hosts.yml", "ops/relief.yml", "-K", "-t", "relief", "-l", "db1", "-e", "target=pg",
        "-e", "runbook_site=x", "--check",
    ]  # fmt: skip
    both = command(Invocation("a.yml", more=["my b.yml"], of_site=True), "")
    assert both == "ansible-playbook a.yml 'my b.yml'"
    ours = Invocation("playbooks/triage.yml", more=["playbooks/high_cpu.yml"])
    assert command(ours, ours.name) == "ansible-playbook playbooks/triage.yml playbooks/high_cpu.yml"
    assert command(ours, "undo") == "ansible-playbook playbooks/undo.yml"


@pytest.mark.parametrize("name", ["approve", "undo"])
def test_what_goes_on_with_the_hosts_of_a_site_names_them_once(name):
    assert command(SITE, name).endswith(f".{name} -K -l db1 -e runbook_hosts=db1 -e runbook_site=x")
    given = command(SITE, name, "-e runbook_hosts=pg")
    assert given.count("runbook_hosts=") == 1
    typed = Invocation("ops/relief.yml", extra=["runbook_hosts=pg"], place="pafar.runbook.{}", of_site=True, hosts="x")
    assert command(typed, name) == f"ansible-playbook pafar.runbook.{name} -e runbook_hosts=pg"
    assert "runbook_hosts" not in command(SITE, "triage")
    assert "runbook_hosts" not in command(Invocation("playbooks/triage.yml", hosts="db1"), name), "it finds them itself"


@pytest.mark.parametrize("place", ["pafar.runbook.{}", "/opt/my runbook/playbooks/{}.yml"])
def test_our_playbooks_are_named_as_they_are_found(place):
    call = Invocation("relief.yml", place=place, of_site=True)
    assert shlex.split(command(call, "undo")) == ["ansible-playbook", place.replace("{}", "undo")]
    assert shlex.split(runnable("see playbooks/undo.yml", call))[2] == place.replace("{}", "undo")
