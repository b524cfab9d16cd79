from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message, entries_of, queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.wanted import channel_name, wanted
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START, event

SETTINGS = settings_of(
    {
        "slack": {"token": "x", "links": {"Board": "https://board.test"}},
        "page": {"kind": "statuspage", "token": "x", "scenarios": ["disk_space"], "first_post": "act",
                 "components": {"backend": "c1"}, "words": {"disk_space": "Uploads fail", "full": "A disk was full."},
                 "resolutions": {"full": "We made room."}},
        "mail": {"host": "x", "sender": "y@z", "to": ["a@z", "b@z"]},
        "pager": {"kind": "pagerduty", "routing_key": "x"},
        "tracker": {"url": "http://x"},
    }
)  # fmt: skip


def opening(severity="P1", scenario="disk_space"):
    return event("opened", 0, seq=1, id="i", severity=severity, scenario=scenario, hosts=["db1"])


def keys(events, channel="", minutes=5.0):
    found = wanted("i", events, SETTINGS, START + timedelta(minutes=minutes))
    return [message.key for message in found if not channel or message.channel == channel]


def named(events, key, minutes=5.0) -> Message:
    return next(each for each in wanted("i", events, SETTINGS, START + timedelta(minutes=minutes)) if each.key == key)


def test_the_same_log_calls_for_the_same_messages_and_a_longer_one_for_more():
    events = [opening(), event("diagnosed", 1, seq=2, cause="full"), event("mitigated", 2, seq=3, mitigation="m")]
    before = keys(events[:2])
    assert keys(events[:2]) == before
    later = keys(events)
    replaced = {key for key in before if "topic" in key and key not in later}
    assert [key for key in later if key in before] == [key for key in before if key not in replaced]
    assert wanted("i", [], SETTINGS, START) == []


def logged(messages, seq):
    """The messages as events of the log."""
    return [event("message", 3, seq=seq + number, **queued_note(each)) for number, each in enumerate(messages)]


def test_a_change_of_the_settings_tells_nothing_twice_and_nothing_that_is_out_of_date():
    """A person's text would be published a second time, and a state after its successor."""
    words = event("update", 2, seq=3, audience="public", text="we look", status="identified")
    told = [opening(), event("diagnosed", 1, seq=2, cause="full"), words]
    act, ask = SETTINGS, {**SETTINGS, "page": {**SETTINGS["page"], "first_post": "ask"}}
    for before, after in ((ask, act), (act, ask)):
        sent = [each for each in wanted("i", told, before, START) if each.channel in ("page", "mail")]
        events = [*told, *logged(sent, 4), event("mitigated", 4, seq=20, mitigation="m")]
        known = {each.key for each in sent}
        found = [each for each in wanted("i", events, after, START) if each.channel in ("page", "mail")]
        new = [each.key for each in found if each.key not in known]
        assert [key.split(".")[0] for key in new] == ["page/monitoring/20"] + ["mail/monitoring/20"] * 2


def test_a_mail_that_still_waits_gives_way_to_a_newer_state_and_a_text_of_a_person_does_not():
    """Stakeholders would read that it is being investigated after they have read that it is over."""
    words = event("update", 2, seq=3, audience="public", text="we look", status="identified")
    over = event("phase", 5, seq=5, phase="resolved", reason="seen")
    told = [opening(), words, event("mitigated", 4, seq=4, mitigation="m"), over]
    mails = [each for each in wanted("i", told, SETTINGS, START) if each.channel == "mail"]
    entries = entries_of([*told, *logged(mails, 9)])
    kept = [entry.message.key.split(".")[0] for entry in entries if entry.state == "queued"]
    assert sorted(kept) == ["mail/identified/3"] * 2 + ["mail/resolved/5"] * 2


