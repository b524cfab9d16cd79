"""A standby is gone for good, and its replication slot keeps WAL for it."""

from __future__ import annotations

from typing import Any

from rehearsal import disk_fill
from rehearsal.platform import Platform

PLAYBOOK = "disk_space.yml"
CAUSE = "dead_slot"
MITIGATION = False
SLOT = "standby_of_last_year"
KEPT = 64
BEHIND = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots WHERE slot_name = %s"


def given(platform: Platform) -> dict[str, Any]:
    # The disk of the volumes is that of the WAL; of another one the slot is no cause.
    return {
        **disk_fill.goal(disk_fill.engine_disk(), disk_fill.MIB, "container_logs"),
        "disk_space_slot_size": KEPT,
    }


def inject(platform: Platform) -> None:
    platform.query("SELECT pg_create_physical_replication_slot(%s, true)", SLOT)
    for dummy in range(6):
        platform.query("SELECT pg_logical_emit_message(false, 'fault', repeat('x', 1000000))")
        platform.query("SELECT pg_switch_wal()")


def symptom(platform: Platform) -> bool:
    """It keeps more than anybody needs."""
    rows = platform.query(BEHIND, SLOT)
    return bool(rows) and rows[0][0] is not None and int(rows[0][0]) > KEPT * disk_fill.MIB


def heal(platform: Platform) -> None:
    platform.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", SLOT)
