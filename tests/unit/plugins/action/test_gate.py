from __future__ import annotations

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.pafar.runbook.plugins.action.gate import _exported, _targets
from ansible_collections.pafar.runbook.plugins.module_utils._core.gate import Decision


@pytest.mark.parametrize(
    ("given", "targets"),
    [
        pytest.param(None, None, id="nobody was asked"),
        pytest.param("", None, id="a survey left empty"),
        pytest.param([], [], id="nothing approved"),
        pytest.param(["1@a/b"], ["1@a/b"], id="a list"),
        pytest.param('["1@a/b", "2@a/b"]', ["1@a/b", "2@a/b"], id="a list as JSON"),
        pytest.param("1@a/b, 2@a/b\n3@a/b", ["1@a/b", "2@a/b", "3@a/b"], id="words of a survey"),
    ],
)
def test_reads_targets_as_people_and_workflows_hand_them_over(given, targets):
    assert _targets(given) == targets


@pytest.mark.parametrize("given", ["[1,", 7, [1], {"a": 1}])
def test_refuses_what_is_no_list_of_targets(given):
    with pytest.raises(AnsibleActionFail, match="approved_targets"):
        _targets(given)


def test_exports_what_the_next_job_needs():
    plan = {"digest": "d" * 64, "actions": [{"target": "t"}]}
    exported = _exported(plan, "unblock_sessions@db1", Decision(False, ("too many",)).as_dict())
    assert exported["data"]["incident_plan_targets"] == ["t"]
    assert exported["data"]["incident_plan_digest"] == {"unblock_sessions@db1": "d" * 64}
    assert not exported["per_host"]
