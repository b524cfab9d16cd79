# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was approved beside the present plan: the one check that every act passes before it acts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Pattern, Sequence

from .errors import InputError, StaleApproval
from .plan import Plan

_NAMED = 3  # targets that a message lists


@dataclass(frozen=True)
class TargetForm:
    """How the targets of a kind of act are written. ``what``: the thing that a target names."""

    pattern: Pattern[str]
    what: str
    example: str


# Targets come back in lists that are split at white space and commas: see `plan.unspaced`.
ANY_TARGET = TargetForm(re.compile(r"[^\s,]+\Z"), "target", "web:2->5")


def require_targets(only: Sequence[str] | None, form: TargetForm = ANY_TARGET) -> None:
    """Refuse what cannot be a target: a pid alone, for one, names another session tomorrow."""
    for target in only or ():
        if not form.pattern.match(target):
            raise InputError(
                f"only: {target!r} names no {form.what}. Give targets as a plan returned them, like {form.example}."
                " Nothing was done."
            )


def require_standing(planned: Plan, kept: Plan, affected: int, only: Sequence[str] | None) -> None:
    """Refuse an approval of which nothing stands, while something is to be done.

    ``planned``: the present plan; ``kept``: what the approval leaves of it; ``affected``: how many things are not as
    they should be. An empty approval approves nothing, which is no error.
    """
    if not only or kept.actions or not (planned.actions or affected):
        return
    raise StaleApproval(
        f"None of the {len(only)} approved target(s) still stands ({_listed(only)}): what they name is gone, has"
        f" changed or is no longer in the way. The present plan has {_listed(planned.targets) or 'no action'}. Look at"
        " it with --check and approve what is in it. Nothing was done.",
        approved=list(only),
        affected=affected,
    )


def _listed(targets: Sequence[str]) -> str:
    return f"{', '.join(targets[:_NAMED])}{', ...' if len(targets) > _NAMED else ''}"
