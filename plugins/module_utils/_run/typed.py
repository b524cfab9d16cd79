# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Extra variables as they were typed behind -e, taken apart so that a printed command repeats them. Pure.

What is left out can make a plan wider: an exclusion, a limit, a list of services. So one variable is left out by its
name, and never the whole option. Nothing is read as another language reads it: the words stay as they were typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence

from .._core.redaction import redacted
from .._core.text import printable
from .known_names import TRUTHS

LEFT_OUT = "..."  # in the place of a secret; check_run refuses a variable that has it as its value
_SECRET_NAME = re.compile(
    r"(?i)pass|secret|token|api_?key|credential|private_?key|headers|(?:^|_)pwd"
    r"|^runbook_(?:announce|oncall|endpoint_keys)\Z"
)
_PATH_NAME = re.compile(r"(?i)_(?:files?|paths?)\Z")  # where a secret is, and not the secret
# Within a value: a key of a dictionary, or of a DSN.
_SECRET_KEY = re.compile(
    r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|credentials?|private[_-]?key|routing_key|authorization|headers)[\"']*\s*[:=]"
)
_SECRET_URL = re.compile(r"(?i)://[^/\s@\"']*:[^/\s@\"']+@|hooks\.slack\.com/\S|://[^\s\"']*webhook")
_OPEN, _CLOSE = "[{", "]}"
_TEMPLATE = (("{{", "}}"), ("{%", "%}"), ("{#", "#}"))


@dataclass(frozen=True)
class Pair:
    """``name``: of a variable, empty for a word that is none; ``text``: the pair as it was typed."""

    name: str
    text: str

    @property
    def is_secret(self) -> bool:
        value = self.text[len(self.name) :]
        if _SECRET_NAME.search(self.name) and not self.names_none:
            return True
        text = value if self.names_none else self.text
        return bool(_SECRET_KEY.search(value) or _SECRET_URL.search(value)) or hides(text)

    @property
    def names_none(self) -> bool:
        """Whether it is no secret, whatever its name has: true or false, or the path of a file."""
        return self.name in TRUTHS or bool(_PATH_NAME.search(self.name))

    @property
    def is_unfinished(self) -> bool:
        """Whether the words behind it may be of its value, too: a bracket is open, or a key has no value yet."""
        return self.text.endswith(":") or sum(map(self.text.count, _OPEN)) > sum(map(self.text.count, _CLOSE))


def repeated(extra: Sequence[str], is_wanted: Callable[[str], bool]) -> list[str]:
    """What to type behind -e again, in the order typed, of the variables whose name is wanted. A file is always kept:
    what is in it is not printed. A secret is ``NAME=...``, so that its variable is not missing without a word."""
    return [each for option in extra for each in _repeated(option.strip(), is_wanted)]


def names_in(option: str) -> set[str]:
    """The variables of one option -e, without those of a file."""
    pairs = [] if option.startswith("@") else _pairs(option.strip())
    return {pair.name for pair in pairs or () if pair.name}


def refusal(variables: Mapping[str, Any]) -> str:
    """Why a run is refused whose extra variables have a value that a printed command has left out; else empty."""
    names = [str(name) for name, value in variables.items() if isinstance(value, str) and value.strip() == LEFT_OUT]
    if not names:
        return ""
    return (
        f"{', '.join(names)}: the three dots stand for a value that a printed command does not show. Nothing was done."
        f" Give the value in their place: -e {names[0]}=VALUE."
    )


