from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.limits import Limits, Tally
from ansible_collections.pafar.runbook.plugins.module_utils._logs.record_lines import of_log

from support.reports import kind_of_record, log


def test_new_kinds_are_marked_and_a_log_that_was_not_read_is_named():
    report = log(kind_of_record("KeyError", new=True), kind_of_record("old", new=False))
    tally = Tally("web", "file", "/x", Limits(9, 0.0), problem="no such file")
    report["sources"] = [tally.as_dict()]
    assert of_log(report)[1:] == [(CARE, "3x new: KeyError"), (PLAIN, "3x old"), (CARE, "web: no such file")]


def test_the_first_line_says_that_something_was_not_read():
    report = log(kind_of_record("KeyError", new=False))
    kind, text = of_log(report)[0]
    assert "not everything is known" not in text
    tally = Tally("web", "file", "/x", Limits(9, 0.0))
    tally.note("/x before byte 7: the time was over")
    report["sources"] = [tally.as_dict(), Tally("db", "file", "/y", Limits(9, 0.0)).as_dict()]
    kind, text = of_log(report)[0]
    assert kind == CARE
    assert text.startswith("not everything is known (1 of 2 logs: web: /x before byte 7: the time was over)")


def test_the_first_line_says_that_there_may_be_older_records():
    report = log()
    report["sources"], report["more"] = [], True
    assert of_log(report)[0][1].startswith("older matching records exist or were not read")


LONG = f"/var/lib/{'folder/' * 8}web.log"


@pytest.mark.parametrize(
    ("source", "problem", "said"),
    [
        (LONG, f"{LONG} cannot be read (Permission denied)", f"{LONG} cannot be read (Permission denied)"),
        (LONG, f"{LONG} is UTF-16, which is not read", f"{LONG} is UTF-16, which is not read"),
        (LONG, f"{LONG}.1.gz could not be unpacked to its end", f"{LONG}.1.gz could not be unpacked to its end"),
        (LONG, "no file matches", f"{LONG}: no file matches"),
        ("web-1", "web-1 has no log", "web-1: web-1 has no log"),
    ],
)
def test_a_path_is_named_once_so_that_the_reason_is_seen(source, problem, said):
    report = log()
    report["sources"] = [Tally(source, "file", source, Limits(9, 0.0), problem=problem).as_dict()]
    assert f"1 of 1 logs: {said})" in of_log(report)[0][1]
