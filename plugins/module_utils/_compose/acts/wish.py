# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an act is to reach, in absolute numbers, recorded before it begins. Pure.

An act that was cut off leaves a service between two states, from which nobody can see which one was wanted: three
replicas are one too many of two, or one too few of four. The record says it, and the next run reads it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Mapping, Sequence

from ..._system.identity import Identity, identity_of

FORM = 1
SCALE, RESTART, ROLLBACK = "compose_scale", "compose_restart", "compose_rollback"
LASTS = timedelta(days=1)  # after which what was wanted is no longer taken to be wanted


@dataclass(frozen=True)
class Wish:
    """What one service is to have. Containers by id.

    ``known``: those that it had; ``leaving``: those of them that are to go, in order; ``restarting``: those to be
    started again. ``image``: what it is to run, and ``former`` what it ran; empty where the act changes no image.
    """

    replicas: int
    known: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    restarting: tuple[str, ...] = ()
    image: str = ""
    former: str = ""


@dataclass(frozen=True)
class ActRecord:
    """One act. ``at``: when it began, ``seen``: when its last step began, both by the clock of the engine, which is
    ``ahead`` of the clock of the act's host.

    ``given``: the options that make another run the same act. ``goal``, ``present``: names of the snapshots that a
    rollback goes to and comes from. ``id``: of the object that holds it.
    """

    module: str
    at: datetime
    seen: datetime
    owner: Identity
    given: Mapping[str, Any]
    wishes: Mapping[str, Wish]
    goal: str = ""
    present: str = ""
    id: str = ""
    ahead: timedelta = timedelta(0)

    @property
    def begun(self) -> datetime:
        """When it began, by the clock of its host."""
        return self.at - self.ahead

    def same(self, module: str, given: Mapping[str, Any]) -> bool:
        """Whether a run with these options is this act again."""
        return self.module == module and dict(self.given) == dict(given)

    def without(self, services: Sequence[str]) -> ActRecord:
        """What is left of it when another act has its own wish for these services."""
        return replace(self, wishes={name: wish for name, wish in self.wishes.items() if name not in services})

    def as_text(self) -> str:
        """For the engine; ``record_from`` reads it."""
        document = {
            "form": FORM,
            "module": self.module,
            "at": self.begun.isoformat(),
            "seen": (self.seen - self.ahead).isoformat(),
            "owner": self.owner.text,
            "given": dict(self.given),
            "wishes": {name: vars(wish) for name, wish in self.wishes.items()},
            "goal": self.goal,
            "present": self.present,
        }
        return json.dumps(document, sort_keys=True)


def record_from(text: str, id: str = "", kept: datetime | None = None) -> ActRecord | None:
    """From its text; None where it is not one, or of a newer form. ``kept``: when the engine took it, by its clock."""
    try:
        document = json.loads(text)
        owner = identity_of(document["owner"])
        if document["form"] != FORM or owner is None:
            return None
        wishes = {name: _wish_from(wish) for name, wish in document["wishes"].items()}
        seen = _moment(document["seen"])
        ahead = kept - seen if kept else timedelta(0)
        return ActRecord(
            module=document["module"],
            at=_moment(document["at"]) + ahead,
            seen=seen + ahead,
            ahead=ahead,
            owner=owner,
            given=document["given"],
            wishes=wishes,
            goal=document["goal"],
            present=document["present"],
            id=id,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _wish_from(document: Mapping[str, Any]) -> Wish:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
    }
    return Wish(**values)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(timezone.utc)


@dataclass(frozen=True)
class Unfinished:
    """An act whose record is still there. ``run``: whether its process ``runs``, has ``ended``, or is ``unknown``."""

    record: ActRecord
    run: str = field(default="")
