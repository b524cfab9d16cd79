# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What it means that Ansible's connection to a managed host failed. Pure."""

from __future__ import annotations

import re

from .._core.errors import HostLoginRefused, HostUnreachable, HostUnusable, RunbookError
from .._core.text import shortened

# The words of ssh, sshpass and Ansible where the host answered: a login, a key or a setting of ours is what is wrong.
_OURS = re.compile(
    r"permission denied|host key verification failed|remote host identification has changed|no matching .* found"
    r"|too many authentication failures|(?:invalid|incorrect)[^.]*password|authentication failed"
    r"|bad owner or permissions|sshpass|too long for unix domain socket",
    re.IGNORECASE,
)
# The same where the host has let us in, and not as the user of the step (sudo, su, doas).
_NO_USER = re.compile(
    r"(?:missing|incorrect) \S+ password|become (?:success|password|prompt)|becoming an unprivileged user"
    r"|privilege (?:escalation|output)"
    r"|a password is required|not in the sudoers|su: authentication failure|not allowed to (?:run sudo|execute)",
    re.IGNORECASE,
)
_LATE = re.compile(r"time(?:d )?-?out", re.IGNORECASE)  # the answer may have come, and the step with it
_NO_ROOM = re.compile(r"failed to create temporary directory", re.IGNORECASE)  # Ansible's words where it has logged in
_WIDE = 300  # characters
_REMEDY = (
    "give the password with -K (--ask-become-pass) or --become-password-file, and see what the login may do (sudoers)."
)
_LEAD = re.compile(
    r"^(?:task failed: )?(?:failed to connect to the host via ssh: )?"
    r"(?:data could not be sent to remote host [\"'][^\"']*[\"']\. make sure this host can be reached over ssh: )?",
    re.IGNORECASE,
)
# Where ssh ends while the step is handed to it, Ansible has the words of the operating system alone.
_UNSENT = re.compile(r"\[Errno \d+\] (Broken pipe|Connection reset by peer|Bad file descriptor)")


def is_ours(why: str) -> bool:
    """Whether the reason is our own access, which says nothing of whether the host is up."""
    return bool(_OURS.search(why)) or refuses_user(why)


def refuses_user(why: str) -> bool:
    """Whether the login was let in and could not become the user as whom the step runs."""
    return bool(_NO_USER.search(why))


def is_away(why: str) -> bool:
    """Whether the host did not answer at all, as far as is known from here."""
    return not (is_ours(why) or _NO_ROOM.search(why))


def why_unreached(message: str) -> str:
    """The reason in Ansible's message, on one line, without a full stop."""
    why = shortened(" ".join(_LEAD.sub("", message.strip()).split()), _WIDE).rstrip(". ") or "no reason was given"
    why = re.sub(r"\.? ?>>> Standard (?:Error|Output) ", ": ", why)
    unsent = _UNSENT.fullmatch(why)
    return f"ssh ended before the step was sent ({unsent.group(1)})" if unsent else why


def may_have_begun(message: str, reads: bool) -> bool:
    """Whether a step whose connection failed may have done something. ``reads``: it changes nothing. Without its user
    no step begins."""
    return not reads and (not refuses_user(message) or bool(_LATE.search(message)))


def unreached(host: str, message: str, reads: bool, user: str = "") -> RunbookError:
    """The failure of a step on a host. ``reads``: whether the step changes nothing; else what it did is not known.
    ``user``: whom the login becomes there; empty: none."""
    why, done = why_unreached(message), "Nothing was done there by this step."
    if may_have_begun(message, reads):
        done = "Whether this step did anything there is not known; the next run on this host asks for it."
    if refuses_user(why):
        short, unprivileged, dummy = why.partition(" Ansible needs to create when becoming an unprivileged user")
        remedy = "Install acl (setfacl) on it, or set ANSIBLE_PIPELINING=true." if unprivileged else f"G{_REMEDY[1:]}"
        return HostLoginRefused(
            f"Ansible could not become {user or 'another user'} on {host}: {short}. {done} {remedy}"
        )
    if is_ours(why):
        return HostLoginRefused(
            f"Ansible could not log in on {host}: {why}. Whether the host is up is not known. {done} Correct the login,"
            " the key or the address of this host in the inventory."
        )
    if _NO_ROOM.search(why):
        or_user = f", or whether the login may not become {user} there: {_REMEDY}" if user else "."
        return HostUnusable(
            f"Ansible logged in on {host} and could not begin: {why}. {done} See whether a disk of it is full or"
            f" read-only{or_user}"
        )
    return HostUnreachable(
        f"{host} was not reached: {why}. {done} See whether the host is down, or cut off from where this runs."
    )
