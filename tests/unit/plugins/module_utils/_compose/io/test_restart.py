"""Which containers a full disk keeps from being restarted, and the plan that leaves them alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import Mount
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io import restart
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.restart import _on_full_disks
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import holds_database, plan_restart

from ..facts import container, project


def mount(source, target, writable=True):
    return {"Type": "bind", "Source": source, "Destination": target, "RW": writable}


@pytest.fixture
def full(monkeypatch):
    """/full has no room."""
    monkeypatch.setattr(
        restart, "full_at", lambda paths: next((path for path in paths if path.startswith("/full")), "")
    )


def reasons(*containers, unhealthy_only, local=True):
    shop = project(*containers, services={"web": {}, "db": {}})
    context: Any = SimpleNamespace(engine=SimpleNamespace(login=SimpleNamespace(local=local)), project=shop)
    found = _on_full_disks(context, unhealthy_only)
    return {one.service: found[one.id] for one in containers if one.id in found}


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("unhealthy_only", [True, False])
@pytest.mark.parametrize("health", ["healthy", "unhealthy"])
@pytest.mark.parametrize("target", ["/var/lib/postgresql/data", "/var/lib/mysql", "/data"])
def test_a_database_is_kept_also_where_a_person_names_it(target, health, unhealthy_only):
    database = container("db", health=health, mounts=[mount("/etc/pg", "/etc/pg"), mount("/full/pg", target)])
    (why,) = reasons(database, container(), unhealthy_only=unhealthy_only).values()
    assert "its disk is full (/full/pg)" in why
    assert "run playbooks/disk_space.yml with reclaim_disk_mount=/full/pg first" in why


@pytest.mark.usefixtures("full")
def test_another_one_is_kept_where_it_is_unhealthy_and_no_person_names_it():
    web = container(health="unhealthy", mounts=[mount("/full/media", "/app/media")])
    assert "fails again" in reasons(web, unhealthy_only=True)["web"]
    assert not reasons(web, unhealthy_only=False)
    assert not reasons(container(mounts=[mount("/full/media", "/app/media")]), unhealthy_only=True)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "mounts",
    [
        [mount("/full/pg", "/var/lib/postgresql/data", writable=False)],
        [mount("/srv/pg", "/var/lib/postgresql/data")],
        [mount("/full/conf", "/etc/postgresql"), mount("/srv/pg", "/var/lib/postgresql/data")],
        [mount("", "/var/lib/postgresql/data")],
    ],
)
def test_only_a_full_disk_that_it_writes_its_data_to_counts(mounts):
    assert not reasons(container("db", mounts=mounts), unhealthy_only=False)


@pytest.mark.usefixtures("full")
def test_the_disks_of_another_host_are_not_known():
    database = container("db", mounts=[mount("/full/pg", "/var/lib/postgresql/data")])
    assert not reasons(database, unhealthy_only=False, local=False)


FULL = "its disk is full (/srv/pg): run playbooks/disk_space.yml first"


def planned(found, *services, **more):
    return [(one.name, how) for one, how in plan_restart(found, services, **more).order]


@pytest.mark.parametrize(
    ("database", "more"),
    [
        (container("db"), {}),  # healthy: a person names it
        (container("db", health="unhealthy"), {"method": "replace"}),
        (container("db", state="exited", exit_code=1), {"containers": ["shop-db-1"]}),
    ],
)
def test_a_database_on_a_full_disk_is_not_restarted_where_a_person_names_it_either(database, more):
    plan = plan_restart(project(database, services={"db": {}}), ["db"], full_disks={database.id: FULL}, **more)
    assert not plan.plan.actions
    assert [item.reason for item in plan.plan.excluded] == [FULL]
    said = plan.as_dict()["no_action_reason"]
    assert "nothing to do" not in said
    assert "no action is possible" in said


def test_the_reason_names_the_next_command_where_all_is_well_but_for_the_disk():
    plan = plan_restart(project(container("db"), services={"db": {}}), ["db"], full_disks={container("db").id: FULL})
    assert plan.as_dict()["no_action_reason"] == f"no action is possible: shop-db-1: {FULL}"


def test_others_are_restarted_beside_it():
    database = container("db")
    found = project(container(), database, services={"web": {"depends_on": {"db": {}}}, "db": {}})
    assert planned(found, "web", "db", full_disks={database.id: FULL}) == [("shop-web-1", "restart")]
    assert planned(found, "web", "db", full_disks={}) == [("shop-db-1", "restart"), ("shop-web-1", "restart")]


def test_a_paused_database_goes_on_where_it_was():
    database = container("db", state="paused")
    found = project(database, services={"db": {}})
    assert planned(found, "db", full_disks={database.id: FULL}) == [("shop-db-1", "unpause")]


def test_what_a_database_on_a_full_disk_would_be_restarted_with_is_left_alone():
    database = container("db", network="container:" + container().id)
    found = project(container(), database, services={"web": {}, "db": {}})
    plan = plan_restart(found, ["web"], full_disks={database.id: FULL})
    assert not plan.plan.actions
    assert [item.reason for item in plan.plan.excluded] == [f"shop-db-1 is restarted with it, and {FULL}"]


@pytest.mark.parametrize(
    ("target", "holds"),
    [
        ("/var/lib/postgresql/data", True),
        ("/data/db", True),
        ("/pgdata/", True),
        ("/usr/share/elasticsearch/data", True),
        ("/app/media", False),
        ("/etc/nginx/conf.d", False),
    ],
)
def test_a_database_is_known_by_the_folder_that_it_mounts(target, holds):
    assert holds_database(Mount("volume", "x", target, True)) is holds
    assert not holds_database(Mount("volume", "x", target, False)), "read only"
