# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that run as they are printed: called as this run was, on the same inventory. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Match, Sequence

_COLLECTION = "pafar.runbook"
_MENTIONED = re.compile(
    r"(?P<called>ansible-playbook(?P<options>\s+-[iel]\s+(?:'[^']*'|\S+))*\s+)?(?<![\w/.-])playbooks/(?P<name>\w+)\.yml"
)
_UNNAMED = re.compile(r"\bincident_id=\.\.\.")
_PLAIN = re.compile(r"[\w@%+=:,./~-]+\Z")
_APPROVALS = re.compile(r"incident_approved_(digest|targets)|^\s*incident_id\s*=")
_SECRET = re.compile(r"(?i)pass(word|wd)?|secret|token|api_?key")
# Playbooks that go on with the same hosts and incident.
_GO_ON = ("undo", "approve")


@dataclass(frozen=True)
class Invocation:
    """How this run was called. ``playbook``: as it was typed; ``inventories``: what to give with -i, empty where the
    configuration names it; ``limit`` and ``extra``: as typed; ``incident``: the incident's id, once it is known."""

    playbook: str = f"{_COLLECTION}.menu"
    inventories: Sequence[str] = ()
    limit: str = ""
    extra: Sequence[str] = ()
    incident: str = ""

    @property
    def name(self) -> str:
        """The playbook's name alone."""
        last = self.playbook.replace("\\", "/").rsplit("/", 1)[-1]
        return re.sub(r"\.ya?ml\Z", "", last[len(_COLLECTION) + 1 :] if last.startswith(f"{_COLLECTION}.") else last)

    def place_of(self, name: str) -> str:
        """Another playbook of the collection, found in the same way as this one: by its path or by its full name."""
        folder, slash, dummy = self.playbook.rpartition("/")
        if folder.endswith("playbooks") or (not slash and self.playbook.endswith((".yml", ".yaml"))):
            return f"{folder}{slash}{name}.yml"
        return f"{_COLLECTION}.{name}"


def command(call: Invocation, name: str, *options: str) -> str:
    """The whole command for a playbook of this collection. On the playbook of this run it repeats what was typed."""
    words = ["ansible-playbook", *(f"-i {quoted(each)}" for each in call.inventories), quoted(call.place_of(name))]
    if call.limit and name in (*_GO_ON, call.name):
        words.append(f"-l {quoted(call.limit)}")
    if name == call.name:
        words += [f"-e {quoted(each)}" for each in call.extra if not (_APPROVALS.search(each) or _SECRET.search(each))]
    return " ".join([*words, *options])


def called(call: Invocation) -> str:
    """The command for a playbook of this collection, with ``{}`` in the place of its name."""
    return command(call, "{}").replace("'", "")


def runnable(text: str, call: Invocation) -> str:
    """A text in which each playbook that it names is the command that runs it, and the incident is named."""

    def called(match: Match[str]) -> str:
        return match.group() if match.group("options") else command(call, match.group("name"))

    text = _MENTIONED.sub(called, text)
    return _UNNAMED.sub(f"incident_id={call.incident}", text) if call.incident else text


def quoted(word: str) -> str:
    """The word for a POSIX shell."""
    return word if _PLAIN.match(word) else "'" + word.replace("'", "'\"'\"'") + "'"
