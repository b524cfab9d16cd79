"""Sixty hostile texts in every value of every template: each is text in its target and nothing else."""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.texts import TEMPLATES
from ansible_collections.pafar.runbook.plugins.module_utils._announce.wanted import wanted
from ansible_collections.pafar.runbook.plugins.module_utils._core.approval import typed_digests
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError

from support.incident_events import START, event

from ..._core.secret.corpus import CASES

PIECES = [
    "<!channel>", "<!here|x>", "<@U0123>", "<#C0123>", "<http://evil.test|bank>", "@channel", "@everyone", "#general",
    "http://evil.test/x", "https://evil.test", "www.evil.test", "javascript:alert(1)", "[x](http://evil.test)",
    "![x](http://evil.test/p.png)", "</p><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "`rm -rf /`",
    "```x```", "{{ 7 * 7 }}", "{% for x in ().__class__.__base__.__subclasses__() %}", "${7*7}", "#{7*7}", "%{7*7}",
    "\r\nBcc: evil@evil.test", "\nSubject: x", "\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<x>", "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "\x1b[2J\x1b]0;x\x07", "\u202eexe.gpj", "\u2028x", "\x00", "\ud800", "'; DROP TABLE bookings; --", "$(id)",
    "&lt;script&gt;", "&#60;b&#62;", "[//]: # (pafar other key)", "<!-- x -->", "~~~", "|a|b|", "***bold***",
    "<a href=x>", "x" * 5000, "\U0001f600" * 50, "null", "true", "{\"a\": 1}", "]]>", "\\", "%00", "..%2f..%2f",
    "<?php x ?>", "{id}", "{title}{text}{external_id}", "{{ self }}", "{{ config }}", "\ufeffx", "\u200bx",
]  # fmt: skip
STRIPE = {"stripe_down": {"name": "Stripe"}}
SETTINGS = settings_of(
    {
        "slack": {"token": "x", "awx_url": "https://awx.example.org", "vendors": STRIPE},
        "mail": {"awx_url": "https://awx.example.org", "host": "x", "sender": "y@z.test", "to": ["a@z.test"],
                 "approvers": ["b@z.test"], "vendors": STRIPE},
        "page": {"kind": "statuspage", "token": "x", "scenarios": ["s"], "first_post": "act"},
        "pager": {"kind": "pagerduty", "routing_key": "x"}, "tracker": {"url": "http://x"},
    }
)  # fmt: skip


def messages(text, action=""):
    """All messages of an incident in which everything that others may write is this text. ``action``: of the
    plan, a word of our own."""
    plan = {"digest": "d" * 64, "actions": [{"target": "t", "who": text, "action": action or text}]}
    events = [
        {**event("opened", 0, seq=1, severity="P1", scenario="s", hosts=[text]), "by": text, "host": text},
        event("noted", 1, text, 2, triage="P1", signs=[{"text": text}], next=text),
        event("noted", 1, text, 3, text=text),
        event("diagnosed", 2, text, 4, cause=text, lines=[text]),
        event("diagnosed", 2, text, 15, cause="stripe_down", lines=[text]),
        event("held", 2, text, 5, plan=plan, reasons=[text], mitigation=text, made_in={"workflow": text}),
        event("mitigated", 3, text, 6, mitigation=text, done=[text]),
        event("verified", 4, text, 7, mitigation=text, outcome=text),
        event("reconciled", 4, text, 14, mitigation=text, outcome=text, lines=[text], intended="x", gone=[text]),
        event("update", 5, text, 8, text=text, audience="public"),
        event("update", 5, text, 9, text=text),
        event("severity", 6, text, 10, severity="P0", reason=text, before=text),
        event("role", 6, text, 11, role="incident_commander", person=text, action="taken"),
        event("handed_over", 7, text, 12, message=text, task=text),
        event("phase", 8, text, 13, phase="resolved", reason=text),
    ]
    return wanted("i", events, SETTINGS, START)


def rendered(text):
    for message in messages(text):
        texts = Texts(message.channel)
        values = {name: value for name, value in message.values.items() if name not in ("place", "pin", "invite")}
        if message.template in TEMPLATES[message.channel]:
            yield message.channel, texts.text(message.template, values)
        if message.channel == "mail":
            own = f"{message.template}_subject"
            yield "header", texts.text(own if own in TEMPLATES["mail"] else "subject", values, "header")


