# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drain rule set, found and removed, in the network namespace of a container. I/O."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Sequence

from ...._system.io import identity
from ...container import Container
from ..leftover import Drained, drained
from ..rule import Mark, mark_of, over, rule_words, rules_in
from .namespace import Namespace, Unusable, namespace_of

_AT_ONCE = 8


def refuse(namespace: Namespace, mark: Mark) -> str:
    """Set the rule for IPv4, and for IPv6 where the container has it. Returns why it could not be set."""
    for timed in (True, False):  # not every kernel has the match `time`
        done = namespace.iptables("-I", *rule_words(mark, timed))
        if done.ok:
            namespace.iptables("-I", *rule_words(mark, timed), program="ip6tables")
            return ""
    return f"iptables in its network failed ({done.last_words or done.rc})"


def accept(namespace: Namespace, mark: Mark) -> bool:
    """Remove the rule with this mark; the one for IPv4 last, by which it is found. Returns whether it is gone."""
    for program in ("ip6tables", "iptables"):
        for words, other in _rules(namespace, program):
            if other == mark:
                namespace.iptables(*words, program=program)
    return all(other != mark for dummy, other in _rules(namespace))


def find(containers: Sequence[Container]) -> dict[str, Drained]:
    """By container id: those that run and have a rule. Empty where this user may not look."""
    running = [container for container in containers if container.running and container.pid]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        states = dict(zip((container.id for container in running), pool.map(_look, running)))
    return {id: state for id, state in states.items() if state is not None}


def remove(container: Container, state: Drained) -> bool:
    """Remove a rule that was left behind. Returns whether it is gone."""
    try:
        with namespace_of(container) as namespace:
            return accept(namespace, state.mark)
    except Unusable:
        return False


def new_mark(container: Container, seconds: float) -> Mark:
    """A mark of this process for a rule that may stand so many seconds."""
    now = time.time()
    mark = Mark(container.short, int(now), int(now + seconds) + 1, identity.own(), container.project, container.service)
    return mark_of(mark.text) or mark  # as it is read again, where the names are cut


def _look(container: Container) -> Drained | None:
    try:
        with namespace_of(container) as namespace:
            marks = [mark for words, mark in _rules(namespace) if not over(words, mark, time.time())]
    except Unusable:
        return None
    states = [drained(mark, identity.state(mark.owner), time.time()) for mark in marks]
    return min(states, key=lambda state: state.left, default=None)  # an active run says more


def _rules(namespace: Namespace, program: str = "iptables") -> list[tuple[list[str], Mark]]:
    return rules_in(namespace.iptables("-S", "INPUT", program=program).out)
