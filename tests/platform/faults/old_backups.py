"""The disk fills: nobody has removed a backup for weeks."""

from __future__ import annotations

from typing import Any

from rehearsal import disk_fill
from rehearsal.platform import Platform

PLAYBOOK = "disk_space.yml"
CAUSE = "old_backups"
WITHIN = 10
SIZE = 120 * disk_fill.MIB
FOLDER = "/var/backups/postgresql"
# Copies of the last good one, as many as fill the disk; of the days before it.
PILE = (
    f"cd {FOLDER} && set -- pafar-*T????.sql.gz && size=$(stat -c %s $1) && "
    f"for day in $(seq 1 $(({SIZE} / size + 8))); do"
    ' cp $1 "pafar-$(date -u -d "-$day days" +%Y-%m-%d)T0201.sql.gz"; done'
)


def given(platform: Platform) -> dict[str, Any]:
    disk = disk_fill.backups_disk(platform)
    return disk_fill.goal(disk, disk_fill.free(disk) - disk_fill.SLACK, "backups")


def inject(platform: Platform) -> None:
    platform.until("there is a good dump", platform.dumps, 240)
    platform.execute("db-backup", "bash", "-c", PILE)


def symptom(platform: Platform) -> bool:
    """They take more than the disk has room for."""
    first_bytes = platform.execute("db-backup", "bash", "-c", f"cat {FOLDER}/pafar-*T0201.sql.gz 2>/dev/null | wc -c")
    return int(first_bytes) > SIZE


def heal(platform: Platform) -> None:
    platform.execute("db-backup", "bash", "-c", f"rm -f {FOLDER}/pafar-*T0201.sql.gz")