@pytest.mark.parametrize(("soak", "state"), [(60, "resolved"), ("3600", "monitoring")])
def test_page_and_mail_are_resolved_by_the_soak_time_of_the_site(soak, state):
    """A mail said RESOLVED after ten minutes, while the page waited for an hour."""
    settings = {name: {**options, "soak": soak} for name, options in SETTINGS.items()}
    verified = event("verified", 3, seq=3, mitigation="m", outcome="recovered")
    told = [opening(), event("mitigated", 2, seq=2, mitigation="m"), verified]
    found = wanted("i", told, settings, START + timedelta(minutes=30))
    last = {each.channel: each.values["state"] for each in found if each.channel in ("page", "mail")}
    assert last == {"page": state, "mail": state}


def test_times_that_people_read_are_by_the_clock_of_the_log():
    """Stakeholders would read that it began in an hour, and wait that much longer for the next update."""
    ahead = [
        {**each, "logged": each["at"], "at": event("x", 90)["at"]}
        for each in (opening(), event("diagnosed", 1, seq=2, cause="full"))
    ]
    values = named(ahead, "mail/identified/2.2/a@z").values
    began, found, due = (event("x", minutes)["at"] for minutes in (0, 1, 31))
    assert (values["opened_at"], values["at"], values["next_at"]) == (began, found, due)
    assert named(ahead, "slack/channel").values["name"] == "incident-2026-11-27-1000"


@pytest.mark.parametrize(
    ("note", "page", "mail"),
    [
        ({"next_at": "2026-11-27T11:02:00.000000Z"}, "2026-11-27T11:02:00.000000Z", "2026-11-27T11:02:00.000000Z"),
        ({}, "", "2026-11-27T10:32:00.000000Z"), ({"next_at": "soon"}, "", "2026-11-27T10:32:00.000000Z"),
        ({"next_at": ""}, "", "2026-11-27T10:32:00.000000Z"),
    ],
)  # fmt: skip
def test_the_public_and_the_stakeholders_read_until_when_the_next_update_was_promised(note, page, mail):
    update = event("update", 2, seq=2, text="we look", audience="public", **note)
    found = {each.channel: each.values for each in wanted("i", [opening(), update], SETTINGS, START)}
    assert (found["page"]["next_at"], found["mail"]["next_at"]) == (page, mail)
    acted = event("mitigated", 3, seq=3, mitigation="m")
    later = {each.channel: each.values for each in wanted("i", [opening(), update, acted], SETTINGS, START)}
    assert later["page"]["next_at"] == "", "nothing was promised by it"
    assert later["mail"]["next_at"] == "2026-11-27T10:33:00.000000Z"


def test_an_incident_has_a_channel_from_the_severity_that_the_site_names():
    assert keys([opening("P3")], "slack") == ["slack/standing/opened"]
    assert keys([opening("P1")], "slack") == ["slack/channel", "slack/standing/opened", "slack/links", "slack/topic/1"]
    assert channel_name("2026-11-23T14:56:35.123456Z") == "incident-2026-11-23-1456"


@pytest.mark.parametrize("severity", ["unknown", "P3"])
def test_of_a_lesser_incident_the_standing_channel_has_what_people_must_know(severity):
    """Most incidents begin without a severity: their plans would wait for an approval that is asked of no one."""
    told = [
        opening(severity), held(2), event("update", 2, seq=3, text="we look"),
        event("mitigated", 3, seq=4, mitigation="m", done=["x"]), event("noted", 3, seq=5, text="looked"),
        event("verified", 4, seq=6, mitigation="m", outcome="recovered"), event("acknowledged", 5, seq=7),
        event("handed_over", 5, seq=8, task="t", message="m"), event("update", 5, seq=9, text="x", audience="public"),
        event("phase", 6, seq=10, phase="resolved", reason="seen"),
    ]  # fmt: skip
    names = [
        "opened", "held/2", "update/3", "mitigated/4", "verified/6", "handed_over/8", "update/9", "resolved/10",
    ]  # fmt: skip
    assert keys(told, "slack") == [f"slack/standing/{name}" for name in names]
    assert named(told, "slack/standing/held/2").values["place"] == "standing"
    # What no run has queued in its hour, as one of a version before, would be told long after it.
    assert keys(told, "slack", 90) == ["slack/standing/opened", "slack/standing/resolved/10"]
    queued = [each for each in wanted("i", told, SETTINGS, START) if each.channel == "slack"]
    assert keys([*told, *logged(queued, 20)], "slack", 90)[1:4] == [
        "slack/standing/held/2", "slack/standing/update/3", "slack/standing/mitigated/4",
    ]  # fmt: skip
    # Should it turn out to be severe, its own channel has all of it, from the beginning.
    raised = [*told, event("severity", 7, seq=11, severity="P1", reason="x")]
    assert {"slack/channel", "slack/held/2", "slack/note/5"} <= set(keys(raised, "slack"))


