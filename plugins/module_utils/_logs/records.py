# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of logs, grouped by what they have in common: how often, and which of them are new. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Collection, Mapping, NamedTuple, TypedDict

from .._core.lazy import lazy
from .._core.redaction import HIDDEN, hides, names_secret, redacted, redacted_lines
from .._core.secret.by_place.bound_values import gives_secret
from .._core.text import harmless
from .exceptions.what_happened import what_happened
from .failing_requests import RequestsOnBothSides
from .json_line import json_fields, level_in
from .level import LEVELS, behind_syslog, level_of

_NUMBERS = lazy(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{12,}\b|\d+",
    re.I,
)
_QUOTED = lazy(r"'[^']{0,200}'|\"[^\"]{0,200}\"")
_TIMES = lazy(
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?\]?"
    r"|\[\d\d/[A-Za-z]{3}/\d{4}[: ]\d\d:\d\d:\d\d[^\]]*\]|^[A-Za-z]{3}\s+\d{1,2} \d\d:\d\d:\d\d",
    re.I,
)
_BOUND = ("args", "arguments", "params", "parameters", "bindings", "binds", "values", "vars")  # of a statement
_LONGEST = 300  # characters of a signature
_NO_DIGITS = str.maketrans("0123456789", "##########")
_TOLD_APART, _MOST_TEXTS = 2000, 5000
# Keys of a member that names what another one is: {"name": "DB_PASSWORD", "value": "x"}
_NAMES, _VALUES = ("name", "key", "field", "header", "variable", "env"), ("value", "val", "default", "content")
_NAME = lazy(r"[\w.-]{1,80}\Z")
_USUAL = "info"  # what a unit's standard output is logged with
_SHOWN = 8 * 1024  # characters of a record that are returned
_EXAMPLE = 2000  # and of an example
_CLEANED = 4 * _SHOWN  # of either end of a long one that secrets are looked for in
_EXAMINED = 400  # characters of a record in which it is seen how it begins
_WORD = 2000  # and of a word in which it is not cut
# Between the exceptions of a chain.
_FRAME = lazy(
    r"\s*\Z|\s(?!\s*(?:---> |\[?cause\]?: |Caused by: ))|#\d+ |(?:at|from) \S|\.\.\. \d+ "
    r"|\S+:\d+:in [^(]*\Z"
)
_APART = lazy(r"\btextpart([a-j]{1,8})x\b")
_TO_LETTERS, _TO_DIGITS = str.maketrans("0123456789", "abcdefghij"), str.maketrans("abcdefghij", "0123456789")
_LAST_WORD, _FIRST_WORDS = lazy(r"\s\S*\Z"), lazy(r"\S*\s+\S+\s+")


class SignatureReport(TypedDict):
    """What records have in common. ``new`` None: whether it was there before is not known. Seconds since 1970.

    ``count_since``: those from the moment on since which a kind is new; all of them where no moment was given.
    """

    signature: str
    text: str
    level: str
    count: int
    count_since: int
    first_seen: float | None
    last_seen: float | None
    new: bool | None
    sources: list[str]
    example: str


class _Entry(TypedDict):
    at: float | None
    source: str
    stream: str
    level: str
    text: str


class EntryReport(_Entry, total=False):
    """One record, without secrets. ``fields``: of a structured record alone."""

    fields: dict[str, Any]


class GatheredReport(TypedDict):
    """The last records that were asked for, the oldest first; kinds and requests are of all that match."""

    entries: list[EntryReport]
    matched: int
    more: bool
    signatures: list[SignatureReport]
    other_signatures: int
    requests: RequestsOnBothSides


class SourceReport(TypedDict):
    """What reading one log gave. ``left_out``: what of it was not read, a clause each; ``problem``: why none was."""

    source: str
    kind: str
    place: str
    records: int
    oldest: float | None
    scanned_bytes: int
    left_out: list[str]
    problem: str


class LogReport(GatheredReport):
    """What log_tail returns."""

    truncated: bool
    scanned_bytes: int
    sources: list[SourceReport]
    followed: float


class Record(NamedTuple):
    """One thing that was logged, of one line or several. ``at``: seconds since 1970; None: no line of it says."""

    at: float | None
    source: str
    text: str
    stream: str = ""
    grade: str = ""  # where the source keeps the level apart, as the journal does
    dropped: int = 0  # lines that are not in the text, since it is longer than is kept

    @property
    def level(self) -> str:
        """Of a source that keeps levels apart its own, unless that is what everything gets that says none to it."""
        if self.grade and self.grade != _USUAL:
            return self.grade
        begin = 0 if self.text[:1] == "{" else behind_syslog(self.text[:_EXAMINED])
        fields = json_fields(self.text[begin:]) if self.text[begin : begin + 1] == "{" else {}
        return (level_in(fields) if fields else level_of(self.text)) or self.grade


