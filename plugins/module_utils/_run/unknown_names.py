# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables that look like one of this collection and are none: misspelt, they would be ignored in silence. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Collection, Iterable, Iterator, Mapping, Sequence, TypedDict

from .known_keys import KEYS
from .known_names import INNER, KNOWN, MITIGATIONS, PLAYBOOKS, PREFIXES, RENAMED, SETTINGS

_ALIKE = 0.6  # from this similarity on a name is proposed
_SAME_PLAYBOOK = 0.75  # from this similarity on a name that begins like a playbook is a misspelt one
_CLOSER = 40  # names that are compared closer, those that share the most pairs of characters
_SAME_SETTING = 0.5  # and behind the playbook's name
_BEHIND = 0.33  # from this similarity behind the prefix on; runbook_slack and runbook_reach have the prefix in common
_COMMON = ("disk_space", "high_cpu", "high_memory")  # words of monitoring, where a site has limits of its own
_OF_ACTS = {"approval", "exclude", "override", "terminations", "singletons", "strategy", "kinds"}  # which it has not
# What a job of AWX hands to the next one: without such a job no playbook reads it, and it is no approval.
_HANDED_OVER = {
    "incident_plan_digest": "incident_approved_digest", "incident_plans": "incident_approved_digest",
    "incident_plan_targets": "incident_approved_targets",
}  # fmt: skip
# Words that are not alike and mean the same here.
_SAME = {
    "user": "roles", "users": "roles", "query": "queries", "statements": "queries",
    "dir": "log", "directory": "log", "folder": "log", "path": "log",
}  # fmt: skip
_OF_ANSIBLE = ("check", "check_mode", "diff", "dry_run", "dryrun", "force", "noop")  # options of the command
_EDGE = 5  # characters that a misspelt name has in common with the right one, at its begin or its end
_SHORT = 12  # characters below which one edit, and not two, is taken for a slip


class UnknownName(TypedDict):
    """``name``: a variable, or a key of one as a.b; ``meant``: the known name that is nearest, empty if none is near;
    ``place``: where it is set."""

    name: str
    meant: str
    renamed: bool
    place: str


class CheckedRun(TypedDict):
    """What check_run returns: the hosts that match, the names that are refused, and the command for another playbook,
    with ``{}`` for its name."""

    hosts: list[str]
    unknown: list[UnknownName]
    called: str


@dataclass(frozen=True)
class Own:
    """What the site has of its own. ``names`` may end in ``*``; ``roles``: the names of its roles; ``texts``: values of
    its variables, since a variable that another one uses is not ignored. ``typed``: names of extra variables, which are
    meant for this run. A role of Galaxy has its owner's name before its own, with which its variables begin; one that
    is named as a prefix of ours excuses only the variables that it reads: its files are in ``texts``. ``in_awx``:
    whether a job of AWX may have handed something over."""

    names: Sequence[str] = ()
    roles: Sequence[str] = ()
    texts: Sequence[str] = ()
    typed: Collection[str] = ()
    in_awx: bool = True

    def role_of(self, plain: str) -> int:
        """How long the name of one of its roles is with which a variable begins; 0 for none."""
        names = (_plain(role.rpartition(".")[2]) for role in self.roles)
        return max((len(name) for name in names if plain.startswith(f"{name}_") and name not in PREFIXES), default=0)


def unknown_names(names: Iterable[str], own: Own) -> list[UnknownName]:
    """The names that are refused, in the order given."""
    return [
        {"name": name, "meant": meant, "renamed": _plain(name) in RENAMED, "place": ""}
        for name in dict.fromkeys(names)
        for meant in _refused(name, own)
    ]


def _refused(name: str, own: Own) -> Iterator[str]:
    """The name that was meant, which may be empty; no element where the name is fine."""
    plain = _plain(name)
    if name in _HANDED_OVER and not own.in_awx and name not in own.names:
        yield _HANDED_OVER[name]
        return
    if (name in KNOWN and name not in INNER) or plain.startswith("ansible_") or _is_own(name, own):
        return
    if plain in INNER:
        shared = plain.replace("incident_", "runbook_", 1)
        yield shared if shared in SETTINGS else ""
        return
    if plain in RENAMED:
        yield RENAMED[plain]
        return
    slip = "" if _is_of_ansible(plain) else _same_as(plain) or _slip_of(plain)
    if slip:
        yield slip
        return
    if own.role_of(plain) and own.role_of(plain) >= _prefix_of(plain):
        return
    if _prefix_of(plain):
        yield "" if _is_of_ansible(plain) else _of_key(plain) or _shared(plain) or nearest(plain)
        return
    for playbook in PLAYBOOKS:
        if plain.startswith(f"{playbook}_"):
            meant = nearest(plain, _SAME_PLAYBOOK, 0 if name in own.typed else _SAME_SETTING)
            meant = meant if meant.startswith(f"{playbook}_") else ""
            of_role = _of_mitigation(playbook, plain)
            if playbook not in _COMMON or name in own.typed or _OF_ACTS & {*of_role.split("_")}:
                meant = of_role or meant
            if meant:
                yield meant


