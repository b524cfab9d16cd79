# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds the space of a disk, which of it may go, and in which order, until enough is free. Pure.

The order is that of harm: a log of which the end is saved, what can be built again, what nothing runs from, and backups
last. Volumes are none of the kinds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Sequence, TypedDict, cast

from .._core.plan import Diff, Item, Plan, PlanDict, diff_of, plan_dict
from .._core.result import PlannedAct
from .._core.units import MIB

VERB = "reclaim"
LOGS, CACHE, IMAGES, CONTAINERS, JOURNAL, BACKUPS = KINDS = (
    "container_logs",
    "build_cache",
    "dangling_images",
    "exited_containers",
    "journald",
    "backups",
)

_FREE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(%|[KMGT]i?B?)?\s*\Z", re.IGNORECASE)
_POWERS = {"K": 1, "M": 2, "G": 3, "T": 4}
_SMALL = 64 * 1024  # bytes that are not worth an act
FEW_INODES = 0.85  # used share from which the inodes of a file system are short
_LARGEST = 2**63  # bytes: no file system is larger


class RoomReport(TypedDict):
    """A file system. ``free_share`` without what is reserved for root; ``inodes_used_share`` None: it has no number."""

    mount: str
    free_bytes: int
    used_bytes: int
    free_share: float
    inodes_used_share: float | None


class Explained(TypedDict):
    """What holds space and is not freed here, with its remedy.

    ``kind``: deleted_open, inodes, volume, or folder (what holds most where not enough may be freed). ``pids``,
    ``service``, ``project`` and ``services`` name the holders of a deleted file, and are empty for others.
    """

    kind: str
    what: str
    bytes: int
    remedy: str
    pids: list[int]
    service: str
    project: str
    services: list[str]


class ReclaimItem(TypedDict):
    """What a plan frees, or leaves and why; ``action`` is there of what it frees alone."""

    target: str
    reason: str
    who: str
    bytes: int
    kind: str


class ReclaimPlan(TypedDict):
    """The plan of disk_reclaim, as far as a diagnosis reads it. ``affected``: MiB that are missing."""

    actions: list[ReclaimItem]
    affected_before: int


class ReclaimFacts(TypedDict):
    """What disk_reclaim returns in check mode, as far as a diagnosis reads it."""

    plan: ReclaimPlan
    before: RoomReport
    explained: list[Explained]
    notes: list[str]


def explained(kind: str, what: str, size: int, remedy: str) -> Explained:
    """What no process holds open."""
    return {
        "kind": kind,
        "what": what,
        "bytes": size,
        "remedy": remedy,
        "pids": [],
        "service": "",
        "project": "",
        "services": [],
    }


