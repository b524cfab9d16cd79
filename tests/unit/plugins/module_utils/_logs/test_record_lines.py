from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.record_lines import of_log

from support.reports import kind_of_record, log


def test_new_kinds_are_marked_and_a_log_that_was_not_read_is_named():
    report = log(kind_of_record("KeyError", new=True), kind_of_record("old", new=False))
    tally = Tally("web", "file", "/x", Limits(9, 0.0), problem="no such file")
    report["sources"] = [tally.as_dict()]
    assert of_log(report)[1:] == [(CARE, "3x new: KeyError"), (PLAIN, "3x old"), (CARE, "web: no such file")]
