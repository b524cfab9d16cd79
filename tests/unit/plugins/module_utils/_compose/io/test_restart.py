"""Which containers a full disk keeps from being restarted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io import restart
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.restart import _on_full_disks

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
    engine = SimpleNamespace(login=SimpleNamespace(local=local))
    shop = project(*containers, services={"web": {}, "db": {}})
    found = _on_full_disks(SimpleNamespace(engine=engine, project=shop), unhealthy_only)
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
