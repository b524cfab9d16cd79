# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is on call now, with the addresses by which they are paged. On the controller. I/O."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Mapping

from ..._incident.stamps import stamp
from ..._oncall.io.load import load_roster
from ..._oncall.roster import row_of
from ..._oncall.shifts import on_call, since
from ..paging import Answerer

_TIMEOUT = 5.0  # seconds for a feed: an old copy answers sooner than no person is paged
_AROUND = timedelta(hours=2)  # within which a change of shift is looked for


def answerers(given: Mapping[str, Any]) -> list[Answerer]:
    """Each step with its person, or why there is none, as where its rotation is not written as it must be, and with the
    person before. ``given``: people, oncall and copies."""
    now = datetime.now(timezone.utc)
    options = {name: given[name] for name in ("people", "oncall", "copies")}
    roster = load_roster({**options, "timeout": _TIMEOUT}, now - _AROUND, now + _AROUND)
    people = {person.name: person for person in roster.people}
    found: list[Answerer] = []
    for rota in roster.rotas:
        row = row_of(roster, rota, now)
        person = people.get(row["person"])
        reached = person.name if person is not None and (person.slack or person.mail) else ""
        begin = since(rota.layers, now)
        earlier = on_call(rota.layers, begin - timedelta(microseconds=1)) if begin else None
        before = people.get(earlier.person) if earlier else None
        why = row["why"] or ("" if reached else f"{row['person']} has neither slack nor mail")
        found.append(
            {
                "step": row["step"],
                "person": reached,
                "slack": person.slack if person else "",
                "mail": person.mail if person else "",
                "why": "" if reached else why,
                "since": stamp(begin) if begin else "",
                "until": row["until"],
                "before": before.name if before else "",
                "before_slack": before.slack if before else "",
                "before_mail": before.mail if before else "",
            }
        )
    return found
