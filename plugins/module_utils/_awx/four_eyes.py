# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an approval is another person's than the request. Pure.

What cannot be told apart is refused: a login that belongs to no person of the site may be a second one of the person
who asked.
"""

from __future__ import annotations

from typing import Sequence

from .._oncall.people import Person, person_of


def why_not_another(approver: str, requesters: Sequence[str], people: Sequence[Person]) -> str:
    """Why the approval does not count as another person's; empty where it does. Without a requester no person has
    asked, such as where a schedule has started it."""
    person = person_of(people, approver)
    if not person:
        return (
            f"{approver!r} has approved, and belongs to no one person of runbook_people (awx_user), so that it is not"
            " known whether it is another person than the one who asked"
        )
    for requester in requesters:
        other = person_of(people, requester)
        if not other:
            return (
                f"{requester!r} has asked for the approval, and belongs to no one person of runbook_people (awx_user),"
                f" so that it is not known whether {person} is another person"
            )
        if other == person:
            return (
                f"{person} has asked for the approval and has given it; this site wants another person"
                " (runbook_four_eyes)"
            )
    return ""
