# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tracker of issues, found again by our external id. I/O.

The default is a plain REST shape: ``POST URL/issues``, ``PATCH URL/issues/ID`` and ``GET URL/issues?external_id=ID``,
with a bearer token. A site with another one describes it; see `trackers.issue_api`.
"""

from __future__ import annotations

import base64
from typing import Any, Mapping

from ..delivery import Delivered, Delivery, InDoubt, NotDelivered
from ..follow_up import item_of, item_prefix
from ..outbox import Message
from ..trackers.issue_api import (
    CLOSE,
    CREATE,
    REOPEN,
    UPDATE,
    CannotSay,
    Issue,
    address,
    external_id_of,
    filled,
    find_of,
    headers_of,
    issue_in,
    lines_of,
    shape_of,
    text_of,
    value_at,
)
from .channel import Thread, asked
from .http_call import Answered
from .render import Texts

_STATES = {CLOSE: True, REOPEN: False}  # whether the issue is closed afterwards
_GONE = (404, 410)
_REFUSED = (400, *_GONE, 409, 422)
_NO_ID = "the answer to the first message has no id of the issue; see create.id"
_TWICE = "perhaps twice: the answer to the first one was lost, and the tracker cannot be asked for it"


class Tracker:
    """``settings``: those of `runbook_announce.tracker`."""

    gap = 0.0

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts
        self.find_shape, self.lines = find_of(settings), lines_of(settings)

    @property
    def can_ask(self) -> bool:
        """An update by POST is one more, as a comment is."""
        return self._has_find() and str(shape_of(self.settings, UPDATE)["method"]).upper() != "POST"

    def find(self, message: Message, thread: Thread) -> str | None:
        """An update is a state: the same once more is the same. A second close may be refused, so it is asked for."""
        action = str(message.values["action"])
        if action not in (CREATE, *_STATES):
            return None
        issue = self._issue(thread, message, is_in_doubt=True)
        return issue.id if issue and (action == CREATE or issue.is_closed is _STATES[action]) else None

    def send(self, message: Message, thread: Thread) -> Delivery:
        action = str(message.values["action"])
        try:
            known = thread.last(_prefix(message)) or self._known(thread, message, thread.asks)
            if not known:
                if any(key.startswith(_prefix(message)) for key in thread.references):
                    return NotDelivered(f"runbook_announce.tracker: {_NO_ID}, and find does not find the issue")
                action = CREATE
            elif action == CREATE:
                return Delivered(known)
            return self._asked(action, message, thread, known)
        except Answered as answered:
            found = answered.delivery
            is_copied = isinstance(found, InDoubt) and not self._has_find()
            return InDoubt(str(answered), is_copied=True) if is_copied else found

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []

    def _asked(self, action: str, message: Message, thread: Thread, known: str) -> Delivery:
        shape, given = shape_of(self.settings, action), self._given(message, thread, known)
        try:
            answer = self._ask(
                str(shape["method"]), address(shape["path"], given), thread, filled(shape["body"], given)
            )
        except Answered as answered:
            why = self._why_refused(action, answered, message, thread)
            if not why:
                raise
            return Delivered(known, why)
        # Where the other side gives no id, it knows the issue by ours alone.
        own = text_of(value_at(answer, str(shape["id"]), "")) or (given["external_id"] if not self._has_find() else "")
        if not known and not own:
            return self._made(message, thread, str(shape["id"]))
        may_be_twice = thread.asks and (
            not self._has_find() or (action not in (CREATE, *_STATES) and str(shape["method"]).upper() == "POST")
        )
        return Delivered(known or own, _TWICE if may_be_twice else "")

    def _made(self, message: Message, thread: Thread, name: str) -> Delivered:
        """An issue that was made, and whose answer has no id: it is asked for, and never made once more."""
        try:
            own = self._known(thread, message, is_in_doubt=True)
        except Answered as answered:
            return Delivered("", f"{_NO_ID} ({name!r}): {answered}")
        return Delivered(own, "" if own else f"{_NO_ID} ({name!r}), and find does not find the issue")

    def _given(self, message: Message, thread: Thread, known: str) -> dict[str, str]:
        values = message.values
        return {
            "title": self.texts.title(message.template, values),
            "text": self.texts.text(message.template, values),
            "state": str(values["phase"]), "external_id": _external_id(thread, message), "id": known,
        }  # fmt: skip

    def _has_find(self) -> bool:
        return bool(self.find_shape["path"])

    def _known(self, thread: Thread, message: Message, is_in_doubt: bool) -> str:
        issue = self._issue(thread, message, is_in_doubt)
        return issue.id if issue else ""

    def _why_refused(self, action: str, refusal: Answered, message: Message, thread: Thread) -> str:
        """What a person has done to the issue, where that is why it cannot be changed; else empty. A tracker whose
        address or token is wrong answers this question with a refusal, too."""
        if action == CREATE or refusal.status not in _REFUSED or not self._has_find():
            return ""
        issue = self._issue(thread, message)
        if issue is None:
            return "the issue is not in the tracker any more: it was not changed" if refusal.status in _GONE else ""
        is_so = action in _STATES and issue.is_closed is _STATES[action]
        return f"the issue was {'closed' if issue.is_closed else 'open'} already" if is_so else ""

    def _issue(self, thread: Thread, message: Message, is_in_doubt: bool = False) -> Issue | None:
        """The issue with our external id. ``is_in_doubt``: it may have been made before. Raises Answered where that
        cannot be found out."""
        if not self._has_find():
            return None
        external_id = _external_id(thread, message)
        given = {"external_id": external_id, "id": external_id}
        answer = self._ask("GET", address(self.find_shape["path"], given), thread)
        try:
            return issue_in(answer, self.find_shape, external_id, self.lines, is_in_doubt)
        except CannotSay as error:
            raise Answered(NotDelivered(f"runbook_announce.tracker: {error}")) from None

    def _ask(self, method: str, path: str, thread: Thread, body: Any = None) -> Any:
        url = str(self.settings["url"]).rstrip("/") + path
        # A webhook answers what it likes, often a word.
        pair = f"{self.settings.get('user') or ''}:{self.settings.get('token') or ''}"
        basic = base64.b64encode(pair.encode("utf-8", "backslashreplace")).decode("ascii")
        return asked(thread, method, url, headers_of(self.settings, basic), body, needs_json=self._has_find())


def _prefix(message: Message) -> str:
    """How the keys of all messages of one issue begin: of the incident, or of one of its action items."""
    return item_prefix(item_of(message.key)) if message.template == "item" else "tracker/"


def _external_id(thread: Thread, message: Message) -> str:
    return external_id_of(thread.incident, item_of(message.key) if message.template == "item" else "")
