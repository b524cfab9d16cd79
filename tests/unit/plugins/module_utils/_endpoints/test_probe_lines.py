from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, DIM, GOOD
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.probe_lines import of_probes
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import reached_report

from support.reports import probed


def test_what_fails_and_how_many_work():
    up, down = probed("host", "web"), probed("host", "db", "down", "tcp", "refused")
    assert of_probes(reached_report([up, down])) == [
        (DIM, "1 of 2 paths are healthy"),
        (CARE, "db is down from host (tcp): refused"),
    ]
    assert of_probes(reached_report([up])) == [(GOOD, "1 of 1 paths are healthy")]


def test_what_is_unknown_is_said_in_the_first_line():
    unknown = probed("web-1", "maps", "unknown", "", "its key is not there")
    kind, text = of_probes(reached_report([probed("host", "web"), unknown]))[0]
    assert (kind, text) == (
        CARE, "not everything is known (maps is unknown from web-1: its key is not there): 1 of 2 paths are healthy",
    )  # fmt: skip


def test_what_the_answer_of_one_that_is_up_does_not_show_is_said_in_the_first_line():
    database: Any = {**probed("host", "db"), "unasked": "whether it takes writes"}
    kind, text = of_probes(reached_report([database, probed("host", "web")]))[0]
    assert (kind, text) == (
        CARE, "not everything is known (db: whether it takes writes): 2 of 2 paths are healthy",
    )  # fmt: skip
