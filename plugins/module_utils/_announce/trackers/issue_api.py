# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shape of a tracker's API, from the site's settings: how an issue is made, changed, closed and found. Pure.

Texts of a shape may have ``{title}``, ``{text}``, ``{state}``, ``{external_id}`` and ``{id}``. What stands for them
becomes a value of JSON, or a part of an address, and never more of the shape.
"""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

CREATE, UPDATE, CLOSE, REOPEN = "create", "update", "close", "reopen"
ACTIONS = (CREATE, UPDATE, CLOSE, REOPEN)
OF_ACTION = ("method", "path", "body", "id")
OF_FIND = ("path", "rows", "id", "external_id", "state", "closed")
_TITLE_AND_TEXT = {"title": "{title}", "text": "{text}"}
_SHAPES: dict[str, dict[str, Any]] = {
    CREATE: {
        "method": "POST", "path": "/issues",
        "body": {**_TITLE_AND_TEXT, "state": "open", "external_id": "{external_id}"},
    },
    UPDATE: {"method": "PATCH", "path": "/issues/{id}", "body": _TITLE_AND_TEXT},
    CLOSE: {"method": "PATCH", "path": "/issues/{id}", "body": {"text": "{text}", "state": "closed"}},
    REOPEN: {"method": "PATCH", "path": "/issues/{id}", "body": {**_TITLE_AND_TEXT, "state": "open"}},
}  # fmt: skip
_FIND: dict[str, Any] = {
    "path": "/issues?external_id={external_id}", "rows": "", "id": "id", "external_id": "external_id", "state": "state",
    "closed": ["closed"],
}  # fmt: skip
_MISSING = object()
_OUR_ID = "{external_id}"
_OTHER_VALUE = re.compile(r"\{(?:title|text|state|id)\}")
_AN_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:#\S+)?"
_A_DATED_ID = r"\d{4}-\d\d-\d\d-[A-Za-z0-9._-]{1,99}(?:#\S+)?"
_BLOCK = re.compile(r"</?(?:p|div|br|hr|li|ul|ol|h[1-6]|table|tbody|tr|td|th|pre|section)\b[^<>]*>", re.I)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ESCAPED = re.compile(r"\\([_*#.()\[\]`~<>-])")
_QUOTED = re.compile(r"<blockquote\b", re.I)
_SPACE = re.compile(r"&nbsp;|&#160;|\xa0")
_MARKS = " \t*_~"


@dataclass(frozen=True)
class Issue:
    """An issue that the tracker has for an external id."""

    id: str
    is_closed: bool


class CannotSay(ValueError):
    """The tracker's answer does not say which issue has which external id."""


def shape_of(settings: Mapping[str, Any], action: str) -> dict[str, Any]:
    """How an action is asked for: as the site has it, else by default. A site with a shape for updates alone reopens an
    issue by it."""
    own = settings.get(action) or {}
    if action == REOPEN and not own and settings.get(UPDATE):
        return shape_of(settings, UPDATE)
    return {"id": "id", **_SHAPES[action], **own}


