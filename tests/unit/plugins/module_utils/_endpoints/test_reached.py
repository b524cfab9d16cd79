"""What the rows of a matrix say together."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import (
    lines_of,
    reached_report,
    unasked_of,
    unknown_of,
)

from support.reports import probed


def test_from_where_it_is_well_is_said_beside():
    rows = [probed(source, "it", state, "tcp", "why") for source, state in (("a", "down"), ("b", "down"), ("c", "up"))]
    assert lines_of(rows) == ["it is down from a, b (tcp): why; from c it is healthy"]


def test_what_is_unknown_is_no_fault():
    unknown = probed("host", "it", "unknown", "", "unknown there")
    assert lines_of([unknown]) == unknown_of([unknown]) == ["it is unknown from host: unknown there"]
    assert not reached_report([unknown])["healthy"]


def test_what_was_not_asked_is_said_once_for_each_target():
    rows = [{**probed(source, "db"), "unasked": "whether it takes writes"} for source in ("a", "b")]
    assert unasked_of([*rows, probed("a", "web")]) == ["db: whether it takes writes"]  # type: ignore[list-item]
    assert reached_report(rows)["healthy"]  # type: ignore[arg-type]
