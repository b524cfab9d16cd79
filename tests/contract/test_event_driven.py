"""The rulebook: what it starts is there, and no text of an alert is in what it starts."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import SETTINGS
from ansible_collections.pafar.runbook.plugins.module_utils._triage.alert_severity import alert_severity
from jinja2 import Environment

from support.servers import ROOT

EDA = ROOT / "extensions/eda"
RULEBOOK = EDA / "rulebooks/alerts.yml"
ALERTS, TICK = yaml.safe_load(RULEBOOK.read_text())
CONDITION = re.compile(r'event\.runbook == ("\w+")|event\.runbook in (\[.+\])')
HOSTILE = "{{ lookup('ansible.builtin.pipe', 'id') }}"


def filter_of(name: str) -> Any:
    path = EDA / f"plugins/event_filter/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


mapped_alerts = filter_of("mapped_alerts")
((FILTER, OPTIONS),) = ALERTS["sources"][0]["filters"][0].items()


def actions() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for ruleset in (ALERTS, TICK):
        for rule in ruleset["rules"]:
            for action in rule["actions"]:
                ((kind, options),) = action.items()
                assert kind == "run_playbook"
                found.append((rule["name"], options))
    return found


@pytest.mark.parametrize(("rule", "options"), actions())
def test_each_rule_starts_a_playbook_of_this_collection_by_its_full_name(rule, options):
    """By a path ansible-rulebook copies the playbook's whole folder for each run."""
    namespace, collection, name = options["name"].split(".")
    assert (namespace, collection) == ("pafar", "runbook"), rule
    assert (ROOT / f"playbooks/{name}.yml").is_file(), rule


@pytest.mark.parametrize(("rule", "options"), actions())
def test_what_a_rule_passes_on_is_written_here(rule, options):
    assert "{{" not in json.dumps(options), rule
    assert set(options.get("extra_vars", {})) <= set(SETTINGS), rule


def test_a_mitigation_is_planned_and_waits_for_an_approval():
    acts = {"triage", "incident_tick"}
    for rule, options in actions():
        is_held = options.get("extra_vars", {}).get("incident_only_approved") is True
        assert is_held or options["name"].rpartition(".")[2] in acts, rule


def conditions() -> list[list[str]]:
    found = []
    for rule in ALERTS["rules"]:
        match = CONDITION.fullmatch(rule["condition"])
        assert match, rule["condition"]
        names = json.loads(match[1] or match[2])
        found.append([names] if isinstance(names, str) else names)
    return found


def test_each_scenario_that_is_mapped_has_one_rule_and_is_the_name_of_a_playbook():
    named = [name for names in conditions() for name in names]
    assert sorted(named) == sorted(OPTIONS["scenarios"])
    assert len(set(named)) == len(named)
    assert all((ROOT / f"playbooks/{name}.yml").is_file() for name in named)


def test_the_fields_of_the_conditions_are_those_that_the_sources_make():
    assert FILTER == "pafar.runbook.mapped_alerts"
    (event,) = mapped_alerts(message(alert()), **OPTIONS)
    for rule in ALERTS["rules"]:
        fields = set(re.findall(r"event\.(\w+)", json.dumps(rule)))
        assert fields == set(event), rule["name"]
        # An alert that is worse than the one before it is not held back.
        assert rule["throttle"]["group_by_attributes"] == ["event.runbook", "event.severity"], rule["name"]
    (payload,) = TICK["sources"][0]["eda.builtin.generic"]["payload"]
    assert [rule["condition"] for rule in TICK["rules"]] == [f"event.{name} == true" for name in payload]


def test_a_message_needs_a_token():
    assert ALERTS["sources"][0]["eda.builtin.webhook"]["token"] == "{{ RUNBOOK_EDA_TOKEN }}"


def test_the_alerts_of_the_rehearsal_are_mapped():
    groups = yaml.safe_load((ROOT / "tests/platform/monitoring/alerts.yml").read_text())["groups"]
    labels = {rule["labels"].get("scenario") for group in groups for rule in group["rules"]} - {None}
    assert labels <= set(OPTIONS["scenarios"])


def test_the_rulebook_is_one_by_the_schema_of_ansible_rulebook():
    spec = importlib.util.find_spec("ansible_rulebook")
    assert spec, "pip install --no-deps -r tests/requirements-schemas.txt"
    schema = Path(str(spec.origin)).parent / "schema/ruleset_schema.json"
    jsonschema.validate([ALERTS, TICK], json.loads(schema.read_text()))


# --- the filter -------------------------------------------------------------------------------------------------------


