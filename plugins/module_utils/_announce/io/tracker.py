# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tracker of issues, found again by our external id. I/O.

The default is a plain REST shape: ``POST URL/issues``, ``PATCH URL/issues/ID`` and ``GET URL/issues?external_id=ID``,
with a bearer token. A site with another one gives ``path`` and ``body`` of create, update and close, whose texts may
have ``{title}``, ``{text}``, ``{state}``, ``{external_id}`` and ``{id}``; they become values of JSON, no part of it.
"""

from __future__ import annotations

import time
import urllib.parse
from typing import Any, Mapping

from ..delivery import Delivered, Delivery
from ..follow_up import item_of, item_prefix
from ..outbox import Message
from .channel import Thread
from .http_call import Answered, request
from .render import Texts

_SHAPES: dict[str, dict[str, Any]] = {
    "create": {
        "method": "POST", "path": "/issues",
        "body": {"title": "{title}", "text": "{text}", "state": "open", "external_id": "{external_id}"},
    },
    "update": {"method": "PATCH", "path": "/issues/{id}", "body": {"title": "{title}", "text": "{text}"}},
    "close": {"method": "PATCH", "path": "/issues/{id}", "body": {"text": "{text}", "state": "closed"}},
}  # fmt: skip


class Tracker:
    """``settings``: those of `runbook_announce.tracker`."""

    gap = 0.0

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts

    def find(self, message: Message, thread: Thread) -> str | None:
        # An update is a state: the same once more is the same.
        return self._known(thread, message) or None if message.values["action"] == "create" else None

    def send(self, message: Message, thread: Thread) -> Delivery:
        action = str(message.values["action"])
        try:
            known = thread.last(_prefix(message)) or self._known(thread, message)
            if action != "create" and not known:
                action = "create"
            if action == "create" and known:
                return Delivered(known)
            shape = {**_SHAPES[action], **(self.settings.get(action) or {})}
            given = self._given(message, thread, known)
            path = _filled(shape["path"], {name: urllib.parse.quote(value, "") for name, value in given.items()})
            answer = self._ask(str(shape["method"]), path, thread, _filled(shape["body"], given))
        except Answered as answered:
            return answered.delivery
        return Delivered(known or str(answer.get("id") or ""))

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []

    def _given(self, message: Message, thread: Thread, known: str) -> dict[str, str]:
        values = message.values
        title = "item_title" if message.template == "item" else "title"
        return {
            "title": self.texts.text(title, values), "text": self.texts.text(message.template, values),
            "state": str(values["phase"]), "external_id": _external_id(thread, message), "id": known,
        }  # fmt: skip

    def _known(self, thread: Thread, message: Message) -> str:
        """The issue with our external id; empty without one."""
        path = f"/issues?external_id={urllib.parse.quote(_external_id(thread, message), '')}"
        answer = self._ask("GET", path, thread)
        issues = answer.get("issues") if isinstance(answer, Mapping) else answer
        return str(issues[0]["id"]) if issues else ""

    def _ask(self, method: str, path: str, thread: Thread, body: Any = None) -> Any:
        token = self.settings.get("token")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = str(self.settings["url"]).rstrip("/") + path
        return request(method, url, headers, body, max(0.2, thread.deadline - time.monotonic()))


def _prefix(message: Message) -> str:
    """How the keys of all messages of one issue begin: of the incident, or of one of its action items."""
    return item_prefix(item_of(message.key)) if message.template == "item" else "tracker/"


def _external_id(thread: Thread, message: Message) -> str:
    return f"{thread.incident}#{item_of(message.key)}" if message.template == "item" else thread.incident


def _filled(shape: Any, given: Mapping[str, str]) -> Any:
    """A shape with its texts filled in."""
    if isinstance(shape, Mapping):
        return {str(name): _filled(value, given) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, given) for value in shape]
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
