"""Which session a busy process is: by its pid and by its start."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.busy_processes import (
    Match,
    is_postgres,
    session_of,
)

from support.database_reports import running
from support.reports import process

SESSION = running(87, started=1000.0)


@pytest.mark.parametrize(
    ("inside", "started", "twins", "matches"),
    [
        (87, 1000.9, 0, True),
        (87, 1001.5, 0, False),
        (87, 1000.0, 1, False),
        (87, None, 0, False),
        (88, 1000.0, 0, False),
    ],
)
def test_pid_and_start_make_a_process_a_sessions(inside, started, twins, matches):
    busy = process("postgres", "db", 1.0, inside, started=started, twins=twins)
    match = session_of(busy, {87: SESSION})
    assert (match.session == SESSION) is matches
    assert bool(match.why) is (not matches and inside == 87)


def test_a_session_whose_start_is_hidden_is_no_match():
    """A login role without pg_read_all_stats does not see it."""
    hidden = {**SESSION, "target": "87@-/-"}
    assert session_of(process("postgres", "db", 1.0, 87, started=1000.0), {87: hidden}).session is None  # type: ignore[dict-item]
    assert session_of(process("postgres", "db", 1.0, 87, started=1000.0), {}) == Match(None)


@pytest.mark.parametrize(("name", "is_one"), [("postgres", True), ("postmaster", True), ("postgres_export", False)])
def test_the_whole_name_counts(name, is_one):
    assert is_postgres(process(name, "db", 1.0)) is is_one
