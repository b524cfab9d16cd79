"""Random compose projects for real: a healthy one is left alone, a fault is named, and no other container is touched.

A project is a seed (`support.compose_sites`). `make test` plays the first of them, `make test-all` all.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rehearsal import engine
from rehearsal.errors import PlatformError
from support.compose_sites.description import broken, healthy
from support.compose_sites.stage import play_broken, play_healthy
from support.compose_sites.whole_playbooks import play_broken_sites, play_healthy_sites
from support.scope import ALL, left_out

WHOLE = int(os.environ.get("PAFAR_RANDOM_PROJECTS", "100"))
SITES = WHOLE if ALL else max(1, WHOLE // 10)
FIRST = int(os.environ.get("PAFAR_FIRST_PROJECT", "1"))
AT_ONCE = 3
PLAYED = WHOLE if ALL else AT_ONCE  # on which the playbooks are run, too
MAY_MISS = 3 / 100  # of the faults; no other container is ever touched


@pytest.fixture(autouse=True)
def _engine():
    try:
        engine.require_engine()
        engine.compose_command()
    except PlatformError as problem:
        pytest.skip(f"NOT RUN: {problem}")
    engine.get_base_image(lambda dummy: None)


def played(kind, make, play, folder):
    left_out(f"random compose projects, {kind}", WHOLE - SITES)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda seed: play(make(seed), folder / str(seed)), range(FIRST, FIRST + SITES)))
    for result in results:
        print(result.report())
    return results


def test_nothing_is_planned_and_nothing_is_named_in_a_healthy_project(tmp_path):
    results = played("healthy", healthy, play_healthy, tmp_path)
    assert not [result.report() for result in results if result.wrong]


def test_a_fault_is_named_and_no_other_container_is_touched(tmp_path):
    results = played("with a fault", broken, play_broken, tmp_path)
    assert not [result.report() for result in results if any("touched" in text for text in result.wrong)]
    assert not [result.report() for result in results if any("another service" in text for text in result.wrong)]
    for missed in ([each for each in results if not each.named], [each for each in results if not each.right]):
        assert len(missed) <= MAY_MISS * len(results), [result.report() for result in missed]


def played_whole(kind, make, play, folder):
    left_out(f"playbooks on random compose projects, {kind}", WHOLE - PLAYED)
    seeds = range(FIRST, FIRST + PLAYED)
    batches = [[make(seed) for seed in seeds[start : start + AT_ONCE]] for start in range(0, PLAYED, AT_ONCE)]
    results = [result for number, batch in enumerate(batches) for result in play(batch, folder / f"batch{number}")]
    for result in results:
        print(result.report())
    return results


def test_the_playbooks_do_nothing_in_healthy_projects(tmp_path):
    results = played_whole("healthy", healthy, play_healthy_sites, tmp_path)
    assert not [result.report() for result in results if result.wrong]


def test_the_playbooks_mend_a_fault_and_touch_nothing_else(tmp_path):
    results = played_whole("with a fault", broken, play_broken_sites, tmp_path)
    assert not [result.report() for result in results if any("touched" in text for text in result.wrong)]
    missed = [result.report() for result in results if not result.right]
    assert len(missed) <= MAY_MISS * len(results), missed