def assert_is_text(channel, found):
    """That a message has no control character, no template that was rendered, no mention, no link and no header."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", found), channel
    assert "49" not in found.replace("4900", "")
    if channel == "slack":
        assert not re.search(r"<[!@#a-z/?]", found)
        assert not re.search(r"@(here|channel|everyone|SUM)|://|www\.|`", found)
    if channel == "page":
        assert not re.search(r"<\w|</|<!|\" ?on", found)
    if channel in ("tracker", "title"):
        assert not re.search(r"(?<!\\)[<`]|(?<!\\)\]\(|\w://\w|@channel", found)
    if channel in ("mail", "pager", "page"):
        assert not re.search(r"://|www\.", found)
    if channel == "header":
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = found
        assert len(re.findall(rb"^Subject:", mail.as_bytes(), re.M)) == 1
        assert not [name for name in mail if name not in ("Subject",)]


@pytest.mark.parametrize("text", PIECES, ids=range(len(PIECES)))
def test_a_hostile_text_is_text_everywhere(text):
    for channel, found in rendered(text):
        assert_is_text(channel, found)


@pytest.mark.parametrize("secret", ["hunter2hunter2", "sk_live_51abcdefghijkl", "xoxb-123456789012-abcdefghijkl"])
def test_no_secret_is_in_a_message_that_is_queued(secret):
    text = f"connect failed: password={secret}" if secret.startswith("hunter") else f"charge with {secret} failed"
    assert secret not in str([message.values for message in messages(text)])


EACH = [
    pytest.param(number, marks=[pytest.mark.full("secrets in messages")] if number % 40 else [])
    for number in range(len(CASES))
]


@pytest.mark.parametrize("number", EACH)
def test_no_secret_of_the_corpus_is_queued(number):
    case = CASES[number]
    for message in messages(case.text, "terminate"):
        queued = json.dumps(queued_note(message), ensure_ascii=False)
        assert not [secret for secret in case.secrets if json.dumps(secret, ensure_ascii=False)[1:-1] in queued]


@pytest.mark.parametrize(
    "own",
    ["{{ text }} {{ text.__class__.__mro__ }}", "{{ nothing }}", "{{ text", "{{ text * 10 ** 18 }}", "{{ 1 / 0 }}"],
)
def test_a_template_of_the_site_is_in_a_sandbox_and_gives_way_where_it_fails(own):
    texts = Texts("slack", {"note": own})
    assert texts.text("note", {"text": "<x>", "by": "ada", "done_at": ""}) == "ada: &lt;x&gt;"
    assert "The template slack.note could not be rendered" in texts.problems["note"]


def test_a_template_of_the_site_replaces_a_text_and_its_values_are_escaped():
    assert Texts("slack", {"note": "<b>{{ text }}"}).text("note", {"text": "<!here>"}) == "<b>&lt;!here&gt;"
    with pytest.raises(InputError, match=r"The template slack\.note could not be rendered: 'by' is undefined"):
        Texts("slack").text("note", {"text": "x"})


def test_a_mail_has_links_of_the_settings_of_the_site_alone():
    """An application may have any name, and a program makes a link of an address in a plain text."""
    page, bad = "https://status.example.org", "http://evil.test/approve"
    values = {"title": "Slow", "state": "monitoring", "at": "x", "severity": "P1", "opened_at": "x", "next_at": "",
              "incident": "i", "cause": f"See {page}", "resolution": page, "text": bad}  # fmt: skip
    found = Texts("mail").text("mail", values)
    assert found.count(page) == 2
    assert "http: //evil.test/approve" in found
    plan = {"digest": "d" * 64, "actions": [{"target": "t", "who": bad, "action": "terminate"}]}
    opened = event("opened", 0, seq=1, severity="P1", scenario="s", hosts=["db1"])
    held = event("held", 2, "ada", 5, plan=plan, reasons=[bad], mitigation="m", made_in={"workflow": 41, "job": 42})
    (mail,) = [each for each in wanted("i", [opened, held], SETTINGS, START) if each.key.startswith("mail/held")]
    assert re.findall(r"\w+://\S+", Texts("mail").text("held", mail.values)) == [
        "https://awx.example.org/#/jobs/workflow/41/output"
    ]


def test_a_plan_of_a_workflow_is_sent_with_the_page_on_which_it_is_approved():
    page = "https://awx.example.org/#/jobs/workflow/41/output"
    made = {"workflow": 41, "job": 42}
    plan = {"digest": "d" * 64, "actions": [{"target": "t", "who": "web-1", "action": "restart"}]}
    opened = event("opened", 0, seq=1, severity="P1", scenario="disk_space", hosts=["web1"])
    held = event("held", 2, "ada", 5, plan=plan, reasons=["too many"], mitigation="restart_services", made_in=made)
    found = {message.key: message for message in wanted("i", [opened, held], SETTINGS, START)}
    mail = found["mail/held/5/b@z.test"].values
    assert Texts("mail").text("held_subject", mail, "header") == "A plan waits for an approval: disk_space on db1"
    for channel, key in (("mail", "mail/held/5/b@z.test"), ("slack", "slack/held/5")):
        shown = Texts(channel).text("held", found[key].values)
        assert f"To approve: {f'<{page}>' if channel == 'slack' else page}" in shown
        assert "restart web-1" in shown


RUN = "ansible-playbook -i inventory playbooks/approve.yml"


@pytest.mark.parametrize(
    ("host", "more"),
    [
        ("db1", " -e runbook_hosts=db1"),
        ("db-1.pafar.test", " -e runbook_hosts=db-1.pafar.test"),
        ("a;rm x", ""),
        ("www.pafar.test", ""),
        ("", ""),
    ],
)
def test_a_plan_without_a_workflow_is_sent_with_the_command_that_approves_it(host, more):
    """Its message named the digest, and no command."""
    whole: dict[str, Any] = {
        "digest": "3f0c21d9a7be" + "4" * 52,
        "actions": [{"target": "t", "who": "web-1", "action": "restart"}],
    }
    other = {"digest": "77aa21d9a7be" + "5" * 52, "actions": [{"target": "u", "who": "web-2", "action": "stop"}]}
    opened = event("opened", 0, seq=1, severity="P1", scenario="disk_space", hosts=["web1"])
    for plan, words in ((whole, "To approve"), ({**whole, "alternatives": [other]}, "To approve this one")):
        held = event("held", 2, seq=5, plan=plan, reasons=["1"], mitigation="restart_services")
        held["host"] = host
        name = "2026-11-23-145635-disk_space-06f2a1"
        found = {message.key: message for message in wanted(name, [opened, held], SETTINGS, START)}
        for channel, key in (("mail", "mail/held/5/b@z.test"), ("slack", "slack/held/5")):
            texts = Texts(channel, run=lambda name: f"ansible-playbook -i inventory playbooks/{name}.yml")
            shown = texts.text("held", found[key].values)
            commands = [line for line in shown.splitlines() if line.startswith(words + ":")]
            digests = [each["digest"][:12] for each in (plan, *plan.get("alternatives", ()))]
            assert commands == [
                f"{words}: {RUN} -e incident_id={name} -e incident_approved_digest={digest}{more}" for digest in digests
            ]
            assert typed_digests(digests[0]) == [digests[0]], "which the gate takes"
            assert plan["digest"].startswith(digests[0])
            queued = {each: value for each, value in found[key].values.items() if each != "on"}
            assert digests[0] in texts.text("held", queued), "queued by a version before"


def test_a_support_case_is_ready_to_send_in_the_chat_and_by_mail():
    opened = event("opened", 0, seq=1, severity="P1", scenario="payment_outage", hosts=["web1"])
    lines = ["Stripe answers 503 to 41 of 50 requests; request ids req_1, req_2"]
    diagnosed = event("diagnosed", 2, seq=2, cause="stripe_down", lines=lines)
    vendors = {"stripe_down": {"name": "Stripe", "address": "https://support.example.org"}}
    site = {**SETTINGS, **{name: {**SETTINGS[name], "vendors": vendors} for name in ("slack", "mail")}}
    name = "2026-11-23-145635-payment_outage-06f2a1"
    found = {message.key: message for message in wanted(name, [opened, diagnosed], site, START)}
    mail = found["mail/vendor/2/b@z.test"].values
    assert Texts("mail").text("vendor_subject", mail, "header") == "Support case for Stripe: payment_outage on db1"
    for channel, key in (("mail", "mail/vendor/2/b@z.test"), ("slack", "slack/vendor/2")):
        shown = Texts(channel).text("vendor", found[key].values)
        assert "https://support.example.org" in shown
        assert f"fail: stripe_down. Measured at 2026-11-27 10:02:00 UTC on db1:\n- {lines[0]}" in shown
        assert shown.strip().endswith("Our reference: 2026-11-23-145635-06f2a1")


def test_a_case_without_an_address_says_where_it_is_set():
    opened = event("opened", 0, seq=1, severity="P1", scenario="network_connectivity", hosts=["web1"])
    cause = {"cause": "provider_fault", "detail": {"target": "maps"}, "evidence": ["502, id 9"]}
    diagnosed = event("diagnosed", 2, seq=2, cause="provider_fault", causes=[cause], lines=["502, id 9"])
    found = {message.key: message for message in wanted("i", [opened, diagnosed], SETTINGS, START)}
    for channel, key in (("mail", "mail/vendor/2/b@z.test"), ("slack", "slack/vendor/2")):
        shown = Texts(channel).text("vendor", found[key].values)
        assert "502, id 9" in shown
        assert f"runbook_announce.{channel}.vendors['provider_fault/maps'], as {{name: NAME, address: URL}}" in shown
    before = {name: value for name, value in found["slack/vendor/2"].values.items() if name != "setting"}
    assert "runbook_announce.slack.vendors, as" in Texts("slack").text("vendor", before), "queued by a version before"


def test_a_change_of_shift_and_a_page_say_where_no_person_is():
    values = {"step": "primary", "since": "9", "incident": "i", "severity": "P1", "scenario": "s", "phase": "open"}
    slack = Texts("slack", {})
    gone = {**values, "before": "ada", "person": "", "why": "no layer", "roles": "", "hosts": "db"}
    changed = slack.text("shift_changed", gone)
    assert changed == "*primary*: the shift of ada ended at 9, no person is on call: no layer"
    changed = slack.text("shift_changed", {**gone, "before": "", "person": "bob"})
    assert changed == "*primary*: a shift began at 9, bob is on call"
    assert "No person is on call now: no layer." in slack.text("shift_leaves", gone)
    page = {**values, "hosts": "db", "opened_at": "8"}
    assert "Passed over" not in slack.text("page", page), "a page that an older version queued"
    passed = {**page, "passed": ["primary: no layer"]}
    assert "Passed over: primary: no layer." in slack.text("page", passed)
    assert "Passed over: primary: no layer." in Texts("mail", {}).text("page", passed)


def test_an_issue_says_who_has_acknowledged():
    values = {
        "incident": "i",
        "phase": "identified",
        "severity": "P1",
        "scenario": "s",
        "hosts": "db",
        "opened_at": "9",
    }
    tracker = Texts("tracker", {})
    before = "Incident i: identified, severity P1, s on db, opened 9"
    assert tracker.text("issue", values) == f"{before}.", "a message that an older version queued"
    assert tracker.text("issue", {**values, "acknowledged_by": "bob"}) == f"{before}, acknowledged by bob."


@pytest.mark.parametrize(
    ("acted", "words"),
    [
        ({"acted": True}, "We have taken measures, and are watching their effect."),
        ({"acted": False}, "The problem has not been seen any more, and we are watching whether it comes back."),
        ({}, "We are watching whether the problem is over."),
    ],
)
def test_monitoring_is_no_fix_where_there_was_none(acted, words):
    """A message that a version before has queued does not say whether there was an act."""
    values = {"state": "monitoring", "text": "", "cause": "", "resolution": "", **acted}
    assert Texts("page").text("page", values) == words


def test_the_page_says_when_the_next_update_comes_where_one_was_promised():
    values = {"text": "We look.", "state": "investigating", "next_at": "2026-11-27T11:02:00.000000Z"}
    shown = "We look.\n\nNext update by 2026-11-27 11:02:00 UTC."
    assert Texts("page").text("page", values) == Texts("page").text("page", values, "cachet") == shown
    for older in ({**values, "next_at": ""}, {"text": "We look.", "state": "investigating"}):
        assert Texts("page").text("page", older) == "We look."


def test_what_a_person_says_has_links_to_the_hosts_of_the_site_alone():
    own, other = "https://board.test/d/1?a=1", "http://evil.test"
    values = {"by": own, "text": f"{own} {other}", "next_at": "", "done_at": ""}
    hosts = {"board.test"}
    assert (
        Texts("slack", None, hosts).text("update", values)
        == f"*Update* by https: //board.test/d/1?a=1: <{own}> http: //evil.test"
    )
    assert Texts("slack", None, hosts).text("note", values).endswith(f": <{own}> http: //evil.test")
    others = ("title", "state", "at", "severity", "opened_at", "incident", "cause", "resolution")
    mail = {**dict.fromkeys(others, ""), **values}
    assert f"{own} http: //evil.test" in Texts("mail", None, hosts).text("mail", mail)


@pytest.mark.parametrize(
    ("own", "says"),
    [({"nte": "x"}, "'nte' is none of"), ({5: "x"}, "5 is none of"), ("note", "is no dictionary"),
     (["note"], "is no dictionary"), ({"note": 5}, "could not be rendered"), ({"note": None}, "could not be rendered")],
)  # fmt: skip
def test_templates_that_are_misspelt_are_named_and_keep_no_message_up(own, says):
    texts = Texts("slack", own)
    assert texts.text("note", {"text": "x", "by": "ada", "done_at": ""}) == "ada: x"
    problems = list(texts.problems.values())
    assert len(problems) == 1
    assert says in problems[0]


@pytest.mark.parametrize(
    ("value", "words"),
    [("2026-11-27T10:38:00.250000Z", "2026-11-27 10:38:00 UTC"), ("soon", "soon"), ("2026-11-27", "2026-11-27")],
)
def test_a_person_reads_a_time_to_the_second(value, words):
    values = {"by": "ada", "text": "we look", "next_at": value}
    assert Texts("slack").text("update", values).endswith(f"Next update by {words}")


def test_no_text_has_the_microseconds_of_the_log():
    for message in messages("x"):
        texts = Texts(message.channel)
        if message.template in texts.templates:
            values = {name: value for name, value in message.values.items() if name not in ("place", "pin", "invite")}
            assert not re.search(r"T\d\d:\d\d:\d\d\.\d", texts.text(message.template, values)), message.key


def on_inventory(playbook):
    return f"ansible-playbook -i hosts/prod.yml playbooks/{playbook}.yml"


def every_template():
    return [(target, name) for target, found in TEMPLATES.items() for name in found]


@pytest.mark.parametrize(("target", "name"), every_template())
def test_no_template_has_a_command_without_the_inventory(target, name):
    assert "ansible-playbook" not in TEMPLATES[target][name]


@pytest.mark.parametrize("target", ["slack", "mail"])
def test_a_command_has_the_inventory_of_the_run_that_sends(target):
    values = {"severity": "P1", "scenario": "s", "hosts": "db1", "step": "primary", "incident": "i", "opened_at": "x"}
    found = Texts(target, run=on_inventory).text("page", values)
    assert "ansible-playbook -i hosts/prod.yml playbooks/incident_ack.yml -e incident_id=i" in " ".join(found.split())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("playbooks/db_lock_contention.yml", f"{on_inventory('db_lock_contention')} --check --diff"),
        ("null", "null --check"),
        ("playbooks/x.yml; rm -rf /", "playbooks/x.yml; rm -rf / --check"),
        ("<!here>", "&lt;!here&gt; --check"),
        ("../playbooks/x.yml", "../playbooks/x.yml --check"),
    ],
)
def test_only_a_playbook_of_the_collection_becomes_a_command(said, shown):
    found = Texts("slack", run=on_inventory).text("triage", {"triage": "P1", "signs": [], "next": said})
    assert f"Next: {shown}" in found


def test_an_inventory_that_is_no_plain_path_is_a_text_like_any_other():
    texts = Texts("slack", run=lambda playbook: f"ansible-playbook -i '<!here>' playbooks/{playbook}.yml")
    found = texts.text("triage", {"triage": "P1", "signs": [], "next": "playbooks/undo.yml"})
    assert "<!here>" not in found
    assert "playbooks/undo.yml" in found