@dataclass
class Signature:
    """What records have in common: their text without what differs from one to the next."""

    text: str
    level: str
    count: int = 0
    since: int = 0
    first: float | None = None
    last: float | None = None
    sources: set[str] = field(default_factory=set)
    example: str = ""

    def add(self, record: Record, moment: float | None) -> None:
        self.count += 1
        self.since += moment is None or record.at is None or record.at >= moment
        self.sources.add(record.source)
        if record.at is not None:
            self.first = record.at if self.first is None else min(self.first, record.at)
            self.last = record.at if self.last is None else max(self.last, record.at)


def signature_text(text: str) -> str:
    """What happened, as the record says it; times, numbers, names taken out."""
    line = what_happened(text)
    if len(line) > 4 * _LONGEST:  # at a blank: of half a secret it is not seen that it is one
        line = line[: 4 * _LONGEST].rpartition(" ")[0] or line[: 40 * _LONGEST]
    bare = _NUMBERS.sub("#", _QUOTED.sub("'...'", _TIMES.sub("", redacted(line))))
    return " ".join(bare.split())[:_LONGEST]


def key_of(text: str) -> str:
    """Twelve digits by which a signature is known."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


class Signatures:
    """Counts by signature, of records from ``least`` on; no more than ``most`` kinds are kept, the rest is counted."""

    def __init__(self, least: str = "warning", most: int = 500, moment: float | None = None) -> None:
        """``moment``: seconds since 1970 from which on records are counted apart; None for none."""
        self._least, self._most, self._moment = LEVELS.index(least), most, moment
        self._found: dict[str, Signature] = {}
        self._texts: dict[str, str] = {}  # what was made of texts that differ in their digits alone
        self.others = 0

    def add(self, record: Record, level: str = "") -> None:
        """``level``: the record's, where it is known already."""
        level = level or record.level
        if not level or LEVELS.index(level) < self._least:
            return
        bare = record.text[:_TOLD_APART].translate(_NO_DIGITS)
        text = self._texts.get(bare, "")
        if not text:
            text = signature_text(record.text)
            if len(self._texts) < _MOST_TEXTS and len(record.text) <= _TOLD_APART:
                self._texts[bare] = text
        kept = self._found.get(text)
        if kept is None:
            if len(self._found) >= self._most:
                self.others += 1
                return
            kept = self._found[text] = Signature(text, level, example=example_of(record.text))
        kept.add(record, self._moment)

    def as_dicts(
        self, since: float, new_since: float | None, known: Collection[str], top: int
    ) -> list[SignatureReport]:
        """Those seen from ``since`` on, new ones first, then the most frequent.

        ``known``: sources of which something from before ``new_since`` was read. ``new`` where the first of them was at
        ``new_since`` or later; None where of one of its sources nothing from before is known.
        """

        def new(signature: Signature) -> bool | None:
            if new_since is None or signature.first is None:
                return None
            if signature.first < new_since:
                return False
            return True if signature.sources <= set(known) else None

        signatures = [
            signature for signature in self._found.values() if signature.last is None or signature.last >= since
        ]
        signatures.sort(key=lambda signature: (not new(signature), -signature.count, signature.text))
        return [
            {
                "signature": key_of(signature.text),
                "text": signature.text,
                "level": signature.level,
                "count": signature.count,
                "count_since": signature.since,
                "first_seen": signature.first,
                "last_seen": signature.last,
                "new": new(signature),
                "sources": sorted(signature.sources),
                "example": signature.example,
            }
            for signature in signatures[:top]
        ]


def shown(text: str) -> str:
    """A record without secrets; its lines are kept apart, and a very long one loses its middle.

    It is cut last: half a secret would not be recognised.
    """
    return _cut(_clean(text))


