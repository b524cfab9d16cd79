"""Of which revision what runs was made: the checkout is ahead of it between a pull and the next `up`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.running_revision import (
    as_first_recorded,
    of_what_runs,
    recorded_for,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import Recorded, ReleaseSnapshot

from ..facts import NEW, NOW, OLD, container, project, volume

FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40
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


def one_off(one):
    return replace(one, one_off=True, state="exited")


ONE = at((DEPLOYED, FIRST))
MOVES = ((PULLED, SECOND), (DEPLOYED, FIRST))
PULL = at(*MOVES)


DB = {"ref": "postgres:16", "image": "sha256:" + "c" * 64, "mounts": [volume("data")]}


@pytest.mark.parametrize(
    ("running", "now", "moves", "known"),
    [
        pytest.param([app()], head(FIRST), ONE, FIRST, id="deployed"),
        pytest.param(
            [app(), app("db", age=90000, image=OLD)], head(FIRST), ONE, FIRST, id="one was not made anew by it"
        ),
        pytest.param([app()], head(FIRST), at((60, FIRST), (300, FIRST), (DEPLOYED, FIRST)), FIRST, id="reset again"),
        pytest.param([app()], head(FIRST), at((60, FIRST), (300, SECOND), (DEPLOYED, FIRST)), FIRST, id="looked away"),
        pytest.param([app()], head(SECOND, 300), PULL, FIRST, id="pulled, not built"),
        pytest.param([app()], head(SECOND, 5000), PULL, FIRST, id="pulled an old commit"),
        pytest.param([app()], head(THIRD, 90), at((60, THIRD), *MOVES), FIRST, id="pulled again and again"),
        pytest.param([app(age=100)], head(THIRD, 90), at((60, THIRD), *MOVES), SECOND, id="deployed in between"),
        pytest.param([app(age=100)], head(SECOND, 300), PULL, SECOND, id="deployed since"),
        pytest.param([app(), app(number=2, age=100)], head(SECOND, 300), PULL, FIRST, id="scaled up since"),
        pytest.param([app(), app("jobs", age=100)], head(SECOND, 300), PULL, FIRST, id="a service of the same image"),
        pytest.param([app(), one_off(app(image=OLD, age=100))], head(SECOND, 300), PULL, FIRST, id="a one-off run"),
        pytest.param([one_off(app())], head(FIRST), ONE, "", id="one-off runs alone"),
        pytest.param([app(age=100), app(number=2, age=90)], head(SECOND, 300), PULL, SECOND, id="each made anew"),
        pytest.param(
            [app(), app("jobs", ref="shop/jobs", image=OLD, age=100)],
            head(SECOND, 300),
            PULL,
            SECOND,
            id="another image",
        ),
        pytest.param([app()], head(FIRST), at((PULLED, FIRST)), FIRST, id="cloned anew, an old commit"),
        pytest.param([app()], head(SECOND, 300), at((PULLED, SECOND)), "", id="cloned anew, a newer commit"),
        pytest.param([app()], {**head(FIRST), "committed": None}, [], "", id="nothing is known of the checkout"),
        pytest.param([app()], {}, [], "", id="no checkout"),
        pytest.param([app()], {}, ONE, "", id="no checkout any more"),
        pytest.param([app(image=OLD)], head(FIRST), ONE, "", id="built, not up"),
        pytest.param([app(image=OLD)], head(SECOND, 300), PULL, "", id="pulled and built, not up"),
        pytest.param([app(ref="shop/app:v1", hash="x")], head(FIRST), ONE, "", id="the files name another image"),
        pytest.param([app(), app(number=2, image=OLD)], head(FIRST), ONE, "", id="half a deployment"),
        pytest.param([app(), app("job", image=OLD, state="exited", health="")], head(FIRST), ONE, FIRST, id="a job"),
    ],
)
def test_the_revision_is_the_one_that_was_checked_out_when_what_runs_was_deployed(running, now, moves, known):
    specs = {
        one.service: {"image": one.image_ref if one.image_ref == "shop/jobs" else "shop/app:latest"} for one in running
    }
    specs["db"] = {"image": "postgres:16"}
    assert of_what_runs(project(*running, services=specs), now, moves).get("revision", "") == known


def test_the_subject_goes_with_the_revision():
    moves = [(ago(PULLED), SECOND, "of the second"), (ago(DEPLOYED), FIRST, "of the first")]
    assert of_what_runs(project(app()), head(SECOND, 300), moves)["subject"] == "of the first"


@pytest.mark.parametrize(
    ("services", "known"),
    [
        pytest.param({"web": {"build": {"context": "."}}}, FIRST, id="beside what is built"),
        pytest.param({"web": {}}, SECOND, id="nothing is built, so that it may be one's own"),
        pytest.param(
            {"web": {"build": {"context": "."}}, "db": {"build": {"context": "db"}}}, SECOND, id="built itself"
        ),
    ],
)
def test_a_database_that_was_made_anew_after_a_pull_does_not_date_the_checkout(services, known):
    specs: dict[str, Any] = {"db": {}, **services}
    specs["db"] = {"image": "postgres:16", **specs["db"]}
    found = project(app(), app("db", age=100, **DB), services=specs)
    assert of_what_runs(found, head(SECOND, 300), PULL)["revision"] == known


BUILT = {"build": {"context": "."}, "image": "shop/app:latest"}


@pytest.mark.parametrize("ref", ["nginx:1.27", "redis:7", "traefik:v3"])
def test_what_is_not_built_does_not_date_the_checkout_beside_what_is(ref):
    other = app("other", age=100, ref=ref, image="sha256:" + "d" * 64)
    found = project(app(), other, services={"web": BUILT, "other": {"image": ref}})
    assert of_what_runs(found, head(SECOND, 300), PULL)["revision"] == FIRST
    alone = project(app(), other, services={"web": {"image": "shop/app:latest"}, "other": {"image": ref}})
    assert of_what_runs(alone, head(SECOND, 300), PULL)["revision"] == SECOND, "any of them may be one's own"


def test_a_worker_of_an_image_that_another_service_builds_is_dated_with_it():
    worker = app("worker", age=100)
    found = project(app(age=100), worker, services={"web": BUILT, "worker": {"image": "shop/app:latest"}})
    assert of_what_runs(found, head(SECOND, 300), PULL)["revision"] == SECOND


def test_a_newer_image_of_a_database_says_nothing_of_the_checkout():
    services: dict[str, Any] = {"web": {}, "db": {}}
    found = project(app(), app("db", image=OLD, mounts=[volume("data")]), services=services)
    assert of_what_runs(found, head(FIRST), ONE)["revision"] == FIRST
    other = project(app(), app("db", ref="postgres:16", hash="x", mounts=[volume("data")]), services=services)
    assert of_what_runs(other, head(FIRST), ONE) == {}, "its name in the files is another one"


def snapshot(at_, image, revision="", mixed=(), hash="h"):
    return ReleaseSnapshot("shop", at_, True, {"web": Recorded(image, "r", 1, hash, mixed=mixed)}, revision)


OLDER, IN_BETWEEN, LATER = snapshot("1", OLD, FIRST), snapshot("2", OLD), snapshot("3", OLD, SECOND)


@pytest.mark.parametrize(
    ("wanted", "snapshots", "revision"),
    [
        pytest.param(OLDER, [IN_BETWEEN, OLDER], FIRST, id="its own"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, OLDER], FIRST, id="of the same images"),
        pytest.param(IN_BETWEEN, [snapshot("3", OLD, SECOND), IN_BETWEEN, OLDER], FIRST, id="the oldest of them"),
        pytest.param(LATER, [LATER, IN_BETWEEN, OLDER], FIRST, id="its own is newer than the oldest"),
        pytest.param(LATER, [LATER, IN_BETWEEN, snapshot("1", NEW, FIRST)], SECOND, id="its own is the only one"),
        pytest.param(LATER, [LATER, snapshot("1", OLD, FIRST, (NEW,))], SECOND, id="its own, beside half a deployment"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, snapshot("1", NEW, FIRST)], "", id="other images"),
        pytest.param(IN_BETWEEN, [IN_BETWEEN, snapshot("1", OLD, FIRST, (NEW,))], "", id="half a deployment"),
        pytest.param(ReleaseSnapshot("shop", "2", True, {}), [OLDER], "", id="of no service"),
    ],
)
def test_a_snapshot_is_of_the_oldest_revision_that_was_recorded_with_its_images(wanted, snapshots, revision):
    assert recorded_for(wanted, snapshots, []) == revision


@pytest.mark.parametrize(("built", "revision"), [(["web"], FIRST), ([], SECOND), (["web", "proxy"], SECOND)])
def test_a_newer_proxy_makes_no_other_release_of_what_is_built(built, revision):
    def of(at_, proxy, revision_):
        services = {"web": Recorded(OLD, "r", 1, "h"), "proxy": Recorded(proxy, "nginx:1.27", 1, "h")}
        config = {"services": {name: {"build": {"context": "."}} if name in built else {} for name in services}}
        return ReleaseSnapshot("shop", at_, True, services, revision_, config=config)

    now, before = of("2", NEW, SECOND), of("1", OLD, FIRST)
    assert recorded_for(now, [now, before], []) == revision
    assert recorded_for(now, [now, before], ["web"]) == FIRST
    assert as_first_recorded(now, [before]).revision == revision


LEFT = snapshot("2", NEW, SECOND)


@pytest.mark.parametrize(
    ("taken", "snapshots", "revision"),
    [
        pytest.param(LATER, [LEFT, OLDER], FIRST, id="gone back"),
        pytest.param(LATER, [snapshot("2", OLD, THIRD), LEFT, OLDER], FIRST, id="first recorded"),
        pytest.param(LATER, [OLDER], FIRST, id="made anew of the same image"),
        pytest.param(LATER, [LEFT], SECOND, id="other images"),
        pytest.param(LATER, [LEFT, snapshot("1", OLD)], SECOND, id="its revision was not known"),
        pytest.param(LATER, [LEFT, snapshot("1", OLD, FIRST, hash="x")], SECOND, id="another configuration"),
        pytest.param(LATER, [LEFT, snapshot("1", OLD, FIRST, (NEW,))], SECOND, id="half a deployment"),
        pytest.param(IN_BETWEEN, [LEFT, OLDER], "", id="unknown stays unknown"),
    ],
)
def test_a_release_that_was_gone_back_to_keeps_the_revision_that_it_was_first_recorded_with(taken, snapshots, revision):
    assert as_first_recorded(taken, snapshots).revision == revision