def find_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How an issue is found; ``path`` empty where the other side cannot be asked."""
    return {**_FIND, **(settings.get("find") or {})}


def headers_of(settings: Mapping[str, Any], basic: str = "") -> dict[str, str]:
    """The site's own, in which ``{token}`` stands for the token; else a bearer token, or with ``user`` the ``basic``
    one that is made of both."""
    token = str(settings.get("token") or "")
    own = {str(name): str(value).replace("{token}", token) for name, value in (settings.get("headers") or {}).items()}
    if not token or any("{token}" in str(value) for value in (settings.get("headers") or {}).values()):
        return own
    return {"Authorization": f"Basic {basic}" if settings.get("user") else f"Bearer {token}", **own}


def external_id_of(incident: str, item: str = "") -> str:
    """The id of an incident's issue, or of one of its action items, in characters that stand for themselves in
    addresses, labels and queries.

    >>> external_id_of("i", 'A "b"')
    'i#A%20%22b%22'
    """
    return f"{incident}#{urllib.parse.quote(item, safe='', errors='replace')}" if item else incident


def lines_of(settings: Mapping[str, Any]) -> list[str]:
    """The lines of the site's shapes that have the external id among other text, by which an issue is known.

    >>> lines_of({"create": {"body": {"body": "{text}\\n\\nid: {external_id}", "labels": ["{external_id}"]}}})
    ['id: {external_id}']
    """
    texts = [text for action in ACTIONS for text in _texts_in(shape_of(settings, action)["body"])]
    lines = [line.strip() for text in texts if text != _OUR_ID for line in text.splitlines() if _OUR_ID in line]
    return list(dict.fromkeys(lines))


def _texts_in(shape: Any) -> list[str]:
    if isinstance(shape, Mapping):
        return [text for each in shape.values() for text in _texts_in(each)]
    if isinstance(shape, (list, tuple)):
        return [text for each in shape for text in _texts_in(each)]
    return [shape] if isinstance(shape, str) else []


def issue_in(
    answer: Any, find: Mapping[str, Any], external_id: str, lines: Sequence[str] = (), is_in_doubt: bool = False
) -> Issue | None:
    """The issue of an answer that has the external id; of several the first one that has it alone. ``lines``: of the
    site's shapes, see ``lines_of``; ``is_in_doubt``: one may have been made before. Raises CannotSay where no issue of
    it says which one it has, as a tracker that does not know the question returns all of them, where several texts have
    the line with our id, where in doubt none has and a text has our id as a word, and where the issue has no id by
    which it can be changed."""
    rows = answer
    if find["rows"]:
        rows = value_at(answer, find["rows"])
    elif isinstance(answer, Mapping):
        rows = answer.get("issues")
    if not isinstance(rows, list):
        raise CannotSay(f"the tracker's answer has no list {find['rows'] or 'of issues'}; see find")
    values = [value_at(row, find["external_id"], _MISSING) for row in rows]
    if rows and all(value is _MISSING for value in values):
        raise CannotSay(f"no issue of the tracker's answer has {find['external_id']!r}; see find.external_id")
    known = [row for row, value in zip(rows, values) if _is(value, external_id)]
    if not known:
        known = [row for row, value in zip(rows, values) if _has(value, external_id, lines)]
        known = known or [row for row, value in zip(rows, values) if _has_plainly(value, external_id, lines)]
        if len(known) > 1:
            ids = ", ".join(text_of(value_at(row, find["id"])) or "?" for row in known[:5])
            raise CannotSay(f"several issues have the external id {external_id} in {find['external_id']!r}: {ids}")
    if not known:
        # None means that there surely is none, and that one is made. Before the first one was asked for, a text with
        # our id is a person's, who speaks of the incident.
        named = [row for row, value in zip(rows, values) if is_in_doubt and _names(value, external_id, lines)]
        if named:
            ids = ", ".join(text_of(value_at(row, find["id"])) or "?" for row in named[:5])
            raise CannotSay(
                f"the external id {external_id} is in {find['external_id']!r} of {ids}, not in the line of create:"
                " put it in a line as create has it where the issue is ours, else take it out"
            )
        return None
    own = text_of(value_at(known[0], find["id"]))
    if not own:
        raise CannotSay(f"the issue with the external id {external_id} has no {find['id']!r}; see find.id")
    closed = {str(each).casefold() for each in _list(find["closed"])}
    return Issue(own, str(value_at(known[0], find["state"], "")).casefold() in closed)


def _is(value: Any, external_id: str) -> bool:
    """Equal to it, or a list of labels with it."""
    if isinstance(value, list):
        return any(_is(each.get("name") if isinstance(each, Mapping) else each, external_id) for each in value)
    return isinstance(value, str) and value.strip() == external_id


def _has(value: Any, external_id: str, lines: Sequence[str]) -> bool:
    """A text with it in a line of its own, or in a line as the site's shapes have it: in the text of an action item, or
    of another incident, it may be a word. A text of one line has it where it stands alone, unless it is a text for
    which the shapes have a line."""
    if isinstance(value, list):
        return any(_has(each.get("name") if isinstance(each, Mapping) else each, external_id, ()) for each in value)
    if not isinstance(value, str):
        return False
    rows = [row.strip() for row in value.splitlines() if row.strip()]
    if len(rows) == 1 and not lines:
        return re.search(rf"(?<![\w#%.-]){re.escape(external_id)}(?![\w#%-])(?!\.\w)", rows[0]) is not None
    forms = lines or [_OUR_ID]
    # The text of an action item may be the incident's id, and then it has its own id in a line, too. With the ids of
    # several items it is the incident's, in which a person has listed them.
    ours, of_item = _forms(forms, re.escape(external_id)), _forms(forms, re.escape(external_id) + r"#\S+")
    return any(ours.fullmatch(row) for row in rows) and len({row for row in rows if of_item.fullmatch(row)}) != 1


def _has_plainly(value: Any, external_id: str, lines: Sequence[str]) -> bool:
    """The same without the tags and marks that a tracker, or a person, has put around a line. A line that is quoted is
    another's."""
    if not isinstance(value, str) or _QUOTED.search(value):
        return False
    return _has(_plain(value), external_id, [_plain(line) for line in lines] or [_OUR_ID])


