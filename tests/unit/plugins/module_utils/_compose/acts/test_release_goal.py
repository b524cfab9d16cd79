"""To which release a rollback goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.release_goal import (
    LAST_GOOD,
    further_back,
    goal,
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
        pytest.param(["v3 bad", "v2", "v1"], "v1", "v2", id="by hand to an older one"),
    ],
)
def test_the_same_rollback_again_goes_no_further_back(snapshots, runs, goes_to):
    now, recorded = project(container(**FORMS[runs])), history(*snapshots)
    found, why = goal(LAST_GOOD, recorded, now, [], "")
    assert found is not None
    assert (found.label, why) == (goes_to, "")
    if goes_to == runs:
        assert further_back(found, recorded, now) == ["v1"]
