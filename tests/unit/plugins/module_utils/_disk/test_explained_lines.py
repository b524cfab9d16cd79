from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, DIM, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._disk.explained_lines import of_explained, of_unread

from support.reports import held, reclaim


def test_what_holds_space_and_what_could_not_be_looked_at():
    facts = reclaim(held(700, "web"))
    facts["notes"] = ["use become"]
    assert of_explained(facts) == [(CARE, "/x"), (PLAIN, "    remedy: restart"), (DIM, "use become")]
    assert of_unread(facts) == [(CARE, "not everything is known (use become): / is 100% full")]
    assert of_unread(reclaim()) == []
