from __future__ import annotations

import shlex

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import quoted
from ansible_collections.pafar.runbook.plugins.module_utils._run.wrapped import wrapped

DIGEST = "4711@20261123T145635.123456Z/20261123T145640.000001Z"


@pytest.mark.parametrize("width", [None, 200])
def test_what_fits_is_one_line(width):
    assert wrapped("a b c", width) == ["a b c"]


@pytest.mark.parametrize("width", [20, 40, 74])
def test_no_word_is_torn_and_none_is_lost(width):
    text = f"terminate 4711 app@postgres pafar-web: idle in transaction, target {DIGEST} frees 100"
    lines = wrapped(text, width)
    assert " ".join(" ".join(lines).split()) == text
    assert all(len(line) <= width or len(line.split()) == 1 for line in lines)
    assert any(DIGEST in line for line in lines)


def test_what_follows_stands_under_its_branch():
    first, second, *dummy = wrapped("│  ├─ 4711 app@postgres waits for a row of a table", 30)
    assert first.startswith("│  ├─ 4711")
    assert second.startswith("│  │     ")


def test_a_command_runs_as_it_is_pasted():
    lines = wrapped("next: ansible-playbook -i inventory playbooks/db_lock_contention.yml --check --diff", 50)
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert all(len(line) <= 50 for line in lines)
    joined = "".join(f"{line[:-1]}" if line.endswith("\\") else line for line in lines)
    assert "ansible-playbook -i inventory playbooks/db_lock_contention.yml --check --diff" in " ".join(joined.split())


@pytest.mark.parametrize("width", [20, 40, 74])
@pytest.mark.parametrize(
    "word",
    ['{"restart_services_services": ["a b", "c"]}', "it's a  blank", "{a: it's, b: 'x y'}", "plain", '"a b"', ""],
)
def test_a_command_is_never_broken_within_quotes(width, word):
    command = f"ansible-playbook -i inventory playbooks/service_restart.yml -e {quoted(word)} --check"
    lines = wrapped(f"next: {command}", width)
    pasted = "\n".join(lines).replace("\\\n", "")  # as a shell does
    assert shlex.split(pasted) == ["next:", *shlex.split(command)]
    assert all(len(line) <= width or len(shlex.split(line.rstrip("\\"))) == 1 for line in lines)


@pytest.mark.parametrize("text", ["ansible-playbook playbooks/x.yml undoes the session's plan, the host's", "it's a b"])
def test_an_apostrophe_begins_no_quote(text):
    lines = wrapped(text, 20)
    assert all(len(line) <= 20 or len(line.split()) == 1 or line.endswith(" \\") for line in lines)
    assert " ".join(" ".join(line.rstrip("\\") for line in lines).split()) == text
