# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""After how many minutes each step is paged, from the inventory (``incident_escalate_after``). Pure.

A severity that is not there keeps its minutes, and so does one whose minutes are wrong: what is misspelt costs no page.
An incident of which no fact and no person has said how severe it is may be the worst: it waits for longer, and then
pages people, too.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .._incident.severity import UNKNOWN, at_least

# Minutes, by step.
AFTER: Mapping[str, tuple[float, ...]] = {"P0": (0, 5, 10), "P1": (0, 15, 30), UNKNOWN: (15, 30, 45)}
_SEVERITIES = (*at_least("P3"), UNKNOWN)


def escalation_of(given: Any) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """The minutes of each step by severity, an empty one pages no person; and what is wrong, a sentence each."""
    found, problems = dict(AFTER), []
    if not isinstance(given, Mapping):
        return found, ["incident_escalate_after is a dictionary such as {P0: [0, 5, 10]}; the default counts"]
    for severity, minutes in given.items():
        waits = _minutes(minutes)
        if severity not in _SEVERITIES:
            problems.append(f"incident_escalate_after: {severity!r} is none of {', '.join(_SEVERITIES)}, and left out")
        elif waits is None:
            kept = ", ".join(f"{each:g}" for each in found.get(severity, ())) or "no page"
            problems.append(
                f"incident_escalate_after.{severity}: {minutes!r} is no list of minutes that rise, such as [0, 5, 10];"
                f" the default counts ({kept})"
            )
        else:
            found[severity] = waits
    return found, problems


def _minutes(given: Any) -> tuple[float, ...] | None:
    if not isinstance(given, Sequence) or isinstance(given, str):
        return None
    try:
        waits = tuple(float(each) for each in given)
    except (TypeError, ValueError):
        return None
    rises = all(0 <= one <= other for one, other in zip((0.0, *waits), waits))
    return waits if rises and all(each < float("inf") for each in waits) else None
