"""verdict through Ansible itself; what it decides is tested in tests/unit."""

from __future__ import annotations

from support.adhoc import adhoc


def test_relief_passes_and_no_relief_fails():
    good = adhoc("outcome", before=10, after=0, seconds=0.2)
    assert (good["outcome"], good["kept"], good.get("failed", False)) == ("recovered", True, False)
    bad = adhoc("outcome", before=10, after=10, seconds="", stopped="the waiters did not fall")
    assert bad["failed"]
    assert "the waiters did not fall" in bad["msg"]
    assert bad["outcome"] == "unchanged"
