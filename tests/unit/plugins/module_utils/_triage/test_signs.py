"""Signs in what each host's survey shows."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import ServiceReport
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import reached_report
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import (
    scenarios_of,
    severity_of,
    without_playbook,
)
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of, signs_of_all, unread_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import (
    LogsPart,
    ReachedPart,
    Survey,
)

from support import reports

from .surveys import AWAY, EXAMINED, SITE, changed, database, part, resources, service, state, unread


def lacking(name: str, running: int, wanted: int | None) -> dict[str, ServiceReport]:
    """A service of which replicas were removed; those that run are healthy."""
    containers = [reports.container(f"{name}-{number}") for number in range(running)]
    return {name: reports.service(*containers, wanted=wanted, running=running)}


def missing(name: str, wanted: int | None = 1, *notes: str) -> dict[str, ServiceReport]:
    return {name: reports.service(wanted=wanted, notes=notes, running=0)}


def reached(target: str, *states: str, layer: str = "protocol", judge: str = "") -> ReachedPart:
    rows = [
        reports.probed(f"s{place}", target, state, layer, "no answer", judge=judge)
        for place, state in enumerate(states)
    ]
    return cast(ReachedPart, reached_report(rows))


def logs(new: bool) -> LogsPart:
    return cast(LogsPart, reports.log(reports.kind_of_record("KeyError", count=40, new=new)))


def weighed(survey: Survey) -> tuple[str, str]:
    signs = signs_of("web1", cast(Survey, {"resources": resources(), **survey}), SITE)
    found = scenarios_of(signs)
    return severity_of(signs), found[0]["playbook"][10:-4] if found else ""


SILENT = unread("Could not reach the engine: nothing listens there.", "EngineError")


@pytest.mark.parametrize(
    ("survey", "severity", "scenario"),
    [
        ({}, "P3", ""),
        ({"services": part(service("nginx", "is exited"))}, "P0", "service_restart"),
        ({"services": part(service("backend", "is unhealthy"), service("db"))}, "P1", "service_restart"),
        ({"services": part(service("backend", "is exited"), service("db", "is exited"))}, "P0",
         "service_restart"),
        ({"services": part(service("backend", "is exited"), service("mailer", "is exited"))}, "P0",
         "service_restart"),
        ({"services": part(missing("backend", 2), service("db"))}, "P1", "service_scale"),
        ({"services": part(missing("backend", None, "the files ask for 2, 0 run"), service("db"))}, "P1",
         "service_scale"),
        ({"services": part(missing("backend"), missing("db"))}, "P0", "service_scale"),
        ({"services": part(missing("mailer"), service("db"))}, "P2", "service_scale"),
        ({"services": part(missing("only with a profile", 0), service("db"))}, "P3", ""),
        ({"services": part(lacking("backend", 1, 2), service("db"))}, "P2", "service_scale"),
        ({"services": part(lacking("backend", 2, 5), service("db"))}, "P2", "service_scale"),
        ({"services": part(lacking("backend", 3, 1), service("db"))}, "P3", ""),
        ({"services": part(lacking("backend", 1, None), service("db"))}, "P3", ""),
        ({"services": part(problem="There is no container")}, "P0", ""),
        ({"services": part(service("backend", "", "is unhealthy"))}, "P2", "service_restart"),
        ({"services": part(service("mailer", "is unhealthy"))}, "P2", "service_restart"),
        ({"reached": reached("the door", "down", "down")}, "P0", "network_connectivity"),
        ({"reached": reached("maps", "down", "down")}, "P2", "network_connectivity"),
        ({"reached": reached("redis", "up", "down", layer="tcp")}, "P1", "network_connectivity"),
        ({"reached": reached("stripe", "down", judge="stripe")}, "P1", "payment_outage"),
        ({"reached": reached("stripe", "down", judge="stripe", layer="dns")}, "P1", "network_connectivity"),
        ({"reached": reached("stripe", "degraded", "up", judge="stripe")}, "P2", "payment_outage"),
        ({"resources": resources(disk=0.97)}, "P1", "disk_space"),
        ({"resources": resources(disk=0.88)}, "P2", "disk_space"),
        ({"resources": resources(read_only="/data")}, "P1", ""),
        ({"resources": resources(silent="/mnt/nfs")}, "P2", ""),
        ({"resources": resources(memory=0.02)}, "P2", "high_memory"),
        ({"resources": resources(oom=3)}, "P2", "high_memory"),
        ({"resources": resources(cpu=0.99, load=3)}, "P2", "high_cpu"),
        ({"resources": resources(cpu=0.99, load=0.2)}, "P3", ""),
        ({"database": database(waiting=12)}, "P1", "db_lock_contention"),
        ({"database": database(used=56)}, "P1", "db_connection_exhaustion"),
        ({"database": database(waiting=40, used=57)}, "P1", "db_lock_contention"),
        ({"database": database(running=2)}, "P2", "db_performance_degradation"),
        ({"database": unread("full", "NoSlotLeft")}, "P1", "db_connection_exhaustion"),
        ({"database": unread("refused", "ConnectError")}, "P1", "network_connectivity"),
        ({"database": unread("it starts", "ServerNotReady")}, "P1", ""),
        ({"database": database(states=[state("wraparound", refuses=True)])}, "P0", "db_performance_degradation"),
        ({"database": database(states=[state("database_disk_full", refuses=True)])}, "P0", "disk_space"),
        ({"database": database(states=[state("synchronous_standby_missing", 4)])}, "P1", "db_performance_degradation"),
        ({"database": database(states=[state("archiver_blocked")])}, "P2", "db_performance_degradation"),
        *(({"database": unread("install it", error)}, "P2", "")
          for error in ("DriverMissing", "LoginRefused", "PrivilegeError", "InputError")),
        ({"services": unread("may not use the socket", "PrivilegeError")}, "P2", ""),
        ({"logs": unread("no engine")}, "P2", ""),
        ({"logs": logs(True)}, "P2",
         "release_rollback"),
        ({"logs": logs(False)}, "P3", ""),
    ],
)  # fmt: skip
def test_one_sign(survey, severity, scenario):
    assert weighed(survey) == (severity, scenario)


@pytest.mark.parametrize(
    ("network", "severity", "words"),
    [
        ({"conntrack_used": 99, "conntrack_limit": 100}, "P1", "nf_conntrack"),
        ({"conntrack_used": 90, "conntrack_limit": 100}, "P2", "nf_conntrack"),
        ({"ports_used": 28000, "ports_limit": 28232, "ports_to": "10.0.0.9:5432"}, "P1", "to 10.0.0.9:5432"),
        ({"conntrack_used": 10, "conntrack_limit": 100, "ports_used": 9, "ports_limit": 28232}, "", ""),
        ({}, "", ""),
    ],
)
def test_limits_on_connections_are_signs_without_a_playbook(network, severity, words):
    usage = resources()
    usage["host"]["network"] = {**usage["host"]["network"], **network}
    found = signs_of("web", {"resources": usage}, SITE)
    assert [(sign.severity, sign.scenario, words in sign.text) for sign in found] == [(severity, "", True)] * bool(
        severity
    )
    unplayed = without_playbook(found)
    assert len(unplayed) == len(found)
    assert all(text.startswith("web: ") for text in unplayed)


def test_what_was_not_read_is_listed():
    unreadable: Any = {"trouble_reading": "refused", "error": "LoginRefused"}
    partial = {**database(), "visibility": "partial", "redacted": 4}
    surveys: Any = {
        "gone": {"unreachable": True},
        "db": {"resources": resources(), "database": unreadable},
        "seen": {"resources": resources(), "database": partial},
        "well": {"resources": resources(), "database": {**database(), "visibility": "full"}},
    }
    refused: Any = {"msg": "refused"}
    nothing: Any = {}
    found = unread_of(surveys, refused)
    assert found == [
        "gone could not be examined",
        "db: the database could not be examined",
        "seen: 4 sessions cannot be seen",
        "Prometheus could not be asked",
    ]
    assert unread_of({"well": surveys["well"]}, nothing) == []


def test_a_host_that_gives_no_answer_is_a_sign():
    signs = signs_of("web2", {"msg": "Failed to connect."}, SITE)
    assert (severity_of(signs), signs[0].text) == ("P1", "web2 could not be examined: Failed to connect")


@pytest.mark.parametrize(
    ("survey", "severity", "known"),
    [
        ({}, "P0", "nothing is known to be healthy there"),
        ({"reached": reached("the door", "down", "down")}, "P0", "nothing is known to be healthy there"),
        ({"reached": reached("stripe", "up", judge="stripe")}, "P0", "nothing is known to be healthy there"),
        ({"reached": reached("the webhook", "up", judge="webhook")}, "P1", "the webhook answers still"),
        ({"database": database()}, "P1", "the database answers still"),
    ],
)
@pytest.mark.parametrize("error", ["EngineError", "EngineHangs"])
def test_an_engine_that_does_not_answer(survey, severity, known, error):
    silent = unread(SILENT["trouble_reading"], error)
    signs = signs_of("web1", cast(Survey, {"services": silent, "logs": silent, **survey}), SITE)
    told = [sign for sign in signs if "engine" in sign.text]
    text = f"the engine could not be asked, {known}: Could not reach the engine: nothing listens there"
    assert [(sign.severity, sign.text, sign.scenario) for sign in told] == [(severity, text, "")], "told once"


def test_nothing_is_rolled_back_without_an_engine():
    survey: Survey = {"services": SILENT, "changes": changed(300, "checked out 3f1c")}
    assert scenarios_of(signs_of("web1", survey, SITE)) == []


NO_LOGIN: Survey = {
    "unreachable": True,
    "msg": "Task failed: Failed to connect to the host via ssh: ada@web1: Permission denied (publickey).",
}


@pytest.mark.parametrize(
    ("surveys", "severity", "texts"),
    [
        ({"web1": AWAY, "web2": EXAMINED}, "P1", ["web1 could not be reached: Connection refused"]),
        ({"web1": AWAY}, "P0", ["web1 could not be reached: Connection refused",
                                "the only host surveyed is not reached: down, or cut off from where this runs"]),
        ({"web1": AWAY, "web2": AWAY}, "P0", [
            "web1 could not be reached: Connection refused", "web2 could not be reached: Connection refused",
            "none of 2 hosts surveyed is reached: down, or cut off from where this runs"]),
        ({"web1": NO_LOGIN}, "P2", ["web1 could not be examined: ada@web1: Permission denied (publickey)"]),
        ({"web1": NO_LOGIN, "web2": AWAY}, "P1", ["web1 could not be examined: ada@web1: Permission denied (publickey)",
                                                  "web2 could not be reached: Connection refused"]),
        ({"web1": {"msg": "parts: no.", "error": "InputError"}}, "P2", ["web1 could not be examined: parts: no"]),
        ({}, "P3", []),
    ],
)  # fmt: skip
def test_hosts_that_are_not_reached(surveys, severity, texts):
    signs = signs_of_all(surveys, SITE)
    assert (severity_of(signs), [sign.text for sign in signs]) == (severity, texts)


def test_what_was_just_deployed_is_the_likelier_cause_of_a_sick_service():
    fresh = changed(300, "containers were made: backend")
    unhealthy: Survey = {"services": part(service("backend", "is unhealthy")), "changes": fresh}
    names = [scenario["playbook"] for scenario in scenarios_of(signs_of("web1", unhealthy, SITE))]
    assert names == ["playbooks/service_restart.yml", "playbooks/release_rollback.yml"]
    assert signs_of("web1", {"resources": resources(), "changes": fresh}, SITE) == []


@pytest.mark.parametrize(
    ("name", "state_health_policy", "healthy", "severity"),
    [
        pytest.param("backend", ("exited", "none", "always"), 0, "P3", id="stopped on purpose"),
        pytest.param("nginx", ("exited", "none", "always"), 0, "P0", id="stopped on purpose, and important"),
        pytest.param("nginx", ("running", "starting", "always"), 0, "P3", id="important, and not checked yet"),
        pytest.param("nginx", ("running", "unknown", "always"), 0, "P3", id="important, and its check says nothing"),
        pytest.param("backend", ("exited", "unhealthy", "no"), 0, "P2", id="ended well, and has a health check"),
        pytest.param("mailer", ("exited", "healthy", "on-failure"), 0, "P2", id="the same, as the site says"),
        pytest.param("backend", ("exited", "unhealthy", "no"), 1, "P3", id="ended well, beside one that serves"),
        pytest.param("backend", ("exited", "none", "no"), 0, "P3", id="ended well, as a job may"),
    ],
)
def test_how_severe_a_state_is_that_is_no_problem(name, state_health_policy, healthy, severity):
    state, health, policy = state_health_policy
    apart: Any = {
        **reports.container(name, state=state), "health": health, "restart_policy": policy, "note": "is apart",
    }  # fmt: skip
    survey: Any = {"services": part({name: reports.service(apart, healthy=healthy)})}
    found = signs_of("web1", survey, SITE)
    assert [(sign.severity, sign.text) for sign in found] == [(severity, f"{name} is apart")]


def idle(name: str, note: str = "", policy: str = "no", state: str = "exited") -> dict[str, ServiceReport]:
    """A service of which no container runs, and none has a problem."""
    apart: Any = {**reports.container(f"{name}-1", state=state), "restart_policy": policy, "note": note}
    return {name: reports.service(apart, running=0, healthy=0, wanted=1)}


@pytest.mark.parametrize(
    ("services", "severity"),
    [
        pytest.param([idle("backend"), idle("worker")], "P3", id="a minute after the start"),
        pytest.param([idle("backend", "is unknown"), idle("worker")], "P2", id="after hours"),
    ],
)
def test_where_nothing_runs_at_all_that_is_said(services, severity):
    """Restart policy `no`, and the host was started again: each for itself looks like a job that is done."""
    found = signs_of("web1", {"services": part(*services)}, SITE)
    assert severity_of(found) == severity
    assert found[-1].text.startswith("no container of any service runs: backend-1")


@pytest.mark.parametrize(
    "services",
    [
        pytest.param([idle("migrate"), service("backend")], id="a service runs"),
        pytest.param(
            [idle("migrate"), idle("db", "is paused", state="paused"), service("backend")], id="and one waits"
        ),
    ],
)
def test_jobs_that_are_done_are_no_outage(services):
    assert not any("no container of any" in sign.text for sign in signs_of("web1", {"services": part(*services)}, SITE))


PUT_DOWN, PAUSED = ("was stopped on purpose, by a person", "unless-stopped"), ("is paused, by a person", "no", "paused")


@pytest.mark.parametrize(
    ("services", "severity", "says"),
    [
        pytest.param([idle("backend", *PUT_DOWN), idle("db", *PUT_DOWN)], "P1", "backend-1, db-1)", id="a cleanup"),
        pytest.param([idle("backend", *PAUSED), idle("db", *PAUSED)], "P1", "`docker unpause` lets", id="paused"),
        pytest.param([idle("backend", *PUT_DOWN), idle("db", *PAUSED)], "P1", "backend-1, db-1)", id="both"),
        pytest.param([idle("migrate"), idle("db", *PUT_DOWN)], "P1", "purpose: db-1)", id="beside a job that is done"),
        pytest.param([idle("db", PUT_DOWN[0])], "P1", "purpose: db-1)", id="without a restart policy"),
        pytest.param([idle("backend", *PUT_DOWN), idle("old", "new", state="created")], "P1", "purpose: backend-1)",
                     id="beside one that was never started"),
        pytest.param([idle("mailer", *PUT_DOWN)], "", "", id="of a service that the site calls minor: its own sign"),
        pytest.param([idle("backend", *PUT_DOWN), service("db")], "", "", id="a service runs"),
        pytest.param([idle("backend", *PUT_DOWN), service("nginx", "is exited")], "", "", id="another one fell"),
    ],
)  # fmt: skip
def test_where_all_was_stopped_that_is_an_outage_until_a_person_says_that_it_is_meant(services, severity, says):
    """Each for itself was set apart on purpose, as by a script that removes what it should not: users see nothing."""
    found = signs_of("web1", {"services": part(*services)}, SITE)
    whole = [sign for sign in found if sign.text.startswith("no service of the project runs at all")]
    assert [sign.severity for sign in whole] == [severity] * bool(says)
    assert all(says in sign.text and "whether that is a maintenance is unknown" in sign.text for sign in whole)


def test_services_that_have_not_passed_their_check_yet_may_serve():
    """The host was just started: that one of them fails is no complete outage yet."""
    starting: Any = {**reports.container("api-1"), "health": "starting", "note": "has not passed its check yet"}
    services = part(service("backend", "is unhealthy"), {"api": reports.service(starting, healthy=0)})
    assert severity_of(signs_of("web1", {"services": services}, SITE)) == "P1"
    alone = part(service("backend", "is unhealthy"))
    assert severity_of(signs_of("web1", {"services": alone}, SITE)) == "P0"


@pytest.mark.parametrize(
    ("waits", "scenario"),
    [
        pytest.param(["depends on db-1, which is paused"], "", id="waits"),
        pytest.param(["depends on db-1, which starts", "has a check that names db-1, which is paused"], "", id="both"),
        pytest.param([""], "service_restart", id="does not wait"),
        pytest.param(["", "depends on db-1, which is paused"], "service_restart", id="one of two waits"),
    ],
)
def test_no_restart_is_proposed_of_what_waits_for_another(waits, scenario):
    """The plan of a restart leaves it alone for the same reason; users feel it all the same."""
    fails: Any = [
        {**reports.container(f"web-{place}", "its check fails"), "waits_for": each} for place, each in enumerate(waits)
    ]
    services = part({"web": reports.service(*fails, wanted=len(fails))}, idle("db", "is paused", state="paused"))
    found = signs_of("web1", {"services": services}, SITE)
    (sign,) = [sign for sign in found if sign.text.startswith("web-0")]
    assert (sign.severity, sign.scenario) == ("P0", scenario)
    assert ("look first at what it waits for: it " in sign.text) is any(waits)


@pytest.mark.parametrize(("name", "severity"), [("certbot", "P3"), ("wpcli", "P3"), ("nginx", "P0"), ("mailer", "P2")])
def test_what_may_be_a_tool_and_has_no_container_is_shown_with_the_severity_of_the_site(name, severity):
    tool: Any = {**reports.service(wanted=1, running=0, notes=["it has no container"]), "maybe_tool": True}
    found = signs_of("web1", {"services": part(service("web"), {name: tool})}, SITE)
    assert [(sign.severity, sign.text, sign.scenario) for sign in found] == [
        (severity, f"{name}: it has no container", "")
    ]
