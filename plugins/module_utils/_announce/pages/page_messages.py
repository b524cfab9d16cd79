# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which messages an incident calls for on the status page, and which states its components have by now. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Iterable, Mapping, Sequence

from ..._incident.stamps import is_stamp
from ..incident_facts import IncidentFacts
from ..outbox import Message, entries_of
from ..page_states import OPERATIONAL, RESOLVED, Diagnosis, PageState, keys_to_tell, page_states
from ..settings import PAGE
from .page_components import affected_by, brought_back, components_by, components_told
from .public_words import cause_words, is_corrected, is_told, named_cause, resolution_words, title_words


def page_messages(story: IncidentFacts) -> list[Message]:
    options = story.settings[PAGE]
    if not _may_be_public(story, options):
        return []
    states = _states(story)
    places = ["page" if state.round == 1 else f"page-{state.round}" for state in states]
    names = [f"{place}/{state.state}/{state.seq}" for place, state in zip(places, states)]
    messages: list[Message] = []
    had, entries, queued = components_told(story.events), entries_of(story.events), set(story.queued)
    for key, state in zip(keys_to_tell(names, story.queued), states):
        named = named_cause(entries, key.partition("/")[0])
        if not key or (key not in queued and not is_told(options, state, named)):
            continue
        components = _components(story, state, had)
        had = list(dict.fromkeys([*had, *components]))
        values = story.base(
            state=state.state, title=title_words(options, story.scenario), text=state.text,
            cause=cause_words(options, state.cause), resolution=resolution_words(options, state),
            components=components, seq=state.seq, acted=state.acted, next_at=promised(story, state),
            corrected=not state.text and is_corrected(options, state, named), opens=state.opens,
        )  # fmt: skip
        # What a person wrote is published whatever comes after it; a state gives way to a newer one of its incident on
        # the page.
        thing = "" if state.text else key.partition("/")[0]
        messages.append(Message(key, PAGE, "page", values, thing, "public"))
    return messages


def components_now(story: IncidentFacts) -> dict[str, str]:
    """The states of the components by what is known of an incident that is not over, also of those that it has had on
    the page and does not affect."""
    states = _states(story)
    return _while_it_lasts(story, states[-1].diagnoses if states else (), components_told(story.events))


def promised(story: IncidentFacts, state: PageState) -> str:
    """Until when the update that led to this state promises the next one; empty without one that does."""
    notes = [event["note"] for event in story.events if event["seq"] == state.seq and event["kind"] == "update"]
    promise = str(notes[0].get("next_at") or "") if notes and state.state != RESOLVED else ""
    return promise if is_stamp(promise) else ""


def _states(story: IncidentFacts) -> list[PageState]:
    options = story.settings[PAGE]
    itself = story.scenario in options["scenarios"] and options["first_post"] == "act"
    return page_states(story.events, story.now, timedelta(seconds=float(options["soak"])), itself)


def _may_be_public(story: IncidentFacts, options: Mapping[str, Any]) -> bool:
    """Where the scenario faces customers, or a person has written for the public."""
    said = any(event["kind"] == "update" and event["note"].get("audience") == "public" for event in story.events)
    return said or story.scenario in options["scenarios"]


def _components(story: IncidentFacts, state: PageState, had: Iterable[str]) -> dict[str, str]:
    """The states of the components by their ids: with the incident, by its severity as it is now, and back with it,
    also of one that the settings have no more."""
    present = _while_it_lasts(story, state.diagnoses, had)
    return dict.fromkeys([*had, *present], OPERATIONAL) if state.state == RESOLVED else present


def _while_it_lasts(story: IncidentFacts, diagnoses: Sequence[Diagnosis], had: Iterable[str]) -> dict[str, str]:
    options = story.settings[PAGE]
    affected = affected_by(options, story.scenario, diagnoses)
    present = components_by(options, story.severity, affected)
    return {**present, **brought_back(options, present, had)}
