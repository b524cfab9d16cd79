"""Records of acts as values."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import (
    RESTART,
    ActRecord,
    Unfinished,
    Wish,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, Identity

from ..facts import NOW, inspected

BEGUN = NOW - timedelta(seconds=100)  # facts.NOW is the moment of the look


def stamped(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def made(service="web", number=1, *, at=BEGUN, finished=None, **more):
    """A container that was created at a moment; ``finished``: when it stopped last."""
    raw = inspected(service, number, **more)
    raw["Created"] = stamped(at)
    if finished is not None:
        raw["State"]["FinishedAt"] = stamped(finished)
    return container_of(raw)


def old(number=1, **more):
    """A replica from long before the act."""
    return made(number=number, at=BEGUN - timedelta(hours=5), **more)


def record(module=RESTART, wishes=None, *, after=10, **more):
    """An act that began at BEGUN, and began its last step so many seconds after."""
    given = {"given": {}, "owner": Identity(77, 5000, 42), **more}
    return ActRecord(module=module, at=BEGUN, seen=BEGUN + timedelta(seconds=after), wishes=wishes or {}, **given)


def wish(replicas, *known, **more):
    return Wish(replicas, tuple(container.id for container in known), **more)


def unfinished(found, run=ENDED):
    return Unfinished(found, run)
