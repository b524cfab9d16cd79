from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, PLAIN
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.diagnosis_lines import (
    of_diagnosis,
    of_top_consumers,
)
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.top_consumers import weigh_memory

from support.database_reports import activity, application, connection_limit, ending_all
from support.reports import container_use, resources


def test_the_causes_then_the_advice_and_the_settings():
    leak = application("feed", 30, idle=30, idle_seconds=[300] * 30)
    seen = activity(connection_limit(leak, application(role="job")))
    found = diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=ending_all(seen))
    lines = of_diagnosis(found.as_dict())
    assert any(kind == CARE and text.startswith("1. leak: feed holds 30 of 40") for kind, text in lines)
    assert lines[-1][1].endswith("prevents it: app, connection_limit = 20")


def test_who_uses_most_and_what_to_do():
    found = weigh_memory(resources(container_use("shop-web-1", memory_share=0.95)), "")
    lines = of_top_consumers(found)
    assert (CARE, "shop-web-1 uses 1 of 16 MiB, and whether it grows was not measured") in lines
    assert lines[-1][0] == PLAIN