def _plain(text: str) -> str:
    """A text of HTML or Markdown line by line. A comment of HTML is left, since it may be the line of a shape."""
    text = _SPACE.sub(" ", _TAG.sub("", _BLOCK.sub("\n", text)))
    text = _ESCAPED.sub(r"\1", text).replace("**", "").replace("`", "")
    return "\n".join(row.strip(_MARKS) for row in text.splitlines())


def _names(value: Any, external_id: str, lines: Sequence[str]) -> bool:
    """Whether a text has the id as a word, and is not that of an action item, which has the id of one item, or of
    another incident, which has its own in a line: an issue of ours that was written over may be that."""
    if not isinstance(value, str):
        return False
    ours = re.escape(external_id)
    texts = [value, _plain(value)]
    if not any(re.search(rf"(?<![\w#%.-]){ours}(?![\w#%-])(?!\.\w)", text) for text in texts):
        return False
    rows = [row.strip() for text in texts for row in text.splitlines()]
    plain_lines = [*(lines or [_OUR_ID]), *map(_plain, lines)]
    items = {item for text in texts for item in re.findall(rf"(?<![\w#%.-]){ours}#([\w%.-]*[\w%])", text)}
    if len(items) == 1 and not any(_forms(plain_lines, ours).fullmatch(row) for row in rows):
        return False
    not_ours = rf"(?!{ours}(?![\w%.-]))"
    for form in dict.fromkeys(plain_lines):
        # Without a word beside it any word would be an id.
        has_words = re.search(r"\w", _OTHER_VALUE.sub("", form).replace(_OUR_ID, ""))
        other = _forms([form], not_ours + (_AN_ID if has_words else _A_DATED_ID))
        if any(other.fullmatch(row) for row in rows):
            return False
    return True


def _forms(lines: Sequence[str], external_id: str) -> re.Pattern[str]:
    """The expression for lines of a shape with this id; any text stands for their other values."""
    found = []
    for line in lines:
        parts = (".*".join(map(re.escape, _OTHER_VALUE.split(part))) for part in line.split(_OUR_ID))
        found.append(external_id.join(parts))
    return re.compile("|".join(f"(?:{each})" for each in found))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def value_at(value: Any, path: str, otherwise: Any = None) -> Any:
    """Of nested dictionaries what stands at names with dots between them.

    >>> value_at({"fields": {"status": "Done"}}, "fields.status")
    'Done'
    """
    for name in str(path).split("."):
        if not isinstance(value, Mapping) or name not in value:
            return otherwise
        value = value[name]
    return value


def text_of(value: Any) -> str:
    """An id as text; empty for what is none. A number may be written with a point.

    >>> text_of(7.0)
    '7'
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def filled(shape: Any, given: Mapping[str, str]) -> Any:
    """A shape with its texts filled in."""
    if isinstance(shape, Mapping):
        return {str(name): filled(value, given) for name, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, given) for value in shape]
    if not isinstance(shape, str):
        return shape
    # Piece by piece, so that a value that looks like a name is not replaced again.
    text, rest = "", shape
    while "{" in rest:
        before, dummy, rest = rest.partition("{")
        name, closed, after = rest.partition("}")
        if closed and name in given:
            text, rest = text + before + given[name], after
        else:
            text += before + "{"
    return text + rest


def address(path: str, given: Mapping[str, str]) -> str:
    """A path with what stands for its names as parts of an address."""
    quoted = {name: urllib.parse.quote(value, safe="", errors="replace") for name, value in given.items()}
    return str(filled(str(path), quoted))


def problem_of(settings: Mapping[str, Any]) -> str:
    """What is wrong with the shapes of a site, in words that follow ``runbook_announce.tracker``; empty for nothing."""
    for name in (*ACTIONS, "find"):
        own = settings.get(name) or {}
        known = OF_FIND if name == "find" else OF_ACTION
        if not isinstance(own, Mapping):
            return f".{name} is a dictionary"
        for option in own:
            if option not in known:
                return f".{name} has no setting {str(option)!r}. It has: {', '.join(known)}"
    return ""
