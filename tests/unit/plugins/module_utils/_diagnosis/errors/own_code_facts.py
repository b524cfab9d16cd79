"""A fresh release whose requests fail, and what is judged of errors in its log."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.own_code import code_causes
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import LogReport, SignatureReport

from support.reports import kind_of_record, log

from ..endpoint_facts import SERVICES, service

FRESH = {**SERVICES, "backend": service("backend", age=60, image_age=90)}
ALONE: dict[str, str] = {}
ASKS = {"approval": "always"}


def failing(*kinds: SignatureReport) -> LogReport:
    """No request of 50 failed before the release, 20 of 40 since."""
    report = log(*kinds)
    report["requests"]["before"] = {"asked": 50, "failed": 0}
    report["requests"]["since"] = {"asked": 40, "failed": 20}
    return report


def judged(*kinds: SignatureReport) -> tuple[str, str, object]:
    causes = code_causes(failing(*kinds), FRESH, ["backend"], 7200)
    return (causes[0].name, causes[0].mitigation, dict(causes[0].rules)) if causes else ("", "", {})


def new(text: str, count: int = 50, example: str = "") -> SignatureReport:
    report = kind_of_record(text, new=True, count=count)
    return {**report, "example": example or report["example"]}
