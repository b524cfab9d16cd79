# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What fills a disk, the most bytes first: what may be freed, and what only its owner may free. Pure."""

from __future__ import annotations

from typing import Sequence, TypedDict

from .._core.units import MIB
from .._disk.holders import FOLDER
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
    IMAGES: "unused images",
    CONTAINERS: "containers that exited long ago",
    JOURNAL: "the journal",
    BACKUPS: "backups that need not be kept",
}


class AskedActivity(TypedDict, total=False):
    """The result of pg_activity_info: its background, or ``msg`` where it failed; empty where it was not run."""

    background: BackgroundReport
    msg: str


def diagnose_disk(reclaim: ReclaimFacts, activity: AskedActivity, least: int) -> Diagnosis:
    """``reclaim``: result of disk_reclaim in check mode; ``activity``: result of pg_activity_info, or empty.

    ``least``: bytes from which an inactive replication slot counts.
    """
    plan, before = reclaim["plan"], reclaim["before"]
    used = max(1, before["used_bytes"])
    causes = [
        *_freeable(plan, used),
        *_database(activity, least, before),
        *_explained(reclaim["explained"], used, plan),
    ]
    causes.sort(key=lambda cause: -cause.weight)
    lines = [f"{before['mount']}: {format_bytes(before['free_bytes'])} ({before['free_share']:.0%}) free"]
    if plan["affected_before"]:
        lines[0] += f", {plan['affected_before']} MiB must be freed"
    unread = list(reclaim["notes"])
    if "msg" in activity and "background" not in activity:
        unread.append(f"replication slots and the WAL archiver could not be read: {activity['msg']}")
    return diagnosis(causes, lines, [*_advice(causes), *unread], unread=unread)


def _freeable(plan: ReclaimPlan, used: int) -> list[Cause]:
    causes = []
    for kind, name in _OF_KIND.items():
        actions = [action for action in plan["actions"] if action["kind"] == kind]
        if not actions:
            continue
        total = sum(action["bytes"] for action in actions)
        texts = (
            f"{_WORDS[kind]} hold {format_bytes(total)}",
            *(f"{action['who']}: {action['reason']}" for action in actions[:3]),
        )
        causes.append(Cause(name, total / used, texts, MITIGATION, {}, {"bytes": total}))
    return causes


def _database(activity: AskedActivity, least: int, before: RoomReport) -> list[Cause]:
    background = activity.get("background")
    replication = background.get("replication") if background else None
    if replication is None:
        return []
    used = max(1, before["used_bytes"])
    causes = []
    for slot in replication["slots"]:
        if slot["active"] or slot["temporary"] or slot["kept_bytes"] < least:
            continue
        if slot["kept_bytes"] > used:
            continue  # the path of the WAL is not known, but more than is used here must be on another disk
        name = slot["slot"]
        text = (
            f"the replication slot {name} keeps {format_bytes(slot['kept_bytes'])} of WAL, and no consumer reads it;"
            f" this concerns {before['mount']} only if pg_wal is on it"
        )
        causes.append(
            Cause(SLOT, slot["kept_bytes"] / used, (text,), "", {}, {"slot": name, "bytes": slot["kept_bytes"]})
        )
    archiver = replication["archiver"]
    if archiver["mode"] != "off" and archiver["failing"]:
        text = f"WAL is not archived since {archiver['failed_at']}, so none of it is removed"
        causes.append(Cause(ARCHIVER, 0.01, (text,)))
    return causes


def _explained(explained: Sequence[Explained], used: int, plan: ReclaimPlan) -> list[Cause]:
    causes = []
    for usage in explained:
        if usage["kind"] == OPEN:
            rules: Rules = {"services": list(usage["services"]), "which": "running"} if usage["services"] else {}
            mitigation = "restart_services" if usage["services"] else ""
            causes.append(
                Cause(OPEN, usage["bytes"] / used, (usage["what"],), mitigation, rules, {"remedy": usage["remedy"]})
            )
        elif usage["kind"] == INODES:
            causes.append(Cause(INODES, 2.0, (usage["what"],), "", {}, {"remedy": usage["remedy"]}))
        elif usage["kind"] == FOLDER:
            weight = 0.002 * usage["bytes"] / used  # behind every fault, too
            causes.append(Cause(FOLDER, weight, (usage["what"],), "", {}, {"remedy": usage["remedy"]}))
        elif usage["kind"] == VOLUME and plan["affected_before"]:
            # Existing data is no fault: it comes behind every fault.
            causes.append(
                Cause(VOLUME, 0.001 * usage["bytes"] / used, (usage["what"],), "", {}, {"remedy": usage["remedy"]})
            )
    return causes


def _advice(causes: Sequence[Cause]) -> list[str]:
    sentences = []
    for cause in causes:
        if cause.name == SLOT:
            slot = cause.detail["slot"]
            sentences.append(
                f"ask the owner of the consumer of slot {slot} whether it will reconnect; if it will not, run as a"
                f" superuser: SELECT pg_drop_replication_slot('{slot}'). The next checkpoints remove the WAL. Never"
                " remove files of pg_wal. max_slot_wal_keep_size limits the WAL that a slot keeps"
            )
        elif cause.name == ARCHIVER:
            sentences.append(
                "see the server's log for the error of archive_command, and correct it; WAL is then removed"
                " automatically"
            )
        elif "remedy" in cause.detail:
            sentences.append(f"{cause.evidence[0].split(' holds ')[0]}: {cause.detail['remedy']}")
    return sentences


def least_of(mib: float) -> int:
    """MiB as bytes."""
    return int(mib * MIB)
