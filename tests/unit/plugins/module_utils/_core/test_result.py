"""The one way to act: narrowed, refused, done or not, and one result."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import (
    BusyError,
    InputError,
    ServerError,
    StaleApproval,
)
from ansible_collections.pafar.runbook.plugins.module_utils._core.plan import Item, Plan, diff_of, plan_dict
from ansible_collections.pafar.runbook.plugins.module_utils._core.result import (
    NOTHING_DONE,
    ActResult,
    After,
    Before,
    NotDone,
    PlannedAct,
    carry_out,
)

PLAN = Plan("mend", (Item("a@1", "broken"), Item("b@2", "broken")))


@dataclass(frozen=True)
class Mending(PlannedAct):
    plan: Plan = PLAN
    broken: int = 2

    def as_dict(self):
        return plan_dict(self.plan, self.broken, "broken things")

    def diff(self):
        return diff_of("things", self.plan.targets, [])


@dataclass
class Mend:
    gone: tuple = ()
    acted: list = field(default_factory=list)

    def look(self, planned):
        return Before({"broken": 2}, 2, {"reversible": True}, {"plan": planned.plan.targets})

    def act(self, planned):
        done = [target for target in planned.plan.targets if target not in self.gone]
        self.acted += done
        missed = [NotDone(target=target, reason="moved on") for target in self.gone]
        return After([f"mended {target}" for target in done], {"broken": 2 - len(done)}, 2 - len(done), missed)


def run(only=None, check_mode=False, planned=None, **more):
    act = Mend(**more)
    return carry_out(planned or Mending(), only, check_mode, act, itertools.count(10, 3).__next__), act


def test_every_key_of_the_result_is_there_in_both_modes():
    for check_mode in (True, False):
        assert set(run(check_mode=check_mode)[0]) == set(ActResult.__annotations__)


def test_check_mode_returns_the_very_plan_and_acts_on_nothing():
    told, act = run(check_mode=True)
    done, dummy = run()
    assert act.acted == []
    assert told["plan"] == done["plan"]
    assert (told["changed"], told["done"], told["remaining"], told["seconds"]) == (True, [], 2, None)
    assert told["after"] == told["before"] == done["before"]
    assert (done["changed"], done["remaining"], done["seconds"], done["after"]) == (True, 0, 3, {"broken": 0})


def test_it_acts_on_what_is_both_planned_and_approved():
    done, act = run(only=["b@2", "c@3"])
    assert act.acted == ["b@2"]
    assert [item["target"] for item in done["plan"]["actions"]] == ["b@2"]
    assert done["evidence"] == {"plan": ("b@2",)}


def test_an_empty_approval_approves_nothing_and_is_no_error():
    done, act = run(only=[])
    assert (act.acted, done["changed"], done["undo"]) == ([], False, NOTHING_DONE)


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    "planned", [Mending(), Mending(Plan("mend"), 2)], ids=["a plan", "late, but none may be mended"]
)
def test_a_stale_approval_is_refused(check_mode, planned):
    with pytest.raises(StaleApproval, match=r"None of the 1 approved target\(s\) is in the present plan \(z@9\)"):
        run(["z@9"], check_mode, planned)


def test_where_nothing_is_late_an_approval_has_been_carried_out_already():
    assert not run(["a@1"], planned=Mending(Plan("mend"), 0))[0]["changed"]


@pytest.mark.parametrize("target", ["", "a b", "a,b", "a\n"])
def test_what_cannot_be_a_target_is_refused_before_anything_else(target):
    with pytest.raises(InputError, match="does not identify a target"):
        run([target])


def test_what_had_moved_on_is_told_with_its_reason():
    done, dummy = run(gone=("a@1",))
    assert done["not_done"] == [{"target": "a@1", "reason": "moved on"}]
    assert (done["changed"], done["remaining"]) == (True, 1)
    assert not run(only=["a@1"], gone=("a@1",))[0]["changed"]


@pytest.mark.parametrize(
    ("error", "begun"), [(ServerError("the connection is lost"), True), (BusyError("another"), False)]
)
def test_a_failure_on_the_way_says_whether_the_act_had_begun(error, begun):
    @dataclass
    class Fails(Mend):
        def act(self, _planned):
            raise error

    with pytest.raises(type(error)) as caught:
        carry_out(Mending(), None, False, Fails(), itertools.count().__next__)
    assert caught.value.details["begun"] is begun


def test_a_refusal_says_nothing_of_a_beginning():
    with pytest.raises(StaleApproval) as caught:
        run(only=["c@3"])
    assert "begun" not in caught.value.details
