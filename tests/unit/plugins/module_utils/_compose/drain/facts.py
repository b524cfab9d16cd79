"""Drain rules as values."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.leftover import Drained
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.rule import Mark
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import Identity


def drained_by(container, run):
    """Field of a project: a rule on this container, of a process of which ``run`` is known."""
    mark = Mark(container.short, 1795600000, 1795600040, Identity(77, 5000, 42), container.project, container.service)
    return {container.id: Drained(mark, run)}
