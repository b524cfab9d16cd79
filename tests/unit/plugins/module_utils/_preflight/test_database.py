"""Checks of a database, from values."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._preflight import database


def test_entrances():
    assert database.of_login_paths("r", {"replication": ""}, 3).ready is True
    assert database.of_login_paths("r", {"replication": ""}, 0).ready is False
    assert database.of_login_paths("r", {"replication": "no", "reserve": ""}, 0).ready is True
    assert "ALTER ROLE r REPLICATION" in database.of_login_paths("r", {"replication": "no"}, 3).remedy
