"""Status pages, a pager and mail, where something is wrong with the settings or a person has been there."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, InDoubt, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.mail import Mail
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.cachet import Cachet as CachetAdapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.io.statuspage import (
    Statuspage as PageAdapter,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.others import KILLED, MailServer
from support.channels.pages import Cachet, Statuspage
from support.channels.server import EFFECT_CUT, EFFECT_HTML, EFFECT_STATUS, HTML, STATUS, Fault

BASE = {"incident": "i", "scenario": "s", "hosts": "db1", "severity": "P1", "opened_at": "x", "title": "Slow"}


def post(state, seq, components=(), text=""):
    values = {**BASE, "state": state, "text": text, "cause": "", "resolution": "", "components": dict(components)}
    return Message(f"page/{state}/{seq}.1", "page", "page", values)


def thread(**references):
    return Thread("i", {f"page/{name}": value for name, value in references.items()}, ticks() + 60)


@pytest.fixture(params=["statuspage", "cachet"])
def page(request):
    """The stand-in and its adapter."""
    server = Statuspage() if request.param == "statuspage" else Cachet()
    with server:
        given = {"kind": request.param, "api": server.url, "token": server.token, "page": getattr(server, "page", "")}
        settings = settings_of({"page": given})["page"]
        yield server, (PageAdapter if request.param == "statuspage" else CachetAdapter)(settings, Texts("page"))


def test_an_incident_that_a_person_has_deleted_is_made_again(page):
    server, adapter = page
    made = adapter.send(post("investigating", 1), thread())
    server.incidents.clear()
    again = adapter.send(post("identified", 2), thread(a=made.reference))
    assert isinstance(again, Delivered)
    assert [[state for dummy, state in updates] for updates in server.published()] == [["identified"]]


def test_a_component_that_was_removed_keeps_no_word_from_the_public(page):
    server, adapter = page
    gone, *left = list(server.components)
    del server.components[gone]
    states = dict.fromkeys([gone, *left], "major_outage")
    made = adapter.send(post("investigating", 1, states), thread())
    assert isinstance(made, Delivered)
    assert f"component {gone} is not on the page" in made.note
    assert "could not" not in made.note
    assert set(server.components.values()) == {"major_outage" if left[0] == "c2" else 4}
    done = adapter.send(post("resolved", 2, dict.fromkeys(states, "operational")), thread(a=made.reference))
    assert isinstance(done, Delivered)
    assert set(server.components.values()) == {"operational" if left[0] == "c2" else 1}
    assert [[state for dummy, state in updates] for updates in server.published()] == [["investigating", "resolved"]]
    said = thread(**{"resolved/2.1": made.reference})
    said.on_page = dict.fromkeys(states, "operational")
    assert adapter.differences(said) == [f"component {gone} is not on the page"]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Bookings & payments are slow", "Bookings & payments are slow"),
        ('"Check-in" <mobile>\n is down', '"Check-in" <mobile> is down'),
        ("x" * 300, "x" * 300),
    ],
)
def test_a_title_is_plain_text_of_the_site_and_no_form_of_the_body(page, title, shown):
    """A page escapes a title itself; a template of the site for the body says nothing of it."""
    server, adapter = page
    adapter.texts = Texts("page", {"page": "State: {{ state }}. {{ text }}"})
    message = post("investigating", 1)
    values = {**message.values, "title": title, "text": "We look."}
    adapter.send(Message(message.key, "page", "page", values), thread())
    assert server.incidents[0]["name"] == (shown[:255] if isinstance(server, Statuspage) else shown)


P1 = {"c1": "partial_outage", "c2": "partial_outage"}
OVER = dict.fromkeys(P1, "operational")


@pytest.fixture
def board():
    with Statuspage() as server:
        given = {"kind": "statuspage", "api": server.url, "token": server.token, "page": server.page}
        settings = settings_of({"page": given})["page"]
        yield server, PageAdapter(settings, Texts("page"))


@pytest.mark.parametrize("state", ["under_maintenance", "major_outage", "degraded_performance"])
def test_a_component_that_a_person_has_in_another_state_is_left_so_and_named(board, state):
    server, adapter = board
    server.components["c1"] = state
    made = adapter.send(post("investigating", 1, P1), thread())
    assert server.components == {"c1": state, "c2": "partial_outage"}
    assert made.note == f"component c1 of the page is {state}, which is not by us: it was left so"
    assert made.agrees is False
    ends = thread(a=made.reference)
    ends.on_page = P1
    done = adapter.send(post("resolved", 2, OVER), ends)
    assert server.components == {"c1": state, "c2": "operational"}
    assert state in done.note
    assert [[each for dummy, each in updates] for updates in server.published()] == [["investigating", "resolved"]]


def test_a_post_with_many_components_costs_few_of_the_calls_that_the_page_allows(board):
    """It allows one for each second."""
    server, adapter = board
    server.components = {f"c{number}": "operational" for number in range(60)}
    states = dict.fromkeys(server.components, "partial_outage")
    made = adapter.send(post("investigating", 1, states), thread())
    assert made.agrees is True
    assert server.components == states
    assert len(server.requests) <= 5
    server.components["c7"] = "operational"
    said = thread(**{"investigating/1.1": made.reference})
    said.on_page = states
    server.requests.clear()
    assert adapter.differences(said) == ["component c7 of the page is operational, not partial_outage"]
    assert len(server.requests) == 2


@pytest.mark.parametrize("lost", [{}, {"c1": "major_outage", "c2": "major_outage"}])
def test_what_we_have_set_comes_back_also_where_the_answer_was_lost(board, lost):
    """A post that was in doubt has given way to the end of the incident."""
    server, adapter = board
    made = adapter.send(post("investigating", 1, P1), thread())
    if lost:
        server.fault_for = lambda request: Fault(EFFECT_CUT) if request.method == "PATCH" else None
        assert isinstance(adapter.send(post("identified", 2, lost), thread(a=made.reference)), InDoubt)
        server.fault_for = lambda _request: None
    ends = thread(a=made.reference)
    ends.on_page = P1
    assert adapter.send(post("resolved", 3, OVER), ends).agrees is True
    assert server.components == OVER


def test_a_state_to_which_another_incident_has_brought_it_back_is_ours_too(board):
    """The worse one has ended first, and has left the component as the lesser one had it."""
    server, adapter = board
    begins = thread()
    begins.elsewhere = {"c1": "major_outage"}
    made = adapter.send(post("investigating", 1, P1), begins)
    assert server.components == {"c1": "major_outage", "c2": "partial_outage"}
    server.components["c1"] = "partial_outage"
    ends = thread(a=made.reference)
    ends.on_page = P1
    assert adapter.send(post("resolved", 3, OVER), ends).agrees is True
    assert server.components == OVER


def test_what_a_version_before_or_another_incident_has_set_is_ours_too(board):
    server, adapter = board
    server.components.update(P1)
    server.incidents.append({"id": "old", "name": "x", "status": "monitoring", "metadata": {}, "updates": []})
    ends = thread(a="old")
    ends.on_page, ends.elsewhere = {"c1": "partial_outage"}, {"c2": "partial_outage"}
    assert adapter.send(post("resolved", 3, OVER), ends).agrees is True
    assert server.components == {"c1": "operational", "c2": "partial_outage"}


@pytest.mark.parametrize(("status", "number"), [("postmortem", 0), ("resolved", 0), ("monitoring", 1)])
def test_the_post_mortem_of_a_resolved_incident_is_no_difference(board, status, number):
    server, adapter = board
    made = adapter.send(post("resolved", 1), thread())
    server.incidents[0]["status"] = status
    assert len(adapter.differences(thread(**{"resolved/1.1": made.reference}))) == number
    assert len(adapter.differences(thread(**{"identified/1.1": made.reference}))) == 1


def test_a_component_that_the_settings_have_no_more_is_read_back_at_the_end(board):
    server, adapter = board
    made = adapter.send(post("resolved", 1, OVER), thread())
    server.components["c1"] = "partial_outage"
    said = thread(**{"resolved/1.1": made.reference})
    said.on_page = OVER
    assert adapter.differences(said) == ["component c1 of the page is partial_outage, not operational"]


@pytest.mark.parametrize("kind", [EFFECT_CUT, EFFECT_HTML, HTML])
def test_what_is_no_answer_is_in_doubt_and_is_asked_for(page, kind):
    server, adapter = page
    server.fault_for = lambda request: Fault(kind) if request.method == "POST" else None
    assert isinstance(adapter.send(post("investigating", 1), thread()), InDoubt)
    server.fault_for = lambda _request: None
    assert (adapter.find(post("investigating", 1), thread()) is None) is (kind == HTML)


@pytest.mark.parametrize("status", [408, 409, 502, 504])
@pytest.mark.parametrize("kind", [EFFECT_STATUS, STATUS])
def test_a_status_that_may_have_come_after_the_effect_is_in_doubt_and_is_asked_for(page, kind, status):
    server, adapter = page
    server.fault_for = lambda request: Fault(kind, status) if request.method in ("POST", "PATCH") else None
    assert isinstance(adapter.send(post("investigating", 1), thread()), InDoubt)
    server.fault_for = lambda _request: None
    assert (adapter.find(post("investigating", 1), thread()) is None) is (kind == STATUS)


def test_components_of_a_post_that_had_arrived_go_with_it(page):
    """Its sender died between the two, or had no answer to the first."""
    server, adapter = page
    states = dict.fromkeys(server.components, "major_outage")
    server.fault_for = lambda request: Fault(EFFECT_CUT) if request.method == "POST" else None
    assert isinstance(adapter.send(post("investigating", 1, states), thread()), InDoubt)
    server.fault_for = lambda _request: None
    made = adapter.find(post("investigating", 1, states), thread())
    assert set(server.components.values()) == {4 if "1" in states else "major_outage"}
    server.fault_for = lambda request: Fault(EFFECT_CUT) if request.method in ("POST", "PATCH") else None
    over = post("resolved", 2, dict.fromkeys(states, "operational"))
    assert isinstance(adapter.send(over, thread(a=made)), InDoubt)
    server.fault_for = lambda _request: None
    assert adapter.find(over, thread(a=made)) == made
    assert set(server.components.values()) == {1 if "1" in states else "operational"}


@pytest.mark.parametrize(("status", "forever"), [(400, False), (401, False), (404, False), (413, True), (422, False)])
def test_what_a_person_can_correct_waits(page, status, forever):
    server, adapter = page
    server.fault_for = lambda request: Fault(STATUS, status) if request.method == "POST" else None
    sent = adapter.send(post("investigating", 1), thread())
    assert isinstance(sent, NotDelivered)
    assert (sent.forever, sent.at_most) == (forever, 0)
    sent = adapter.send(post("identified", 2, text="We know why."), thread())
    assert (sent.forever, sent.at_most > 1) == (forever, status in (400, 422)), "what is queued cannot be corrected"


@pytest.mark.parametrize("known", [{}, {"investigating/1.1": "7"}])
def test_a_cachet_3_is_said_to_be_not_supported(known):
    """It has its API elsewhere, and answers 404 there; so it does after a Cachet 2 was replaced by it."""
    with Cachet() as server:
        given = {"kind": "cachet", "api": f"{server.url}/three", "token": server.token}
        adapter = CachetAdapter(settings_of({"page": given})["page"], Texts("page"))
        found = adapter.send(post("identified", 2), thread(**known))
    assert found == NotDelivered(
        f"HTTP 404: there is no API v1 of Cachet 2 at {server.url}/three/api/v1. Cachet 3 has another API, which is not"
        " supported; set runbook_announce.page.api to a Cachet 2, or use the kind statuspage"
    )


def mailed(server, to, sender="a@example.org", title="Slow", **more):
    given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "sender": sender, "to": ["x"], **more}
    values = {**BASE, "title": title, "state": "investigating", "text": "", "cause": "", "resolution": "", "at": "x",
              "next_at": "", "to": to}  # fmt: skip
    message = Message("m", "mail", "mail", values)
    return Mail(settings_of({"mail": given})["mail"], Texts("mail")).send(message, thread())


@pytest.mark.parametrize(
    ("to", "recipients", "shown"),
    [
        ("Ops <b@example.org>", ["b@example.org"], "Ops <b@example.org>"),
        ("a@example.org, b@example.org", ["a@example.org", "b@example.org"], "a@example.org, b@example.org"),
        ('"Dö, Jane" <b@exämple.org>', ["b@xn--exmple-cua.org"], '"Dö, Jane" <b@xn--exmple-cua.org>'),
        ('"Ops, Zürich" <b@example.org>', ["b@example.org"], "Ops Zürich <b@example.org>"),
        ('"First, second (Köln)" <b@example.org>', ["b@example.org"], "First second Köln <b@example.org>"),
        ('"Team, Platform" <b@example.org>', ["b@example.org"], '"Team, Platform" <b@example.org>'),
    ],
)
def test_a_mail_goes_to_every_address_of_its_header_in_letters_that_smtp_carries(to, recipients, shown):
    with MailServer() as server:
        sent = mailed(server, to, title="Buchungen sind träge")
    assert isinstance(sent, Delivered)
    assert server.recipients == [recipients]
    (mail,) = server.mails
    assert mail["To"] == shown
    assert "Buchungen sind träge" in mail.get_content()
    assert mail["Content-Transfer-Encoding"] == "quoted-printable", "also where the server has no 8BITMIME"


@pytest.mark.parametrize(
    ("options", "forever"),
    [
        ({"to": "bö@example.org"}, True), ({"to": "a@example.org\nBcc: y@example.org"}, True), ({"to": ""}, True),
        ({"to": '"Ops\\" <a@example.org>'}, True),
        ({"to": "b@x.org", "sender": "bö@example.org"}, False), ({"to": "b@x.org", "port": "smtp"}, False),
    ],
)  # fmt: skip
def test_a_mail_that_was_not_begun_is_surely_not_sent(options, forever):
    """In doubt it would be said to be perhaps there twice, and tried for ever."""
    with MailServer() as server:
        sent = mailed(server, **options)
    assert isinstance(sent, NotDelivered)
    assert (sent.forever, server.mails) == (forever, [])


@pytest.mark.parametrize("error", [IndexError("pop"), AttributeError("x"), ValueError("y")])
def test_a_mail_that_the_library_cannot_write_is_surely_not_sent(monkeypatch, error):
    def fails(*_given, **_options):
        raise error

    monkeypatch.setattr("email.message.EmailMessage.as_bytes", fails)
    with MailServer() as server:
        assert mailed(server, "b@example.org") == NotDelivered(f"mail: {error}", forever=True)
    assert server.mails == []


def test_one_of_two_recipients_who_is_refused_keeps_the_mail_from_no_other():
    with MailServer() as server:
        asked = []
        server.fault = lambda step: (
            "550 no such user" if step == "RCPT" and not asked.append(step) and asked[1:] else ""
        )
        sent = mailed(server, "a@example.org, b@example.org")
    assert isinstance(sent, Delivered)
    assert sent.note == "mail: the recipient b@example.org was refused: 550 no such user"
    assert server.recipients == [["a@example.org"]]


@pytest.mark.parametrize(
    ("step", "reply", "forever"),
    [
        ("MAIL", "530 authentication required", False), ("RCPT", "550 no such user", True),
        ("RCPT", "450 later", False),
        ("RCPT", "550 5.1.1 no such user", True), ("RCPT", "553 5.1.3 bad address", True),
        ("RCPT", "550 5.2.1 disabled", True), ("RCPT", "551 not local", True), ("RCPT", "552 5.2.2 full", False),
        ("RCPT", "554 5.7.1 Relay access denied", False), ("RCPT", "550 5.7.1 relaying denied", False),
        ("RCPT", "530 5.7.0 must issue STARTTLS first", False), ("RCPT", "554 no", False),
        ("DATA", "451 later", False), ("DATA", "554 5.5.1 no valid recipients", False),
        ("reply", "554 refused", True), ("reply", "552 5.3.4 too big", True), ("reply", "554 5.6.0 content", True),
        ("reply", "550 5.7.1 policy", False), ("reply", "530 authentication required", False),
    ],
)  # fmt: skip
def test_a_mail_that_is_refused_waits_where_the_settings_are_wrong(step, reply, forever):
    with MailServer() as server:
        server.fault = lambda asked: reply if asked == step else ""
        sent = mailed(server, "b@example.org")
    assert isinstance(sent, NotDelivered)
    assert sent.forever is forever
    assert bool(sent.at_most) is (reply.startswith("5") and step != "MAIL"), (
        "and no fault of the site is tried for ever"
    )
    assert server.mails == []


def test_a_mail_whose_reply_was_lost_is_in_doubt_and_its_next_try_a_copy():
    with MailServer() as server:
        server.fault = lambda step: KILLED if step == "reply" else ""
        sent = mailed(server, "b@example.org")
    assert isinstance(sent, InDoubt)
    assert (sent.is_copied, len(server.mails)) == (True, 1)


@pytest.mark.parametrize(("reply", "kind"), [("251 will forward", Delivered), ("354 go on", InDoubt)])
def test_a_reply_to_a_mail_means_what_its_first_figure_says(reply, kind):
    with MailServer() as server:
        server.fault = lambda step: reply if step == "reply" else ""
        assert isinstance(mailed(server, "b@example.org"), kind)


@pytest.mark.parametrize(
    "text", ["[pay here](http://evil.test)", "![x](http://evil.test/x.png)", "<http://evil.test> `x` **y**"]
)
def test_what_a_person_says_is_no_markup_for_a_cachet(text):
    """It reads Markdown; its own comment, by which the incident is found again, stays one."""
    with Cachet() as server:
        given = {"kind": "cachet", "api": server.url, "token": server.token}
        adapter = CachetAdapter(settings_of({"page": given})["page"], Texts("page"))
        message = post("investigating", 1)
        said = Message(message.key, "page", "page", {**message.values, "text": text})
        made = adapter.send(said, thread())
        assert adapter.find(said, thread()) == made.reference
    shown = server.incidents[0]["message"].partition("[//]: # (pafar ")[0]
    assert "](" not in shown.replace("\\](", "").replace("\\]\\(", "")
    assert "http://" not in shown


@pytest.mark.parametrize(
    "text", ["see http://evil.test", "x\r\nATTENDEE:mailto:evil@evil.test", "www.evil.test;X=1", "=?utf-8?q?=0A?="]
)
def test_an_appointment_has_text_of_others_as_text(text):
    values = {**BASE, "scenario": text, "round": 1, "to": "ada@example.org", "severity": "P0",
              "review_at": "2026-11-26T10:00:00.000000Z", "ended_at": "2026-11-23T15:00:00.000000Z"}  # fmt: skip
    with MailServer() as server:
        given = {"host": "127.0.0.1", "port": server.port, "tls": "none", "sender": "a@example.org", "to": ["x"]}
        message = Message("m", "mail", "review", values)
        assert isinstance(Mail(settings_of({"mail": given})["mail"], Texts("mail")).send(message, thread()), Delivered)
    (mail,) = server.mails
    assert str(mail["Subject"]).isprintable()
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    lines = part.get_content().replace("\r", "").replace("\n ", "").split("\n")
    assert len([line for line in lines if line.startswith("ATTENDEE")]) == 1
    assert "://" not in "".join(lines)
    assert "www." not in "".join(lines)