@pytest.mark.parametrize(
    ("event_", "key"),
    [
        (event("noted", 1, seq=2, triage="P1", signs=[{"text": "x"}], next="y"), "slack/triage/2"),
        (event("noted", 1, seq=2, text="moved it", done_at=""), "slack/note/2"),
        (event("held", 1, seq=2, plan={"digest": "d" * 64, "actions": [{"target": "t"}]}, reasons=[]), "slack/held/2"),
        (event("verified", 1, seq=2, mitigation="m", outcome="recovered"), "slack/verified/2"),
        (event("reconciled", 1, seq=2, mitigation="m", outcome="carried out", lines=["x"]), "slack/reconciled/2"),
        (event("update", 1, seq=2, text="x"), "slack/update/2"),
        (event("handed_over", 1, seq=2, message="x", task="y"), "slack/handed_over/2"),
    ],
)
def test_what_happens_is_said_in_the_channel(event_, key):
    assert key in keys([opening(), event_], "slack")


def held(seq=2, **note):
    plan = {"digest": "d" * 64, "actions": [{"target": "t", "action": "restart", "who": "web-1"}]}
    return event("held", 1, seq=seq, mitigation="restart_services", plan=plan, reasons=["too many"], **note)


def test_a_plan_goes_with_the_page_of_its_workflow_to_the_channel_and_to_the_approvers():
    made, page = {"workflow": 41, "job": 42}, "https://awx.test/#/jobs/workflow/41/output"
    settings = {name: {**options, "awx_url": "https://awx.test"} for name, options in SETTINGS.items()}
    settings["mail"]["approvers"] = ["ada@z", "bob@z"]
    found = {each.key: each for each in wanted("i", [opening("P3"), held(made_in=made)], settings, START)}
    assert {"mail/held/2/ada@z", "mail/held/2/bob@z"} == {key for key in found if key.startswith("mail/")}
    mail = found["mail/held/2/bob@z"]
    assert (mail.values["to"], mail.values["address"], mail.lane) == ("bob@z", page, "bob@z")
    assert mail.values["plans"] == [
        {"mitigation": "restart_services", "digest": "d" * 12, "actions": ["restart web-1"], "more": 0}
    ]
    channel = next(
        each for each in wanted("i", [opening(), held(made_in=made)], settings, START) if "slack/held" in each.key
    )
    assert channel.values["address"] == page


def test_without_approvers_a_plan_goes_by_no_mail():
    assert keys([opening("P3"), held()], "mail") == []


def test_a_message_of_the_outbox_is_said_nowhere():
    said = event("message", 1, seq=2, key="slack/channel", state="queued")
    assert keys([opening(), said]) == keys([opening()])


def test_the_page_has_the_words_of_the_site_and_never_a_diagnosis():
    events = [opening(), event("diagnosed", 1, seq=2, cause="full", lines=["/var is full: password=hunter2hunter2"])]
    message = named(events, "page/identified/2.2")
    assert (message.values["title"], message.values["cause"]) == ("Uploads fail", "A disk was full.")
    assert message.values["components"] == {"c1": "partial_outage"}
    assert "hunter2" not in str([each.values for each in wanted("i", events, SETTINGS, START)])
    assert keys([opening(scenario="lock")], "page") == [], "it does not face customers"


