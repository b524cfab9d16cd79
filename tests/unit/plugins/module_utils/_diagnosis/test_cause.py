"""Causes joined and ranked, and the rules of the first mitigation."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.cause import (
    Cause,
    IdleTransactionLimit,
    Rules,
    diagnosis,
    joined,
    server_causes,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.server_states import ServerState

from support.database_reports import activity, ending

RESTART, END = "restart_services", "end_sessions"


def test_the_first_cause_decides_and_others_of_its_mitigation_add_their_lists():
    causes = [
        Cause("network_cut", 2.0, ("a",), RESTART, {"services": ["web"], "which": "all"}),
        Cause("leak", 1.5, ("b",), END, {"targets": ["7@x/y"]}),
        Cause(
            "target_down", 1.0, ("c",), RESTART, {"services": ["web", "db"], "which": "unhealthy", "containers": ["x"]}
        ),
    ]
    report = diagnosis(causes, ["line"], ["advice"]).as_dict()
    assert (report["cause"], report["mitigation"]) == ("network_cut", RESTART)
    assert report["rules"] == {"services": ["web", "db"], "which": "all", "containers": ["x"]}
    assert report["lines"] == ["line", "1. network cut: a", "2. leak: b", "3. target down: c"]
    assert [cause["rules"] for cause in report["causes"]][1] == {"targets": ["7@x/y"]}, "each cause keeps its own rules"
    assert report["advice"] == ["advice"]


def test_without_a_cause_there_is_no_mitigation():
    report = diagnosis([], ["all is in order"], []).as_dict()
    assert (report["cause"], report["mitigation"], report["rules"], report["causes"]) == ("", "", {}, [])


def test_one_cause_for_each_name_and_rules_with_the_evidence_of_all():
    web: Rules = {"services": ["web"]}
    db: Rules = {"services": ["db"]}
    causes = joined([
        Cause("target_down", 2.0, ("a",), RESTART, web),
        Cause("target_down", 1.0, ("b",), RESTART, db),
        Cause("target_down", 0.5, ("c",), RESTART, web),
    ])  # fmt: skip
    assert [(cause.weight, cause.evidence, cause.rules) for cause in causes] == [
        (2.0, ("a", "c"), web),
        (1.0, ("b",), db),
    ]


def test_states_of_the_server_weigh_by_the_sessions_that_they_hold():
    states: list[ServerState] = [
        {"cause": "sync_standby", "sessions": 3, "seconds": 9.0, "text": "3 commits wait", "refuses": False,
         "advice": "see the standby"},
        {"cause": "replay_paused", "sessions": 0, "seconds": 0.0, "text": "replay is paused", "refuses": False,
         "advice": "resume it"},
    ]  # fmt: skip
    causes = server_causes(activity(states=states))
    assert [(cause.name, cause.weight, cause.mitigation) for cause in causes] == [
        ("sync_standby", 3.0, ""),
        ("replay_paused", 0.3, ""),
    ]
    assert causes[0].as_dict()["detail"] == {"advice": "see the standby"}


def test_a_timeout_is_twice_the_time_and_at_least_a_minute():
    assert [setting["value"] for setting in IdleTransactionLimit(45, activity(), ending()).settings(["app"])] == ["90s"]
    assert IdleTransactionLimit(5, activity(), ending()).settings(["app", "job"])[1] == {
        "role": "job",
        "setting": "idle_in_transaction_session_timeout",
        "value": "60s",
    }
