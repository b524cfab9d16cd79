# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets on other lines than their names: folded headers, YAML, JSON, dumps, SQL, .netrc, forms, keys of PuTTY. Pure.

What follows a name at the end of its line is its value only where it looks like one: a quoted text, a word with digits,
a list of such. A sentence, a line with a name of its own, and numbers under a plural are none.
"""

from __future__ import annotations

import re
from typing import Optional, Sequence

from ..lazy import lazy
from .by_place.bound_values import places_of_bound_values
from .objects import places_of_objects
from .secret_names import about_secret, is_secret

_NAME = r"([A-Za-z_][\w.-]{0,80})"
_NAMES = ("name", "key", "field", "header", "variable", "env")
_KEY, _VALUE = r"(?i:name|key|field|header|variable|env)", r"(?i:value|val|default|content)"
_TAGS = r"(?:[!&][^\s]{0,60}\s{1,4}){0,2}"  # YAML's tags and anchors
_BLOCK = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s?:\s{{1,4}}{_TAGS}[|>][-+\d]{{0,2}}\s*$")
# password:   "password": {   ["password"]=>   password: Some(   - password:
_OPEN = lazy(
    rf"(?<![\w.-])[\"']?{_NAME}[\"']?(?::(?:protected|private))?\]?\s{{0,4}}(?:=>|:=|[:=])\s{{0,4}}((?:\w{{1,40}}\(|[\[{{])?)\s*$"
)
_CONTINUED = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s{{0,4}}[=:]\s{{0,4}}\\\s*$")
_PROPERTY = lazy(rf"<\w[\w:.-]{{0,60}}\s[^<>]{{0,200}}?\b(?:name|key)=[\"']{_NAME}[\"'][^<>]{{0,200}}(?<!/)>\s*$")
# <name>db.password</name>, <key>token</key>: the element behind it is its value
_NAME_ELEMENT = rf"<(?:name|key|param-name|entry-key)>\s{{0,4}}{_NAME}\s{{0,4}}</(?:name|key|param-name|entry-key)>"
_ELEMENT_OF_NAME = lazy(rf"{_NAME_ELEMENT}\s*$")
_VALUE_ELEMENT = lazy(r"\s*<(?:value|string|param-value|data)\b[^<>]{0,100}>(?!</)")
_VALUE_LINE = lazy(
    r"(?i)\s+[\"']?value[\"']?\s?:\s{1,4}(?!(?:null|true|false|none|~|\d{1,9}|\"\"|''|\{|\[)\s*,?\s*$)\S"
)
_CODES = lazy(r"(?i)\b(?:recovery|backup|scratch)[ _-]codes?\b[^:=]{0,60}:\s*$")
_CODE = lazy(r"(?:[-*]|\d{1,2}[.)])?\s*(?=[\w-]{0,64}\d)[\w-]{6,64}$")
_CUT = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s{{0,4}}[:=]\s{{0,4}}([\"']{{1,3}})([^\"'\\]{{0,400}})$")
_NAMED = lazy(rf"(?<![\w.-])[\"']?{_KEY}[\"']?\s{{0,24}}[:=]\s{{0,4}}[\"']?{_NAME}[\"']?,?(?:\s->\s.{{1,80}})?\s*$")
_VALUED = lazy(rf"(?<![\w.-])[\"']?({_VALUE})[\"']?\s{{0,24}}[:=]\s{{0,4}}\S")
# - --requirepass and "--requirepass", as a word of a list with a word on each line
_OPTION = lazy(rf"(\s*(?:-\s+[\"']?|[\"']))--{_NAME}[\"']?,?\s*$")
_WORD_OF_LIST = lazy(r"(?!-)[^\s\"'][^\"'\n]{0,4096}[\"']?,?\s*$")
_KEY_OF_MAP = lazy(rf"\?\s+[\"']?{_NAME}[\"']?\s*$")
_PART = lazy(rf"(?i)content-disposition:.{{0,200}}\bname=\"{_NAME}\"")
_PUTTY = lazy(r"\bPrivate-Lines: (\d{1,4})\s*$")
_LOGIN = lazy(r"(?:^|\s)(?:machine|login|account|default)\s+\S+\s*$|^\s*default\s*$")
_PASSWORD_OF_LOGIN = lazy(r"^\s*(?:password|account)\s+\S+\s*$")
_SQL = lazy(r"(?i)\b(?:password|identified\s+by)\s*$")
_LITERAL = lazy(r"\s*(?:[enEN]|[uU]&)?(?:'|\$\w{0,30}\$|\")")
_HEADER = lazy(r"(?i)(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie)\\?[\"']?(?:\s?[:=]\s?|\s*$)([^\r\n]*)$")
_SCHEME = lazy(r"[A-Za-z][\w-]{0,30}$")
_CREDENTIAL = lazy(r"(?:[A-Za-z][\w-]{0,30}\s)?(?=\S*[\dA-Z=_.])[\w.~+/=%-]{6,}[;,]?$")
_FOLDED = lazy(r"[ \t]+\S")
_VARIABLE = lazy(rf"\b(?:variable|output)\s+\"{_NAME}\"\s*\{{\s*$")  # Terraform
_HEREDOC = lazy(rf"(?<![\w.-])[\"']?{_NAME}[\"']?\s{{0,4}}=\s{{0,4}}<<[-~]?[\"']?(\w{{1,40}})[\"']?\s*$")
_USER = lazy(r"(?:^|[\]|>:\d] {1,4})USER :?\S")  # FTP, POP3, IRC
_PASS = lazy(
    r"(?:^|[\]|] {1,4})PASS [^\s:]\S{0,511}\s*$"
)  # behind a level or a container's name, where a test may say it too
_SMTP = lazy(
    r"(?:^|[\s'\"])334 (?:UGFzc3dvcmQ6|VXNlcm5hbWU6)(?:\\r\\n)?['\"]?\s*$"
)  # asks for a name and a password, in base 64
_SCALAR = lazy(r"[^\s:={}\[\]<>,.]{4,}$")
_ELEMENT = lazy(r"<([A-Za-z_][\w:.-]{0,80})(?:\s[^<>]{0,300})?>\s*$")
# Password for the elastic user:   Please use the following password to proceed:
_ANNOUNCED = lazy(
    r"(?i)\b(?:password|passphrase|passcode|api key|access token|secret key|recovery key)\b[^:=]{0,100}:\s*$"
)
_WORD = lazy(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s:{}]{8,}$")

_LIKE = lazy(r"(?=\S*\d)(?=\S*[A-Za-z])[^\s:={}]{6,}$")
_ITEM = lazy(
    r"-?\s*(?:\w{1,20}(?:\(\d{1,6}\))?\s)?([\"'])(?:\\.|(?!\1).){1,4096}\1(?:\s\(length=\d{1,6}\))?\s?[,;)\]}]{0,3}$"
)
_MEMBER = lazy(r"-\s+[^\s:={}\[\]]{3,}$")
# What a validation says of a field: password: - required
_SAID = lazy(
    r"-?\s*[\"']?(?:required|invalid|missing|blank|empty|weak|short|long|null|none|changed|expired|true|false|(?:must|is|can|may"
    r"|too|does|should|has|was|this|the|cannot|can't|a|an)\s.*)[\"']?,?$",
    re.I,
)
_NUMBER = lazy(r"\d+")
_WIDEST = 4096  # characters of a line that may name one on the next
_NEAR, _LONGEST = 4, 200  # lines behind a name, and of a block


def places_apart(lines: Sequence[str]) -> set[int]:
    """The places of lines that are the value of a name on a line before them."""
    places: set[int] = set()
    for place, line in enumerate(lines[:-1]):
        if len(line) > _WIDEST or not line.strip():
            continue
        behind = lines[place + 1 : place + 1 + _LONGEST]
        places |= {place + 1 + further for further in _values_behind(line, behind)}
    return places | places_of_bound_values(lines) | places_of_objects(lines)


def _values_behind(line: str, behind: Sequence[str]) -> Sequence[int]:
    """Which of the lines behind a line are the value of a name in it."""
    low = line.lower().rstrip()
    for rule in _RULES:
        places = rule(line, low, behind)
        if places is not None:
            return places
    return ()


# Each rule: places of values behind ``line``; None where the line is none of its kind. ``low``: it in small letters.
_Places = Optional[Sequence[int]]


def _putty(line: str, low: str, behind: Sequence[str]) -> _Places:
    putty = _PUTTY.search(line) if "private-lines" in low else None
    return range(min(int(putty.group(1)), len(behind))) if putty else None


def _part(line: str, low: str, behind: Sequence[str]) -> _Places:
    part = _PART.search(line) if "isposition" in low else None
    if not part:
        return None
    return (1,) if _is_secret(part.group(1)) and not behind[0].strip() else ()


def _header(line: str, low: str, behind: Sequence[str]) -> _Places:
    header = _HEADER.search(line) if "cookie" in low or "authorization" in low else None
    return header and (_of_header(line, header.start(1), header.group(2).strip(" \"',"), behind) or None)


def _block(line: str, low: str, behind: Sequence[str]) -> _Places:
    block = _BLOCK.search(line) if low.rstrip(" +-0123456789")[-1:] in ("|", ">") else None
    if not block:
        return None
    return _of_block(line, block.start(1), behind) if _is_secret(block.group(1)) else ()


def _element(line: str, low: str, behind: Sequence[str]) -> _Places:
    element = _ELEMENT.search(line) if low[-1:] == ">" else None
    return _to_end(behind[:_NEAR]) if element and _is_secret(element.group(1).rpartition(":")[2]) else None


def _property(line: str, low: str, behind: Sequence[str]) -> _Places:
    named = _PROPERTY.search(line) if low[-1:] == ">" else None
    return _to_end(behind[:_NEAR]) if named and _is_secret(named.group(1)) else None


def _element_of_name(line: str, low: str, behind: Sequence[str]) -> _Places:
    named = _ELEMENT_OF_NAME.search(line) if low[-1:] == ">" else None
    return (0,) if named and _is_secret(named.group(1)) and _VALUE_ELEMENT.match(behind[0]) else None


def _continued(line: str, low: str, behind: Sequence[str]) -> _Places:
    """A setting whose value is on the next line, as a properties file and a shell write it."""
    named = _CONTINUED.search(line) if low[-1:] == "\\" else None
    return (0,) if named and _is_secret(named.group(1)) and behind[0].strip() else None


def _codes(line: str, low: str, behind: Sequence[str]) -> _Places:
    if "codes" not in low or not _CODES.search(line):
        return None
    end = next((place for place, text in enumerate(behind) if not _CODE.match(text.strip())), len(behind))
    return range(min(end, 40))


def _open(line: str, low: str, behind: Sequence[str]) -> _Places:
    if low[-1:] in ('"', "'"):  # also the end of name: "DB_PASSWORD"
        return _of_open(line, behind) or None
    return _of_open(line, behind) if low[-1:] in (":", "=", "{", "[", "(", ">") else None


def _variable(line: str, low: str, behind: Sequence[str]) -> _Places:
    variable = _VARIABLE.search(line) if low[-1:] == "{" else None
    return _valued(behind[:_NEAR], behind) if variable and _is_secret(variable.group(1)) else None


def _heredoc(line: str, low: str, behind: Sequence[str]) -> _Places:
    heredoc = _HEREDOC.search(line) if "<<" in low else None
    if not heredoc or not _is_secret(heredoc.group(1)):
        return None
    end = next((place for place, text in enumerate(behind) if text.strip() == heredoc.group(2)), len(behind))
    return range(end)


def _login(line: str, dummy: str, behind: Sequence[str]) -> _Places:
    return (_first(behind[:_NEAR], _PASS) or None) if "USER " in line and _USER.search(line) else None


def _smtp(line: str, low: str, dummy: Sequence[str]) -> _Places:
    return (0,) if "334 " in low and _SMTP.search(line) else None


def _sql(line: str, low: str, behind: Sequence[str]) -> _Places:
    begins = low.endswith(("password", "by")) and _SQL.search(line) and _LITERAL.match(behind[0])
    return (0,) if begins else None


def _netrc(line: str, low: str, behind: Sequence[str]) -> _Places:
    of_login = ("login " in low or "machine " in low or "default" in low) and _LOGIN.search(line)
    return _first(behind[:_NEAR], _PASSWORD_OF_LOGIN) if of_login else None


def _member(line: str, low: str, behind: Sequence[str]) -> _Places:
    named = _NAMED.search(line) if any(word in low for word in _NAMES) else None
    if not named:
        return None
    return _valued(behind[:_NEAR], behind) if _is_secret(named.group(1)) else ()


def _map(line: str, low: str, behind: Sequence[str]) -> _Places:
    key = _KEY_OF_MAP.search(line) if "? " in low else None
    if not key or not _is_secret(key.group(1)):
        return None
    return (0,) if behind[0][key.start() :].lstrip().startswith(": ") else ()


def _option(line: str, low: str, behind: Sequence[str]) -> _Places:
    option = _OPTION.match(line) if "--" in low else None
    if not option or not _is_secret(option.group(2)) or not behind[0].startswith(option.group(1)):
        return None
    return (0,) if _WORD_OF_LIST.match(behind[0], option.end(1)) else ()


def _cut(line: str, low: str, behind: Sequence[str]) -> _Places:
    cut = _CUT.search(line) if '"' in low or "'" in low else None
    return _of_quote(cut.group(2), behind) if cut and _is_secret(cut.group(1)) else None


_RULES = (
    _putty,
    _part,
    _header,
    _block,
    _element,
    _property,
    _element_of_name,
    _continued,
    _codes,
    _variable,
    _heredoc,
    _login,
    _smtp,
    _open,
    _sql,
    _netrc,
    _member,
    _map,
    _option,
    _cut,
)


def _of_open(line: str, behind: Sequence[str]) -> Sequence[int]:
    """The value of a name behind which its line ends."""
    opened = _OPEN.search(line)
    if _ANNOUNCED.search(line) and not (opened and opened.group(2)):
        word = next(((place, text) for place, text in enumerate(behind[:_NEAR]) if text.strip()), None)
        if word and _WORD.match(word[1].strip()):
            return (word[0],)
    if not opened or not is_secret(opened.group(1)):
        return _cut(line, line, behind) or ()
    plural = about_secret(opened.group(1))
    column = _column(line[: opened.start(1)].rstrip(" \t\"'-[?"), behind[0])
    bare = [text[column:].strip() for text in behind[: 10 * _NEAR]]
    if opened.group(2) == "{":
        return _valued(behind[:_NEAR], behind)
    if opened.group(2):
        return _of_list(bare, plural)
    if _LIKE.match(bare[0]) or (not plural and _ITEM.match(bare[0]) and not _SAID.match(bare[0])):
        return (0,)
    if not plural and len(behind[0]) - len(behind[0].lstrip()) > opened.start(1) and _VALUE_LINE.match(behind[0]):
        return (0,)
    if not plural and not line[: opened.start(1)].strip(" \t\"'-") and _is_scalar(opened.start(1), behind):
        return (0,)
    members: list[int] = []
    for place, text in enumerate(bare):
        if not _MEMBER.match(text) or _SAID.match(text):
            break
        if _LIKE.match(text[1:].strip()) if plural else not _NUMBER.fullmatch(text[1:].strip()):
            members.append(place)
    return members


def _is_scalar(column: int, behind: Sequence[str]) -> bool:
    """Whether the next line is one word that is indented more than the name, and what follows is not."""
    indents = [len(text) - len(text.lstrip()) for text in [*behind[:2], ""][:2]]
    text = behind[0].strip()
    return indents[0] > column >= indents[1] and bool(_SCALAR.match(text)) and not _SAID.match(text)


def _column(before: str, behind: str) -> int:
    """Where a line begins behind what stands before each, as a time; 0 where the next line has no such thing."""
    return len(before) if _NUMBER.sub("0", before) == _NUMBER.sub("0", behind[: len(before)]) else 0


def _to_end(behind: Sequence[str]) -> Sequence[int]:
    """Lines before the one that closes an element."""
    end = next((place for place, text in enumerate(behind) if text.lstrip().startswith("</")), 0)
    return range(end)


def _of_list(bare: Sequence[str], plural: bool) -> Sequence[int]:
    """Members of a list, to the line that closes it."""
    members: list[int] = []
    for place, text in enumerate(bare):
        if text[:1] in ("]", ")", "}", ""):
            break
        word = text.strip("\"', ")
        quoted = _ITEM.match(text) and not plural and not _SAID.match(text)
        if quoted or (_LIKE.match(word) and ":" not in text):
            members.append(place)
    return members


def _of_header(line: str, column: int, value: str, behind: Sequence[str]) -> Sequence[int]:
    """Lines that go on with a header: folded ones (RFC 9112), and the credential behind a scheme that ends its line."""
    prefix = _NUMBER.sub("0", line[:column])
    folded: list[int] = []
    for place, text in enumerate(behind[: 5 * _NEAR]):
        if _NUMBER.sub("0", text[:column]) != prefix or not _FOLDED.match(text[column:]):
            break
        folded.append(place)
    if not folded and (not value or _SCHEME.match(value)):
        rest = behind[0][len(line[:column].rstrip("\"' ")) :].strip("\"', \t>")
        folded = [0] if _CREDENTIAL.match(rest) else []
    return folded


def _of_quote(quote: str, behind: Sequence[str]) -> Sequence[int]:
    """Lines of a quoted value that goes on: to the one that ends with the quote, at most a few."""
    closes = re.compile(re.escape(quote) + r"\s*[,;)\]}]{0,3}\s*$")
    for place, text in enumerate(behind[: 2 * _NEAR]):
        if closes.search(text):
            return range(place + 1)
    return ()


def _of_block(line: str, column: int, behind: Sequence[str]) -> Sequence[int]:
    """Lines that are indented more than the name, behind the same prefix, in which a dash of a list is a blank."""
    prefix = _NUMBER.sub("0", line[:column])
    count = 0
    for text in behind:
        before = _NUMBER.sub("0", text[:column])
        if text.strip() and (before not in (prefix, prefix.replace("-", " ")) or text[column : column + 1].strip()):
            break
        count += 1
    return range(count)


def _valued(near: Sequence[str], behind: Sequence[str]) -> Sequence[int]:
    """The line with the value of a name, and those of its block."""
    place = _first(near, _VALUED)
    if not place:
        return ()
    line = near[place[0]]
    block = _BLOCK.search(line)
    if not block:
        return place
    return [place[0], *(place[0] + 1 + further for further in _of_block(line, block.start(1), behind[place[0] + 1 :]))]


def _first(lines: Sequence[str], rule: re.Pattern[str]) -> Sequence[int]:
    return [place for place, text in enumerate(lines) if rule.search(text)][:1]


def _is_secret(name: str) -> bool:
    return is_secret(name) and not about_secret(name)