@pytest.mark.parametrize("nothing", [None, "", "  ", {"en": "x"}, ["x"], True])
def test_words_that_are_no_text_are_none(nothing):
    """A title was None, or a dictionary, for the public."""
    words = {"disk_space": nothing, "full": nothing}
    given = {**SETTINGS, "page": {**SETTINGS["page"], "words": words, "resolutions": words}}
    events = [
        opening(),
        event("diagnosed", 1, seq=2, cause="full"),
        event("phase", 2, seq=3, phase="resolved", reason="x"),
    ]
    (last,) = [each for each in wanted("i", events, given, START) if each.key == "page/resolved/3.3"]
    assert [last.values[name] for name in ("title", "cause", "resolution")] == ["An incident", "", ""]


def test_components_come_back_with_the_incident():
    found = [opening(), event("diagnosed", 1, seq=2, cause="full")]
    acted = [event("mitigated", 1, seq=3, mitigation="m"), event("phase", 2, seq=4, phase="resolved", reason="seen")]
    message = named([*found, *acted], "page/resolved/4.4")
    assert (message.values["components"], message.values["resolution"]) == ({"c1": "operational"}, "We made room.")
    by_itself = named([*found, event("phase", 2, seq=3, phase="resolved", reason="a false alarm")], "page/resolved/3.3")
    assert by_itself.values["resolution"] == "", "nothing was done"


def test_a_mail_says_since_when_a_state_is_so_and_that_the_severity_was_lowered():
    said = [opening("P0"), event("diagnosed", 1, seq=2, cause="full"),
            event("update", 9, seq=3, text="x", audience="public"),
            event("severity", 10, seq=4, severity="P3", before="P0", reason="one report")]  # fmt: skip
    mails = [
        each for each in wanted("i", said, SETTINGS, START) if each.values.get("text") == "x" and each.lane == "a@z"
    ]
    (values,) = [each.values for each in mails]
    assert (values["at"], values["severity"]) == (stamp(START + timedelta(minutes=1)), "P3 (was P0)")


def test_the_line_in_the_standing_channel_is_followed_by_what_makes_it_untrue():
    raised = [opening("unknown"), event("severity", 1, seq=2, severity="P1", before="unknown", reason="all fail")]
    assert "slack/standing/severity/2" in keys(raised, "slack")
    again = [*raised, event("phase", 2, seq=3, phase="resolved", reason="seen"),
             event("phase", 3, seq=4, phase="open", reason="it is back")]  # fmt: skip
    assert "slack/standing/phase/4" in keys(again, "slack")
    assert "slack/standing/phase/3" not in keys(again, "slack"), "the resolution has a line of its own"
    lesser = [opening("P3"), *again[2:]]
    assert "slack/standing/phase/4" in keys(lesser, "slack")
    assert "slack/standing/phase/4" not in keys(again, "slack", 90), "it is no news any more"


def test_stakeholders_have_a_mail_each_for_p0_and_p1():
    assert keys([opening("P2")], "mail") == []
    assert keys([opening("P1")], "mail") == ["mail/investigating/1.1/a@z", "mail/investigating/1.1/b@z"]
    lowered = event("severity", 1, seq=2, severity="P3", reason="x")
    assert keys([opening("P1"), lowered], "mail"), "who was told of it is told of its end"


def test_a_severity_that_facts_have_raised_is_told_with_them_and_so_is_a_page():
    fact = "db1: 7 sessions wait for locks"
    raised = event("severity", 1, seq=2, severity="P1", before="P2", reason="by facts", facts=[fact])
    events = [opening("P2"), raised]
    text = Texts("slack").text("severity", named(events, "slack/severity/2").values)
    assert text.splitlines()[1:] == ["- db1: 7 sessions wait for locks"]
    for channel, key in (("slack", "slack/standing/opened"), ("pager", "pager/trigger/1")):
        message = named(events, key)
        assert "7 sessions wait" in Texts(channel).text(message.template, message.values)


