from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, GOOD, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check import Check, preflight_report
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check_lines import of_preflight


def test_ready_or_not_and_what_is_not_ready_with_its_remedy():
    checks = [Check("a", True, "fine"), Check("b", False, "bad", "mend it"), Check("c", None, "unseen")]
    assert of_preflight(preflight_report(checks[:1])) == [(GOOD, "ready     a: fine")]
    assert of_preflight(preflight_report(checks)) == [
        (CARE, "not everything is known (c): 1 of 3 checks are ready"),
        (GOOD, "ready     a: fine"),
        (BAD, "NOT READY b: bad"),
        (PLAIN, "          remedy: mend it"),
        (CARE, "unknown   c: unseen"),
    ]
