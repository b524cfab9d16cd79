# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The components of the status page: which state an incident gives them, and which one the page has of it. Pure."""

from __future__ import annotations

import re
from typing import Any, Collection, Iterable, Mapping, Sequence

from ..._incident.event import EventReport
from ..outbox import QUEUED, REFUSED, REPLACED, SENT, Entry
from ..page_states import OPERATIONAL, RESOLVED, Diagnosis
from ..settings import PAGE

COMPONENT_STATES = (OPERATIONAL, "degraded_performance", "partial_outage", "major_outage")
_SET = re.compile(r"\[//\]: # \(pafar-components ([^()\s]*)\)")  # a comment of Markdown
_BY_SEVERITY = {"P0": "major_outage", "P1": "partial_outage"}


def components_by(options: Mapping[str, Any], severity: str, affected: Collection[str]) -> dict[str, str]:
    """The states of the components that an incident of this severity affects, by id. ``affected``: their names."""
    state = _BY_SEVERITY.get(severity, "degraded_performance")
    return {str(each): state for name, each in options["components"].items() if name in affected}


def affected_by(options: Mapping[str, Any], scenario: str, diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The names of the components that an incident affects: of what the site says of each diagnosed cause, else of its
    scenario; all of them where it says nothing of the scenario by which it was opened. ``scenario``: that one."""
    affects = options["affects"]
    own = [each for each in diagnoses if each.scenario in ("", scenario)] or [Diagnosis(scenario, "")]
    joined = [each for each in diagnoses if each not in own]
    found: list[str] = []
    for each in (*own, *joined):
        names = (f"{each.cause}/{each.target}", each.cause, each.scenario or scenario)
        said = next((affects[name] for name in names if name in affects), None)
        if said is None and each in own:
            return list(options["components"])
        found += said or ()
    return found


def brought_back(options: Mapping[str, Any], present: Mapping[str, str], before: Iterable[str]) -> dict[str, str]:
    """Components of the settings that the incident has had on the page and does not affect by what is known now.
    ``before``: ids of all that it has had."""
    known = {str(each) for each in options["components"].values()}
    return {each: OPERATIONAL for each in before if each in known and each not in present}


def components_told(events: Sequence[EventReport]) -> list[str]:
    """The ids of the components that messages of the incident to the page have had."""
    notes = [event["note"] for event in events if event["kind"] == "message"]
    values = [note.get("values") for note in notes if (note.get("channel"), note.get("state")) == (PAGE, QUEUED)]
    found = [each.get("components") for each in values if isinstance(each, Mapping)]
    return list(dict.fromkeys(str(name) for each in found if isinstance(each, Mapping) for name in each))


def behind_facts(entries: Sequence[Entry], now: Mapping[str, str], severity: str) -> list[str]:
    """What the page shows of the components and the facts do not say, as after the severity was raised or lowered, a
    sentence for each change. ``now``: the states by what is known; ``severity``: the present one."""
    shown = {each: state for each, state in components_shown(entries).items() if now.get(each, state) != state}
    lines = []
    for state, wanted in dict.fromkeys((state, now[each]) for each, state in shown.items()):
        names = ", ".join(each for each in shown if (shown[each], now[each]) == (state, wanted))
        change = f"{names} as {state}, and by what is known ({severity}) it is {wanted}"
        lines.append(f"the page has {change}: the next text for the public says so")
    return lines


def components_shown(entries: Sequence[Entry]) -> dict[str, str]:
    """The states of components by what the page has, or is about to get, of an incident; none once it is resolved."""
    told = [
        entry.message for entry in entries if entry.message.channel == PAGE and entry.state not in (REPLACED, REFUSED)
    ]
    found = told[-1].values.get("components") if told and told[-1].values.get("state") != RESOLVED else None
    return {str(each): str(state) for each, state in found.items()} if isinstance(found, Mapping) else {}


def components_on_page(entries: Sequence[Entry]) -> dict[str, str]:
    """The states of components that the last post of an incident on the page has set."""
    sent = [entry.message for entry in entries if entry.message.channel == PAGE and entry.state == SENT]
    found = sent[-1].values.get("components") if sent else None
    return {str(each): str(state) for each, state in found.items()} if isinstance(found, Mapping) else {}


def worst_of(states: Iterable[str]) -> str:
    """Of several states of a component, as two incidents may have one in common."""
    return max(
        (state for state in states if state in COMPONENT_STATES), key=COMPONENT_STATES.index, default=OPERATIONAL
    )


def ours_of(
    wanted: Mapping[str, str], shown: Mapping[str, str], set_by_us: Mapping[str, Collection[str]]
) -> tuple[dict[str, str], list[str]]:
    """The components without those that a person has in another state on the page, as in maintenance or by an incident
    of their own, and a sentence about each of these. ``shown``: the states on the page; ``set_by_us``: all that posts
    of ours have set, by component."""
    left: dict[str, str] = {}
    notes = []
    for component, state in wanted.items():
        is_now = shown.get(component)
        if is_now in (None, OPERATIONAL, state) or is_now in set_by_us.get(component, ()):
            left[component] = state
        else:
            notes.append(f"component {component} of the page is {is_now}, which is not by us: it was left so")
    return left, notes


def joined_states(*several: Mapping[str, str]) -> dict[str, set[str]]:
    """All states that any of these gives a component."""
    found: dict[str, set[str]] = {}
    for states in several:
        for component, state in states.items():
            found.setdefault(component, set()).add(state)
    return found


def set_mark(components: Mapping[str, str]) -> str:
    """A comment that no reader sees, by which a page without metadata says later what a post has set.

    >>> set_mark({"1": "major_outage"})
    '[//]: # (pafar-components 1=major_outage)'
    """
    fits = {each: state for each, state in components.items() if re.fullmatch(r"[\w-]+", each)}
    return f"[//]: # (pafar-components {','.join(f'{each}={state}' for each, state in fits.items())})"


def set_in(texts: Iterable[str]) -> list[dict[str, str]]:
    """What posts with these texts have set."""
    found = [match.group(1) for text in texts for match in _SET.finditer(text)]
    pairs = [[pair.partition("=") for pair in each.split(",")] for each in found]
    return [{name: state for name, is_whole, state in each if is_whole} for each in pairs]
