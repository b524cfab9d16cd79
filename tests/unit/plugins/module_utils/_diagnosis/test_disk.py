"""Who holds a deleted file, whose restart frees it, and what a slot has to do with a disk."""

from __future__ import annotations

from typing import Any

import ansible.template
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.disk import crowded
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import repository_of, who_closes

from support.servers import ROOT

MIB = 2**20


def reclaim(*explained: dict[str, Any]) -> dict[str, Any]:
    before = {"mount": "/", "free_bytes": 5 * MIB, "used_bytes": 1000 * MIB, "free_share": 0.005}
    return {"plan": {"actions": [], "late": 100}, "before": before, "explained": list(explained), "notes": []}


def held(size: int, *services: str) -> dict[str, Any]:
    return {"kind": "deleted_open", "what": "/x", "bytes": size * MIB, "cure": "restart", "services": list(services)}


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
    found = crowded(reclaim(held(700)), {}, 64 * MIB).as_dict()
    assert (found["cause"], found["relief"], found["rules"]) == ("deleted_open", "", {})


def test_every_service_that_holds_one_is_restarted():
    found = crowded(reclaim(held(300, "worker"), held(700, "db", "backend"), held(200, "db")), {}, 64 * MIB).as_dict()
    assert found["relief"] == "restart_services"
    assert found["rules"] == {"services": ["db", "backend", "worker"], "which": "all"}


@pytest.mark.parametrize(("kept", "causes"), [(900, ["dead_slot"]), (1001, [])])
def test_wal_that_cannot_lie_on_this_disk_does_not_fill_it(kept, causes):
    slot = {"slot": "gone", "active": False, "temporary": False, "kept_bytes": kept * MIB}
    found = crowded(reclaim(), {"background": {"replication": {"slots": [slot]}}}, 64 * MIB).as_dict()
    assert [one["cause"] for one in found["causes"]] == causes
    assert all("if WAL lies there" in one["evidence"][0] for one in found["causes"])


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


PLANNED = {"plan": {"actions": ["x"], "late": 100, "leaves": 40}}
OPENED = {"open": True}


@pytest.mark.parametrize(
    ("facts", "check", "missing"),
    [
        pytest.param({"planned": {"plan": {"actions": [], "late": 9, "leaves": 9}}}, False, 9, id="nothing to free"),
        pytest.param({"planned": PLANNED, "gate": {"open": False}, "applied": {"skipped": True}}, False, 0, id="held"),
        pytest.param({"planned": PLANNED, "gate": OPENED, "applied": {"left": 0}, "after": {"plan": {"late": 0}}},
                     False, 0, id="met by the act"),
        pytest.param({"planned": PLANNED, "gate": OPENED, "applied": {"left": 30}, "after": {"plan": {"late": 35}}},
                     False, 35, id="missed in spite of it"),
        pytest.param({"planned": PLANNED, "gate": OPENED, "applied": {"left": 90}, "after": {"skipped": True}},
                     False, 90, id="nothing was done"),
        pytest.param({"planned": PLANNED, "gate": OPENED, "applied": {"left": 100}}, True, 40, id="what would follow"),
        pytest.param({"planned": {"plan": {"actions": ["x"], "late": 100, "leaves": 0}}}, True, 0, id="would be met"),
    ],
)  # fmt: skip
def test_what_the_playbook_still_misses_before_it_restarts(facts, check, missing):
    (play,) = yaml.safe_load((ROOT / "playbooks/disk_space.yml").read_text())
    known = {f"__reclaim_disk_{name}": value for name, value in facts.items()}
    templar = Templar(DataLoader(), variables={**known, "ansible_check_mode": check})
    trusted = getattr(ansible.template, "trust_as_template", str)  # new in 2.19
    assert int(templar.template(trusted(play["vars"]["__disk_space_missing"]))) == missing
    (work,) = (task for task in play["tasks"] if "block" in task)
    assert "__disk_space_missing | int > 0" in work["block"][-1]["when"]


def reclaimed(*acts: tuple[str, int], explained: list[dict[str, Any]] | None = None, late: int = 100) -> dict[str, Any]:
    actions = [{"kind": kind, "bytes": size, "who": f"{kind} one", "reason": "big"} for kind, size in acts]
    before = {"mount": "/", "free_bytes": 5 * MIB, "used_bytes": 1000 * MIB, "free_share": 0.005}
    return {"plan": {"actions": actions, "late": late}, "before": before, "explained": explained or [], "notes": []}


def slots_kept(kept: int, active: bool = False) -> dict[str, Any]:
    slot = {"slot": "gone", "active": active, "temporary": False, "kept_bytes": kept}
    return {"background": {"replication": {"slots": [slot]}}}


DELETED_OPEN = {
    "kind": "deleted_open",
    "what": "/x was deleted",
    "bytes": 700 * MIB,
    "cure": "open",
    "services": ["backend"],
}

A_VOLUME = {"kind": "volume", "what": "the volume data holds 9 GiB", "bytes": 900 * MIB, "cure": "ask"}

NO_INODES = {"kind": "inodes", "what": "99% of the inodes", "bytes": 0, "cure": "tidy"}


@pytest.mark.parametrize(
    ("facts", "activity", "causes", "relief"),
    [
        (reclaimed(), {}, [], ""),
        (reclaimed(("container_logs", 400 * MIB), ("backups", 90 * MIB)), {}, ["unrotated_log", "old_backups"],
         "reclaim_disk"),
        (reclaimed(("container_logs", 40 * MIB)), slots_kept(300 * MIB), ["dead_slot", "unrotated_log"], ""),
        (reclaimed(), slots_kept(300 * MIB, active=True), [], ""),
        (reclaimed(), slots_kept(3 * MIB), [], ""),
        (reclaimed(("build_cache", 10 * MIB), explained=[DELETED_OPEN, A_VOLUME]), {},
         ["deleted_open", "build_cache", "volume"],
         "restart_services"),
        (reclaimed(("build_cache", 10 * MIB), explained=[NO_INODES]), {}, ["inodes", "build_cache"], ""),
        (reclaimed(explained=[A_VOLUME], late=0), {"msg": "it is down"}, [], ""),
    ],
)  # fmt: skip
def test_disks(facts, activity, causes, relief):
    found = crowded(facts, activity, 64 * MIB).as_dict()
    assert [one["cause"] for one in found["causes"]] == causes
    assert found["relief"] == relief
    assert ("dead_slot" in causes) == any("pg_drop_replication_slot('gone')" in one for one in found["advice"])
    assert ("msg" in activity) == any("could not be asked" in one for one in found["advice"])
