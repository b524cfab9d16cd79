"""The judge of the simulated sites finds what is wrong; the sites themselves find room on their servers."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from support.sites.crews import WORKS
from support.sites.description import FAULTS, SLOTS, Crew, Site, broken, healthy
from support.sites.oracle import Run, judge

POOL, ROOT = Crew("pool", "web"), Crew("stuck root", "worker", culprit=True)
ENDED = "{}|x|app| FATAL:  terminating connection due to administrator command"
CANCELLED = "{}|x|app| ERROR:  canceling statement due to user request"


def run(log=(), events=(), failed=()):
    return Run(list(events), list(log), {10: POOL, 20: ROOT}, {name: ["it broke"] for name in failed}, list(failed))


def event(kind, **note):
    return {"kind": kind, "note": note}


@pytest.mark.parametrize(
    "seen",
    [
        run([ENDED.format(10)]),
        run([CANCELLED.format(10)]),
        run([ENDED.format(99)]),
        run(events=[event("diagnosed", causes=[{"cause": "leak", "evidence": ["10"]}])]),
        run(events=[event("held", plan={"actions": [], "excluded": []})]),
        run(events=[event("mitigated", plan={"actions": []})]),
        run(failed=["db_lock_contention"]),
    ],
)
def test_a_healthy_site_is_wronged(seen):
    assert len(judge(Site(1, (POOL,)), seen)) == 1


def test_a_healthy_site_is_left_alone():
    assert judge(Site(1, (POOL,)), run(["10|web|app| ERROR:  deadlock detected"], [event("opened")])) == []


@pytest.mark.parametrize(
    ("seen", "wrong"),
    [
        (run([ENDED.format(20)], [event("mitigated", plan={"actions": [{"pid": 20}]})]), []),
        (run(events=[event("held", plan={"actions": [{"pid": 20}], "excluded": []})]), []),
        (run(events=[event("held", plan={"actions": [{"pid": 20}, {"pid": 10}], "excluded": []})]), ["neither"]),
        (run(events=[event("diagnosed", causes=[{"cause": "lock_queue", "evidence": ["20 waits"]}])]), ["neither"]),
        (run([ENDED.format(20), ENDED.format(10)], [event("mitigated", plan={"actions": [{"pid": 20}]})]), ["an"]),
        (run(), ["the", "neither"]),
    ],
)
def test_a_fault_is_named_and_relieved_without_harm(seen, wrong):
    assert [text.split(" ")[0] for text in judge(Site(1, (POOL, ROOT), fault="stuck root"), seen)] == wrong


@pytest.mark.parametrize("seed", range(1, 201))
def test_every_site_has_room_on_its_server_and_is_the_same_each_time(seed):
    for make in (healthy, broken):
        site = make(seed)
        assert site == make(seed)
        assert sum(crew.sessions for crew in site.crews) < SLOTS
        assert any(crew.culprit for crew in site.crews) == bool(site.fault)


def test_every_fault_comes_equally_often():
    number = Counter(broken(seed).fault for seed in range(1, 201))
    assert set(number) == set(FAULTS)
    assert max(number.values()) - min(number.values()) <= 1


TOOLS = {"dump", "base backup"}  # programs of their own


def test_every_crew_has_work_and_every_work_is_done_at_some_site():
    crews = [crew for seed in range(1, 201) for make in (healthy, broken) for crew in make(seed).crews]
    for crew in crews:
        if crew.kind not in TOOLS:
            assert isinstance(next(WORKS[crew.kind](crew, 0, random.Random(1))), str)
    assert {crew.kind for crew in crews} == set(WORKS) | TOOLS


@pytest.mark.parametrize("fault", ["stuck root", "forgotten prepared transaction", "queued DDL"])
def test_at_some_sites_those_who_suffer_open_a_connection_for_each_request(fault):
    patient = Counter(
        bool(crew.options.get("by"))
        for seed in range(1, 201)
        for crew in broken(seed, fault).crews
        if crew.kind == "sufferers"
    )
    assert patient[True] > 50
    assert patient[False] > 50
