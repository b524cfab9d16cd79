# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe it is, by which facts, and what to run next; weighed on the controller. Documentation: modules/."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, cast

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._run.invocation import runnable
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alert_severity import (
    ALWAYS_FIRING,
    NO_SIGN,
    wrong_severities,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    AlertRules,
    PrometheusResult,
    prometheus_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    SEVERITIES,
    Importance,
    TriageReport,
    not_understood,
    rank,
    scenarios_of,
    severities_in,
    severity_of,
    without_playbook,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of_all, unread_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import Survey
from ansible_collections.pafar.runbook.plugins.module_utils._triage.triage_lines import of_triage
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import invocation


class ActionModule(ControllerAction):
    """Weighs the surveys of all hosts; no connection to any of them."""

    arguments = {
        "surveys": {"type": "dict", "required": True},
        "unreached": {"type": "list", "elements": "str", "default": []},
        "prometheus": {"type": "dict", "default": {}},
        "targets": {"type": "dict", "default": {}},
        "services": {"type": "dict", "default": {}},
        "links": {"type": "dict", "default": {}},
        "alert_severities": {"type": "dict", "default": {}},
        "always_firing": {"type": "list", "elements": "str", "default": list(ALWAYS_FIRING)},
    }

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        importance = Importance(_severities(args, "targets"), _severities(args, "services"))
        surveys = {str(host): cast(Survey, survey) for host, survey in args["surveys"].items()}
        surveys.update({str(host): {"unreachable": True} for host in args["unreached"]})
        prometheus = cast(PrometheusResult, args["prometheus"])
        signs = signs_of_all(surveys, importance) + prometheus_signs(prometheus, _alert_rules(args))
        signs.sort(key=lambda sign: (rank(sign.severity), -sign.weight))
        severity, scenarios = severity_of(signs), scenarios_of(signs)
        links = {str(name): str(address) for name, address in args["links"].items()}
        now = datetime.now(timezone.utc)
        report: TriageReport = {
            "unread": [*not_understood(signs), *unread_of(surveys, prometheus)],
            "unplayed": without_playbook(signs),
            "severity": severity,
            "signs": [sign.as_dict() for sign in signs],
            "scenarios": scenarios,
            "next": scenarios[0]["playbook"] if scenarios else "",
            "page": runnable(page(severity, signs, scenarios, surveys, prometheus, links, now), invocation()),
        }
        return {**report}

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        report: Any = result
        return of_triage(report)


def _alert_rules(args: dict[str, Any]) -> AlertRules:
    severities = {str(word): str(severity) for word, severity in args["alert_severities"].items()}
    for wrong in wrong_severities(severities):
        raise AnsibleActionFail(
            f"triage_report: alert_severities: {wrong!r} is no severity; use one of {', '.join(SEVERITIES)}, or"
            f" {NO_SIGN} for alerts that are no sign. Nothing was done."
        )
    return AlertRules(severities, [str(name) for name in args["always_firing"]])


def _severities(args: dict[str, Any], name: str) -> dict[str, str]:
    severities, wrong = severities_in(args[name])
    if wrong:
        raise AnsibleActionFail(
            f"triage_report: {name}: severity {str(args[name][wrong[0]])!r} is unknown; use one of {', '.join(SEVERITIES)}."
            " Nothing was done."
        )
    return severities
