"""Of which revision what runs was made: the checkout is ahead of it between a pull and the next `up`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.running_revision import (
    of_what_runs,
    recorded_for,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import Recorded, ReleaseSnapshot

from ..facts import NEW, NOW, OLD, container, project, volume

FIRST, SECOND = "1" * 40, "2" * 40
DEPLOYED, PULLED = 4000, 200  # seconds ago; the containers were created 3600 seconds ago


def ago(seconds):
    return NOW.timestamp() - seconds


def head(revision, committed=5000):
    return {"revision": revision, "dirty": False, "subject": "s", "committed": ago(committed)}


def at(*moves):
    """Of the checkout, newest first: seconds ago, and the revision that it came to."""
    return [(ago(seconds), revision, "s") for seconds, revision in moves]


def app(*more, **named):
    return container(*more, **{"age": 3600, **named})


ONE = at((DEPLOYED, FIRST))
PULL = at((PULLED, SECOND), (DEPLOYED, FIRST))


@pytest.mark.parametrize(
    ("running", "now", "moves", "known"),
    [
        pytest.param([app()], head(FIRST), ONE, True, id="deployed"),
        pytest.param([app(), app("db", age=90000)], head(FIRST), ONE, True, id="one was not made anew by it"),
        pytest.param([app()], head(FIRST), at((60, FIRST), (300, FIRST), (DEPLOYED, FIRST)), True, id="reset again"),
        pytest.param([app()], head(FIRST), at((60, FIRST), (300, SECOND), (DEPLOYED, FIRST)), True, id="looked away"),
        pytest.param([app()], head(SECOND, 300), PULL, False, id="pulled, not built"),
        pytest.param([app()], head(SECOND, 5000), PULL, False, id="pulled an old commit"),
        pytest.param([app(), app(number=2, age=100)], head(SECOND, 300), PULL, True, id="deployed since"),
        pytest.param([app()], head(FIRST), at((PULLED, FIRST)), True, id="cloned anew, an old commit"),
        pytest.param([app()], head(SECOND, 300), at((PULLED, SECOND)), False, id="cloned anew, a newer commit"),
        pytest.param([app()], {**head(FIRST), "committed": None}, [], False, id="nothing is known of the checkout"),
        pytest.param([app()], {}, [], False, id="no checkout"),
        pytest.param([app(image=OLD)], head(FIRST), ONE, False, id="built, not up"),
        pytest.param([app(ref="shop/app:v1", hash="x")], head(FIRST), ONE, False, id="the files name another image"),
        pytest.param([app(), app(number=2, image=OLD)], head(FIRST), ONE, False, id="half a deployment"),
        pytest.param([app(), app("job", image=OLD, state="exited", health="")], head(FIRST), ONE, True, id="a job"),
    ],
)
def test_the_revision_of_the_checkout_is_that_of_what_runs_only_where_it_was_deployed(running, now, moves, known):
    found = project(*running, services={one.service: {} for one in running})
    assert bool(of_what_runs(found, now, moves)) is known


def test_a_newer_image_of_a_database_says_nothing_of_the_checkout():
    services: dict[str, Any] = {"web": {}, "db": {}}
    found = project(app(), app("db", image=OLD, mounts=[volume("data")]), services=services)
    assert of_what_runs(found, head(FIRST), ONE)["revision"] == FIRST
    other = project(app(), app("db", ref="postgres:16", hash="x", mounts=[volume("data")]), services=services)
    assert of_what_runs(other, head(FIRST), ONE) == {}, "its name in the files is another one"


def snapshot(at_, image, revision="", mixed=()):
    return ReleaseSnapshot("shop", at_, True, {"web": Recorded(image, "r", 1, "h", mixed=mixed)}, revision)


OLDER, IN_BETWEEN = snapshot("1", OLD, FIRST), snapshot("2", OLD)


@pytest.mark.parametrize(
    ("wanted", "snapshots", "revision"),
    [
        pytest.param(OLDER, [IN_BETWEEN, OLDER], FIRST, id="its own"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, OLDER], FIRST, id="of the same images"),
        pytest.param(IN_BETWEEN, [snapshot("3", OLD, SECOND), IN_BETWEEN, OLDER], FIRST, id="the oldest of them"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, snapshot("1", NEW, FIRST)], "", id="other images"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, snapshot("1", OLD, FIRST, (NEW,))], "", id="half a deployment"),
        pytest.param(ReleaseSnapshot("shop", "2", True, {}), [OLDER], "", id="of no service"),
    ],
)
def test_a_snapshot_without_a_revision_has_that_of_another_one_of_the_same_images(wanted, snapshots, revision):
    assert recorded_for(wanted, snapshots, []) == revision
