"""A leak that took the rest of a limit beside a large pool that had stopped growing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.connections import diagnose_connections
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.growing_pool import _if_it_leaks, growing_pools

from support.database_reports import activity, application, connection_limit, ending, ending_all, to_end


def beside_a_pool(free=0, path="replication", stopped=True, **feed):
    pool = application(
        "web", 28, idle=28, idle_seconds=[9000] * 28, opened_seconds=9001.0, stopped=stopped, steady=True
    )
    given = {"idle": 12, "idle_seconds": [300] * 12, "opened_seconds": 200.0, **feed}
    limit = connection_limit(pool, application("feed", 12, **given))
    limit["free"] = free
    seen = activity(limit)
    seen = {**seen, "server": {**seen["server"], "login_path": path}}
    return diagnose_connections(seen, 30, 60, 0.5, 0.2, {}, plan=ending_all(seen)).as_dict()


@pytest.mark.parametrize("path", ["normal", "replication"])
def test_who_took_the_rest_is_named_and_nothing_of_the_pool_is_ended(path):
    found = beside_a_pool(path=path)
    assert [cause["cause"] for cause in found["causes"]] == ["leak", "full_pool"]
    assert (found["mitigation"], found["plans"]) == ("", {})
    assert found["causes"][0]["evidence"][0].startswith("feed holds 12 of 40, 12 of them idle")
    assert "after web had stopped: it may leak" in found["causes"][0]["evidence"][0]
    assert found["advice"][0] == (
        'restart feed, or let its forgotten sessions be terminated: runbook_connection_shares: {"feed": 2}'
    )
    assert found["role_settings"] == []


@pytest.mark.parametrize(
    "scene",
    [
        pytest.param({"free": 3}, id="there is room"),
        pytest.param({"opened_seconds": 9100.0}, id="it stopped before the pool"),
        pytest.param({"idle_seconds": [300] * 3}, id="few are forgotten"),
        pytest.param({"unused_seconds": []}, id="they are used again and again"),
        pytest.param({"pooled": True}, id="it comes through a pooler"),
    ],
)
def test_no_other_is(scene):
    assert "leak" not in [cause["cause"] for cause in beside_a_pool(**scene)["causes"]]


def test_the_large_one_leaks_where_it_did_not_stop():
    found = beside_a_pool(stopped=False)
    assert found["cause"] == "leak"
    assert found["causes"][0]["detail"]["application"] == "web"


def test_a_pool_alone_has_none_beside_it():
    pool = application("web", 38, idle=38, idle_seconds=[9000] * 38, opened_seconds=9001.0, stopped=True)
    assert growing_pools(connection_limit(pool), [pool], 30) == []


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("feed", '{"feed": 2}'),
        ("PostgreSQL JDBC Driver", '{"PostgreSQL JDBC Driver": 2}'),
        ("worker-*", '{"worker-*": 2}'),
        ('a "b": c', '{"a \\"b\\": c": 2}'),
        ("yes", '{"yes": 2}'),
        ("", ""),
        ("*", ""),
        ("4711", ""),
    ],
)
def test_the_share_of_an_application_can_be_pasted(name, setting):
    feed = application(name, 20, idle=20, unused_seconds=[300] * 20, idle_seconds=[300] * 20)
    found = _if_it_leaks(feed, [feed])
    assert found.endswith(f"let them be terminated: runbook_connection_shares: {setting}" if setting else "Restart it")
    if setting:
        assert yaml.safe_load(setting) == {name: 2}


@pytest.mark.parametrize(
    ("others", "alone"),
    [
        ([], True),
        ([{"application": "web", "role": "other"}], True),
        ([{"role": "other"}], False),
        ([{"database": "other"}], False),
    ],
)
def test_no_share_is_advised_for_a_name_that_others_have_too(others, alone):
    feed = application("feed", 20, idle=20, unused_seconds=[300] * 20, idle_seconds=[300] * 20)
    everywhere: list[Any] = [feed, *({**feed, **other} for other in others)]
    assert ("runbook_connection_shares" in _if_it_leaks(feed, everywhere)) is alone


def leaking():
    """Thirty sessions of which none was used since it was opened."""
    return application("feed", 30, idle=30, idle_seconds=[300] * 30)


def asked(seen, plan, shares=None):
    return diagnose_connections(seen, 30, 60, 0.5, 0.2, shares or {}, plan=plan)


def jobs(**more):
    """Nine sessions beside them, opened later and not used since."""
    return application("jobs", 9, **{"idle": 9, "idle_seconds": [40] * 9, "opened_seconds": 40.0, **more})


def refused_login(*applications):
    """The slots are used up, and an ordinary login was refused."""
    limit = connection_limit(*applications)
    limit["free"] = 0
    seen = activity(limit)
    return {**seen, "server": {**seen["server"], "login_path": "replication"}}


@pytest.mark.parametrize(
    ("more", "beside", "words"),
    [
        pytest.param({}, [], "", id="a leak"),
        pytest.param({"filled_seconds": 3600.0}, [], "used unevenly", id="it opened none for an hour"),
        pytest.param({"interleaved": True}, [], "a pooler in front", id="others opened theirs in between"),
        pytest.param({"application": ""}, [], "have no name", id="who it is, is not known"),
        pytest.param({}, [jobs()], "jobs opened sessions after", id="another one came after it"),
        pytest.param({}, [jobs(opened_seconds=4000.0)], "", id="it came before"),
        pytest.param({}, [jobs(idle_seconds=[40] * 3)], "", id="too few of them"),
        pytest.param({}, [jobs(pooled=True)], "", id="those are a pooler's"),
        pytest.param({"half_within_seconds": 1.0}, [], "has just been started", id="it opened half of them at once"),
        pytest.param({"half_within_seconds": 0.0}, [], "has just been started", id="in the same moment"),
        pytest.param({"half_within_seconds": 5.0}, [], "has just been started", id="within a sixth of the idle time"),
        pytest.param({"half_within_seconds": 5.1}, [], "", id="one after the other"),
        pytest.param({"half_within_seconds": 1.0, "unused_seconds": [300] * 2}, [], "", id="too few to say so"),
    ],
)
def test_where_logins_are_refused_who_took_the_last_slots_leaks(more, beside, words):
    feed = leaking()
    feed.update({"filled_seconds": 300.0, **more})
    found = asked(refused_login(feed, *beside), plan=ending(*to_end("idle", "feed", 3))).as_dict()
    assert found["cause"] == "leak"
    assert ("it may leak connections" if words else "it leaks connections") in found["causes"][0]["evidence"][0]
    asks = {item.get("needs_approval", "") for item in found["plans"]["harmless"]["actions"]}
    assert len(asks) == 1
    assert (words in asks.pop()) if words else asks == {""}


@pytest.mark.parametrize("path", ["normal", "replication"])
def test_what_may_renew_its_sessions_is_a_full_pool_and_asked(path):
    feed = leaking()
    feed.update({"may_renew": True, "opened_seconds": 20.0})
    seen = refused_login(feed, application(active=10))
    seen = {**seen, "server": {**seen["server"], "login_path": path}}
    found = asked(seen, plan=ending(*to_end("idle", "feed", 3))).as_dict()
    assert found["cause"] == "full_pool"
    actions = found["plans"]["harmless"]["actions"]
    assert ["a pool that renews its sessions" in item["needs_approval"] for item in actions] == [True] * 3
    given = asked(seen, plan=ending(*to_end("idle", "feed", 3)), shares={"feed": 2}).as_dict()
    assert not any(item.get("needs_approval") for item in given["plans"]["harmless"]["actions"])
