from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.operator_messages import (
    by_mail,
    case_values,
    held_values,
)

from support.incident_events import event

ACTIONS = [{"target": f"t{number}", "action": "restart", "who": f"web-{number}"} for number in range(9)]
MADE = {"workflow": 41, "job": 42}
SITE = {"awx_url": "https://awx.test", "approvers": ["ada@z", "bob@z"], "vendors": {}}
STRIPE = {"name": "Stripe", "address": "https://support.test"}


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
    found = by_mail([event("noted", 0, seq=1), held()], SITE, lambda **more: {"incident": "i", **more})
    assert [(message.key, message.lane) for message in found] == [
        ("mail/held/2/ada@z", "ada@z"), ("mail/held/2/bob@z", "bob@z"),
    ]  # fmt: skip
    assert (found[0].values["incident"], found[0].values["to"]) == ("i", "ada@z")
    assert by_mail([held()], {**SITE, "approvers": []}, dict) == []


def diagnosed(cause="stripe_down", lines=("503 from Stripe, request id req_7",)):
    return event("diagnosed", 1, seq=3, cause=cause, lines=list(lines))


def test_a_support_case_has_what_was_measured_and_where_it_is_opened():
    site = {**SITE, "vendors": {"stripe_down": STRIPE}}
    values = case_values(diagnosed(), site)
    assert (values["vendor"], values["address"]) == ("Stripe", "https://support.test")
    assert values["lines"] == ["503 from Stripe, request id req_7"]
    (first, second) = by_mail([diagnosed()], site, lambda **more: {"incident": "i", **more})
    assert [first.key, second.key] == ["mail/vendor/3/ada@z", "mail/vendor/3/bob@z"]
    assert first.values["to"] == "ada@z"
    assert first.values["cause"] == "stripe_down"


@pytest.mark.parametrize(
    ("causes", "vendor"),
    [
        ([{"cause": "provider_fault", "detail": {"target": "maps"}}], "Google"),
        ([{"cause": "x", "detail": {"target": "maps"}}, {"cause": "provider_fault"}], "Any"),
        ([{"cause": "provider_fault", "detail": None}], "Any"), ("none", "Any"), (["x"], "Any"),
    ],
)  # fmt: skip
def test_of_a_cause_that_several_vendors_may_have_the_target_names_the_vendor(causes, vendor):
    site = {**SITE, "vendors": {"provider_fault/maps": {"name": "Google"}, "provider_fault": {"name": "Any"}}}
    found = diagnosed("provider_fault")
    found["note"]["causes"] = causes
    assert case_values(found, site)["vendor"] == vendor


def test_a_cause_that_is_of_no_vendor_has_no_support_case():
    site = {**SITE, "vendors": {"stripe_down": STRIPE, "maps_down": "Maps"}}
    for other in (diagnosed("payment_code"), diagnosed(""), diagnosed("maps_down"), event("noted", 1, seq=3, text="x")):
        assert case_values(other, site) == {}
        assert by_mail([other], site, dict) == []
    assert case_values(diagnosed(), SITE) == {}
