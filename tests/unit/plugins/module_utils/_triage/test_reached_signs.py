"""A target has the severity of its worst row, and a database that takes no writes is no matter of the network."""

from __future__ import annotations

from itertools import permutations
from typing import Any, cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import LayerReport, ProbeReport
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.postgres_answers import LoginAnswer, of_postgres
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.reached import reached_report
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.redis_answers import of_info, of_ping
from ansible_collections.pafar.runbook.plugins.module_utils._triage.sign import Importance, Sign, without_playbook
from ansible_collections.pafar.runbook.plugins.module_utils._triage.signs import signs_of, unread_of
from ansible_collections.pafar.runbook.plugins.module_utils._triage.survey_report import Survey

from support import reports

from .surveys import database, resources

LET_IN = of_postgres(LoginAnswer("Z", parameters={"in_hot_standby": "on"}))
SITE = Importance({"api": "P0", "minor": "P3"}, {})


def row(
    state: str, source: str = "web-1", target: str = "api", layer: str = "protocol", kind: str = "http", **facts: Any
) -> ProbeReport:
    report = reports.probed(source, target, state, layer if state != "up" else "", f"why {source}")
    answer = cast(LayerReport, {"ok": True, "ms": 1.0, "said": "", **facts})
    kind = "redis" if "refuses_writes" in facts else "postgres" if "sqlstate" in facts else kind
    return {**report, "kind": kind, "layers": {"protocol": answer} if facts else {}}


def signs(*rows: ProbeReport) -> list[Sign]:
    survey = {"resources": resources(), "reached": reached_report(list(rows))}
    return signs_of("h", cast(Survey, survey), SITE)


@pytest.mark.parametrize(
    ("target", "states", "severity", "by"),
    [
        ("api", ["degraded", "down"], "P0", "down"),
        ("api", ["degraded", "flapping", "down", "up"], "P0", "down"),
        ("api", ["degraded", "flapping"], "P2", "flapping"),
        ("api", ["degraded", "up"], "P2", "degraded"),
        ("other", ["flapping", "down"], "P1", "down"),
        ("minor", ["degraded", "down"], "P3", "down"),
        ("minor", ["degraded", "up"], "P3", "degraded"),
    ],
)
def test_the_worst_row_counts_in_whatever_order(target, states, severity, by):
    for order in permutations(states):
        (sign,) = signs(*(row(state, f"from {state}", target) for state in order))
        assert (sign.severity, f"is {by} from from {by}" in sign.text) == (severity, True), sign


@pytest.mark.parametrize(
    ("found", "severity", "scenario"),
    [
        pytest.param(row("degraded", refuses_writes=True), "P0", "", id="takes no writes"),
        pytest.param(row("degraded", target="redis", refuses_writes=True), "P1", "", id="of a site that says nothing"),
        pytest.param(row("degraded", target="minor", refuses_writes=True), "P3", "", id="what the site calls minor"),
        pytest.param(row("down", refuses_writes=True), "P0", "", id="a script blocks it"),
        pytest.param(row("down", sqlstate="57P03"), "P0", "", id="PostgreSQL starts"),
        pytest.param(row("down", sqlstate="53300"), "P0", "db_connection_exhaustion", id="every slot is taken"),
        pytest.param(row("down", sqlstate="53100"), "P0", "disk_space", id="its disk is full"),
        pytest.param(row("degraded", status=200), "P2", "network_connectivity", id="a site"),
        pytest.param(row("degraded", target="redis", kind="redis", status=0), "P2", "", id="a failed save, tasks"),
        pytest.param(row("down", kind="postgres", ok=False, said="no answer within 3.0 s"), "P0",
                     "network_connectivity", id="PostgreSQL does not answer"),
        pytest.param(row("down", kind="redis", ok=False, said="Connection reset by peer"), "P0",
                     "network_connectivity", id="Redis resets"),
        pytest.param(row("flapping", kind="redis", ok=False, said="it closed the connection"), "P2",
                     "network_connectivity", id="Redis closes at times"),
        pytest.param(row("down", kind="postgres", said="it is not PostgreSQL"), "P0", "network_connectivity",
                     id="another process answers"),
        pytest.param(row("flapping", sqlstate="57P03"), "P2", "", id="PostgreSQL starts at times"),
        pytest.param(row("degraded", layer="dns", kind="redis"), "P2", "network_connectivity", id="its name"),
        pytest.param(row("down", layer="tcp", sqlstate=""), "P0", "network_connectivity", id="not reached"),
    ],
)  # fmt: skip
def test_no_playbook_is_claimed_for_a_database_that_answers(found, severity, scenario):
    (sign,) = signs(found)
    assert (sign.severity, sign.scenario) == (severity, scenario)
    assert bool(without_playbook([sign])) is (not scenario and severity != "P3")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"reached": reached_report([row("up")])}, []),
        ({"reached": reached_report([row("down")])}, ["P0"]),
        ({"changes": {"changes": [], "unknown": []}}, []),
        ({"logs": reports.log()}, []),
        ({"msg": "it failed"}, ["P1"]),
        ({}, ["P1"]),
    ],
)
def test_a_survey_of_any_part_is_examined(part, said):
    found = signs_of("h", cast(Survey, part), SITE)
    assert [sign.severity for sign in found] == said
    assert any("could not be examined" in sign.text for sign in found) is (part in ({}, {"msg": "it failed"}))


def copy(kind: str, target: str, why: str) -> ProbeReport:
    return {**row("degraded", target=target, kind=kind, status=0), "why": why}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("postgres", LET_IN.why),
        ("redis", of_ping("-READONLY You can't write against a read only replica.").why),
        ("redis", of_info("role:slave\r\nmaster_host:10.0.0.9\r\nmaster_link_status:up\r\n").why),
        ("redis", of_info("role:slave\r\nmaxmemory:9\r\nused_memory:10\r\nmaster_host:10.0.0.9\r\n").why),
    ],
)
def test_a_replica_is_partial_only_beside_a_target_of_its_kind_that_is_up(kind, why):
    """After a failover writers may have been given it; of one that is read from by design the primary is a target."""
    (alone,) = signs(copy(kind, "other", why))
    assert (alone.severity, alone.scenario) == ("P1", ""), alone
    assert f"no other {kind} is up for writes" in alone.text
    (beside,) = signs(copy(kind, "other", why), row("up", target="primary", kind=kind))
    assert (beside.severity, "for writes" in beside.text) == ("P2", False), beside
    (another,) = signs(copy(kind, "other", why), row("up", target="site", kind="http"))
    assert another.severity == "P1"
    (minor,) = signs(copy(kind, "minor", why))
    assert minor.severity == "P3"


@pytest.mark.parametrize("read", [True, False])
def test_what_the_answers_leave_open_is_said_but_of_a_database_that_was_asked_by_a_login(read):
    rows = [
        {**row("up", target=kind, kind=kind), "unasked": "whether it takes writes"}
        for kind in ("postgres", "redis", "http")
    ]
    content = {**database(), "visibility": "full"} if read else {"trouble_reading": "refused", "error": "LoginRefused"}
    survey = {"resources": resources(), "reached": reached_report(cast(Any, rows)), "database": content}
    unread = unread_of({"h": cast(Survey, survey)}, cast(Any, {}))
    assert [text for text in unread if "writes" in text] == [
        f"h: {name}: whether it takes writes"
        for name in ("http", "postgres", "redis")
        if name != "postgres" or not read
    ]