def _repeated(option: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    pairs = [] if option.startswith("@") else _pairs(option)
    if pairs is None:
        yield LEFT_OUT  # Ansible refuses a word that begins with a dot, and says so
    elif not pairs or (
        all(is_wanted(pair.name) and not pair.is_secret for pair in pairs) and not _spans(option, pairs)
    ):
        yield from [option] if option else []
    else:
        yield from _without(option, pairs, is_wanted)


def _without(option: str, pairs: Sequence[Pair], is_wanted: Callable[[str], bool]) -> Iterator[str]:
    """The option without what is secret or not wanted, and the secrets by their names."""
    shown: list[str] = []
    secrets: list[str] = []
    is_unfinished = _spans(option, pairs)
    for pair in pairs:
        is_secret = pair.is_secret or is_unfinished
        is_unfinished = is_unfinished or (is_secret and option[0] not in _OPEN and pair.is_unfinished)
        if pair.name and is_wanted(pair.name):
            (secrets if is_secret else shown).append(pair.name if is_secret else pair.text)
    if shown:
        yield "{" + ", ".join(shown) + "}" if option[0] in _OPEN else " ".join(shown)
    yield from (f"{name}={LEFT_OUT}" for name in secrets)


def _pairs(option: str) -> list[Pair] | None:
    """None where it cannot be taken apart."""
    if not option or option[0] not in _OPEN:
        return _joined(_words(option))
    inner = _split(option[1:-1]) if option[0] == "{" and option.endswith("}") else None
    if inner is None:
        return None
    pairs = [Pair(_name_of_key(text.strip()), text.strip()) for text in inner if text.strip()]
    return pairs if all(pair.name for pair in pairs) else None


def _joined(words: Sequence[str]) -> list[Pair]:
    """A word without a name may be the rest of the one before: a secret in it is seen only in the whole."""
    pairs: list[Pair] = []
    for word in words:
        name = _name_of_word(word)
        if name or not pairs:
            pairs.append(Pair(name, word))
        else:
            pairs[-1] = Pair(pairs[-1].name, f"{pairs[-1].text} {word}")
    return pairs


def _spans(option: str, pairs: Sequence[Pair]) -> bool:
    """Whether a secret is seen only over several variables, so that it is in one of them, and in which is not known."""
    return hides(option) and not any(pair.is_secret or pair.names_none for pair in pairs)


def hides(text: str) -> bool:
    """Whether a text has a secret in it, which is left out where it is shown."""
    return "".join(redacted(text).split()) != "".join(printable(text).split())  # it puts one blank for several


def _name_of_word(word: str) -> str:
    match = re.match(r"([^\s=\"'{}]+)=", word)
    return match.group(1) if match else ""


def _name_of_key(text: str) -> str:
    match = re.match(r"(?:\"(\w+)\"|'(\w+)'|(\w+))\s*:", text)
    return next(filter(None, match.groups()), "") if match else ""


def _words(text: str) -> list[str]:
    """Split at blanks as Ansible splits them: not within quotes, and not within a template."""
    words, word, quote, end, at = [], "", "", "", 0
    while at < len(text):
        char, two = text[at], text[at : at + 2]
        step = 1
        if char == "\\" and quote:
            char, step = two, 2
        elif quote:
            quote = "" if char == quote else quote
        elif end:
            if two == end:
                char, step, end = two, 2, ""
        elif two in dict(_TEMPLATE):
            char, step, end = two, 2, dict(_TEMPLATE)[two]
        elif char in "\"'":
            quote = char
        elif char.isspace():
            words.append(word)
            word, char = "", ""
        word += char
        at += step
    return [each for each in (*words, word) if each]


def _split(text: str) -> list[str] | None:
    """Split at the commas that are in no quotes, brackets and braces; a quote begins only where a value does, since a
    plain text of YAML may have an apostrophe. None where it does not end as it began."""
    parts, part, depth, quote, before, at = [], "", 0, "", ",", 0
    while at < len(text):
        char = text[at]
        if (quote == '"' and char == "\\") or (quote == "'" and text[at : at + 2] == "''"):
            char = text[at : at + 2]
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and before in "[{,:":
            quote = char
        elif char == "#" and text[at - 1 : at].isspace():
            return None  # a comment may have anything
        elif char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth -= 1
        elif char == "," and not depth:
            parts.append(part)
            part, char = "", ""
        part += char
        before = before if char.isspace() else char or ","
        at += 1
    return None if depth or quote else [*parts, part]
