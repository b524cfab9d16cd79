"""What Ansible's words mean where a host was not reached: the host, its disk, or our own access."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.managed_host import (
    is_away,
    is_ours,
    may_have_begun,
    unreached,
    why_unreached,
)

SSH = "Failed to connect to the host via ssh: "
REFUSED = "ssh: connect to host 192.0.2.7 port 22: Connection refused"
NO_ROOM = (
    "Failed to create temporary directory. In some cases, you may have been able to authenticate and did not have"
    " permissions on the target directory."
)


SENT = 'Data could not be sent to remote host "192.0.2.7". Make sure this host can be reached over ssh: '


@pytest.mark.parametrize(
    ("words", "away", "ours"),
    [
        (REFUSED, True, False),
        ("ssh: connect to host 192.0.2.7 port 22: Connection timed out", True, False),
        ("ssh: connect to host 192.0.2.7 port 22: No route to host", True, False),
        ("kex_exchange_identification: Connection closed by remote host", True, False),
        ("ssh: Could not resolve hostname db1: Temporary failure in name resolution", True, False),
        ("ada@192.0.2.7: Permission denied (publickey,password).", False, True),
        ("Host key verification failed.", False, True),
        ("@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@", False, True),
        ("Invalid/incorrect username/password. Skipping remaining 4 retries", False, True),
        ("Unable to negotiate: no matching host key type found", False, True),
        ('unix_listener: path "/home/x/.ansible/cp/1.2" too long for Unix domain socket', False, True),
        (NO_ROOM, False, False),
        ("", True, False),
    ],
)
def test_only_a_host_that_does_not_answer_is_away(words, away, ours):
    assert (is_away(words), is_ours(words)) == (away, ours)


@pytest.mark.parametrize("lead", ["", SSH, SENT, f"Task failed: {SSH}"])
def test_the_reason_is_what_ssh_said(lead):
    assert why_unreached(f"{lead}{REFUSED}\r\n") == REFUSED


def test_no_reason_is_said_so():
    assert why_unreached(" ") == "no reason was given"
    sent = (
        "Task failed: Data could not be sent to remote host '127.0.0.1'. Make sure this host can be reached over SSH: "
    )
    assert why_unreached(f"{sent}[Errno 32] Broken pipe") == "ssh ended before the step was sent (Broken pipe)"
    assert why_unreached("[Errno 2] No such file or directory: 'ssh'") == "[Errno 2] No such file or directory: 'ssh'"
    assert why_unreached("reached, [Errno 32] Broken pipe") == "reached, [Errno 32] Broken pipe"
    assert len(why_unreached("x" * 10_000)) <= 300


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize(
    ("words", "kind", "begins"),
    [
        (REFUSED, "HostUnreachable", "db1 was not reached: "),
        ("Host key verification failed.", "HostLoginRefused", "Ansible could not log in on db1: "),
        (NO_ROOM, "HostUnusable", "Ansible logged in on db1 and could not begin: "),
    ],
)
def test_a_step_that_acts_may_have_acted(words, kind, begins, reads):
    failure = unreached("db1", f"{SSH}{words}", reads)
    assert type(failure).__name__ == kind
    assert str(failure).startswith(begins)
    assert ("Nothing was done there by this step." in str(failure)) == reads
    assert ("Whether this step did anything there is not known" in str(failure)) == (not reads)


WRONG = (
    "Premature end of stream waiting for become success.\n>>> Standard Error\nPassword: \nsu: Authentication failure"
)
UNPRIVILEGED = (
    "Failed to set permissions on the temporary files Ansible needs to create when becoming an unprivileged user (rc: 1"
    ", err: chmod: invalid mode}). For information on working around this, see https://docs.ansible.com/"
)


@pytest.mark.parametrize(
    "words",
    [
        WRONG, UNPRIVILEGED, "Missing sudo password", "Incorrect su password",
        "Duplicate become password prompt encountered",
        "privilege output closed while waiting for password prompt:", "sudo: a password is required",
        "ada is not in the sudoers file.",
    ],
)  # fmt: skip
def test_a_user_that_is_refused_is_our_own_access_and_no_step_began(words):
    failure = unreached("log1", words, reads=False, user="runbook")
    assert type(failure).__name__ == "HostLoginRefused"
    assert str(failure).startswith("Ansible could not become runbook on log1: ")
    assert "Nothing was done there by this step." in str(failure)
    assert "\n" not in str(failure)
    assert (is_away(words), is_ours(words), may_have_begun(words, reads=False)) == (False, True, False)
    assert ("--ask-become-pass" in str(failure)) == (words != UNPRIVILEGED)


@pytest.mark.parametrize(
    "words", ["Timed out waiting for become success.", "Timeout (12s) waiting for privilege escalation prompt: "]
)
def test_a_user_that_comes_too_late_may_have_begun(words):
    assert "Whether this step did anything there is not known" in str(unreached("log1", words, reads=False))
    assert may_have_begun(words, reads=False)
    assert not may_have_begun(words, reads=True)
    assert is_ours(words)


@pytest.mark.parametrize("words", [REFUSED, NO_ROOM, "Connection reset by peer", "become", "sudo"])
def test_what_names_no_refusal_of_a_user_is_none(words):
    assert not str(unreached("db1", words, reads=True)).startswith("Ansible could not become")
    assert "may not become app" in str(unreached("db1", NO_ROOM, reads=True, user="app"))
    assert may_have_begun(words, reads=False)
