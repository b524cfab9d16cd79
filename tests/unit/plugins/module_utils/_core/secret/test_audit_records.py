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
        (f"type=USER_CMD msg=audit(1.1:2): cmd={encoded('mysql -pword')} x",
         "type=USER_CMD msg=audit(1.1:2): cmd=(hidden) x"),
        (f"audit[2]: USER_CMD pid=1 cmd={encoded('mysql -pword')} x", "audit[2]: USER_CMD pid=1 cmd=(hidden) x"),
        (f"type=TTY msg=audit(1.1:2): data={encoded('mysql -pword' + chr(13))}",
         "type=TTY msg=audit(1.1:2): data=(hidden)"),
        (f'"MESSAGE":"PROCTITLE proctitle={encoded("x -pword")}"', '"MESSAGE":"PROCTITLE proctitle=(hidden)"'),
        (f'audit[2]: EXECVE a0="x" a1_len=90 a1[0]={encoded("-pword")}',
         'audit[2]: EXECVE a0="x" a1_len=90 a1[0]=(hidden)'),
        (f'EXECVE a1[0]={encoded("-pwo")} a1[1]={encoded("rd x")} a2="y"',
         'EXECVE a1[0]=(hidden) a1[1]=(hidden) a2="y"'),
        (f'audit: type=1309 audit(1.1:2): a0={encoded("-pword")}', 'audit: type=1309 audit(1.1:2): a0=(hidden)'),
    ],
)  # fmt: skip
def test_a_command_with_a_secret_goes(text, kept):
    assert without_encoded(text, without_word) == kept


@pytest.mark.parametrize(
    "text",
    [
        f"proctitle={encoded('ls -l')}", f'type=EXECVE a0="echo" a1={encoded("a b")}', 'proctitle="bash"',
        f"upload data={encoded('mysql -pword')}", f"frame cmd={encoded('mysql -pword')}",
        f"audits: cmd={encoded('x -pword')}",
        f"audit: EXECVE a1[0]={encoded('a b')}", f"type=TTY msg=audit(1.1:2): data={encoded('ls -l')}",
        "proctitle=FF", f"type=SYSCALL a0=7ffd a1={encoded('-pword')}", "type=EXECVE a0=\"x\" a1=\"y\"",
    ],
)  # fmt: skip
def test_another_command_stays(text):
    assert without_encoded(text, without_word) == text
