"""run_summary on what a run has registered: an approval without effect is said; whole runs are played elsewhere."""

from __future__ import annotations

from support.adhoc import adhoc


def test_an_approval_of_no_plan_is_said():
    result = adhoc("run_summary", approved_digest="0123456789ab, fedcba987654")
    assert result["unmatched"] == ["0123456789ab", "fedcba987654"]


def test_without_an_approval_nothing_is_said():
    result = adhoc("run_summary", check=True, approved_digest="")
    assert (result["unmatched"], result["changed"]) == ([], False)