def _of_mitigation(playbook: str, plain: str) -> str:
    """The variable of a mitigation that was named after its playbook, as db_lock_contention_limit; else empty."""
    setting = plain[len(playbook) + 1 :]
    for role in MITIGATIONS.get(playbook, ()):
        of_role = sorted(name[len(role) + 1 :] for name in (*SETTINGS, *RENAMED) if name.startswith(f"{role}_"))
        near = min(of_role, key=lambda known: edits_between(setting, known))
        if edits_between(setting, near) <= (len(setting) > 4):
            shared = f"runbook_{near}"
            return shared if shared in SETTINGS else RENAMED.get(f"{role}_{near}", f"{role}_{near}")
    return ""


def _is_of_ansible(plain: str) -> bool:
    return plain[_prefix_of(plain) + 1 :] in _OF_ANSIBLE


def _same_as(plain: str) -> str:
    """The known name with another word for the same thing; else empty."""
    other = "_".join(_SAME.get(word, word) for word in plain.split("_"))
    return other if other in SETTINGS else ""


def _shared(plain: str) -> str:
    """The setting of all playbooks that was named after one role: triage_approval; else empty."""
    shared = f"runbook_{plain[_prefix_of(plain) + 1 :]}"
    return shared if shared in SETTINGS else ""


def _of_key(plain: str) -> str:
    """The key of a variable that was written as one of its own: runbook_slack, runbook_login_host; else empty."""
    setting = plain[len("runbook_") :] if plain.startswith("runbook_") else ""
    for variable in ("runbook_postgres", "runbook_compose"):
        if setting in KEYS[variable]:
            return f"{variable}.{setting}"
    channel = setting.partition("_")[0]
    return f"runbook_announce.{channel}" if channel in KEYS["runbook_announce"] else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _prefix_of(plain: str) -> int:
    """How long the prefix of ours is with which a variable begins; 0 for none."""
    return max((len(prefix) for prefix in PREFIXES if plain.startswith(f"{prefix}_")), default=0)


def _is_own(name: str, own: Own) -> bool:
    if any(name == each or (each.endswith("*") and name.startswith(each[:-1])) for each in own.names):
        return True
    # A role whose name is the beginning of one of ours does not make a misspelt variable of ours its own.
    theirs = own.role_of(_plain(name)) > _prefix_of(_plain(name))
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return theirs or any(word.search(text) for text in own.texts if name in text)


@lru_cache(maxsize=1)
def _by_edge() -> Mapping[str, list[str]]:
    index: dict[str, list[str]] = {}
    for known in (*SETTINGS, *RENAMED):
        for edge in (f"^{known[:_EDGE]}", f"{known[-_EDGE:]}$"):
            index.setdefault(edge, []).append(known)
    return index


def _slip_of(plain: str) -> str:
    """The known name from which one or two characters are missing, added, changed or exchanged; else empty."""
    most = 1 if len(plain) < _SHORT else 2
    like = [*_by_edge().get(f"^{plain[:_EDGE]}", ()), *_by_edge().get(f"{plain[-_EDGE:]}$", ())]
    edits = {
        known: edits_between(plain, known) for known in dict.fromkeys(like) if abs(len(known) - len(plain)) <= most
    }
    near = min(edits, key=lambda known: (edits[known], known), default="")
    if not near or edits[near] > most:
        return ""
    # Two characters of a short word make another word: item and site, ref and key.
    return (_longer(plain) if edits[near] > 1 else "") or RENAMED.get(near, near)


def _longer(plain: str) -> str:
    """The known name that has all of its words, or longer forms of them, and at most one more; the most similar."""
    words = plain.split("_")
    like = [known for known in SETTINGS if len(known.split("_")) - len(words) in (0, 1) and _covers(known, words)]
    return max(like, key=lambda known: _likeness(plain, known), default="")


def _covers(known: str, words: Sequence[str]) -> bool:
    """Whether each word is one of the name, or the beginning of one."""
    return all(
        any(other == word or (len(word) > 2 and other.startswith(word)) for other in known.split("_")) for word in words
    )


def _likeness(plain: str, known: str) -> tuple[float, int, str]:
    """For the order of names: by similarity, then by the characters at the beginning that are the same."""
    same = next(
        (at for at, (left, right) in enumerate(zip(plain, known)) if left != right), min(len(plain), len(known))
    )
    return _similarity(plain, known), same, known


