"""What runs that have ended may leave of a project, as values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.wish import SCALE, ActRecord, Unfinished, Wish
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import Container
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.leftover import Drained
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.rule import Mark
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, Identity

GONE = Identity(7, 1, 1)


def left_by_runs(container: Container, at: datetime) -> dict[str, Any]:
    """Fields of a project: a drain rule on this container, and a scaling that wanted one more of it."""
    mark = Mark(container.short, 0, 9, GONE, container.project, container.service)
    act = ActRecord(SCALE, at, at, GONE, {}, {container.service: Wish(2, (container.id,))})
    return {"drains": {container.id: Drained(mark, ENDED)}, "unfinished": (Unfinished(act, ENDED),)}
