"""A standby is gone for good, and its replication slot keeps WAL for it."""

from __future__ import annotations

from typing import Any

from rehearsal import crowd
from rehearsal.stand import Stand

PLAYBOOK = "disk_space.yml"
CAUSE = "dead_slot"
RELIEF = False
SLOT = "standby_of_last_year"
KEPT = 64
BEHIND = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots WHERE slot_name = %s"


def given(stand: Stand) -> dict[str, Any]:
    return {**crowd.goal(crowd.backups_disk(stand), crowd.MIB, "container_logs"), "disk_space_slot_size": KEPT}


def inject(stand: Stand) -> None:
    stand.query("SELECT pg_create_physical_replication_slot(%s, true)", SLOT)
    for dummy in range(6):
        stand.query("SELECT pg_logical_emit_message(false, 'fault', repeat('x', 1000000))")
        stand.query("SELECT pg_switch_wal()")


def symptom(stand: Stand) -> bool:
    """It keeps more than anybody needs."""
    rows = stand.query(BEHIND, SLOT)
    return bool(rows) and rows[0][0] is not None and int(rows[0][0]) > KEPT * crowd.MIB


def heal(stand: Stand) -> None:
    stand.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", SLOT)
