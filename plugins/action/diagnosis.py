# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ranks the causes of an incident on the controller from the facts of modules. Documentation: modules/diagnosis.py."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, cast

from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.module_utils._compose.proxy import StaleProxy
from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.cause import Diagnosis
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.diagnosis_lines import of_diagnosis
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.disk import (
    AskedActivity,
    diagnose_disk,
    least_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import diagnose_network
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.owner import Services
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, diagnose_payments
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.performance import diagnose_performance
from ansible_collections.pafar.runbook.plugins.module_utils._disk.reclaim import ReclaimFacts
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import ReachedReport
from ansible_collections.pafar.runbook.plugins.module_utils._logs.failing_requests import FailingRequests
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import LogReport
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_report import ActivityReport
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import EndDict
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.indexes_report import IndexesReport
from ansible_collections.pafar.runbook.plugins.plugin_utils._controller_action import ControllerAction

CONNECTIONS, PERFORMANCE, DISK, NETWORK, PAYMENTS = "connections", "performance", "disk", "network", "payments"


class ActionModule(ControllerAction):
    """Ranks causes from facts; no connection to the host."""

    arguments = {
        "of": {"type": "str", "required": True, "choices": [CONNECTIONS, PERFORMANCE, DISK, NETWORK, PAYMENTS]},
        "activity": {"type": "dict"},
        "plan": {"type": "dict"},
        "indexes": {"type": "dict"},
        "reclaim": {"type": "dict"},
        "reached": {"type": "dict"},
        "services": {"type": "dict", "default": {}},
        "stale_proxies": {"type": "list", "elements": "dict", "default": []},
        "log": {"type": "dict"},
        "payments": {"type": "list", "elements": "dict", "default": []},
        "payment_sign": {"type": "str", "default": ""},
        "open_payments": {"type": "dict", "default": {}},
        "payment_services": {"type": "list", "elements": "str", "default": []},
        "fresh": {"type": "float", "default": 7200.0},
        "slot_size": {"type": "float", "default": 512.0},
        "idle": {"type": "float", "default": 30.0},
        "idle_in_transaction": {"type": "float", "default": 60.0},
        "min_running": {"type": "float", "default": 10.0},
        "share": {"type": "float", "default": 0.5},
        "headroom": {"type": "float", "default": 0.2},
        "floor": {"type": "int", "default": 2},
        "shares": {"type": "dict", "default": {}},
    }

    # The facts that each subject needs.
    required_if = [
        ("of", CONNECTIONS, ["activity", "plan"]),
        ("of", PERFORMANCE, ["activity", "plan", "indexes"]),
        ("of", DISK, ["reclaim"]),
        ("of", NETWORK, ["reached"]),
        ("of", PAYMENTS, ["reached", "log"]),
    ]

    def judge(self, args: dict[str, Any]) -> dict[str, Any]:
        return {**_KINDS[args["of"]](args).as_dict()}

    def said(self, args: dict[str, Any], result: dict[str, Any]) -> list[Line]:  # noqa: ARG002
        report: Any = result
        return of_diagnosis(report)


def _connections(args: dict[str, Any]) -> Diagnosis:
    _require(args, "activity", ("connections", "server", "activity"), "pg_activity_info")
    _require(args, "plan", ("actions", "excluded"), "pg_end_sessions")
    shares = {str(name): int(most) for name, most in args["shares"].items()}
    return diagnose_connections(
        cast(ActivityReport, args["activity"]),
        args["idle"],
        args["idle_in_transaction"],
        args["share"],
        args["headroom"],
        shares,
        plan=cast(EndDict, args["plan"]),
        services=cast(Services, args["services"]),
        floor=args["floor"],
        log=cast(LogReport, args["log"]) if "signatures" in (args["log"] or {}) else None,
    )


def _performance(args: dict[str, Any]) -> Diagnosis:
    _require(args, "activity", ("connections", "server", "activity"), "pg_activity_info")
    _require(args, "plan", ("actions", "excluded"), "pg_end_sessions")
    _require(args, "indexes", ("advice", "workload"), "pg_index_info")
    return diagnose_performance(
        cast(ActivityReport, args["activity"]),
        cast(IndexesReport, args["indexes"]),
        args["min_running"],
        args["idle_in_transaction"],
        cast(EndDict, args["plan"]),
    )


def _disk(args: dict[str, Any]) -> Diagnosis:
    _require(args, "reclaim", ("plan", "before", "explained", "notes"), "disk_reclaim")
    return diagnose_disk(
        cast(ReclaimFacts, args["reclaim"]), cast(AskedActivity, args["activity"] or {}), least_of(args["slot_size"])
    )


def _network(args: dict[str, Any]) -> Diagnosis:
    _require(args, "reached", ("matrix",), "endpoint_probe_info")
    return diagnose_network(
        cast(ReachedReport, args["reached"])["matrix"],
        cast(Services, args["services"]),
        cast(List[StaleProxy], args["stale_proxies"]),
    )


def _payments(args: dict[str, Any]) -> Diagnosis:
    _require(args, "reached", ("matrix",), "endpoint_probe_info")
    _require(args, "log", ("signatures",), "log_tail")
    return diagnose_payments(
        cast(ReachedReport, args["reached"])["matrix"],
        cast(Services, args["services"]),
        # Of a part of what log_tail returned it is not known how many requests failed, nor what was not read.
        cast(LogReport, {"requests": FailingRequests(None).report, "sources": [], "entries": [], **args["log"]}),
        _known(args),
        args["payment_services"],
        args["fresh"],
        cast(List[StaleProxy], args["stale_proxies"]),
    )


def _known(args: dict[str, Any]) -> Known:
    open_payments, log = args["open_payments"], args["log"]
    cut = ["log"] if args["payment_sign"] and log.get("truncated") else []
    return Known(
        failed=len(args["payments"]),
        open=len(open_payments.get("rows") or ()),
        asked=bool(open_payments or args["payment_sign"]),
        why_unread=str(open_payments.get("msg") or "") if "rows" not in open_payments else "",
        nameless=sum(not payment.get("reference") for payment in args["payments"]),
        cut=[*cut, *(["database"] if open_payments.get("truncated") else [])],
    )


def _require(args: dict[str, Any], name: str, keys: tuple[str, ...], module: str) -> None:
    missing = set(keys) - set(args[name])
    if missing:
        raise AnsibleActionFail(
            f"diagnosis: {name} lacks {', '.join(sorted(missing))}; pass what {module} returned. Nothing was done."
        )


_KINDS: Mapping[str, Callable[[dict[str, Any]], Diagnosis]] = {
    CONNECTIONS: _connections,
    PERFORMANCE: _performance,
    DISK: _disk,
    NETWORK: _network,
    PAYMENTS: _payments,
}