def _of_act(plain: str) -> str:
    """The variable of an act of a person that was named after its playbook; those of all acts begin incident_act_."""
    acts = (playbook for playbook in PLAYBOOKS if playbook.startswith("incident_") and plain.startswith(f"{playbook}_"))
    fields = (plain[len(playbook) + 1 :] for playbook in acts)
    return next((f"incident_act_{field}" for field in fields if f"incident_act_{field}" in KNOWN), "")


def nearest(plain: str, alike: float = _ALIKE, behind: float = _BEHIND) -> str:
    """The known name that is most like it; empty where none is alike."""
    act = _of_act(plain)
    if act:
        return act
    pairs = _pairs(plain)
    like = sorted((*SETTINGS, *RENAMED), key=lambda known: -len(pairs & _pairs(known)) / len(pairs | _pairs(known)))
    best, dummy, name = max((_likeness(plain, known) for known in like[:_CLOSER]), default=(0.0, 0, ""))
    # What is excluded must be alike itself: roles are no hosts.
    least = max(behind, _ALIKE) if "_exclude_" in plain and "_exclude_" in name else behind
    return RENAMED.get(name, name) if best >= alike and _similarity(*_behind(plain, name)) >= least else ""


def _behind(plain: str, known: str) -> tuple[str, str]:
    """Both names without the prefix that they have in common."""
    starts = (f"{each}_{word}" for each in (*PREFIXES, *PLAYBOOKS) for word in ("", "exclude_"))
    start = max((len(each) for each in starts if plain.startswith(each) and known.startswith(each)), default=0)
    return plain[start:], known[start:]


@lru_cache(maxsize=1024)
def _pairs(name: str) -> frozenset[str]:
    """The pairs of characters that follow each other, and the first one of each word."""
    return frozenset([name[at : at + 2] for at in range(len(name))] + [f"_{word[:1]}" for word in name.split("_")])


def _similarity(name: str, known: str) -> float:
    """By characters, or by words in any order, of which one may be short for the other; 1 for the same name."""
    by_characters = 1 - edits_between(name, known) / max(len(name), len(known))
    words, others = name.split("_"), known.split("_")
    there = [max(_of_words(word, other) for other in others) for word in words]
    back = [max(_of_words(word, other) for word in words) for other in others]
    return max(by_characters, sum(there) / len(there) / 2 + sum(back) / len(back) / 2)


@lru_cache(maxsize=65536)
def _of_words(word: str, other: str) -> float:
    if word == other:
        return 1.0
    short = min(word.rstrip("s"), other.rstrip("s"), key=len)
    if len(short) > 2 and word.startswith(short) and other.startswith(short):
        return 0.9
    if len(short) > 1 and short[0] == word[0] == other[0] and _shortens(short, max(word, other, key=len)):
        return 0.8
    return 1 - edits_between(word, other) / (max(len(word), len(other)) or 1)


def _shortens(short: str, word: str) -> bool:
    """Whether the characters of ``short`` are in the word in their order, as in db for database."""
    rest = iter(word)
    return len(short) * 2 <= len(word) and all(char in rest for char in short)


def edits_between(left: str, right: str) -> int:
    """The number of characters to add, remove, change or exchange with the next one.

    >>> edits_between("runbook_aprvoal", "runbook_approval")
    2
    """
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, char in enumerate(left, 1):
        line = [row]
        for column, other in enumerate(right, 1):
            least = min(above[column] + 1, line[column - 1] + 1, above[column - 1] + (char != other))
            if row > 1 and column > 1 and char == right[column - 2] and left[row - 2] == other:
                least = min(least, before[column - 2] + 1)
            line.append(least)
        before, above = above, line
    return above[-1]


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a variable's value that has a template."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts_in(each)


def refusal(unknown: Sequence[UnknownName]) -> str:
    """One paragraph on all of them."""
    named = said_of(unknown)
    variables = [each["name"] for each in unknown if "." not in each["name"]]  # and no keys of one
    own = f" A variable of your own that begins like that: runbook_own_variables: [{', '.join(variables[:3])}]."
    return (
        f"Unknown variables, which would be ignored: {named} Nothing was done."
        f" Correct the names and run it again.{own if variables else ''}"
    )


def said_of(unknown: Sequence[UnknownName]) -> str:
    """Each with what was meant, as one sentence."""
    named = "; ".join(_said(each) for each in unknown)
    return f"{named}{'' if named.endswith('?') else '.'}"


def _said(unknown: UnknownName) -> str:
    place = f" ({unknown['place']})" if unknown["place"] else ""
    if unknown["renamed"]:
        return f"{unknown['name']}{place} is now {unknown['meant']}"
    if unknown["name"] in INNER and not unknown["meant"]:
        return f"{unknown['name']}{place}: the run itself sets it"
    if unknown["meant"]:
        return f"{unknown['name']}{place}: did you mean {unknown['meant']}?"
    kind = "key" if "." in unknown["name"] else "name of docs/variables.md"
    return f"{unknown['name']}{place}: no {kind} is like it"
