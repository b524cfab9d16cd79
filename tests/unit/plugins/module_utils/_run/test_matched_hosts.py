from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.matched_hosts import (
    Inventory,
    measured_here,
    unedited,
    why_no_host,
    without_effect,
)

GROUPS = {"all": 2, "ungrouped": 0, "database": 1, "services": 1}


def test_hosts_that_are_chosen_in_the_inventory_are_told_where_to_choose_them():
    said = without_effect("group_vars/all.yml, line 1")
    assert said.startswith("runbook_hosts (group_vars/all.yml, line 1) has no effect in an inventory")
    assert "Give it with -e runbook_hosts=NAME" in said


def test_an_empty_inventory_says_how_to_give_one():
    text = why_no_host("database", Inventory(["/etc/ansible/hosts"], {"all": 0, "ungrouped": 0}, []))
    assert "No host in the inventory (read: /etc/ansible/hosts), so nothing was done. Give one with -i" in text
    assert "none was given" in why_no_host("database", Inventory([], {}, []))


def test_a_misspelt_group_or_host_is_named_with_what_was_meant():
    inventory = Inventory(["hosts.yml"], GROUPS, ["db1", "web1"])
    assert "No host matches databse, so nothing was done. Did you mean database?" in why_no_host("databse", inventory)
    assert "Did you mean web1?" in why_no_host("web2", inventory)
    text = why_no_host("warehouse", inventory)
    assert "Did you mean" not in text
    assert "database (1), services (1)" in text
    assert "-e runbook_hosts=NAME" in text


def test_a_limit_that_leaves_no_host_is_said():
    inventory = Inventory(["hosts.yml"], GROUPS, ["db1", "web1"], limited=["db1"], limit="web1")
    assert "--limit web1 leaves none of the hosts of database (db1)" in why_no_host("database", inventory)


@pytest.mark.parametrize("address", ["db1.example.org", "example.com", "DB1.Example.Net.", "db.invalid", "web.example"])
def test_a_host_with_an_address_of_the_example_is_refused(address):
    assert f"Still as in the example inventory: db1 ({address})" in unedited({"db1": ["10.0.0.1", address], "db2": []})


@pytest.mark.parametrize("address", ["db1.example.io", "counterexample.org", "127.0.0.1", "db1", "x.example.orgs"])
def test_another_address_is_none_of_the_example(address):
    assert unedited({"db1": [address]}) == ""


@pytest.mark.parametrize("playbook", ["triage", "disk_space", "preflight"])
@pytest.mark.parametrize("address", ["10.0.0.5", "db1.site.net", "localhost.site.net"])
def test_what_is_measured_on_the_controller_is_said_to_be_its(playbook, address):
    said = measured_here(playbook, {"db1": ("local", [address]), "web1": ("ssh", [])})
    assert f"clock of db1 (PostgreSQL at {address}) are measured on the controller" in said
    assert "web1" not in said


@pytest.mark.parametrize(
    ("playbook", "connection", "addresses"),
    [
        ("triage", "local", ["127.0.0.1"]), ("triage", "local", ["localhost"]), ("triage", "local", ["/run/pg"]),
        ("triage", "local", ["::1"]), ("triage", "local", []), ("triage", "ssh", ["10.0.0.5"]),
        ("triage", "", ["10.0.0.5"]), ("db_lock_contention", "local", ["10.0.0.5"]), ("", "local", ["10.0.0.5"]),
    ],
)  # fmt: skip
def test_where_the_host_is_measured_itself_no_warning_is_needed(playbook, connection, addresses):
    assert measured_here(playbook, {"db1": (connection, addresses)}) == ""
