# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An incident that a person has ended on the page, while ours goes on: what is written there then. Pure.

Who ended it there may know more than the log does, or less. Opened again by the next state that the facts reach, it
would be the word of a program against that of a person, for all readers. So it is opened by a person alone, who names
the state with a text; a text without a state is added, and the incident stays ended there. What we have ended ourselves
is opened again by a relapse.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ..page_states import RESOLVED
from .page_keys import last_on_page

HOW = "a person names the state with incident_update (incident_act_audience=public, incident_act_status)"


class Written(NamedTuple):
    """``state``: in which a post is written, empty where it is not; ``note``: what a person should know of it;
    ``is_left``: the incident is left as it is on the page, with its components."""

    state: str
    note: str = ""
    is_left: bool = False


def written_as(values: Mapping[str, Any], shown: str, keys: Sequence[str]) -> Written:
    """``values``: of the message; ``shown``: the state of the incident on the page; ``keys``: of our posts that it has
    there, the newest last."""
    state = str(values["state"])
    if state == RESOLVED or values.get("opens") or not was_ended_by_hand(shown, keys):
        return Written(state)
    if values.get("text"):
        return Written(RESOLVED, f"a person resolved the incident on the page: it stays so; to open it, {HOW}", True)
    return Written("", f"a person resolved the incident on the page, and it is not opened again by facts: {HOW}", True)


def was_ended_by_hand(shown: str, keys: Sequence[str]) -> bool:
    ours = last_on_page(dict.fromkeys(keys, ""))[0]
    return shown == RESOLVED and ours not in ("", RESOLVED)
