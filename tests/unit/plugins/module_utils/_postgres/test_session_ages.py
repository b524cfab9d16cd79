"""When the sessions of an application were opened and used."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.connection_limits import connection_limit_dicts
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session_ages import (
    filled_for,
    half_opened_within,
    is_forgotten,
    is_interleaved,
    is_stalled,
    is_steady,
    may_renew,
    opened_one_by_one,
)

from support.pools import NOW, opened, session, snapshot, used_for


@pytest.mark.parametrize(
    ("ages", "one_by_one"),
    [
        ([60, 64, 68, 72, 76], True),
        ([60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72], True),
        ([60, 60.1, 60.2, 60.3], False),
        ([60, 60.1, 60.2, 900, 1800], False),
        ([60, 600], False),
        ([], False),
    ],
)
def test_a_leak_opens_its_sessions_one_after_the_other_and_a_pool_many_at_once(ages, one_by_one):
    assert opened_one_by_one(opened("web", ages), NOW) is one_by_one
    assert not opened_one_by_one(used_for(7200, opened("web", ages)), NOW), "those are used again"
    assert not opened_one_by_one([one._replace(state="active") for one in opened("web", ages)], NOW)


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        pytest.param([40 - place / 20 for place in range(40)], 0.95, id="a pool that has just been started"),
        pytest.param([*[9000] * 10, *[60 + 5 * place for place in range(30)]], 95, id="a leak beside its pool"),
        pytest.param([40, 40, 40, 900, 1800], 0, id="three of five at once"),
        pytest.param([40, 900, 1800], 1760, id="three"),
        pytest.param([40, 41], 0, id="two"),
        pytest.param([], 0, id="none"),
    ],
)
def test_how_quickly_half_of_the_unused_sessions_were_opened(ages, seconds):
    pool = opened("web", ages)
    assert half_opened_within(pool, NOW) == pytest.approx(seconds)
    assert half_opened_within([one._replace(state="active") for one in pool], NOW) == 0


def renewed(number, longest, seed):
    """A pool whose sessions are renewed one by one, each at an age of its own, and not used since."""
    chance = random.Random(seed)
    return opened("web", [chance.uniform(5, longest) for dummy in range(number)])


@pytest.mark.parametrize(("number", "longest"), [(10, 600), (20, 1800), (50, 3600)])
def test_a_pool_that_renews_its_sessions_goes_on_and_a_leak_at_its_limit_does_not(number, longest):
    pools = [renewed(number, longest, seed) for seed in range(400)]
    assert sum(opened_one_by_one(pool, NOW) for pool in pools) <= 4, "of four hundred"
    later = NOW + timedelta(seconds=15 * longest / number)
    assert all(opened_one_by_one(pool, later) for pool in pools), "none was renewed since"
    used = session(99, "web", "active")._replace(backend_start=later - timedelta(seconds=3))
    assert not any(opened_one_by_one([*pool, used], later) for pool in pools), "one was, and is in use"


@pytest.mark.parametrize(("number", "longest"), [(10, 600), (20, 1800), (50, 3600)])
def test_a_pool_that_renews_its_sessions_may_be_a_leak_that_goes_on(number, longest):
    pools = [renewed(number, longest, seed) for seed in range(400)]
    assert sum(not may_renew(pool, NOW) for pool in pools) <= 8, "of four hundred"
    later = NOW + timedelta(seconds=20 * longest / number)
    assert not any(may_renew(pool, later) for pool in pools), "none was renewed since"


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        pytest.param([20 + place / 5 for place in range(50)], 20, id="a leak that has reached its limit"),
        pytest.param([1, 4, 9, *(120 + place for place in range(50))], 120, id="it took three slots that became free"),
        pytest.param([1, *(20 + place for place in range(50))], 20, id="and one"),
        pytest.param([5 * place for place in range(50)], None, id="it continues"),
        pytest.param([0.2 + place / 2 for place in range(20)], None, id="it continues, twice a second"),
        pytest.param([3 * place for place in range(1, 9)] + [300 + place for place in range(40)], None, id="many late"),
        pytest.param([140, 700, *[9000] * 40], None, id="long afterwards"),
        pytest.param([9000] * 40, 9000, id="at once"),
        pytest.param([30, 60], 30, id="two"),
        pytest.param([], 0, id="none"),
    ],
)
def test_a_leak_at_its_limit_has_stopped_but_for_the_slots_that_become_free(ages, seconds):
    assert filled_for(opened("web", [age - 1 for age in ages]), NOW) == seconds


@pytest.mark.parametrize(
    ("ages", "renews"),
    [
        pytest.param([20 + place / 10 for place in range(40)], False, id="a fast leak that has reached its limit"),
        pytest.param([*[9000] * 20, *[20 + place / 10 for place in range(40)]], False, id="the same beside its pool"),
        pytest.param([9000] * 40, False, id="opened at once and never renewed"),
        pytest.param([*[9000] * 39, 700], True, id="one was renewed since"),
        pytest.param([60, 6000], False, id="two sessions are no pool"),
        pytest.param([], False, id="none"),
    ],
)
def test_what_opens_no_more_renews_nothing(ages, renews):
    assert may_renew(opened("web", ages), NOW) is renews


def test_a_pool_that_uses_its_newest_session_again_renews_its_sessions():
    """Last in, first out: the one that is used was renewed, and those behind it wait as they were opened."""
    behind, top = opened("web", [40000 + place for place in range(30)]), session(99, seconds=20)
    used = top._replace(backend_start=NOW - timedelta(seconds=9000))
    assert may_renew([*behind, used], NOW)
    assert not may_renew(behind, NOW)


def test_of_what_opened_one_session_or_none_nothing_is_known():
    assert not is_steady(opened("web", [900]), NOW)
    assert not is_steady([one._replace(backend_start=None) for one in opened("web", [900, 800])], NOW)


@pytest.mark.parametrize(("used", "forgotten"), [(1, True), (59, True), (600, True), (901, False), (7200, False)])
def test_a_session_is_forgotten_that_was_used_at_first_only(used, forgotten):
    (one,) = used_for(used, [session(1, seconds=900)])
    assert is_forgotten(one, NOW) is forgotten
    assert is_forgotten(one._replace(backend_start=None), NOW)


@pytest.mark.parametrize(
    ("state", "event", "seconds", "stalled"),
    [
        ("active", "ClientWrite", 11, True),
        ("active", "ClientRead", 3600, True),
        ("active", "ClientWrite", 9, False),
        ("idle", "ClientRead", 3600, False),
        ("idle in transaction", "ClientRead", 3600, False),
        ("active", "DataFileRead", 3600, False),
        ("active", "", 3600, False),
    ],
)
def test_a_statement_that_has_run_for_long_and_waits_for_its_client_is_stalled(state, event, seconds, stalled):
    one = session(1, "export", state, seconds, wait_type="Client", wait_event=event)
    assert is_stalled(one, NOW) is stalled
    assert not is_stalled(one._replace(backend_type="walsender"), NOW)
    seen = snapshot(one, session(2, "web"))
    assert [each.pid for each in seen.other_waits()] == ([1] if stalled else [])
    (group,) = [
        g for g in connection_limit_dicts(seen, Exclusions(), 9)[0]["applications"] if g["application"] == "export"
    ]
    assert group["waiting_for_client"] == stalled


def in_order(names, **more):
    """One session after the other, each of the application of this letter."""
    return [
        session(1 + place, name, seconds=900 - place, client="10.0.0.2", **more) for place, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("names", "interleaved"),
    [
        pytest.param("wwjwwwjwwjwwww", True, id="a pooler's, by the last client"),
        pytest.param("wjwj" * 4, True, id="by turns"),
        pytest.param("jjwwwwwwwwwwww", False, id="a leak beside a worker of the same host"),
        pytest.param("jjwwwwwwwwwwjj", False, id="the worker opened some later"),
        pytest.param("wwwwwwjwwwwwww", False, id="one job in between"),
        pytest.param("wwwwwwwwwwwwww", False, id="alone"),
    ],
)
def test_sessions_of_a_pooler_have_the_names_of_its_clients(names, interleaved):
    beside = in_order(names)
    own = [one for one in beside if one.application == "w"]
    assert is_interleaved(own, beside) is interleaved
    apart = [one if one.application == "w" else one._replace(client="10.0.0.3") for one in beside]
    assert not is_interleaved(own, apart), "of another host"
    roles = [one if one.application == "w" else one._replace(user="job") for one in beside]
    assert not is_interleaved(own, roles), "of another role"
    hosts = [one._replace(client=f"10.0.0.{one.pid}") for one in own]
    assert not is_interleaved(hosts, hosts), "of many hosts"
