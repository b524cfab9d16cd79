"""The disk fills: nobody has removed a backup for weeks."""

from __future__ import annotations

from typing import Any

from rehearsal import crowd
from rehearsal.stand import Stand

PLAYBOOK = "disk_space.yml"
CAUSE = "old_backups"
WITHIN = 10
SIZE = 120 * crowd.MIB
FOLDER = "/var/backups/postgresql"
# Copies of the last good one, as many as fill the disk; of the days before it.
PILE = (
    f"cd {FOLDER} && set -- pafar-*T????.sql.gz && size=$(stat -c %s $1) && "
    f"for day in $(seq 1 $(({SIZE} / size + 8))); do"
    ' cp $1 "pafar-$(date -u -d "-$day days" +%Y-%m-%d)T0201.sql.gz"; done'
)


def given(stand: Stand) -> dict[str, Any]:
    disk = crowd.backups_disk(stand)
    return crowd.goal(disk, crowd.free(disk) - crowd.SLACK, "backups")


def inject(stand: Stand) -> None:
    stand.until("there is a good dump", stand.dumps, 240)
    stand.execute("db-backup", "bash", "-c", PILE)


def symptom(stand: Stand) -> bool:
    """They take more than the disk has room for."""
    said = stand.execute("db-backup", "bash", "-c", f"cat {FOLDER}/pafar-*T0201.sql.gz 2>/dev/null | wc -c")
    return int(said) > SIZE


def heal(stand: Stand) -> None:
    stand.execute("db-backup", "bash", "-c", f"rm -f {FOLDER}/pafar-*T0201.sql.gz")