def test_a_pager_is_asked_for_an_unknown_severity_when_it_has_waited_and_hears_of_the_end():
    unknown = [opening("unknown")]
    assert keys(unknown, "pager", 14.9) == []
    asked = [each for each in wanted("i", unknown, SETTINGS, START + timedelta(minutes=15)) if each.channel == "pager"]
    assert [each.key for each in asked] == ["pager/trigger/1"]
    answered = [*unknown, *logged(asked, 2), event("acknowledged", 16, seq=9)]
    assert keys(answered, "pager", 20) == ["pager/trigger/1", "pager/acknowledge/9"]
    assert keys([*unknown, event("acknowledged", 1, seq=9)], "pager", 99) == []


def test_a_pager_and_a_tracker_follow_the_incident():
    events = [opening(), event("acknowledged", 1, seq=2), event("phase", 2, seq=3, phase="resolved", reason="x")]
    assert keys(events, "pager") == ["pager/trigger/1", "pager/acknowledge/2", "pager/resolve/3"]
    assert keys(events, "tracker") == ["tracker/create/1", "tracker/update/2", "tracker/close/3"]
    back = event("phase", 4, seq=4, phase="open", reason="it is back")
    assert keys([*events, back], "pager")[-1] == "pager/trigger/4"
    waits = logged([each for each in wanted("i", [*events, back], SETTINGS, START) if each.channel == "pager"], 5)
    states = {entry.message.key: entry.state for entry in entries_of([*events, back, *waits])}
    assert [key for key, state in states.items() if state == "queued"] == ["pager/resolve/3", "pager/trigger/4"], (
        "while the pager has not heard of the end, a trigger calls no person"
    )
    again = [*events, event("phase", 4, seq=4, phase="closed"), event("phase", 5, seq=5, phase="open", reason="back")]
    assert keys(again, "tracker")[2:] == ["tracker/close/3", "tracker/update/4", "tracker/reopen/5"]


def test_the_tracker_has_the_acknowledgement_whatever_the_phase_is():
    """A plan that was held before has made the phase identified already."""
    held = event("held", 1, seq=2, plan={"digest": "d" * 64, "actions": []}, reasons=[])
    values = named([opening(), held, event("acknowledged", 2, "bob", seq=3)], "tracker/update/3").values
    assert (values["phase"], values["acknowledged_by"]) == ("identified", "bob")


def test_the_channel_is_archived_after_a_day_unless_it_was_opened_again():
    ended = [opening(), event("phase", 1, seq=2, phase="resolved", reason="x")]
    assert "slack/archive/2" not in keys(ended, minutes=1440)
    assert "slack/archive/2" in keys(ended, minutes=1442)
    assert not [key for key in keys([*ended, event("phase", 2, seq=3, phase="open")], minutes=9999) if "archive" in key]


def test_a_channel_that_is_configured_later_does_not_get_the_course_of_an_old_incident():
    late = event("action_item", 9, seq=3, key="A1", text="x", due="2026-12-01")
    events, now = [opening(), event("diagnosed", 1, seq=2, cause="full"), late], START + timedelta(days=40)
    found = wanted("i", events, SETTINGS, now, is_named=False)
    assert {message.template for message in found} == {"item", "overdue_items"}
    assert {message.template for message in found} < {each.template for each in wanted("i", events, SETTINGS, now)}
    recent = wanted("i", events, SETTINGS, START + timedelta(days=1), is_named=False)
    assert "opened" in {message.template for message in recent}


