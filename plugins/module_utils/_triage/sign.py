# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A sign: something that is not as it should be, and what signs together propose. Pure.

Severities are those of the platform's runbook: P0 a complete outage, P1 a core feature or much slowness, P2 something
minor, P3 nothing that users feel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence, TypedDict

from .._core.text import counted, printable, some

P0, P1, P2, P3 = SEVERITIES = ("P0", "P1", "P2", "P3")
# Of a sign whose severity cannot be read: it is shown, and takes no place between the known ones.
UNKNOWN = "unknown"
# What may be proposed: names come from labels of alerts, too, and stand in a line that people paste into a shell.
SCENARIOS = (
    "db_connection_exhaustion",
    "db_lock_contention",
    "db_performance_degradation",
    "disk_space",
    "high_cpu",
    "high_memory",
    "network_connectivity",
    "payment_outage",
    "release_rollback",
    "service_restart",
    "service_scale",
)

# From which on waiting sessions, free connection slots, and used disks (shares) are more than a detail.
WAITERS, FEW_SLOTS = 5, 0.1
FULL, NEARLY = 0.95, 0.85
ENGINE_ERRORS = ("EngineError", "EngineHangs")

# What a severity adds to the weight of a playbook; unknown adds nothing.
_EXTRA = {P0: 1.5, P1: 1.0, P2: 0.5}


@dataclass(frozen=True)
class Importance:
    """What the site says: how severe it is when a target or service is down, by name."""

    targets: Mapping[str, str]
    services: Mapping[str, str]


def rank(severity: str) -> float:
    """The place of a severity among others, the most severe first: what is unknown stands before P3."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else SEVERITIES.index(P3) - 0.5


def severities_in(given: Any) -> tuple[dict[str, str], list[str]]:
    """Severity by name, in capitals, and the names whose value is none: the usual one counts for these."""
    named = (
        {str(name): str(value).strip().upper() for name, value in given.items()} if isinstance(given, Mapping) else {}
    )
    return (
        {name: value for name, value in named.items() if value in SEVERITIES},
        [name for name, value in named.items() if value not in SEVERITIES],
    )


class SignReport(TypedDict):
    """A sign with its severity, P0 to P3 or unknown.

    ``host`` is empty where the sign is of none, ``scenario`` where it points to none.
    """

    severity: str
    text: str
    host: str
    scenario: str


class ScenarioReport(TypedDict):
    """A playbook to run, and what points to it."""

    playbook: str
    weight: float
    signs: list[str]


class TriageReport(TypedDict):
    """What triage_report returns. ``next``: the playbook to run first, empty for none; ``page``: Markdown.

    ``unread``: what could not be examined; ``unplayed``: signs above P3 for which there is no playbook.
    """

    unread: list[str]
    unplayed: list[str]
    severity: str
    signs: list[SignReport]
    scenarios: list[ScenarioReport]
    next: str
    page: str


@dataclass(frozen=True)
class Sign:
    """Something that is not as it should be. ``weight``: how strongly it points to ``scenario``."""

    severity: str
    text: str
    host: str
    scenario: str = ""
    weight: float = 1.0
    is_alert: bool = False

    def as_dict(self) -> SignReport:
        return {"severity": self.severity, "text": printable(self.text), "host": self.host, "scenario": self.scenario}


def none_reached(hosts: int) -> Sign:
    """The sign of a survey in which no host answers. ``hosts``: how many it was to examine; a site may have others."""
    count = "the only host surveyed is not reached" if hosts == 1 else f"none of {hosts} hosts surveyed is reached"
    return Sign(P0, f"{count}: down, or cut off from where this runs", "")


def severity_of(signs: Sequence[Sign]) -> str:
    """The most severe of all that are known. A sign of unknown severity makes unknown what would be P3; P3 for none."""
    severities = {sign.severity for sign in signs}
    known = min(severities - {UNKNOWN}, default=P3)
    return UNKNOWN if known == P3 and UNKNOWN in severities else known


def not_understood(signs: Sequence[Sign]) -> list[str]:
    """Alerts whose severity is in no table, in one sentence; nothing where there are none."""
    texts = [printable(sign.text) for sign in signs if sign.severity == UNKNOWN and sign.is_alert]
    if not texts:
        return []
    return [f"the severity of {counted(len(texts), 'alert')} is not understood: {some(texts, 2)}"]


def without_playbook(signs: Sequence[Sign]) -> list[str]:
    """Signs above P3 that point to no playbook: an operator must handle them."""
    return [
        f"{sign.host}: {printable(sign.text)}" if sign.host else printable(sign.text)
        for sign in signs
        if sign.scenario not in SCENARIOS and sign.severity != P3
    ]


def scenarios_of(signs: Sequence[Sign]) -> list[ScenarioReport]:
    """Playbooks, the likeliest first, each with what points to it."""
    by_scenario: dict[str, list[Sign]] = {}
    for sign in signs:
        if sign.scenario in SCENARIOS:
            by_scenario.setdefault(sign.scenario, []).append(sign)
    # Many signs of one kind are one sign: what is weighed is the strongest of each host, and how severe it is.
    weights = {
        name: max(sign.weight for sign in mine) + max(_EXTRA.get(sign.severity, 0.0) for sign in mine)
        for name, mine in by_scenario.items()
    }
    return [
        {
            "playbook": f"playbooks/{name}.yml",
            "weight": round(weights[name], 2),
            "signs": [sign.text for sign in mine[:3]],
        }
        for name, mine in sorted(by_scenario.items(), key=lambda item: -weights[item[0]])
    ]
