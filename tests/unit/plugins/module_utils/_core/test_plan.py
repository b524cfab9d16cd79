from __future__ import annotations

import re

from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item, Plan

ONE, TWO = Item("1@a/b", "in the way", "cancel"), Item("2@a/b", "in the way", "terminate")
PLAN = Plan("unblock", (ONE, TWO), (Item("3@a/b", "is a backup"),))


def test_the_digest_is_of_the_acts_and_targets_alone():
    retold = Plan("unblock", (Item("2@a/b", "other words", "terminate"), ONE))
    assert re.fullmatch("[0-9a-f]{64}", PLAN.digest)
    assert retold.digest == PLAN.digest


def test_the_digest_changes_with_the_act_the_target_and_the_verb():
    others = [
        Plan("unblock", (Item("1@a/b", "in the way", "terminate"), TWO)),
        Plan("unblock", (ONE, Item("2@a/c", "in the way", "terminate"))),
        Plan("restart", (ONE, TWO)),
        Plan("unblock", (ONE,)),
        Plan("unblock"),
    ]
    assert len({plan.digest for plan in [PLAN, *others]}) == 6


def test_the_digest_names_the_worst_act_and_not_the_one_that_comes_first():
    """A busy holder is cancelled or terminated first, whatever it does at the moment of the look."""
    active, idle = (Item("1@a/b", "in the way", act, worst="terminate") for act in ("cancel", "terminate"))
    assert Plan("unblock", (active,)).digest == Plan("unblock", (idle,)).digest
    assert Plan("unblock", (active,)).digest == Plan("unblock", (Item("1@a/b", "", "terminate"),)).digest
    assert Plan("unblock", (active,)).digest != Plan("unblock", (Item("1@a/b", "", "cancel"),)).digest


def test_approval_narrows_and_never_widens():
    narrowed = PLAN.narrowed_to(["2@a/b", "9@a/b"])
    assert narrowed.targets == ("2@a/b",)
    assert [item.target for item in narrowed.excluded] == ["3@a/b", "1@a/b", "9@a/b"]
    assert "not among the approved targets" in narrowed.excluded[1].reason
    assert "not in the present plan" in narrowed.excluded[2].reason


def test_nobody_approved_and_nothing_approved_are_different():
    assert PLAN.narrowed_to(None) == PLAN
    assert PLAN.narrowed_to([]).actions == ()