def test_what_follows_an_incident_has_no_secret():
    item = event("action_item", 9, seq=3, key="A1", text="rotate password=hunter2")
    assert "hunter2" not in repr(wanted("i", [opening(), item], SETTINGS, START + timedelta(hours=1)))


def test_each_end_of_an_incident_has_an_archiving_of_its_own():
    def phase(minutes, seq, name):
        return event("phase", minutes, seq=seq, phase=name, reason="x")

    once = [opening(), phase(1, 2, "resolved"), phase(2, 3, "closed")]
    assert [key for key in keys(once, "slack", 2000) if "archive" in key] == ["slack/archive/2"]
    again = [*once, phase(3, 4, "open")]
    assert not [key for key in keys(again, "slack", 2000) if "archive" in key]
    assert [key for key in keys([*again, phase(4, 5, "resolved")], "slack", 2000) if "archive" in key] == [
        "slack/archive/5"
    ]


def test_another_incident_on_the_page_replaces_no_state_of_the_one_before():
    events = [opening(), event("phase", 1, seq=2, phase="resolved", reason="x")]
    events += [event("phase", 3000, seq=3, phase="open", reason="x")]
    things = [(each.key, each.thing) for each in wanted("i", events, SETTINGS, START + timedelta(minutes=3001))]
    assert [each for each in things if each[0].startswith(("page/", "page-"))] == [
        ("page/investigating/1.1", "page"), ("page/resolved/2.2", "page"), ("page-2/investigating/3.3", "page-2"),
    ]  # fmt: skip


@pytest.mark.parametrize("present", [{}, {"web": "c2"}, {"backend": "c1", "web": "c2"}])
def test_a_component_that_the_settings_have_no_more_comes_back_with_the_incident(present):
    events = [opening()]
    events += logged([each for each in wanted("i", events, SETTINGS, START) if each.channel == "page"], 2)
    later = {**SETTINGS, "page": {**SETTINGS["page"], "components": present}}
    told = [*events, event("diagnosed", 1, seq=5, cause="full"), event("phase", 2, seq=6, phase="resolved", reason="x")]
    found = [each.values["components"] for each in wanted("i", told, later, START) if each.key.startswith("page/")]
    assert found[-2] == dict.fromkeys(present.values(), "partial_outage")
    assert found[-1] == dict.fromkeys(["c1", *present.values()], "operational")


SECRET = "hunter2secret"


def answerer(**more):
    row = {"step": "primary", "person": "", "slack": "", "mail": "", "why": "", "since": "", "until": "", "before": "",
           "before_slack": "", "before_mail": ""}  # fmt: skip
    return {**row, **more}


@pytest.mark.parametrize(
    "who",
    [
        answerer(why=f"the feed names 'password={SECRET}', who is none of runbook_people"),
        answerer(person=f"ada password={SECRET}", slack="U1", mail="ada@z"),
        answerer(person="ada", slack="U1", since=stamp(START + timedelta(minutes=4)), before=f"bob token={SECRET}"),
    ],
)
def test_no_value_of_a_message_has_a_secret_also_where_it_is_not_of_the_log(who):
    found = wanted("i", [opening()], SETTINGS, START + timedelta(minutes=60), [who])
    calls = [each for each in found if each.template in ("page", "passed_over", "paged", "shift_changed")]
    assert calls
    assert SECRET not in str(found)
    assert [each.values["to"] for each in found if each.template == "page" and each.channel == "mail"] in (
        ["ada@z"],
        [],
    )
    assert {each.values["place"] for each in found if each.audience == "person" and each.channel == "slack"} <= {"U1"}


def test_what_a_person_says_is_not_cut_and_what_is_queued_stays_as_it_is():
    long = "It is better. " * 500
    events = [opening(), event("update", 1, seq=2, audience="inside", text=long)]
    assert len(named(events, "slack/update/2").values["text"]) > 6000
    assert (
        named([*events, *logged([named(events, "slack/update/2")], 3)], "slack/update/2")
        .values["text"]
        .startswith("It")
    )
