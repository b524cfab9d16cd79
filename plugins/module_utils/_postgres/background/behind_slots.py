# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Replication slots that keep more WAL than will be consumed in time. Pure."""

from __future__ import annotations

from typing import Collection, Iterable

from ..._core.units import MIB
from ..condition import Slot

_MUCH_WAL = 1024 * MIB  # kept by one slot
_VERY_MUCH, _NEAR = 8 * _MUCH_WAL, 0.2  # kept by one in use without a limit; part of a limit that is left


def slots_behind(slots: Iterable[Slot], senders: Collection[str], free: int | None = None) -> tuple[str, str] | None:
    """What they keep, and what to do. ``senders``: names of the walsenders; ``free``: bytes of the disk, None where
    that is not known."""
    # The slot of a table's initial copy is in use by a walsender of its name, and not active while rows are copied.
    known = [slot._replace(active=slot.active or slot.name in senders) for slot in slots]
    behind = [slot for slot in known if _is_behind(slot, free)]
    behind.sort(key=lambda slot: (slot.status != "lost", -slot.kept))
    if not behind:
        return None
    text = "; ".join(map(_of_slot, behind[:3]))
    text += f"; and {len(behind) - 3} more" if len(behind) > 3 else ""
    lost = [slot.name for slot in behind[:3] if slot.status == "lost"]
    unused = [slot.name for slot in behind[:3] if slot.status != "lost" and not slot.active]
    late = [slot.name for slot in behind[:3] if slot.status != "lost" and slot.active]
    advice = []
    if lost:
        advice.append(f"set up the consumer of {', '.join(lost)} again, and drop the slot: {_drop(lost)}")
    if unused:
        advice.append(f"start the consumer of {', '.join(unused)} again; if it will not come back: {_drop(unused)}")
    if late:
        advice.append(
            f"check what the consumer of {', '.join(late)} waits for, and make it faster (an initial copy keeps WAL"
            f" until it ends); if it can be set up again, stop it: {_drop(late)}"
        )
    if unused or late:
        advice.append("max_slot_wal_keep_size limits the WAL that a slot keeps")
    return text, "; ".join(advice)


def _drop(slots: list[str]) -> str:
    return "; ".join(f"SELECT pg_drop_replication_slot('{slot}')" for slot in slots)


def _is_behind(slot: Slot, free: int | None) -> bool:
    """Whether a slot has lost WAL or is about to, or keeps much that nothing consumes. One in use is behind by as much
    during an initial copy or a bulk load, and catches up: it counts if its limit, or the disk, would not last."""
    if slot.status in ("lost", "unreserved"):
        return True
    kept = max(slot.kept, slot.behind)
    if kept < _MUCH_WAL or not slot.active:
        return kept >= _MUCH_WAL
    if slot.room is not None:
        return slot.room <= _NEAR * (slot.room + slot.kept)
    return kept >= (_VERY_MUCH if free is None else free)


def _of_slot(slot: Slot) -> str:
    kind, used = "logical slot" if slot.logical else "slot", "in use" if slot.active else "not in use"
    if slot.status == "lost":
        return f"the {kind} {slot.name} ({used}) has lost WAL that its consumer needs"
    more = f", {slot.behind // MIB:,} MiB not confirmed by its consumer" if slot.logical else ""
    return f"the {kind} {slot.name} ({used}) keeps {slot.kept // MIB:,} MiB of WAL{more}"
