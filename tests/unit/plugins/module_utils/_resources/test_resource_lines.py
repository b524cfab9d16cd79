from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE
from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_lines import of_resources

from support.reports import container_use, host, resources


def test_what_is_short_stands_below_the_figures():
    report = resources(container_use("shop-web-1", cpu=1.5), reading=host(cpu=0.95, memory=0.5))
    lines = of_resources(report)
    assert lines[0][1] == "2 cores 95% busy, 2048 MiB available, 1 container"
    assert (CARE, "shop-web-1 uses 1.50 cores") in lines
