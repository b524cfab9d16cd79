from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.operator_messages import (
    PROVIDERS,
    by_mail,
    case_values,
    held_values,
    is_waiting,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import (
    Message,
    due,
    entries_of,
    queued_note,
)
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis import network, payments

from support.incident_events import START, event
from support.reports import kind_of_record, log

from .._diagnosis.endpoint_facts import SERVICES, row

ACTIONS = [{"target": f"t{number}", "action": "restart", "who": f"web-{number}"} for number in range(9)]
MADE = {"workflow": 41, "job": 42}
SITE = {"awx_url": "https://awx.test", "approvers": ["ada@z", "bob@z"], "vendors": {}}
STRIPE = {"name": "Stripe", "address": "https://support.test"}


def held(**note):
    plan = {"digest": "d" * 64, "actions": ACTIONS}
    return event("held", 1, seq=2, mitigation="restart_services", plan=plan, reasons=["too many"], **note)


def test_of_many_reasons_the_number_that_is_left_out_is_said():
    plan = held()
    for number, last in ((5, "reason 4"), (6, "and 1 more, which our log has"), (9, "and 4 more, which our log has")):
        plan["note"]["reasons"] = [f"reason {each}" for each in range(number)]
        reasons = held_values(plan, SITE)["reasons"]
        assert (reasons[4], reasons[-1], len(reasons)) == ("reason 4", last, min(number, 6))


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


ACT = {"mitigation": "restart_services"}
DENIED = {"made_in": MADE, "approval": "denied", "task": "Approve", "message": "no"}


@pytest.mark.parametrize(
    ("kind", "note", "waits"),
    [
        ("intended", ACT, False), ("mitigated", ACT, False), ("held", ACT, False), ("handed_over", DENIED, False),
        ("mitigated", {"mitigation": "unblock_sessions"}, True), ("noted", ACT, True), ("approved", ACT, True),
        ("handed_over", {**DENIED, "made_in": {"workflow": 7, "job": 8}}, True),
    ],
)  # fmt: skip
def test_no_approval_is_asked_of_a_plan_that_waits_no_more(kind, note, waits):
    """A channel that was silent had "A plan waits for an approval" after the plan was carried out."""
    plan, later = held(made_in=MADE), event(kind, 2, seq=9, **note)
    mails = by_mail([plan], SITE, lambda **more: {"incident": "i", **more})
    logged = [event("message", 1, seq=3 + number, **queued_note(each)) for number, each in enumerate(mails)]
    states = {entry.message.key: entry.state for entry in entries_of([plan, *logged, later])}
    assert states == dict.fromkeys(("mail/held/2/ada@z", "mail/held/2/bob@z"), "queued" if waits else "replaced")
    assert is_waiting(plan, [plan, later]) is waits
    of_plan = [each.key for each in by_mail([plan, later], SITE, dict) if each.key.startswith("mail/held/2/")]
    assert len(of_plan) == (2 if waits else 0)
    later["host"] = "db2"
    assert is_waiting(plan, [plan, later]) is (waits or kind != "handed_over"), "a plan of another host"


@pytest.mark.parametrize(
    ("key", "states", "left"),
    [
        ("slack/held/2", [], "replaced"), ("slack/standing/held/2", ["failed"], "replaced"),
        ("slack/held/2", ["sending"], "sending"), ("slack/held/2", ["sending", "in_doubt"], "in_doubt"),
        ("slack/held/2", ["sending", "in_doubt", "sending", "failed"], "failed"),
        ("slack/held/2", ["sending", "sent"], "sent"),
        ("mail/held/2/a@z", ["sending", "in_doubt"], "replaced"), ("mail/held/2/a@z", ["sending"], "sending"),
        ("slack/held/21", [], "queued"), ("slack/vendor/2", [], "queued"),
    ],
)  # fmt: skip
def test_what_may_have_arrived_is_asked_for_and_no_second_copy_of_a_mail_goes_out(key, states, left):
    template = key.split("/")[-3 if "@" in key else -2]
    message = Message(key, key.partition("/")[0], template, {})
    told = [event("message", 1, **queued_note(message))]
    told += [event("message", 2, key=key, state=state) for state in states]
    (entry,) = entries_of([held(), *told, event("mitigated", 3, seq=9, **ACT)])
    assert entry.state == left
    assert left != "replaced" or entry.reason.startswith("its plan was carried out, refused or made again")
    assert len(due([entry], START.replace(hour=20))) == (left not in ("replaced", "sent"))


def diagnosed(cause="stripe_down", lines=("503 from Stripe, request id req_7",)):
    return event("diagnosed", 1, seq=3, cause=cause, lines=list(lines))


def test_a_support_case_has_what_was_measured_and_where_it_is_opened():
    site = {**SITE, "vendors": {"stripe_down": STRIPE}}
    (values,) = case_values(diagnosed(), site)
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
    (values,) = case_values(found, site)
    assert values["vendor"] == vendor


def fault(target, *lines):
    return {"cause": "provider_fault", "detail": {"target": target}, "evidence": list(lines)}


@pytest.mark.parametrize(
    ("cause", "causes", "cases"),
    [
        ("provider_fault", [fault("maps")], [("maps", "vendors['provider_fault/maps']", ["503"])]),
        ("provider_fault", [], [("the provider", "vendors['provider_fault']", ["503"])]),
        ("stripe_slow", [], [("Stripe", "vendors['stripe_slow']", ["503"])]),
        ("disk_full", [{"cause": "disk_full"}, fault("maps", "timed out, id 9")],
         [("maps", "vendors['provider_fault/maps']", ["timed out, id 9"])]),
        ("provider_fault", [fault("maps", "x"), fault("stripe", "y")],
         [("maps", "vendors['provider_fault/maps']", ["x"]), ("stripe", "vendors['provider_fault/stripe']", ["y"])]),
        ("stripe_down", [{"cause": "stripe_down"}, fault("stripe", "y")],
         [("Stripe", "vendors['stripe_down']", ["503"])]),
    ],
)  # fmt: skip
def test_a_provider_s_fault_has_its_case_also_where_no_vendor_is_set(cause, causes, cases):
    """Without a table of vendors a provider's fault led to no text at all, and nothing said so."""
    found = diagnosed(cause, ["503"])
    found["note"]["causes"] = causes
    values = case_values(found, SITE)
    assert [(each["vendor"], each["setting"], each["lines"]) for each in values] == cases
    assert {each["address"] for each in values} == {""}
    mails = [message.key for message in by_mail([found], SITE, dict) if message.lane == "ada@z"]
    assert mails == ["mail/vendor/3/ada@z", "mail/vendor/3.2/ada@z"][: len(cases)]


@pytest.mark.parametrize(
    ("error", "id"),
    [
        ("stripe.error.APIError: Request req_8aHfK3L2m9Qx: An error occurred with our connection", "req_8aHfK3L2m9Qx"),
        ("Stripe::APIError: (Status 500) (Request req_Zz11Yy22Xx33) We are having trouble", "req_Zz11Yy22Xx33"),
    ],
)
def test_the_case_of_a_diagnosis_has_the_ids_of_the_requests_and_nothing_of_our_own_payments(error, id):
    down = row("backend", "stripe", "down", "protocol", "it fails (500)", judge="stripe", fault_of="theirs", status=500)
    known = payments.Known(2, open=2)
    causes = payments.diagnose_payments([down], SERVICES, log(kind_of_record(error)), known, ["backend"], 7200)
    told = causes.as_dict()
    found = event("diagnosed", 1, seq=3, cause=told["cause"], causes=told["causes"], lines=told["lines"])
    (values,) = case_values(found, SITE)
    assert (values["vendor"], values["cause"]) == ("Stripe", "stripe_down")
    assert any(id in line for line in values["lines"]), values["lines"]
    assert not [line for line in values["lines"] if "operator" in line or line.startswith("1. ")]


def test_a_case_says_how_much_of_what_was_measured_it_leaves_out():
    (values,) = case_values(diagnosed(lines=[f"line {number}" for number in range(40)]), SITE)
    assert values["lines"][29:] == ["line 29", "and 10 more, which our log has"]


def test_the_causes_of_providers_are_those_of_the_diagnosis():
    assert set(PROVIDERS) == {network.PROVIDER, payments.STRIPE_DOWN, payments.STRIPE_SLOW}


def test_a_cause_that_is_of_no_vendor_has_no_support_case():
    site = {**SITE, "vendors": {"stripe_down": STRIPE, "maps_down": "Maps"}}
    for other in (diagnosed("payment_code"), diagnosed(""), diagnosed("maps_down"), event("noted", 1, seq=3, text="x")):
        assert case_values(other, site) == []
        assert by_mail([other], site, dict) == []
    assert case_values(diagnosed("key_refused"), SITE) == []
