from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.outcome import outcome_of


@pytest.mark.parametrize(
    ("before", "after", "left", "seconds", "outcome", "kept"),
    [
        pytest.param(100, 0, 0, 0.1, "recovered", True, id="everybody is free"),
        pytest.param(100, 0, 0, None, "improved", False, id="free to look at, but somebody promised still waits"),
        pytest.param(100, 5, 5, 0.1, "improved", True, id="only those are left that were not promised"),
        pytest.param(100, 50, 0, None, "improved", False, id="half"),
        pytest.param(100, 100, 0, None, "unchanged", False, id="nothing"),
        pytest.param(100, 120, 0, 0.1, "worse", False, id="more than before"),
    ],
)
def test_says_whether_it_helped(before, after, left, seconds, outcome, kept):
    said = outcome_of(before, after, left, seconds)
    assert (said["outcome"], said["kept"]) == (outcome, kept)


def test_an_act_that_was_stopped_is_no_recovery():
    said = outcome_of(100, 0, 0, 0.1, "100 sessions have queued up again")
    assert (said["outcome"], said["kept"]) == ("improved", False)
