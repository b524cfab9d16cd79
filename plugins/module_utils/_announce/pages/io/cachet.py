# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cachet, API v1 of its 2.x: an incident is found again by a Markdown comment, since it has no metadata. I/O.

Source: docs.cachethq.io (incidents, incident updates, components).
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import Any, Collection, Mapping, Sequence
from urllib.parse import quote

from ...._core.text import printable
from ...delivery import Delivered, Delivery, InDoubt, NotDelivered
from ...io.channel import Thread, asked, identity, with_others
from ...io.http_call import Answered
from ...io.render import Texts
from ...outbox import Message
from ...page_states import RESOLVED, STATES
from ..ended_by_hand import written_as
from ..page_components import joined_states, ours_of, set_in, set_mark
from ..page_differences import GONE
from .page_reading import differences_of, of_refusal, read_back

_STATUS = {state: number for number, state in enumerate(STATES, 1)}
_COMPONENT = {"operational": 1, "degraded_performance": 2, "partial_outage": 3, "major_outage": 4}
_NAMES = {number: name for name, number in _COMPONENT.items()}
_NOT_FOUND = 404
_FEW = 2  # components that are read one by one
_KEY = re.compile(r"\[//\]: # \(pafar \S+ (page\S*)\)")  # in the comment by which a post is known


class _Missing(Answered):
    """The page has no component of that id."""


