"""Which snapshots a rollback marks as no good state to come back to."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.rollback import RollBack
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.snapshots import Snapshots
from ansible_collections.pafar.runbook.plugins.module_utils._compose.release import Recorded, ReleaseSnapshot

OLD, NEW, DATA = ("sha256:" + letter * 64 for letter in "abd")


def snapshot(at, **images):
    services = {name: Recorded(image, "shop/app:latest", 1, "h") for name, image in images.items()}
    return ReleaseSnapshot("shop", at, True, services)


NOT_ASKED: Any = None  # neither engine nor project is asked
FIRST = snapshot("2026-11-23T120000Z", web=OLD, db=DATA)
SECOND = snapshot("2026-11-23T130000Z", web=NEW, db=DATA)


def good_after(folder, services, present=SECOND, marks=True):
    """Names of the snapshots that are good still, after ``services`` were rolled back from ``present``."""
    store = Snapshots(str(folder), "shop")
    for kept in (FIRST, SECOND):
        store.keep(kept)
    RollBack(NOT_ASKED, NOT_ASKED, store, marks, {}, None, present=present).mark(services)
    return {kept.name for kept in store.newest_first() if kept.good}


@pytest.mark.parametrize("present", [FIRST, SECOND, snapshot("2026-11-23T140000Z")])
def test_where_no_service_is_rolled_back_every_good_snapshot_stays_good(tmp_path, present):
    assert good_after(tmp_path, [], present) == {FIRST.name, SECOND.name}


@pytest.mark.parametrize("services", [["web"], ["web", "db"]])
def test_what_was_gone_back_from_is_no_good_state(tmp_path, services):
    assert good_after(tmp_path, services) == {FIRST.name}


@pytest.mark.parametrize(
    ("services", "present", "marks"),
    [
        pytest.param(["web"], SECOND, False, id="an undo goes forward"),
        pytest.param(["web"], None, True, id="what ran is not known"),
        pytest.param(["api"], SECOND, True, id="a service that neither records"),
    ],
)
def test_nothing_is_marked_elsewhere(tmp_path, services, present, marks):
    assert good_after(tmp_path, services, present, marks) == {FIRST.name, SECOND.name}


def test_a_mark_says_of_which_services_and_survives_the_file(tmp_path):
    assert good_after(tmp_path, ["web"]) == {FIRST.name}
    second = next(kept for kept in Snapshots(str(tmp_path), "shop").newest_first() if kept.name == SECOND.name)
    assert (second.left, second.good_for(["db"]), second.good_for(["web"])) == (("web",), True, False)
    assert "left" not in second.as_result()