def alert(scenario: Any = "db_lock_contention", **changed: Any) -> dict[str, Any]:
    labels = {"alertname": HOSTILE, "scenario": scenario, "instance": HOSTILE, "severity": HOSTILE}
    return {"status": "firing", "labels": labels, "annotations": {"summary": HOSTILE}, **changed}


def message(*alerts: Any, **more: Any) -> dict[str, Any]:
    return {
        "payload": {"status": "firing", "alerts": list(alerts), **more},
        "meta": {"hosts": [HOSTILE], "endpoint": "x"},
    }


def started(scenario: str, severity: str = "unknown") -> dict[str, str]:
    return {"runbook": scenario, "severity": severity}


def test_a_scenario_is_one_event_however_many_alerts_fire_and_has_nothing_of_their_text():
    found = mapped_alerts(message(alert(), alert(), alert("disk_space", runbook=HOSTILE)), **OPTIONS)
    assert found == [started("db_lock_contention"), started("disk_space")]


@pytest.mark.parametrize(
    "event",
    [
        message(alert(status="resolved")), message(alert(status=None)), message(alert(HOSTILE)),
        message(alert("triage")),
        message(alert(None)), message(alert(["db_lock_contention"])), message(alert({"db_lock_contention": 1})),
        message(alert(labels=None)), message(alert(labels=["scenario"])), message(None), message("firing"), message(),
        message({"runbook": "db_lock_contention"}), {"payload": [alert()]}, {"payload": {"alerts": alert()}},
        {"payload": None}, {"runbook": "db_lock_contention"}, {}, [], None, "db_lock_contention",
    ],
)  # fmt: skip
def test_what_is_not_mapped_has_ended_or_has_another_form_starts_nothing(event):
    assert mapped_alerts(event, **OPTIONS) == []


def test_a_group_that_fires_may_have_alerts_that_have_ended():
    found = mapped_alerts(message(alert(status="resolved"), alert("disk_space")), **OPTIONS)
    assert found == [started("disk_space")]


def test_the_site_names_another_label():
    event = message({"status": "firing", "labels": {"runbook": "disk_space"}})
    assert mapped_alerts(event, ["disk_space"], "runbook") == [started("disk_space")]


def labelled(**labels: Any) -> dict[str, Any]:
    return {"status": "firing", "labels": {"scenario": "disk_space", **labels}}


@pytest.mark.parametrize(
    ("alerts", "severity"),
    [
        ([labelled(severity="critical")], "P1"), ([labelled(severity=" Warning ")], "P2"),
        ([labelled(severity="warning"), labelled(severity="p0"), labelled(severity="info")], "P0"),
        ([labelled(severity="", priority="P2")], "P2"), ([labelled(level="page")], "P1"),
        ([labelled()], "unknown"), ([labelled(severity="severe")], "unknown"), ([labelled(severity=["p0"])], "unknown"),
        ([labelled(severity=HOSTILE)], "unknown"), ([labelled(severity="severe", priority="p0")], "unknown"),
        ([labelled(severity="p0") | {"status": "resolved"}, labelled(severity="info")], "P3"),
    ],
)  # fmt: skip
def test_the_severity_is_the_worst_of_the_alerts_by_the_table_of_the_site(alerts, severity):
    assert mapped_alerts(message(*alerts), **OPTIONS) == [started("disk_space", severity)]


def test_a_table_that_maps_to_no_severity_maps_to_unknown():
    found = mapped_alerts(message(labelled(severity="x")), ["disk_space"], severities={"x": HOSTILE})
    assert found == [started("disk_space")]


def test_the_words_of_the_rulebook_mean_what_they_mean_to_the_triage():
    assert {word: alert_severity({"severity": word}, {}) for word in OPTIONS["severities"]} == OPTIONS["severities"]


def test_what_the_filter_makes_is_what_the_incident_takes():
    """ansible-rulebook passes the event on as ``ansible_eda.event``."""
    defaults = yaml.safe_load((ROOT / "roles/incident/defaults/main.yml").read_text())
    variables = {"ansible_eda": {"event": started("disk_space", "P1")}}
    found = {name: Environment().from_string(defaults[name]).render(variables) for name in TAKEN}
    assert found == {"incident_alert_scenario": "disk_space", "incident_alert_severity": "P1"}
    without = {name: Environment().from_string(defaults[name]).render({}) for name in TAKEN}
    assert without == {"incident_alert_scenario": "", "incident_alert_severity": "unknown"}


TAKEN = ("incident_alert_scenario", "incident_alert_severity")
