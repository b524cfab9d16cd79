"""Commands of auditd's records that are written in base 16."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.audit_records import without_encoded


def encoded(text: str) -> str:
    return text.encode().hex().upper()


def without_word(text: str) -> str:
    return text.replace("-pword", "-p(hidden)")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"proctitle={encoded(chr(0).join(['mysql', '-pword']))}", "proctitle=(hidden)"),
        (f'type=EXECVE a0="mysql" a1={encoded("-pword x")} a2="y"', 'type=EXECVE a0="mysql" a1=(hidden) a2="y"'),
        (f'type=EXECVE a0="x" a1={encoded("a b")} a2={encoded("c -pword")}',
         f'type=EXECVE a0="x" a1={encoded("a b")} a2=(hidden)'),
    ],
)  # fmt: skip
def test_a_command_with_a_secret_goes(text, kept):
    assert without_encoded(text, without_word) == kept


@pytest.mark.parametrize(
    "text",
    [
        f"proctitle={encoded('ls -l')}", f'type=EXECVE a0="echo" a1={encoded("a b")}', 'proctitle="bash"',
        "proctitle=FF", f"type=SYSCALL a0=7ffd a1={encoded('-pword')}", "type=EXECVE a0=\"x\" a1=\"y\"",
    ],
)  # fmt: skip
def test_another_command_stays(text):
    assert without_encoded(text, without_word) == text
