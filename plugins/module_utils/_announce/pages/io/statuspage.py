# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Atlassian Statuspage: one incident of the page for each incident, found again by its metadata. I/O.

After each write the incident is read back, since a component that stays red after its incident is what users complain
of. Source of the API: developer.statuspage.io (incidents, components; one request a second and token).
"""

from __future__ import annotations

from typing import Any, Collection, Mapping
from urllib.parse import quote

from ...delivery import Delivered, Delivery, NotDelivered
from ...io.channel import Thread, asked, identity, with_others
from ...io.http_call import Answered
from ...io.render import Texts
from ...outbox import Message
from ...page_states import RESOLVED
from ..ended_by_hand import written_as
from ..page_components import joined_states, ours_of
from ..page_differences import GONE
from .page_reading import differences_of, of_refusal, read_back

_OURS = "pafar"  # in the metadata, whose top-level values must be objects
_POSTMORTEM = "postmortem"  # which a person makes of a resolved one
_NAME = 255  # characters
_NOT_FOUND = 404
_REFUSED = (400, _NOT_FOUND, 422)  # by which a component that the page does not have is refused


class Statuspage:
    """``settings``: those of `runbook_announce.page`."""

    gap = 1.0
    can_ask = True

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts
        api = str(settings["api"] or "https://api.statuspage.io").rstrip("/")
        self.base = f"{api}/v1/pages/{settings['page']}"

    def find(self, message: Message, thread: Thread) -> str | None:
        found = self._incident(message.key, thread)
        return str(found["id"]) if found and message.key in _keys(found) else None

    def send(self, message: Message, thread: Thread) -> Delivery:
        values = message.values
        components = with_others(values["components"], thread)
        notes: list[str] = []
        try:
            found = self._incident(message.key, thread)
            written = written_as(values, _state_of(found or {}), _keys(found or {}) or list(thread.references))
            if not written.state:
                return NotDelivered(written.note, forever=True)
            if written.is_left:
                components = {}
            if components:
                # Our last post says on the page what it has set, also where its answer was lost.
                set_by_us = joined_states(thread.on_page, _set_by(found or {}), thread.elsewhere, *thread.set_before())
                components, notes = ours_of(components, self._all_shown(thread), set_by_us)
            body = {
                "name": self.texts.title("page", values)[:_NAME],
                "status": written.state,
                "body": self.texts.text("page", values),
                # All of them, since a run may die after several: each is asked for by its own.
                "metadata": {
                    _OURS: {
                        "incident": identity(message.key, thread), "keys": [*_keys(found or {}), message.key],
                        "components": {**_set_by(found or {}), **components},
                    }
                },
                "components": components,
                "component_ids": sorted(components),
            }  # fmt: skip
            for name in (*(["name"] if found else []), *(["components", "component_ids"] if written.is_left else [])):
                body.pop(name)
            made, missing = self._written(str(found["id"]) if found else "", body, thread)
        except Answered as answer:
            return of_refusal(answer, values)
        notes += [written.note] if written.note else []
        notes += [f"component {each} is not on the page: it was left out" for each in missing]
        shown = {each: state for each, state in components.items() if each not in missing}
        notes += read_back(self, str(values["state"]), str(made["id"]), shown, thread)
        return Delivered(str(made["id"]), "; ".join(notes), not notes)

    def _written(self, incident: str, body: dict[str, Any], thread: Thread) -> tuple[Mapping[str, Any], list[str]]:
        """The incident after the write, and components that the page does not have: a refusal for their sake keeps no
        word from the public."""
        method, path = ("PATCH", f"/incidents/{incident}") if incident else ("POST", "/incidents")
        try:
            return self._ask(method, path, thread, {"incident": body}), []
        except Answered as answer:
            if answer.status not in _REFUSED or not body.get("components"):
                raise
            listed = self._all_shown(thread)
            missing = [each for each in body["components"] if self._shown(each, listed, thread) is None]
            if not missing:
                raise
        left = {each: state for each, state in body["components"].items() if each not in missing}
        fitting = {**body, "components": left, "component_ids": sorted(left)}
        return self._ask(method, path, thread, {"incident": fitting}), missing

    def _all_shown(self, thread: Thread) -> dict[str, str]:
        """The states of the components of the page."""
        found: dict[str, str] = {}
        for page in range(1, 6):
            listed: Any = self._ask("GET", f"/components?per_page=100&page={page}", thread)
            rows = [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []
            found.update({str(row.get("id")): str(row.get("status")) for row in rows})
            if len(rows) < 100:
                break
        return found

    def _shown(self, component: str, listed: Mapping[str, str], thread: Thread) -> str | None:
        """The state of a component on the page; None where the page has none of this id. ``listed``: those of the list,
        which is one call for all of them: the page allows few in a minute."""
        if component in listed:
            return listed[component]
        try:
            return str(self._ask("GET", f"/components/{component}", thread).get("status"))
        except Answered as answer:
            if answer.status != _NOT_FOUND:
                raise
            return None

    def differences(self, thread: Thread) -> list[str]:
        return differences_of(self, thread)

    def state(self, reference: str, thread: Thread) -> str:
        try:
            shown = self._ask("GET", f"/incidents/{quote(reference, safe='')}", thread)
        except Answered as answer:
            if answer.status != _NOT_FOUND:
                raise
            return GONE
        return _state_of(shown)

    def open_states(self, references: Collection[str], thread: Thread) -> dict[str, str]:  # noqa: ARG002
        found: dict[str, str] = {}
        for page in range(1, 6):
            listed = self._list(f"/incidents/unresolved?per_page=100&page={page}", thread)
            found.update({str(each.get("id")): str(each.get("status")) for each in listed})
            if len(listed) < 100:
                break
        return found

    def component_states(self, components: Collection[str], thread: Thread) -> dict[str, str]:
        listed = self._all_shown(thread)
        shown = {component: self._shown(component, listed, thread) for component in components}
        return {component: state for component, state in shown.items() if state is not None}

    def _incident(self, key: str, thread: Thread) -> Mapping[str, Any] | None:
        """Ours on the page: the one that was written before, else the one with our metadata."""
        known = thread.last(key.partition("/")[0] + "/")
        if known:
            try:
                found: Mapping[str, Any] = self._ask("GET", f"/incidents/{quote(known, safe='')}", thread)
            except Answered as answer:
                if answer.status != _NOT_FOUND:  # a person has deleted it from the page: another one is made
                    raise
            else:
                return found
        for page in range(1, 6):
            listed = self._list(f"/incidents?limit=100&page={page}", thread)
            for incident in listed:
                if _ours(incident).get("incident") == identity(key, thread):
                    return dict(incident)
            if len(listed) < 100:
                break
        return None

    def _list(self, path: str, thread: Thread) -> list[Mapping[str, Any]]:
        """Raises Answered where the answer is none: what is not in it would be made a second time."""
        listed: Any = self._ask("GET", path, thread)
        if not isinstance(listed, list):
            raise Answered(NotDelivered("the answer is no list of incidents"))
        return [each for each in listed if isinstance(each, Mapping)]

    def _ask(self, method: str, path: str, thread: Thread, body: Any = None) -> Any:
        headers = {"Authorization": f"OAuth {self.settings['token']}"}
        return asked(thread, method, self.base + path, headers, body)


def _state_of(incident: Mapping[str, Any]) -> str:
    status = str(incident.get("status") or "")
    return RESOLVED if status == _POSTMORTEM else status


def _keys(incident: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in _ours(incident).get("keys") or ()]


def _set_by(incident: Mapping[str, Any]) -> dict[str, str]:
    """The states of components that our posts of an incident have set."""
    found = _ours(incident).get("components")
    return {str(each): str(state) for each, state in found.items()} if isinstance(found, Mapping) else {}


def _ours(incident: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = incident.get("metadata")
    ours = metadata.get(_OURS) if isinstance(metadata, Mapping) else None
    return ours if isinstance(ours, Mapping) else {}
