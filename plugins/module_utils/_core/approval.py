# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The approved targets compared with the present plan: the one check before every act. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Pattern, Sequence

from .errors import InputError, StaleApproval
from .gate import SHORTEST_DIGEST
from .plan import Plan

_DIGEST = re.compile(rf"[0-9a-fA-F]{{{SHORTEST_DIGEST},64}}\Z")
_NAMED = 3  # targets that a message lists


@dataclass(frozen=True)
class TargetForm:
    """The format of the targets of a kind of act. ``what``: the thing that a target names."""

    pattern: Pattern[str]
    what: str
    example: str


# Approved targets are passed in lists that are split at white space and commas: see `plan.unspaced`.
ANY_TARGET = TargetForm(re.compile(r"[^\s,]+\Z"), "target", "web:2->5")


def typed_digests(given: str) -> list[str]:
    """The digests of a list in text, as a person has typed them. Raise InputError for what is none, or too short to be
    of one plan.

    >>> typed_digests("85C9AB12EF34, 81aabbccddeeff")
    ['85C9AB12EF34', '81aabbccddeeff']
    """
    digests = words_of(given)
    for digest in digests:
        if not _DIGEST.match(digest):
            raise InputError(
                f"approved_digest: {digest!r} is no digest; give at least the first {SHORTEST_DIGEST} of the 64"
                " hexadecimal digits that the run in check mode printed. Nothing was done."
            )
    return digests


def words_of(given: str) -> list[str]:
    """A list in text, separated by commas or blanks."""
    return [word for word in re.split(r"[\s,]+", given) if word]


def require_targets(only: Sequence[str] | None, form: TargetForm = ANY_TARGET) -> None:
    """Raise InputError for a text that cannot be a target, such as a pid alone, which is reused."""
    for target in only or ():
        if not form.pattern.match(target):
            raise InputError(
                f"only: {target!r} does not identify a {form.what}. Use a target from the plan, such as {form.example}."
                " Nothing was done."
            )


def require_current(
    planned: Plan, kept: Plan, affected: int, only: Sequence[str] | None, by_person: bool = True
) -> None:
    """Raise StaleApproval if no approved target is in the present plan, while there is something to do.

    ``planned``: the present plan; ``kept``: its approved part; ``affected``: how many things have the problem. An empty
    approval approves nothing, which is no error.
    """
    if not only or kept.actions or not (planned.actions or affected):
        return
    present = f"The present plan has {_listed(planned.targets) or 'no action'}."
    without_approval = (
        f"The plan is out of date: none of its {len(only)} target(s) is in the present plan ({_listed(only)})."
        f" {present} Run the playbook again. Nothing was done."
    )
    approved = (
        f"None of the {len(only)} approved target(s) is in the present plan ({_listed(only)}): each is gone, has"
        f" changed or no longer needs the action. {present} Run again with --check and approve targets of that plan."
        " Nothing was done."
    )
    raise StaleApproval(approved if by_person else without_approval, approved=list(only), affected=affected)


def _listed(targets: Sequence[str]) -> str:
    return f"{', '.join(targets[:_NAMED])}{', ...' if len(targets) > _NAMED else ''}"
