# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that run as they are printed: called as this run was, on the same inventory. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Match, Sequence

from .typed import names_in, repeated

_COLLECTION = "pafar.runbook"
_MENTIONED = re.compile(
    r"(?P<called>ansible-playbook(?P<options>\s+-[iel]\s+(?:'[^']*'|\S+))*\s+)?(?<![\w/.-])playbooks/(?P<name>\w+)\.yml"
)
_QUOTED = r"'[^']*'(?:\"'\"'[^']*')*"
_OPTIONS = re.compile(rf"(?:\s+--?[\w-]+(?:=(?:{_QUOTED}|[^\s']\S*)|\s+(?:{_QUOTED}|[^\s'-]\S*))?)*")  # right behind it
# In these, which variables and options are given.
_GIVEN = re.compile(r"(?:-e\s+['\"]?(?P<name>\w+)=)|(?P<option>(?<!\S)--?[\w-]+)")
_UNNAMED = re.compile(r"\bincident_id=\.\.\.")
_PLAIN = re.compile(r"[\w@%+=:,./~-]+\Z")
# Of one plan: the next command names the plan that it means.
APPROVALS = ("incident_approved_digest", "incident_approved_targets")
# Playbooks that go on with the same hosts.
_GO_ON = ("undo", "approve", "incidents")
_ACT_ON = ("undo", "approve")
_HOSTS = "runbook_hosts"
# The settings of all playbooks: what is excluded, where incidents are kept, how a host is reached.
_SHARED = ("runbook_", "ansible_")
_OF_LOG = ("incident_group", "incident_log", "incident_log_user")
_NAME = "NAME_OF_THE_PLAYBOOK"


@dataclass(frozen=True)
class Invocation:
    """How this run was called. ``playbook``: as it was typed; ``inventories``: what to give with -i, empty where the
    configuration names it; ``limit`` and ``extra``: as typed; ``incident``: the incident's id, once it is known;
    ``access``: options that say as whom hosts are reached, and how vaults are read, in words; ``part``: those that say
    which part of the playbook runs; ``more``: the other playbooks of the command. ``place``: the name of a playbook of
    this collection, with ``{}`` for its own one; empty: as ``playbook`` is named. ``of_site``: what was run is a site's
    own playbook; ``hosts``: those that are meant, for a playbook that goes on where the site has chosen them."""

    playbook: str = f"{_COLLECTION}.menu"
    inventories: Sequence[str] = ()
    limit: str = ""
    extra: Sequence[str] = ()
    incident: str = ""
    access: Sequence[str] = ()
    part: Sequence[str] = ()
    more: Sequence[str] = ()
    place: str = ""
    of_site: bool = False
    hosts: str = ""

    @property
    def name(self) -> str:
        """The playbook's name alone; empty for what is not one playbook of this collection."""
        if self.of_site or self.more:
            return ""
        last = self.playbook.replace("\\", "/").rsplit("/", 1)[-1]
        return re.sub(r"\.ya?ml\Z", "", last[len(_COLLECTION) + 1 :] if last.startswith(f"{_COLLECTION}.") else last)

    def place_of(self, name: str) -> str:
        """Another playbook of the collection, found in the same way as this one: by its path or by its full name."""
        if self.place:
            return self.place.replace("{}", name)
        folder, slash, dummy = self.playbook.rpartition("/")
        if folder.endswith("playbooks") or (not slash and self.playbook.endswith((".yml", ".yaml"))):
            return f"{folder}{slash}{name}.yml"
        return f"{_COLLECTION}.{name}"


def command(call: Invocation, name: str, *options: str, approved: bool = False) -> str:
    """The whole command for a playbook of this collection. On what was run (``name`` is the call's) it repeats what was
    typed, on another playbook what is of all playbooks. ``approved``: whether the approvals are repeated that were
    typed. What is in ``options`` replaces what was typed."""
    return " ".join([*_start(call, name), *_again(call, name, " ".join(options), approved), *options])


def _start(call: Invocation, name: str) -> list[str]:
    playbooks = [call.playbook, *call.more] if name == call.name else [call.place_of(name)]
    return ["ansible-playbook", *(f"-i {quoted(each)}" for each in call.inventories), *map(quoted, playbooks)]


def _again(call: Invocation, name: str, given: str, approved: bool = False) -> list[str]:
    """The options to repeat for a playbook, but for those that are given."""
    found = [*_GIVEN.finditer(given)]
    used = {match.group("option") for match in found}
    names = {match.group("name") for match in found}.union(*map(names_in, _typed_in(given)))

    def is_wanted(variable: str) -> bool:
        if variable in names or (variable in APPROVALS and not approved):
            return False
        if name == call.name:
            return True
        if variable == _HOSTS:
            return name in _GO_ON
        return variable.startswith(_SHARED) or variable in _OF_LOG

    options = [*call.access, *(call.part if name == call.name else ())]
    words = [option for option in options if re.split("[ =]", option)[0] not in used]
    if call.limit and name in (*_GO_ON, call.name) and "-l" not in used:
        words.append(f"-l {quoted(call.limit)}")
    extra = [f"-e {quoted(each)}" for each in repeated(call.extra, is_wanted)]
    is_chosen = _HOSTS in names.union(*map(names_in, call.extra))
    if call.of_site and call.hosts and name in _ACT_ON and not is_chosen:
        words.append(f"-e {_HOSTS}={quoted(call.hosts)}")
    return [*words, *(option for option in extra if option not in given)]


def _typed_in(given: str) -> list[str]:
    """What is behind each -e, all variables of it; nothing where a quote is open."""
    try:
        words = shlex.split(given)
    except ValueError:
        return []
    return [value for option, value in zip(words, words[1:]) if option in ("-e", "--extra-vars")]


def called(call: Invocation) -> str:
    """The command for a playbook of this collection, with ``{}`` in the place of its name."""
    return command(call, _NAME).replace("{}", "{ }").replace(_NAME, "{}")  # an empty dictionary is none of these


def runnable(text: str, call: Invocation) -> str:
    """A text in which each playbook that it names is the command that runs it, and the incident is named."""

    def called(match: Match[str]) -> str:
        if match.group("options"):
            return match.group()
        name, behind = match.group("name"), _OPTIONS.match(match.string, match.end())
        # A command that is whole stays what it is.
        words = [*_start(call, name), *_again(call, name, behind.group() if behind else "")]
        # Behind the last word a full stop would be of it: of the name that an exclusion has.
        is_glued = match.string[match.end() : match.end() + 1] in tuple(".,;:)") and len(words) > len(
            _start(call, name)
        )
        return " ".join([*words, ""] if is_glued else words)

    text = _MENTIONED.sub(called, text)
    return _UNNAMED.sub(f"incident_id={call.incident}", text) if call.incident else text


def quoted(word: str) -> str:
    """The word for a POSIX shell."""
    return word if _PLAIN.match(word) else "'" + word.replace("'", "'\"'\"'") + "'"
