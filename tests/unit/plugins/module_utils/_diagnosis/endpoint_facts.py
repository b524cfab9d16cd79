"""Rows of probes and services that the tests of several subjects share."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import ServiceReport
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import ProbeReport

from support import reports
from support.reports import container, probed


def service(name: str, running: int = 1, problem: str = "", **more: Any) -> ServiceReport:
    return reports.service(container(f"pafar-{name}-1", problem, **more), running=running)


SERVICES = {name: service(name) for name in ("backend", "worker", "db", "redis", "nginx")}


def row(source: str, target: str, state: str = "up", layer: str = "", why: str = "", **more: Any) -> ProbeReport:
    address = {"database": "db:5432", "redis": "redis:6379"}.get(target, "api.stripe.com:443")
    return probed(source, target, state, layer, why, **{"address": address, **more})


def down(source: str, target: str, layer: str = "tcp", why: str = "no answer in time", **more: Any) -> ProbeReport:
    return row(source, target, "down", layer, why, **more)


BACKEND, WORKER = "pafar-backend-1", "pafar-worker-1"
