"""Which limit refused a login, from the login that looked and from the applications' log."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.errors.refused_logins import (
    logged_refusals,
    own_refusal,
    refused_by,
)

from support.database_reports import activity, application, connection_limit, ending, pooler, to_end
from support.reports import kind_of_record, log

UNSEEN: Any = {"reachable": False, "why": "not requested"}
ROOM = connection_limit(application("web", 10, idle=10), limit=100)
OF_ROLE = {**connection_limit(application("web", 10, idle=10), limit=10, kind="role"), "name": "app", "free": 0}
OF_SHOP = {**connection_limit(application("web", 10, idle=10), limit=10, kind="database"), "name": "shop", "free": 0}


def seen(*limits, path="normal", **server):
    found = activity(*limits)
    return {**found, "server": {**found["server"], "login_path": path, **server}}


def said(text, count=5):
    return log({**kind_of_record(text, count=count), "sources": ["web"], "example": text})


@pytest.mark.parametrize(
    ("path", "refused", "free", "kind"),
    [
        ("normal", "", 0, ""),
        ("replication", "max_connections", 60, "max_connections"),
        ("reserve", "role", 0, "role"),
        ("replication", "database", 0, "database"),
        ("replication", "", 60, ""),
        ("replication", "", 0, "max_connections"),
    ],
)
def test_only_the_server_s_own_limit_is_a_full_server(path, refused, free, kind):
    assert refused_by(seen({**ROOM, "free": free}, path=path, refused_by=refused)) == kind


def test_the_login_s_own_role_is_named_with_its_cure():
    limit = {**OF_ROLE, "name": "oncall"}
    found = own_refusal(seen(ROOM, limit, path="replication", refused_by="role", role="oncall"))
    (cause,) = found.causes
    assert "the connection limit of the role is reached (10 of 10 sessions now)" in cause.evidence[0]
    assert "not that of the server, which has 90 of 100 slots free" in cause.evidence[0]
    assert "ALTER ROLE oncall CONNECTION LIMIT 55" in cause.detail["advice"]
    unknown = own_refusal(seen(ROOM, path="replication"))
    assert unknown.causes == []
    assert "not by a connection limit that is known" in unknown.lines[0]
    assert own_refusal(seen(ROOM)) == ([], [])


@pytest.mark.parametrize("refused", ["role", "database", ""])
def test_a_limit_of_one_role_or_database_is_no_outage_in_which_a_leak_is_ended_unasked(refused):
    feed = application("feed", 30, idle=30, idle_seconds=[300] * 30, opened_seconds=300.0)
    limit = {**connection_limit(feed, application(active=10)), "free": 2}
    given = seen(limit, OF_SHOP, path="replication", refused_by=refused)
    found = diagnose_connections(given, 30, 60, 0.5, 0.2, {}, plan=ending(*to_end("idle", "feed", 3))).as_dict()
    assert found["cause"] == "leak"
    assert all("no login was refused" in item["needs_approval"] for item in found["plans"]["harmless"]["actions"])


@pytest.mark.parametrize(
    ("text", "limits", "cause", "words"),
    [
        pytest.param(
            'FATAL:  too many connections for role "app"', [ROOM, OF_ROLE], "limit_reached", "ALTER ROLE app", id="role"
        ),
        pytest.param(
            '{"msg": "FATAL: too many connections for database \\"shop\\""}', [ROOM, OF_SHOP], "limit_reached",
            "ALTER DATABASE shop CONNECTION LIMIT 55", id="database, in JSON",
        ),
        pytest.param(
            "FATAL:  no more connections allowed (max_client_conn)", [ROOM], "pooler_full", "raise max_client_conn",
            id="the pooler's clients",
        ),
        pytest.param(
            "FATAL: client connections exceeded (max_db_client_connections)", [ROOM], "pooler_full",
            "raise max_db_client_connections", id="the pooler's clients of one database",
        ),
        pytest.param("FATAL:  query_wait_timeout", [ROOM], "pooler", "default_pool_size", id="the pooler's pool"),
    ],
)  # fmt: skip
def test_what_applications_were_refused_is_named_with_its_own_limit_and_cure(text, limits, cause, words):
    found = logged_refusals(seen(*limits), said(text), UNSEEN)
    assert [each.name for each in found.causes] == [cause]
    assert words in found.causes[0].detail["advice"]
    assert "slots free" in found.causes[0].evidence[0]
    assert found.causes[0].mitigation == ""
    assert "5 records in the log of web" in found.causes[0].evidence[1]
    few = logged_refusals(seen(*limits), said(text, 2), UNSEEN)
    assert (few.causes, len(few.lines)) == ([], 1)


@pytest.mark.parametrize(
    ("text", "limits", "asked"),
    [
        pytest.param("FATAL: sorry, too many clients already", [ROOM], UNSEEN, id="slots, free by now"),
        pytest.param(
            "FATAL: remaining connection slots are reserved for roles with", [{**ROOM, "free": 0}],
            UNSEEN, id="slots, which other causes explain",
        ),
        pytest.param(
            'FATAL: too many connections for role "app"', [ROOM, {**OF_ROLE, "free": 5}], UNSEEN, id="role, by now free"
        ),
        pytest.param('FATAL: too many connections for role "gone"', [ROOM, OF_ROLE], UNSEEN, id="of another role"),
        pytest.param("FATAL: query_wait_timeout", [{**ROOM, "free": 0}], UNSEEN, id="the pooler gets no more slots"),
        pytest.param("FATAL: query_wait_timeout", [ROOM], pooler(), id="its console shows more"),
    ],
)  # fmt: skip
def test_what_is_over_or_explained_is_a_line(text, limits, asked):
    found = logged_refusals(seen(*limits), said(text), asked)
    assert (found.causes, len(found.lines)) == ([], 1)


@pytest.mark.parametrize("text", ["connection refused", "QueuePool limit of size 5 overflow 10 reached", "role app"])
def test_other_records_say_nothing_of_a_limit(text):
    assert logged_refusals(seen(ROOM), said(text), UNSEEN) == ([], [])
    assert logged_refusals(seen(ROOM), None, UNSEEN) == ([], [])