class Cachet:
    """``settings``: those of `runbook_announce.page`."""

    gap = 0.0
    can_ask = True

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts
        self.base = f"{str(settings['api']).rstrip('/')}/api/v1"

    def find(self, message: Message, thread: Thread) -> str | None:
        found = self._incident(message.key, thread)
        if found is None:
            return None
        texts = self._posts(found, thread)
        marks = _marks(thread, message.key)
        if not any(mark in text for text in texts for mark in marks):
            return None
        if not written_as(message.values, _state_in(found), _keys_in(texts)).is_left:
            self._components(message.values, texts, thread)  # of which its sender did not get an answer
        return str(found["id"])

    def _posts(self, incident: Mapping[str, Any], thread: Thread) -> list[str]:
        """The texts of an incident of the page, the newest last."""
        updates = self._all(f"/incidents/{incident['id']}/updates", thread)
        return [str(each.get("message", "")) for each in (incident, *reversed(updates))]

    def send(self, message: Message, thread: Thread) -> Delivery:
        values = message.values
        try:
            found = self._incident(message.key, thread)
            before = [] if found is None else self._posts(found, thread)
            keys = _keys_in(before) or list(thread.references)
            written = written_as(values, _state_in(found) if found else "", keys)
            if not written.state:
                return NotDelivered(written.note, forever=True)
            components = {} if written.is_left else with_others(values["components"], thread)
            # It reads Markdown: in the text of a person a link or an image would be one.
            marks = "\n".join([_marks(thread, message.key)[0], *([set_mark(components)] if components else [])])
            text = f"{self.texts.text('page', values, 'cachet')}\n\n{marks}"
            status = _STATUS[written.state]
            if found is None:
                name = self.texts.title("page", values)
                body = {"name": name, "message": text, "status": status, "visible": 1}
                incident = str(self._ask("POST", "/incidents", thread, body)["data"]["id"])
            else:
                incident = str(found["id"])
                path = f"/incidents/{incident}/updates"
                self._ask("POST", path, thread, {"status": status, "message": text})
        except Answered as answer:
            return of_refusal(answer, values)
        if written.is_left:
            notes = [written.note, *read_back(self, str(values["state"]), incident, {}, thread)]
            return Delivered(incident, "; ".join(notes), agrees=False)
        left, notes, is_in_doubt = self._components(values, [*before, text], thread)
        if is_in_doubt:  # asked for, it is there, and its components are set then
            return InDoubt("; ".join(notes))
        notes += read_back(self, str(values["state"]), incident, left, thread)
        return Delivered(incident, "; ".join(notes), not notes)

    def _components(
        self, values: Mapping[str, Any], posts: Sequence[str], thread: Thread
    ) -> tuple[dict[str, str], list[str], bool]:
        """Components go with the incident and come back with it, but for those that a person has changed. Returned
        are those that are ours, why one was left or could not be set, and whether that may be made up for. ``posts``:
        the texts of the incident on the page, which say what each has set, also where its answer was lost."""
        wanted = with_others(values["components"], thread)
        set_by_us = joined_states(thread.on_page, thread.elsewhere, *set_in(posts), *thread.set_before())
        shown: dict[str, str] = {}
        notes, is_in_doubt = [], False
        for component in wanted:
            try:
                shown[component] = self._shown(component, thread)
            except _Missing:  # one that a person has removed keeps none of the others as it was
                shown.pop(component, None)
            except Answered as answer:
                return {}, [f"the components of the page could not be read: {answer}"], True
        left, others = ours_of(wanted, shown, set_by_us)
        for component, state in left.items():
            try:
                self._set(component, state, shown, thread)
            except Answered as answer:
                notes.append(f"component {component} of the page could not be set: {answer}")
                is_in_doubt = is_in_doubt or isinstance(answer.delivery, InDoubt)
        return left, [*others, *notes], is_in_doubt

    def _set(self, component: str, state: str, shown: Mapping[str, str], thread: Thread) -> None:
        """Written where it is another state; after a write without an answer it is read back, and written once more
        where it did not take effect. Raises Answered."""
        if shown.get(component) in (state, None):
            return
        try:
            self._component(component, thread, {"status": _COMPONENT[state]})
        except _Missing:
            return
        except Answered as answer:
            if not isinstance(answer.delivery, InDoubt):
                raise
        else:
            return
        if self._shown(component, thread) != state:
            self._component(component, thread, {"status": _COMPONENT[state]})

    def _shown(self, component: str, thread: Thread) -> str:
        """The state of a component on the page. Raises _Missing where the page has none of this id."""
        return _component_state(self._component(component, thread)["data"])

    def _component(self, component: str, thread: Thread, change: Any = None) -> Mapping[str, Any]:
        """A component, changed or as it is. Raises _Missing where the page has none of this id."""
        try:
            found: Mapping[str, Any] = self._ask("PUT" if change else "GET", f"/components/{component}", thread, change)
        except Answered as answer:
            if answer.status != _NOT_FOUND:
                raise
            raise _Missing(answer.delivery, answer.status) from None
        return found

    def differences(self, thread: Thread) -> list[str]:
        return differences_of(self, thread)

    def state(self, reference: str, thread: Thread) -> str:
        try:
            return _state_in(self._ask("GET", f"/incidents/{quote(reference, safe='')}", thread)["data"])
        except Answered as answer:
            if answer.status != _NOT_FOUND:
                raise
            return GONE

    def open_states(self, references: Collection[str], thread: Thread) -> dict[str, str]:
        """Among its newest thousand: it lists those that have ended, too."""
        oldest = min((int(each) for each in references if each.isdecimal()), default=0)
        listed = {str(each.get("id")): _state_in(each) for each in self._all("/incidents", thread, oldest)}
        return {reference: state for reference, state in listed.items() if state != RESOLVED}

    def component_states(self, components: Collection[str], thread: Thread) -> dict[str, str]:
        if len(components) > _FEW:
            listed = {str(each.get("id")): _component_state(each) for each in self._all("/components", thread)}
            return {component: listed[component] for component in components if component in listed}
        found: dict[str, str] = {}
        for component in components:
            with suppress(_Missing):
                found[component] = self._shown(component, thread)
        return found

    def _incident(self, key: str, thread: Thread) -> Mapping[str, Any] | None:
        known = thread.last(key.partition("/")[0] + "/")
        if known:
            try:
                found: Mapping[str, Any] = self._ask("GET", f"/incidents/{quote(known, safe='')}", thread)["data"]
            except Answered as answer:
                if answer.status != _NOT_FOUND:  # a person has deleted it from the page: another one is made
                    raise
            else:
                return found
        starts = _marks(thread, key, "")
        for incident in self._all("/incidents", thread):
            if any(start in str(incident.get("message", "")) for start in starts):
                return incident
        return None

    def _all(self, path: str, thread: Thread, oldest: int = 0) -> list[dict[str, Any]]:
        """The newest thousand of a list, down to the id ``oldest``. Raises Answered where the answer is none: what is
        not in it would be made a second time."""
        found: list[dict[str, Any]] = []
        for page in range(1, 21):
            answer = self._ask("GET", f"{path}?sort=id&order=desc&per_page=50&page={page}", thread)
            listed = answer.get("data") if isinstance(answer, Mapping) else None
            if not isinstance(listed, list):
                raise Answered(NotDelivered("the answer has no list"))
            rows = [each for each in listed if isinstance(each, dict)]
            found += rows
            pages = int(((answer.get("meta") or {}).get("pagination") or {}).get("total_pages") or 1)
            ids = [int(each["id"]) for each in rows if str(each.get("id")).isdecimal()]
            if page >= pages or (ids and min(ids) <= oldest):
                break
        return found

    def _ask(self, method: str, path: str, thread: Thread, body: Any = None) -> Any:
        headers = {"X-Cachet-Token": str(self.settings["token"])}
        try:
            return asked(thread, method, self.base + path, headers, body)
        except Answered as answer:
            if answer.status != _NOT_FOUND or path.partition("?")[0] != "/incidents":
                raise
        # Every Cachet 2 has its list of incidents.
        why = f"HTTP {_NOT_FOUND}: there is no API v1 of Cachet 2 at {printable(self.base)}"
        help = "Cachet 3 has another API, which is not supported; set runbook_announce.page.api to a Cachet 2"
        raise Answered(NotDelivered(f"{why}. {help}, or use the kind statuspage"), _NOT_FOUND)


def _state_in(incident: Mapping[str, Any]) -> str:
    status = str(incident.get("latest_status") or incident.get("status") or 0)
    return {str(number): state for state, number in _STATUS.items()}.get(status, f"status {status}")


def _component_state(component: Mapping[str, Any]) -> str:
    status = int(component.get("status") or 0)
    return _NAMES.get(status, f"status {status}")


def _keys_in(texts: Sequence[str]) -> list[str]:
    """The keys of our posts among these."""
    return [found[1] for text in texts for found in [_KEY.search(text)] if found]


def _marks(thread: Thread, key: str, rest: str | None = None) -> list[str]:
    """Comments of Markdown by which a post is known; ``rest``: in place of its key and the end. The page's API and
    feed show them to the public, and the id of an incident has names of the inside, which the first one has not; the
    other is of a version before."""
    name, end = identity(key, thread), f"{key})" if rest is None else rest
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return [f"[//]: # (pafar {each} {end}" for each in (digest, name)]
