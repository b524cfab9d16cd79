from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statement_lines import of_statements

from support.database_reports import statement, workload


def test_the_most_first_and_why_none_are_counted():
    text = of_statements(workload(statement(5.0, "SELECT 2"), CPU=1.0))
    assert text[0][1] == "1 statement in the last 5 s; active sessions: 1 CPU"
    assert text[1][1] == "100% (5.0 s, 1 ms each): SELECT 2"
    lost = workload()
    lost.update({"available": False, "why": "it is not loaded", "remedy": "load it"})
    kind, first = of_statements(lost)[0]
    assert (kind, first.startswith("not everything is known (it is not loaded): ")) == (CARE, True)
    assert of_statements(lost)[1] == (CARE, "remedy: load it")
