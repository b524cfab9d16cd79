# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fills a disk, the most bytes first: what may be freed, and what only its owner can. Pure."""

from __future__ import annotations

from typing import Sequence, TypedDict

from .._core.units import MIB
from .._disk.reclaim import (
    BACKUPS,
    CACHE,
    CONTAINERS,
    IMAGES,
    JOURNAL,
    LOGS,
    Explained,
    ReclaimFacts,
    ReclaimPlan,
    RoomReport,
    format_bytes,
)
from .._postgres.background.background_report import BackgroundReport
from .cause import Cause, Diagnosis, Rules, diagnosis

LOG, SLOT, OPEN, INODES, VOLUME, ARCHIVER = (
    "unrotated_log", "dead_slot", "deleted_open", "inodes", "volume", "failing_archiver",
)  # fmt: skip
_OF_KIND = {
    LOGS: LOG,
    CACHE: "build_cache",
    IMAGES: "old_images",
    CONTAINERS: "old_containers",
    JOURNAL: "journal",
    BACKUPS: "old_backups",
}
MITIGATION = "reclaim_disk"
_WORDS = {
    LOGS: "logs of containers",
    CACHE: "the build cache",
    IMAGES: "images that nothing needs",
    CONTAINERS: "containers that ended long ago",
    JOURNAL: "the journal",
    BACKUPS: "backups beyond those that must stay",
}


class AskedActivity(TypedDict, total=False):
    """The result of pg_activity_info: its background, or ``msg`` where it failed; empty where it was not asked."""

    background: BackgroundReport
    msg: str


def diagnose_disk(reclaim: ReclaimFacts, activity: AskedActivity, least: int) -> Diagnosis:
    """``reclaim``: what disk_reclaim returned in check mode; ``activity``: what pg_activity_info did, or nothing.

    ``least``: bytes from which a slot that nobody reads counts.
    """
    plan, before = reclaim["plan"], reclaim["before"]
    used = max(1, before["used_bytes"])
    causes = [
        *_freeable(plan, used),
        *_database(activity, least, before),
        *_explained(reclaim["explained"], used, plan),
    ]
    causes.sort(key=lambda one: -one.weight)
    lines = [f"{before['mount']}: {format_bytes(before['free_bytes'])} ({before['free_share']:.0%}) free"]
    if plan["affected_before"]:
        lines[0] += f", {plan['affected_before']} MiB are missing"
    advice = [*_advice(causes), *reclaim["notes"]]
    if "msg" in activity and "background" not in activity:
        advice.append(f"the database could not be asked what it keeps: {activity['msg']}")
    return diagnosis(causes, lines, advice)


def _freeable(plan: ReclaimPlan, used: int) -> list[Cause]:
    found = []
    for kind, name in _OF_KIND.items():
        mine = [one for one in plan["actions"] if one["kind"] == kind]
        if not mine:
            continue
        total = sum(one["bytes"] for one in mine)
        texts = (f"{_WORDS[kind]} hold {format_bytes(total)}", *(f"{one['who']}: {one['reason']}" for one in mine[:3]))
        found.append(Cause(name, total / used, texts, MITIGATION, {}, {"bytes": total}))
    return found


def _database(activity: AskedActivity, least: int, before: RoomReport) -> list[Cause]:
    background = activity.get("background")
    replication = background.get("replication") if background else None
    if replication is None:
        return []
    used = max(1, before["used_bytes"])
    found = []
    for one in replication["slots"]:
        if one["active"] or one["temporary"] or one["kept_bytes"] < least:
            continue
        if one["kept_bytes"] > used:
            continue  # where WAL lies is not told, but more than is used here lies elsewhere
        name = one["slot"]
        text = (
            f"the replication slot {name} keeps {format_bytes(one['kept_bytes'])} of WAL, and no standby reads it;"
            f" that matters to {before['mount']} if WAL lies there"
        )
        found.append(Cause(SLOT, one["kept_bytes"] / used, (text,), "", {}, {"slot": name, "bytes": one["kept_bytes"]}))
    archiver = replication["archiver"]
    if archiver["mode"] != "off" and archiver["failing"]:
        text = f"WAL is not archived since {archiver['failed_at']}, so none of it is removed"
        found.append(Cause(ARCHIVER, 0.01, (text,)))
    return found


def _explained(explained: Sequence[Explained], used: int, plan: ReclaimPlan) -> list[Cause]:
    found = []
    for one in explained:
        if one["kind"] == OPEN:
            rules: Rules = {"services": list(one["services"]), "which": "all"} if one["services"] else {}
            mitigation = "restart_services" if one["services"] else ""
            found.append(Cause(OPEN, one["bytes"] / used, (one["what"],), mitigation, rules, {"remedy": one["remedy"]}))
        elif one["kind"] == INODES:
            found.append(Cause(INODES, 2.0, (one["what"],), "", {}, {"remedy": one["remedy"]}))
        elif one["kind"] == VOLUME and plan["affected_before"]:
            # Data that is there is no fault by itself: it comes behind whatever is one.
            found.append(Cause(VOLUME, 0.001 * one["bytes"] / used, (one["what"],), "", {}, {"remedy": one["remedy"]}))
    return found


def _advice(causes: Sequence[Cause]) -> list[str]:
    said = []
    for one in causes:
        if one.name == SLOT:
            slot = one.detail["slot"]
            said.append(
                f"whoever owns the consumer of the slot {slot} can say whether it comes back; if it is gone for good, a"
                f" superuser runs: SELECT pg_drop_replication_slot('{slot}'). WAL goes with the next checkpoints. Never"
                " remove files of pg_wal. max_slot_wal_keep_size bounds it from then on"
            )
        elif one.name == ARCHIVER:
            said.append("see the server's log for what archive_command says, and mend it; WAL goes by itself then")
        elif "remedy" in one.detail:
            said.append(f"{one.evidence[0].split(' holds ')[0]}: {one.detail['remedy']}")
    return said


def least_of(mib: float) -> int:
    """MiB as bytes."""
    return int(mib * MIB)