@dataclass(frozen=True)
class Room:
    """A file system: what an ordinary user may still write, and what is used, in bytes; inodes likewise."""

    mount: str
    free: int
    used: int
    inodes_free: int = 0
    inodes: int = 0

    @property
    def share(self) -> float:
        """Free, as `df` counts it: without what is reserved for root."""
        return self.free / max(1, self.free + self.used)

    def missing(self, goal: Goal) -> int:
        """Bytes that must come free until the goal is met; 0 when it is."""
        target = goal.bytes if goal.bytes else goal.share * (self.free + self.used)
        return max(0, int(-(-(target - self.free) // 1)))

    def as_dict(self) -> RoomReport:
        return {
            "mount": self.mount,
            "free_bytes": self.free,
            "used_bytes": self.used,
            "free_share": round(self.share, 4),
            "inodes_used_share": round(1 - self.inodes_free / self.inodes, 4) if self.inodes else None,
        }


@dataclass(frozen=True)
class Goal:
    """What must be free in the end: so many bytes, or this share where ``bytes`` is 0."""

    bytes: int = 0
    share: float = 0.0

    @property
    def words(self) -> str:
        return format_bytes(self.bytes) if self.bytes else f"{self.share:.0%}"


def goal_of(text: str) -> Goal | None:
    """``20%``, ``10G`` or a number of bytes; None for anything else. Powers of 1024."""
    match = _FREE.match(text)
    if not match:
        return None
    number, unit = float(match.group(1)), (match.group(2) or "").upper()  # inf where there are too many digits
    if unit == "%":
        return Goal(share=number / 100) if 0 < number < 100 else None
    size = number * 1024 ** _POWERS.get(unit[:1], 0)
    return Goal(bytes=int(size)) if 1 <= size < _LARGEST else None


def repository_of(reference: str) -> str:
    """``redis`` of ``docker.io/library/redis:7`` and of ``redis@sha256:...``; empty for an id."""
    if reference.startswith("sha256:"):
        return ""
    folder, dummy, last = reference.partition("@")[0].rpartition("/")
    name = f"{folder}/{last.partition(':')[0]}".lstrip("/")
    for usual in ("docker.io/", "index.docker.io/", "library/"):
        name = name[len(usual) :] if name.startswith(usual) else name
    return name


def who_closes(holders: Iterable[tuple[str, str]], project: str) -> list[str]:
    """Services of a project whose restart frees a file that ``holders`` (project, service) have open.

    None where another process holds it too: it would stay, and another project's service of that name is not ours.
    """
    held = set(holders)
    if not project or any(theirs != project or not service for theirs, service in held):
        return []
    return sorted(service for dummy, service in held)


@dataclass(frozen=True)
class Find:
    """Something that holds space. ``excluded`` says why it must stay and is empty where it may go.

    ``handle`` is for the code that frees it, and no part of the report.
    """

    kind: str
    target: str
    who: str
    bytes: int
    reason: str
    action: str
    excluded: str = ""
    handle: Mapping[str, Any] = field(default_factory=dict)

    def item(self, reason: str = "", acted: bool = False) -> Item:
        return Item(
            self.target,
            reason or self.reason,
            self.action if acted else "",
            {"who": f"{self.who}, {format_bytes(self.bytes)}", "bytes": self.bytes, "kind": self.kind},
        )


def in_order(finds: Iterable[Find], kinds: Sequence[str]) -> list[Find]:
    """By kind in the given order, the biggest first; backups stay in the order in which they came, the oldest first."""
    all_finds = list(finds)
    ordered = []
    for kind in kinds:
        mine = [find for find in all_finds if find.kind == kind]
        ordered += mine if kind == BACKUPS else sorted(mine, key=lambda find: (-find.bytes, find.target))
    return ordered


def reclaim_items(plan: Plan) -> list[ReclaimItem]:
    """The actions of a plan of this kind, for machines."""
    return cast("list[ReclaimItem]", [item.as_dict() for item in plan.actions])


def enough(finds: Iterable[Find], missing: int) -> bool:
    """Whether what may go is as much as is missing."""
    return sum(find.bytes for find in finds if not find.excluded) >= missing


def plan_reclaim(finds: Sequence[Find], missing: int) -> Plan:
    """As many as are needed, in order; the others are excluded, each with its reason."""
    actions, excluded, planned = [], [], 0
    for find in finds:
        if find.bytes < _SMALL:
            continue
        if find.excluded:
            excluded.append(find.item(find.excluded))
        elif planned < missing:
            planned += find.bytes
            actions.append(find.item(acted=True))
        else:
            excluded.append(find.item("not needed: the target is met without it"))
    return Plan(VERB, tuple(actions), tuple(excluded))


class ReclaimDict(PlanDict):
    """The plan in MiB; ``frees_bytes`` is exact."""

    frees_bytes: int


@dataclass(frozen=True)
class Reclaiming(PlannedAct):
    """The plan to free what is missing until ``goal`` is met, as the file system was when it was made."""

    plan: Plan
    room: Room
    goal: Goal

    @property
    def missing(self) -> int:
        return self.room.missing(self.goal)

    def as_dict(self) -> ReclaimDict:
        """The plan with what it promises, in MiB."""
        room, missing, target = self.room, self.missing, self.goal.words
        frees = sum(int(item.detail["bytes"]) for item in self.plan.actions)
        have = f"{format_bytes(room.free)} ({room.share:.0%}) of {room.mount} are free"
        inodes = room.as_dict()["inodes_used_share"] or 0.0
        if not missing and inodes >= FEW_INODES:
            nothing = f"no bytes are missing ({have}), but {inodes:.0%} of its inodes are used; see what is explained"
        elif not missing:
            nothing = f"nothing to do: {have}, and {target} are wanted"
        elif not self.plan.actions:
            nothing = f"nothing here may be freed: {have}, {format_bytes(missing)} are missing; see what is explained"
        else:
            nothing = ""
        what = f"MiB missing until {target} of {room.mount} are free"
        return {
            **plan_dict(self.plan, mib(missing), what, nothing, mib(max(0, missing - frees))),
            "frees_bytes": frees,
        }

    def diff(self) -> Diff:
        """Everything that goes, with its bytes."""
        before = [f"{item.detail['who']} ({item.target})" for item in self.plan.actions]
        return diff_of("what holds space", before, [])


def mib(size: int) -> int:
    """Rounded up: a byte that is missing is missing."""
    return -(-size // MIB)


def format_bytes(size: float) -> str:
    """``1.5 GiB``: binary units, one decimal from MiB on."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit in ("B", "KiB") else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
