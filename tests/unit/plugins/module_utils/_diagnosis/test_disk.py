"""Who holds a deleted file, whose restart frees it, and what a slot has to do with a disk."""

from __future__ import annotations

import ansible.template
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.disk import AskedActivity, diagnose_disk
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import (
    Explained,
    Find,
    ReclaimFacts,
    explained,
    plan_reclaim,
    reclaim_items,
    repository_of,
    who_closes,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.background_report import (
    BackgroundReport,
)

from support import database_reports, reports
from support.database_reports import slots
from support.reports import held, reclaim
from support.servers import ROOT

MIB = 2**20


@pytest.mark.parametrize(
    ("holders", "project", "services"),
    [
        ([("shop", "db")], "shop", ["db"]),
        ([("monitoring", "db")], "shop", []),
        ([("shop", "db"), ("shop", "db"), ("shop", "backend")], "shop", ["backend", "db"]),
        ([("shop", "db"), ("monitoring", "db")], "shop", []),
        ([("shop", "db"), ("", "")], "shop", []),
        ([("", "")], "", []),
        ([("shop", "db")], "", []),
    ],
)
def test_a_restart_frees_what_our_services_alone_hold(holders, project, services):
    assert who_closes(holders, project) == services


def test_another_projects_service_is_explained_and_not_restarted():
    found = diagnose_disk(reclaim(held(700)), {}, 64 * MIB).as_dict()
    assert (found["cause"], found["mitigation"], found["rules"]) == ("deleted_open", "", {})


def test_every_service_that_holds_one_is_restarted():
    found = diagnose_disk(
        reclaim(held(300, "worker"), held(700, "db", "backend"), held(200, "db")), {}, 64 * MIB
    ).as_dict()
    assert found["mitigation"] == "restart_services"
    assert found["rules"] == {"services": ["db", "backend", "worker"], "which": "running"}


@pytest.mark.parametrize(("kept", "causes"), [(900, ["dead_slot"]), (1001, [])])
def test_wal_that_cannot_lie_on_this_disk_does_not_fill_it(kept, causes):
    found = diagnose_disk(reclaim(), {"background": {**slots(kept), "findings": []}}, 64 * MIB).as_dict()
    assert [one["cause"] for one in found["causes"]] == causes
    assert all("only if pg_wal is on it" in one["evidence"][0] for one in found["causes"])


@pytest.mark.parametrize(
    ("reference", "repository"),
    [
        ("redis", "redis"), ("redis:7", "redis"), ("docker.io/library/redis:7", "redis"),
        ("redis@sha256:ab12", "redis"), ("index.docker.io/library/redis:7@sha256:ab12", "redis"),
        ("grafana/loki:3", "grafana/loki"), ("host:5000/shop/web", "host:5000/shop/web"),
        ("host:5000/shop/web:1", "host:5000/shop/web"), ("sha256:ab12", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_repository_by_whatever_name(reference, repository):
    assert repository_of(reference) == repository


PLANNED = {"plan": {"actions": ["x"], "affected_before": 100, "affected_after": 40}}


OPENED = {"open": True}


@pytest.mark.parametrize(
    ("facts", "check", "missing"),
    [
        pytest.param(
            {"planned": {"plan": {"actions": [], "affected_before": 9, "affected_after": 9}}},
            False,
            9,
            id="nothing to free",
        ),
        pytest.param({"planned": PLANNED, "gate": {"open": False}, "applied": {"skipped": True}}, False, 0, id="held"),
        pytest.param(
            {
                "planned": PLANNED,
                "gate": OPENED,
                "applied": {"remaining": 0},
                "after": {"plan": {"affected_before": 0}},
            },
            False,
            0,
            id="met by the act",
        ),
        pytest.param(
            {
                "planned": PLANNED,
                "gate": OPENED,
                "applied": {"remaining": 30},
                "after": {"plan": {"affected_before": 35}},
            },
            False,
            35,
            id="missed in spite of it",
        ),
        pytest.param(
            {"planned": PLANNED, "gate": OPENED, "applied": {"remaining": 90}, "after": {"skipped": True}},
            False,
            90,
            id="nothing was done",
        ),
        pytest.param(
            {"planned": PLANNED, "gate": OPENED, "applied": {"remaining": 100}}, True, 40, id="what would follow"
        ),
        pytest.param(
            {"planned": {"plan": {"actions": ["x"], "affected_before": 100, "affected_after": 0}}},
            True,
            0,
            id="would be met",
        ),
    ],
)
def test_what_the_playbook_still_misses_before_it_restarts(facts, check, missing):
    dummy, play = yaml.safe_load((ROOT / "playbooks/disk_space.yml").read_text())
    known = {"incident_gate" if name == "gate" else f"reclaim_disk_{name}": value for name, value in facts.items()}
    templar = Templar(DataLoader(), variables={**known, "ansible_check_mode": check})
    trusted = getattr(ansible.template, "trust_as_template", str)  # new in 2.19
    assert int(templar.template(trusted(play["vars"]["__disk_space_missing"]))) == missing
    (work,) = (task for task in play["tasks"] if "block" in task)
    assert "__disk_space_missing | int > 0" in work["block"][-1]["when"]


def test_an_archiver_that_fails_keeps_all_wal():
    found = diagnose_disk(reclaim(), {"background": {**slots(failing=True), "findings": []}}, 64 * MIB).as_dict()
    assert [cause["cause"] for cause in found["causes"]] == ["failing_archiver"]
    assert "not archived since yesterday" in found["causes"][0]["evidence"][0]


def freeing(*acts: tuple[str, int], explained: tuple[Explained, ...] = (), affected: int = 100) -> ReclaimFacts:
    """What may be freed: kind and bytes."""
    finds = [Find(kind, f"{kind}@1", f"{kind} one", size, "big", "free") for kind, size in acts]
    facts = reports.reclaim(*explained)
    return {**facts, "plan": {"actions": reclaim_items(plan_reclaim(finds, 2**40)), "affected_before": affected}}


def kept(mib: int, active: bool = False) -> AskedActivity:
    """A replication slot that keeps so much WAL."""
    background: BackgroundReport = {**database_reports.slots(mib), "findings": []}
    background["replication"]["slots"][0]["active"] = active
    return {"background": background}


OPEN = reports.held(700, "backend")


VOLUME = explained("volume", "the volume data holds 9 GiB", 900 * MIB, "ask")


INODES = explained("inodes", "99% of the inodes", 0, "tidy")


@pytest.mark.parametrize(
    ("facts", "activity", "causes", "mitigation"),
    [
        (freeing(), {}, [], ""),
        (freeing(("container_logs", 400 * MIB), ("backups", 90 * MIB)), {}, ["unrotated_log", "old_backups"],
         "reclaim_disk"),
        (freeing(("container_logs", 40 * MIB)), kept(300), ["dead_slot", "unrotated_log"], ""),
        (freeing(), kept(300, active=True), [], ""),
        (freeing(), kept(3), [], ""),
        (freeing(("build_cache", 10 * MIB), explained=(OPEN, VOLUME)), {}, ["deleted_open", "build_cache", "volume"],
         "restart_services"),
        (freeing(("build_cache", 10 * MIB), explained=(INODES,)), {}, ["inodes", "build_cache"], ""),
        (freeing(explained=(VOLUME,), affected=0), {"msg": "it is down"}, [], ""),
    ],
)  # fmt: skip
def test_disks(facts, activity, causes, mitigation):
    found = diagnose_disk(facts, activity, 64 * MIB).as_dict()
    assert [one["cause"] for one in found["causes"]] == causes
    assert found["mitigation"] == mitigation
    assert ("dead_slot" in causes) == any("pg_drop_replication_slot('gone')" in one for one in found["advice"])
    assert ("msg" in activity) == any("could not be read" in one for one in found["advice"])