def example_of(text: str) -> str:
    """The beginning of a record without secrets. Behind half of that a long one loses the frames of its stack, so that
    each exception of a chain is in it: which one came first shows whose fault it is."""
    clean = _clean(text)
    head = clean.rfind("\n", 0, _EXAMPLE // 2)
    if len(clean) <= _EXAMPLE or head < 0:
        return clean[:_EXAMPLE]
    told = [line for line in clean[head + 1 :].split("\n") if not _FRAME.match(line)]
    return "\n".join([clean[:head], "  ...", *told])[:_EXAMPLE]


def _clean(text: str) -> str:
    fields = json_fields(text) if text[:1] == "{" else {}
    apart: list[str] = []
    if fields:  # what stands under a name is known here, to any depth
        text = json.dumps(_without_texts(redacted_value(fields), apart), ensure_ascii=False)
    if len(text) > 2 * _CLEANED:
        text = f"{_head(text)}\n... {len(text) - 2 * _CLEANED} characters left out ...\n{_tail(text)}"
    lines = text.split("\n")
    clean = "\n".join(_indent(line) + kept for line, kept in zip(lines, redacted_lines(lines)))
    return _APART.sub(lambda match: _text_of(match, apart), clean) if apart else clean


def _without_texts(value: Any, apart: list[str], name: str = "") -> Any:
    """The same with a word for each text of several words. What a name, or another member, tells of a text is seen by
    the word; what the text itself says was judged alone, and must not be judged by what stands beside it."""
    if isinstance(value, dict):
        return {key: _without_texts(nested, apart, key) for key, nested in value.items()}
    if isinstance(value, list):
        return [_without_texts(item, apart, name) for item in value]
    if not isinstance(value, str) or " " not in value or names_secret(name):
        return value
    if "arameters: $" in value or gives_secret(value):  # of a statement, which another member has
        return value
    apart.append(value)
    return f"textpart{str(len(apart) - 1).translate(_TO_LETTERS)}x"


def _text_of(match: re.Match[str], apart: list[str]) -> str:
    place = int(match.group(1).translate(_TO_DIGITS))
    return json.dumps(apart[place], ensure_ascii=False)[1:-1] if place < len(apart) else match.group()


def _cut(clean: str) -> str:
    if len(clean) <= _SHOWN:
        return clean
    return f"{clean[: _SHOWN // 2]}\n... {len(clean) - _SHOWN} characters left out ...\n{clean[-_SHOWN // 2 :]}"


def _head(text: str) -> str:
    """The beginning of a long text, without the word in which it ends: half a secret is not recognised."""
    end = _LAST_WORD.search(text, _CLEANED - _WORD, _CLEANED)
    return text[: end.start() if end else _CLEANED - _WORD]


def _tail(text: str) -> str:
    """The end of a long text, without its first two words: nor is a secret whose name was cut off."""
    begin = len(text) - _CLEANED
    first = _FIRST_WORDS.match(text, begin, begin + _WORD)
    return text[first.end() if first else begin + _WORD :]


def _indent(line: str) -> str:
    return " " * min(40, len(line) - len(line.lstrip(" ")))


def entry(record: Record, fields: dict[str, Any]) -> EntryReport:
    """A record for people and machines, without secrets."""
    clean = _clean(record.text)
    report: EntryReport = {
        "at": record.at,
        "source": record.source,
        "stream": record.stream,
        "level": record.level,
        "text": _cut(clean),
    }
    if fields:
        report["fields"] = redacted_value(fields)
        if len(record.text) <= 2 * _CLEANED:
            given = json.dumps(fields, ensure_ascii=False) if record.text[:1] == "{" else record.text
            report["fields"] = _as_shown(report["fields"], _on_one_line(given), _on_one_line(clean))
    return report


def _on_one_line(text: str) -> str:
    return " ".join(harmless(text).split())


def _as_shown(value: Any, given: str, clean: str) -> Any:
    """The same without what the text of the record held and does not show: there its place tells that it is a secret.

    ``given`` and ``clean``: the text before and after.
    """
    if isinstance(value, dict):
        return {key: _as_shown(nested, given, clean) for key, nested in value.items()}
    if isinstance(value, list):
        return [_as_shown(item, given, clean) for item in value]
    text = "" if value is None or isinstance(value, bool) else str(value)
    return HIDDEN if text and text not in clean and text in given else value


def _described(value: Mapping[str, Any]) -> dict[str, str]:
    """``{"name": "DB_PASSWORD", "value": "x"}``: the keys whose name is the value of another, and that name."""
    names = [str(text) for key, text in value.items() if str(key).lower() in _NAMES and isinstance(text, str)]
    return {key: names[0] for key in value if names and str(key).lower() in _VALUES and names_secret(names[0])}


def _is_option(item: Any, count: int) -> bool:
    """Whether the next item of a list is the value of this one: an option, or the first of a pair."""
    if not isinstance(item, str) or not _NAME.match(item):  # a sentence that ends with the word is no name
        return False
    return (item.startswith("-") or count == 2) and names_secret(item.lstrip("-"))


def redacted_value(value: Any, name: str = "") -> Any:
    """The same value without secrets, to any depth; a value under the name of a secret is hidden."""
    if hides(name, value):
        return HIDDEN
    if isinstance(value, str):
        return redacted(value if len(value) <= _CLEANED else _head(value))[:_SHOWN]
    if isinstance(value, dict):
        described = _described(value)
        # Parameters of a statement that gives one of them to a column of a secret.
        bound = _BOUND if any(isinstance(nested, str) and gives_secret(nested) for nested in value.values()) else ()
        return {
            redacted(str(key)): HIDDEN
            if nested and str(key).lower() in bound
            else redacted_value(nested, described.get(key, str(key)))
            for key, nested in value.items()
        }
    if isinstance(value, list):
        before = ["", *value]  # ["--password", "x"], ["x-api-key", "x"]
        option = [item.lstrip("-") if _is_option(item, len(value)) else "" for item in before]
        return [redacted_value(item, above) for item, above in zip(value, option)]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if redacted(str(value)) == str(value) else HIDDEN
    return value
