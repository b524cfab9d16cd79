"""What the processes of a server show, as the rules take it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.process_facts import (
    busy_of,
    copies_of,
    dead_clients_of,
    measured,
    why_room,
)

from support.database_reports import processes


def test_what_was_measured_and_what_is_no_measurement():
    assert measured([{"pid": "7", "cpu": 1}, {"pid": None}, {}, {"cpu": 2}]) == {7: 1.0}
    assert dead_clients_of([{"target": "7@x/y", "reason": "hung up"}, {}]) == {"7@x": "hung up"}


@pytest.mark.parametrize(("cpu", "cores", "named"), [(0.5, 8, 1), (0.4, 8, 0), (0.3, 2, 1), (0.2, 2, 0), (0.15, 1, 1)])
def test_half_a_core_or_a_large_part_of_few_is_much(cpu, cores, named):
    assert len(busy_of(processes(cpu=cpu, cores=cores)["sessions"], cores)) == named


@pytest.mark.parametrize(
    ("cpu", "cores", "statements", "named"),
    [
        pytest.param([0.25] * 4, 4, "aaaa", 4, id="a report that was begun four times"),
        pytest.param([0.1] * 12, 2, "a" * 12, 12, id="many copies on few cores"),
        pytest.param([0.25] * 4, 4, "abcd", 0, id="four reports"),
        pytest.param([0.25, 0.25, 0.1, 0.1], 4, "aabb", 2, id="two reports"),
        pytest.param([0.9, 0.2, 0.2], 4, "aaa", 2, id="beside one that is much alone"),
        pytest.param([0.9, 0.2, 0.2], 4, "abc", 0, id="beside another one"),
        pytest.param([0.02] * 40, 4, "a" * 40, 0, id="many that hardly compute"),
        pytest.param([0.25, 0.25, 0.25], 4, "a  ", 0, id="of the others no statement has run for long"),
    ],
)
def test_copies_of_one_statement_count_together(cpu, cores, statements, named):
    uses = [processes(cpu=one, pid=pid)["sessions"][0] for pid, one in enumerate(cpu)]
    ran = {pid: text for pid, text in enumerate(statements) if text != " "}
    assert len(copies_of(uses, cores, ran)) == named


@pytest.mark.parametrize(
    ("idle", "cores", "room"),
    [(3.0, 4, True), (0.8, 4, True), (0.7, 4, False), (0.0, 2, False), (None, 4, False), (1.0, 1, True)],
)
def test_a_host_with_idle_cores_has_room(idle, cores, room):
    why = why_room({**processes(cores=cores), "idle_cores": idle})
    assert bool(why) is room
    if room:
        assert f"{idle:.1f} of {cores} cores idle" in why
