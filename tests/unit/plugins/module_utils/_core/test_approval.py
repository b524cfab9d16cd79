"""Approved targets: their form, and an approval of which nothing is in the present plan."""

from __future__ import annotations

import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.approval import (
    TargetForm,
    require_current,
    require_targets,
    typed_digests,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, StaleApproval
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item, Plan

SESSION = TargetForm(re.compile(r"\d+@\w+\Z"), "session", "7@start")
PLAN = Plan("end", (Item("a", "r"), Item("b", "r")))
EMPTY = Plan("end")


@pytest.mark.parametrize("target", ["7", "@x", "7@x y", "7@x\n", " 7@x"])
def test_a_text_of_another_form_is_refused_with_an_example(target):
    with pytest.raises(InputError, match=r"does not identify a session\. .*such as 7@start\. Nothing was done"):
        require_targets(["8@ok", target], SESSION)


@pytest.mark.parametrize("only", [None, [], ["7@x", "8@y"]])
def test_targets_of_the_form_pass(only):
    require_targets(only, SESSION)


@pytest.mark.parametrize(
    ("planned", "kept", "affected", "only"),
    [
        pytest.param(PLAN, PLAN, 2, None, id="no approval"),
        pytest.param(PLAN, EMPTY, 2, [], id="an empty approval approves nothing"),
        pytest.param(PLAN, Plan("end", PLAN.actions[:1]), 2, ["a", "z"], id="one target is left"),
        pytest.param(EMPTY, EMPTY, 0, ["z"], id="there is nothing to do"),
    ],
)
def test_an_approval_that_is_current(planned, kept, affected, only):
    require_current(planned, kept, affected, only)


@pytest.mark.parametrize(
    ("planned", "present"), [(PLAN, "The present plan has a, b"), (EMPTY, "The present plan has no action")]
)
def test_a_stale_approval_names_both_plans(planned, present):
    approved = ["w", "x", "y", "z"]
    with pytest.raises(StaleApproval, match=re.escape("4 approved target(s)")) as caught:
        require_current(planned, EMPTY, 3, approved)
    assert "(w, x, y, ...)" in str(caught.value)
    assert present in str(caught.value)
    assert caught.value.details == {"approved": approved, "affected": 3}


@pytest.mark.parametrize("given", ["8", "8" * 11, "a" * 12 + ",8", "g" * 12, "a" * 65, "all", "*", "a" * 12 + "\n;"])
def test_what_is_typed_must_be_the_digest_of_one_plan(given):
    """A character or two fit every plan that begins with them."""
    with pytest.raises(InputError, match=r"is no digest; give at least the first 12 .* Nothing was done"):
        typed_digests(given)


def test_digests_are_separated_by_commas_or_blanks():
    assert typed_digests(f"{'a' * 12}, {'B' * 64}\n") == ["a" * 12, "B" * 64]
    assert typed_digests("") == []
