"""To which release a rollback goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.release_goal import (
    LAST_GOOD,
    further_back,
    goal,
    left_for,
)
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import snapshot_of

from ..facts import OLD, container, project


def taken(*containers, label="", revision=""):
    return snapshot_of(project(*containers), {}, {"revision": revision}, label)


def test_the_last_good_one_is_of_what_does_not_run():
    old, bad = taken(container(image=OLD), label="one"), taken(container(), label="two")
    found, why = goal(LAST_GOOD, [bad, old], project(container()), [], "")
    assert (found.label, why) == ("one", "")
    unhealthy = taken(container(health="unhealthy", image=OLD))
    assert goal(LAST_GOOD, [unhealthy], project(container()), [], "")[0] is None
    assert goal(LAST_GOOD, [bad], project(container()), [], "")[0].label == "two", "a no-op, and it will say so"


def test_by_name_by_label_and_by_revision():
    one = taken(container(image=OLD), label="v1", revision="a" * 40)
    for wanted, revision in (("v1", ""), (one.name, ""), ("HEAD~1", "a" * 40)):
        assert goal(wanted, [one], project(container()), [], revision)[0] is one
    assert "its images are not known" in goal("HEAD", [one], project(container()), [], "b" * 40)[1]
    assert "no snapshot" in goal("x", [one], project(container()), [], "")[1]


OLDEST = "sha256:" + "c" * 64
FORMS = {"v1": {"image": OLDEST}, "v2": {"image": OLD}, "v3": {}}


def history(*said):
    """Snapshots, the newest first, each as ``v2`` or, of one that is not good, ``v2 bad``."""
    return [
        replace(taken(container(**FORMS[text[:2]]), label=text[:2]), good="bad" not in text, at=f"{9 - place}")
        for place, text in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("snapshots", "runs", "goes_to"),
    [
        pytest.param(["v2", "v1"], "v3", "v2", id="the one before"),
        pytest.param(["v3 bad", "v2", "v1"], "v3", "v2", id="the one before, cut off before it began"),
        pytest.param(["v3 bad", "v3 bad", "v2", "v1"], "v2", "v2", id="the same again goes no further"),
        pytest.param(["v2", "v1"], "v2", "v1", id="what runs was recorded when it still looked well"),
        pytest.param(["v2 bad", "v2", "v1"], "v2", "v1", id="and when it no longer did"),
        pytest.param(["v2 bad", "v3 bad", "v2", "v1"], "v3", "v2", id="after an undo"),
        pytest.param(["v2", "v3 bad", "v2", "v1"], "v3", "v2", id="a second deployment after the rollback"),
        pytest.param(["v3 bad", "v2", "v1"], "v1", "v1", id="by hand to an older one"),
        pytest.param(["v2", "v1"], "v1", "v1", id="by hand, while the newer one still looked well"),
        pytest.param(["v1", "v2", "v1"], "v1", "v1", id="by hand, and recorded since"),
        pytest.param(["v1", "v2", "v1"], "v3", "v1", id="a deployment after that"),
    ],
)
def test_the_same_rollback_again_goes_no_further_back(snapshots, runs, goes_to):
    now, recorded = project(container(**FORMS[runs])), history(*snapshots)
    found, why = goal(LAST_GOOD, recorded, now, [], "")
    assert found is not None
    assert (found.label, why) == (goes_to, "")
    if goes_to == runs == "v2":
        assert further_back(found, recorded, now) == ["v1"]
    if "v2" in snapshots and goes_to == runs == "v1":
        assert "v2" in [*further_back(found, recorded, now), *left_for(found, recorded, now)], "what was left is named"


JOBS = {"web": {}, "job": {}, "db": {"volumes": [{"type": "volume", "source": "data", "target": "/var/lib/x"}]}}


def site(web, job="v1", db="v1", **of_web):
    """Three services, each with the image of a release; the first is the one that a release is about."""
    names = {"web": web, "job": job, "db": db}
    others = [container(name, **FORMS[release], mounts=[]) for name, release in names.items() if name != "web"]
    return project(container("web", **FORMS[web], **of_web), *others, services=JOBS)


def recorded(*sites):
    """Good snapshots of these, the newest first, with the release of the first service as their label."""
    found = [snapshot_of(each, {}, {}, f"s{len(sites) - place}") for place, each in enumerate(sites)]
    return [replace(snapshot, at=f"{9 - place}", good=True) for place, snapshot in enumerate(found)]


@pytest.mark.parametrize(
    ("snapshots", "runs", "goes_to"),
    [
        # A database, which is left alone, has a newer image than every snapshot: that is no other release.
        ([site("v2"), site("v1")], site("v2", db="v3"), "s1"),
        ([site("v2", db="v2"), site("v1")], site("v2", db="v3"), "s1"),
        # One service alone was gone back to by hand: no rollback takes it forward again.
        ([site("v2", job="v2"), site("v1")], site("v1", job="v2"), "s1"),
        ([site("v3", job="v3"), site("v2", job="v2"), site("v1")], site("v1", job="v3"), "s1"),
        ([site("v2", job="v2"), site("v2", job="v1"), site("v1")], site("v2", job="v1"), "s2"),
        # A new service image that no snapshot knows: the newest good one, as ever.
        ([site("v2", job="v2"), site("v1")], site("v3", job="v2"), "s2"),
    ],
)
def test_no_service_goes_forward_and_what_is_left_alone_is_no_other_release(snapshots, runs, goes_to):
    found, dummy = goal(LAST_GOOD, recorded(*snapshots), runs, [], "")
    assert found is not None
    assert found.label == goes_to


def test_a_service_that_is_named_counts_also_where_it_is_left_alone_else():
    both = recorded(site("v2"), site("v1"))
    found, dummy = goal(LAST_GOOD, both, site("v2", db="v3"), ["db"], "")
    assert found is not None
    assert found.label == "s2"


def both(web, worker, label, at):
    """A snapshot of two services, each with one of the images of FORMS."""
    services: dict[str, Any] = {"web": {}, "worker": {}}
    found = project(container(**FORMS[web]), container("worker", **FORMS[worker]), services=services)
    return replace(snapshot_of(found, {}, {}, label), at=at)


def test_what_was_gone_back_from_for_one_service_is_a_good_state_of_another():
    """web went back from v2 to v1. The worker's newest release, v3, is bad, and its v2 ran well beside the bad web."""
    first, second = both("v1", "v1", "first", "1"), both("v2", "v2", "second", "2").left_by(["web"])
    assert (second.good, second.good_for([]), second.good_for(["web"]), second.good_for(["worker"])) == (
        False, False, False, True,
    )  # fmt: skip
    now = project(container(**FORMS["v1"]), container("worker"), services={"web": {}, "worker": {}})
    assert goal(LAST_GOOD, [second, first], now, ["worker"], "")[0] == second
    assert goal(LAST_GOOD, [second, first], now, [], "")[0] == first
    assert goal(LAST_GOOD, [second, first], now, ["web", "worker"], "")[0] == first
    left = second.left_by(["worker"])
    assert left.left == ("web", "worker")
    assert goal(LAST_GOOD, [left, first], now, ["worker"], "")[0] == first
    never = replace(both("v2", "v2", "never", "2"), good=False).left_by(["web"])
    assert not never.good_for(["worker"]), "it was never a good one"
