"""What the rows of a matrix say together."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import (
    is_connected,
    is_cut,
    is_no_name,
    is_refused,
    is_unsteady,
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


@pytest.mark.parametrize(
    ("state", "layer", "why", "fits"),
    [
        ("down", "tcp", "no answer in time", [is_cut]),
        ("down", "tcp", "refused: nothing listens there", [is_cut, is_refused]),
        ("down", "dns", "name server 127.0.0.11: connection refused", [is_cut]),
        ("down", "dns", "it knows no such name (NXDOMAIN)", [is_cut, is_no_name]),
        ("down", "dns", "the name has no address", [is_cut, is_no_name]),
        ("down", "dns", "it failed (SERVFAIL)", [is_cut]),
        ("down", "protocol", "it answers 500", [is_connected]),
        ("flapping", "tcp", "1 of 3 attempts failed: refused", [is_unsteady, is_connected]),
        ("flapping", "dns", "1 of 3 attempts failed: NXDOMAIN", [is_unsteady, is_connected]),
        ("flapping", "protocol", "1 of 3 attempts failed: it answers 500", [is_connected]),
        ("degraded", "tcp", "1 of 2 addresses fail", [is_connected]),
        ("up", "", "", [is_connected]),
        ("unknown", "", "", []),
    ],
)
def test_what_a_row_shows_of_the_path(state, layer, why, fits):
    row = probed("host", "it", state, layer, why)
    assert [judge for judge in (is_cut, is_refused, is_no_name, is_unsteady, is_connected) if judge(row)] == fits
