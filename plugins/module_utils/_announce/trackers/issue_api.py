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
from typing import Any, Mapping

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


def issue_in(answer: Any, find: Mapping[str, Any], external_id: str) -> Issue | None:
    """The first issue of an answer that has the external id. Raises CannotSay where no issue of it says which one it
    has: a tracker that does not know the question returns all of them."""
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
    for row, value in zip(rows, values):
        if _has(value, external_id):
            closed = {str(each).casefold() for each in _list(find["closed"])}
            state = str(value_at(row, find["state"], "")).casefold()
            return Issue(text_of(value_at(row, find["id"], "")), state in closed)
    return None


def _has(value: Any, external_id: str) -> bool:
    """Equal to it, a list with it, or a text in which it stands alone."""
    if isinstance(value, list):
        return any(_has(each.get("name") if isinstance(each, Mapping) else each, external_id) for each in value)
    whole = rf"(?<![\w#%.-]){re.escape(external_id)}(?![\w#%-])(?!\.\w)"
    return isinstance(value, str) and re.search(whole, value) is not None


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
    """An id as text; empty for what is none."""
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
