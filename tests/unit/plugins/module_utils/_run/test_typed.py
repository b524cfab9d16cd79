"""What was typed behind -e is repeated variable by variable: an exclusion is never lost, and a secret never printed."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise

import pytest
from ansible.parsing.splitter import parse_kv
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import Invocation, command, runnable
from ansible_collections.pafar.runbook.plugins.module_utils._run.typed import refusal, repeated
from hypothesis import given
from hypothesis import strategies as some

PLAYBOOK = "playbooks/db_lock_contention.yml"


def again(typed: str, playbook: str = "db_lock_contention", **options) -> list[str]:
    words = shlex.split(command(Invocation(PLAYBOOK, ["inventory"], extra=[typed]), playbook, **options))
    return [value for option, value in pairwise(words) if option == "-e"]


@pytest.mark.parametrize(
    "typed",
    [
        "unblock_sessions_exclude_applications=token-service", "runbook_exclude_roles=secretary", "@secrets.yml",
        '{"restart_services_services": ["token-api"]}', "{restart_services_services: [token-api, it's]}",
        "runbook_exclude_applications='pafar web' unblock_sessions_limit=1", "awx_setup_secrets=true",
        '{"awx_setup_secrets": true}', "{}",
        "runbook_exclude_roles=\"it's\"", "unblock_sessions_exclude_queries='^copy .{3,9} to'",
        "runbook_exclude_queries={{ ['a b'] | list }}", "incident_id=new",
        "ansible_ssh_private_key_file=~/.ssh/id", "ansible_become_password_file=/x", "vault_password_file=/y", "a='  '",
        '{"x_secret_path": "/z", "a": 1}', '{"a": {"b": [1, "c, }"]}, "d": "e"}',
    ],
)  # fmt: skip
def test_what_is_no_secret_is_repeated_as_it_was_typed(typed):
    assert again(typed) == [typed]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("unblock_sessions_limit=1 incident_approved_digest=85c912345678", ["unblock_sessions_limit=1"]),
        ('{"a": 1, "incident_approved_targets": ["1@x, y"], "b": 2}', ['{"a": 1, "b": 2}']),
        (
            "runbook_pooler_password=hunter2 runbook_exclude_applications=pafar-web",
            ["runbook_exclude_applications=pafar-web", "runbook_pooler_password=..."],
        ),
        ("login_password=hunter 2 a=1", ["a=1", "login_password=..."]),
        ('{"runbook_postgres": {"login_password": "hunter2"}, "a": 1}', ['{"a": 1}', "runbook_postgres=..."]),
        ("{runbook_postgres: {login_password: 'hunter, 2'}, a: it's}", ["{a: it's}", "runbook_postgres=..."]),
        ('{"runbook_announce": {"page": {"api": "hunter2"}}}', ["runbook_announce=..."]),
        ("runbook_awx_url=https://ada:hunter2@awx.example.org/", ["runbook_awx_url=..."]),
        ("{a: 1 # hunter2\n}", ["..."]),
        ("incident_approved_digest=1", []),
    ],
)
def test_one_variable_is_left_out_and_the_others_are_repeated(typed, shown):
    assert again(typed) == shown
    assert "hunter" not in " ".join(again(typed, "undo"))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ('runbook_postgres={"login_host": "db", "login_password": "hunter2"}', "runbook_postgres"),
        ("runbook_postgres={login_host: db, login_password: hunter2}", "runbook_postgres"),
        ("runbook_postgres={'login_host': 'db', 'login_password': 'hunter2'}", "runbook_postgres"),
        (
            "ansible_ssh_common_args='-o ProxyCommand=\"sshpass -p hunter2 ssh -W %h:%p jump\"'",
            "ansible_ssh_common_args",
        ),
        (
            '{"ansible_ssh_common_args": "-o ProxyCommand=\'sshpass -p hunter2 ssh -W %h:%p j\'"}',
            "ansible_ssh_common_args",
        ),
        ("runbook_check='curl --token hunter2 http://x'", "runbook_check"),
        ("runbook_check=curl --token hunter2 http://x", "runbook_check"),
        ("runbook_note=the password is hunter2", "runbook_note"),
        ("awx_setup_secrets=true the password is hunter2", "awx_setup_secrets"),
        ("ansible_key_file=https://ada:hunter2@x/", "ansible_key_file"),
    ],
)
def test_a_secret_anywhere_in_a_value_hides_its_variable(typed, name):
    assert again(typed) == [f"{name}=..."]
    if typed[0] != "{":
        assert again(f"unblock_sessions_limit=1 {typed}") == ["unblock_sessions_limit=1", f"{name}=..."]


def test_a_word_with_a_sign_of_equality_is_another_variable_as_ansible_reads_it():
    typed = "ansible_ssh_common_args=-o ProxyCommand='sshpass -p hunter2 ssh -W %h:%p jump'"
    assert again(typed) == ["ansible_ssh_common_args=-o", "ProxyCommand=..."], "which check_run refuses"


def test_a_secret_over_several_variables_hides_them_all():
    for typed in ("motd=curl --password q=hunter2", "a=1 motd=the password: q=hunter2"):
        assert "hunter2" not in " ".join(again(typed))


def test_what_follows_an_open_bracket_may_be_of_the_secret():
    assert again("runbook_x={password: y=hunter2} a=1") == ["runbook_x=...", "y=...", "a=..."]


def test_another_playbook_gets_what_is_of_all_of_them():
    typed = "runbook_exclude_roles=app unblock_sessions_limit=1 runbook_hosts=db1 incident_log=/log ansible_user=ada"
    shared = "runbook_exclude_roles=app incident_log=/log ansible_user=ada"
    for playbook in ("undo", "approve", "incidents"):
        assert again(typed, playbook) == [
            "runbook_exclude_roles=app runbook_hosts=db1 incident_log=/log ansible_user=ada"
        ]
    assert again(typed, "disk_space") == [shared], "which acts on other hosts"
    assert again("@site.yml", "disk_space") == ["@site.yml"]
    assert again('{"unblock_sessions_limit": 1}', "undo") == []
    assert again("incident_by=ada", "approve") == [], "who approves is another person"


def test_what_the_command_gives_itself_is_not_repeated():
    call = Invocation("playbooks/approve.yml", extra=['{"incident_id": "x", "a": 1}'], incident="y")
    words = shlex.split(command(call, "approve", "-e incident_id=y", "-e incident_approved_digest=1"))
    assert [word for word in words if "=" in word or "{" in word] == [
        '{"a": 1}', "incident_id=y", "incident_approved_digest=1",
    ]  # fmt: skip


@pytest.mark.parametrize("inventories", [(), ["my hosts.yml"]])
@pytest.mark.parametrize("extra", ["a=1", "runbook_hosts='a b'", "@site.yml", '{"runbook_site": "it\'s"}'])
def test_a_command_in_a_text_that_is_whole_stays_what_it_is(inventories, extra):
    call = Invocation(PLAYBOOK, inventories, "db1", [extra], "x", access=["-K", "--vault-id dev@prompt"])
    for playbook, options in (("undo", ("-e incident_id=x",)), (call.name, ()), ("triage", ("--check",))):
        whole = f"next: {command(call, playbook, *options)}"
        assert runnable(whole, call) == whole
    text = runnable("run playbooks/undo.yml, and not with -l alone", call)
    assert "-l db1" in text, "an option in what follows is none of the command"


def test_access_is_repeated_for_every_playbook():
    call = Invocation(PLAYBOOK, access=["-K", "--vault-id dev@prompt", "-u ada"])
    for playbook in ("undo", "triage", "db_lock_contention"):
        assert command(call, playbook).endswith(".yml -K --vault-id dev@prompt -u ada")


@pytest.mark.parametrize(
    ("variables", "is_refused"),
    [({"a": "..."}, True), ({"a": 1, "incident_id": " ... "}, True), ({"a": "x..."}, False), ({"a": ["..."]}, False)],
)
def test_a_placeholder_is_no_value(variables, is_refused):
    assert bool(refusal(variables)) is is_refused


NAMES = some.sampled_from(["a", "b_1", "runbook_site", "login_password", "incident_approved_digest"])
TEXTS = some.text("ab ,:'\"{}[]#\\=é", max_size=8)
# Longer numbers may be those of a card, which are not repeated.
VALUES = some.recursive(
    TEXTS | some.integers(-(10**12), 10**12) | some.none() | some.booleans(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(some.dictionaries(NAMES, VALUES, max_size=5))
def test_json_keeps_all_variables_but_those_that_are_left_out(variables):
    typed = json.dumps(variables)
    left = repeated([typed], lambda name: name != "incident_approved_digest")
    if left == ["..."]:
        assert " #" in typed, "a comment of YAML"
        return
    shown = json.loads(left[0]) if left and left[0].startswith("{") else {}
    expected = {
        name: value for name, value in variables.items() if name not in ("login_password", "incident_approved_digest")
    }
    assert shown == expected
    assert ("login_password=..." in left) is ("login_password" in variables)


@given(some.dictionaries(some.sampled_from(["a", "b_1", "c"]), some.text("ab ,:{}[]=é", max_size=8), max_size=3))
def test_words_are_taken_apart_as_ansible_takes_them(variables):
    typed = " ".join(f'{name}="{value}"' for name, value in variables.items())
    try:
        whole = parse_kv(typed)
    except Exception:  # Ansible refuses it
        return
    kept = repeated([f"{typed} login_password=x"], lambda _name: True)
    assert parse_kv(kept[0] if variables else "") == whole
