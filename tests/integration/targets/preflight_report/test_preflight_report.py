"""preflight_report through Ansible itself; what it counts is tested in tests/unit."""

from __future__ import annotations

import pytest

from support.adhoc import adhoc

READY = {"check": "x", "ready": True, "found": "it is", "remedy": ""}
MISSING = {"check": "backups can be restored", "ready": False, "found": "none", "remedy": "set runbook_backups"}


@pytest.mark.parametrize(("strict", "failed"), [(False, False), (True, True)])
def test_only_strict_makes_it_a_failure(strict, failed):
    result = adhoc("preflight_report", checks={"db": [READY, MISSING]}, strict=strict)
    assert (result["failed"], result["ready"], result["checks"]) == (failed, False, 2)
    assert result["worst"]["remedy"] == "set runbook_backups"


def test_a_site_that_is_ready_is_no_failure():
    assert not adhoc("preflight_report", check=True, checks={"db": [READY]}, strict=True)["failed"]
