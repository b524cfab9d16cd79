from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._announce.held_messages import held_values, plans_by_mail

from support.incident_events import event

ACTIONS = [{"target": f"t{number}", "action": "restart", "who": f"web-{number}"} for number in range(9)]
MADE = {"workflow": 41, "job": 42}
SITE = {"awx_url": "https://awx.test", "approvers": ["ada@z", "bob@z"]}


def held(**note):
    plan = {"digest": "d" * 64, "actions": ACTIONS}
    return event("held", 1, seq=2, mitigation="restart_services", plan=plan, reasons=["too many"], **note)


def test_a_plan_has_its_first_actions_and_the_page_on_which_it_is_approved():
    values = held_values(held(made_in=MADE), SITE)
    (plan,) = values["plans"]
    assert (plan["digest"], plan["actions"][0], len(plan["actions"])) == ("d" * 12, "restart web-0", 6)
    assert plan["more"] == 3
    assert (values["reasons"], values["address"]) == (["too many"], "https://awx.test/#/jobs/workflow/41/output")
    assert held_values(held(), SITE)["address"] == ""
    assert held_values(held(made_in=MADE), {"awx_url": ""})["address"] == ""


def test_the_page_is_that_of_the_site_and_never_one_of_the_log():
    found = held_values(held(made_in={**MADE, "address": "https://evil.test"}), SITE)
    assert found["address"].startswith("https://awx.test/")


def test_each_approver_has_a_mail_of_their_own():
    found = plans_by_mail([event("noted", 0, seq=1), held()], SITE, lambda **more: {"incident": "i", **more})
    assert [(message.key, message.lane) for message in found] == [
        ("mail/held/2/ada@z", "ada@z"), ("mail/held/2/bob@z", "bob@z"),
    ]  # fmt: skip
    assert (found[0].values["incident"], found[0].values["to"]) == ("i", "ada@z")
    assert plans_by_mail([held()], {**SITE, "approvers": []}, dict) == []
