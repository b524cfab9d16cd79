# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the status page shows and the log does not say, in sentences. Pure."""

from __future__ import annotations

from typing import Mapping

from ..._core.text import printable, shortened
from ..page_states import RESOLVED
from .ended_by_hand import HOW

GONE = "gone"  # of an incident that the page has no more
NOT_OPEN = "not open"  # of one that was ended there or removed, which was not read


def state_difference(told: str, shown: str) -> str:
    """``told``: the state that the page took last; ``shown``: the one that it has. Empty where they agree: an incident
    that was removed from the page after its end says nothing wrong there.

    >>> state_difference("identified", "resolved"), state_difference("resolved", GONE)
    ('the page says resolved, the incident is identified: it is left so until a person names the state with \
incident_update (incident_act_audience=public, incident_act_status)', '')
    """
    if shown == told or (told == RESOLVED and shown in (GONE, NOT_OPEN)):
        return ""
    if shown == GONE:
        return (
            f"the incident, which is {told}, is not on the page any more: the next text for the public posts it again"
        )
    if shown == NOT_OPEN:
        return f"the page does not list the incident as open, it is {told}"
    left = f": it is left so until {HOW}" if shown == RESOLVED else ""
    return f"the page says {shortened(printable(shown), 60)}, the incident is {told}{left}"


def component_differences(wanted: Mapping[str, str], shown: Mapping[str, str]) -> list[str]:
    """``shown``: without those that the page does not have.

    >>> component_differences({"c1": "operational", "c2": "operational"}, {"c1": "major_outage"})
    ['component c1 of the page is major_outage, not operational', 'component c2 is not on the page']
    """
    return [
        f"component {each} of the page is {shortened(printable(shown[each]), 60)}, not {state}" if each in shown
        else f"component {each} is not on the page"
        for each, state in wanted.items()
        if shown.get(each) != state
    ]  # fmt: skip
