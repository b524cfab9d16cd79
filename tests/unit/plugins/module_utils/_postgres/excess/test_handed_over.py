"""The plan for the targets of a diagnosis."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.handed_over import (
    named_by,
    out_of_reach,
    parts_for,
)

from support.database_reports import beyond, ending, to_end

BOUNDED = to_end("idle", "feed", 1, 9)


def plan():
    bounded = [item.__class__(item.target, "the bound is 2", "", item.detail) for item in BOUNDED]
    return ending(
        *to_end("idle", "feed", 2), *to_end("running", "web", 1, 20), excluded=[*bounded, *beyond("job", 1, 30)]
    )


def test_what_a_rule_names():
    assert named_by(plan(), "idle") == ["1@x/y", "2@x/y", "9@x/y"]
    assert named_by(plan(), "idle", ["web"]) == []
    assert named_by(plan(), "running", ["web"]) == ["20@x/y"]
    assert [item["pid"] for item in out_of_reach(plan())] == [30]
    assert out_of_reach(plan(), ["web"]) == []


def test_a_plan_for_some_targets_has_a_digest_of_its_own():
    parts = parts_for(plan(), {"1@x/y": "", "9@x/y": "", "20@x/y": "by a person"})
    idle, others = parts["harmless"], parts["others"]
    assert (idle["affected_before"], idle["affected_after"], idle["harmless"]) == (2, 1, True)
    assert [item["target"] for item in idle["actions"]] == ["1@x/y"]
    assert idle["excluded"][0]["reason"] == "the bound is 2"
    assert [item["needs_approval"] for item in others["actions"]] == ["by a person"]
    assert len({idle["digest"], others["digest"], plan()["digest"]}) == 3
    assert parts_for(plan(), {"1@x/y": ""})["harmless"]["digest"] == idle["digest"]


def test_targets_that_are_not_in_the_plan_are_not_in_the_part():
    parts = parts_for(plan(), {"77@x/y": ""})
    assert [parts["harmless"]["affected_before"], parts["others"]["affected_before"]] == [0, 0]
