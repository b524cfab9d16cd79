from __future__ import annotations

import pytest
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
