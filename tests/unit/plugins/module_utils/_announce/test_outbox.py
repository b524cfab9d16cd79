from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import (
    LEASE,
    Message,
    claim,
    due,
    entries_of,
    lines_of_outbox,
    queued_note,
    references,
    retry_after,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START, event, opened


def queued(key, channel="slack", thing="", lane="", minutes=0):
    return event("message", minutes, **queued_note(Message(key, channel, "note", {"text": "x"}, thing, lane=lane)))


def said(key, state, minutes=0, **more):
    return event("message", minutes, key=key, state=state, **more)


def at(minutes=0.0):
    return START + timedelta(minutes=minutes)


def states(*events):
    return [(entry.message.key, entry.state) for entry in entries_of(events)]


def test_a_message_goes_from_queued_to_sent_and_keeps_the_reference():
    events = [queued("a"), said("a", "sending", 1), said("a", "sent", 2, reference="C1/7")]
    (entry,) = entries_of(events)
    assert (entry.state, entry.tries, entry.message.values) == ("sent", 1, {"text": "x"})
    assert references(entries_of(events)) == {"a": "C1/7"}
    assert states(*events, said("a", "failed", 3)) == [("a", "sent")], "what is sent stays sent"
    assert states(said("b", "sent")) == [], "what was never queued is no message"


@pytest.mark.parametrize("ahead", [-600, 3600])
def test_a_sender_whose_clock_is_wrong_has_a_message_for_its_lease_and_no_longer(ahead):
    """By the clock of the log's host (``logged``): a lease by a clock that is behind would be over at once."""

    def by_sender(minutes, state, **more):
        by_its_clock = minutes + ahead / 60
        return {**said("a", state, by_its_clock, **more), "logged": said("a", state, minutes)["at"]}

    sending = [queued("a"), by_sender(1, "sending")]
    assert due(entries_of(sending), at(2)) == []
    assert len(due(entries_of(sending), at(1) + LEASE)) == 1
    next_at = said("", "", 2.5 + ahead / 60)["at"]
    failed = [*sending, by_sender(2, "failed", next_at=next_at)]
    assert [len(due(entries_of(failed), at(minutes))) for minutes in (2.4, 2.5)] == [0, 1]


@pytest.mark.parametrize("minutes", [-600, -2, -1, 0, 1])
def test_a_clock_that_was_set_back_keeps_no_message_waiting(minutes):
    """What a killed run had begun, and what had failed, would wait until the clock is where it was before."""
    is_set_back = minutes <= -2
    sending, failed = [queued("a"), said("a", "sending")], said("b", "failed", 0, next_at=stamp(at(5)))
    assert [entry.asks for entry in due(entries_of(sending), at(minutes))] == [True] * is_set_back
    assert len(due(entries_of([queued("b"), said("b", "sending"), failed]), at(minutes))) == is_set_back


def test_a_time_that_was_written_by_hand_holds_a_message_up_for_an_hour_at_most():
    events = [queued("a"), said("a", "sending"), said("a", "failed", next_at="2999-12-31T23:59:59.000000Z")]
    assert len(due(entries_of(events), at(60))) == 1


@pytest.mark.parametrize(
    ("events", "asks"),
    [
        ([said("a", "sending"), said("a", "in_doubt")], True),
        ([said("a", "sending"), said("a", "in_doubt"), said("a", "sending"), said("a", "failed")], True),
        ([said("a", "sending"), said("a", "sending"), said("a", "failed")], True),
        ([said("a", "sending"), said("a", "failed")], False),
        ([said("a", "sending"), said("a", "queued")], False),
    ],
)
def test_what_may_have_arrived_once_is_asked_for_whatever_came_later(events, asks):
    (entry,) = due(entries_of([queued("a"), *events]), at(999))
    assert entry.asks is asks


def test_a_message_in_doubt_that_a_run_had_no_time_for_was_not_tried_again():
    sent = [queued("a"), said("a", "sending"), said("a", "in_doubt")]
    given_back = [said("a", "sending", 1), said("a", "in_doubt", 1, untried=True)]
    (entry,) = entries_of([*sent, *given_back * 9])
    assert (entry.state, entry.tries, entry.asks) == ("in_doubt", 1, True)
    (again,) = entries_of([*sent, *given_back, said("a", "sending", 2), said("a", "in_doubt", 2)])
    assert again.tries == 2


def test_what_another_run_sends_is_left_to_it_for_the_lease_and_then_in_doubt():
    entries = entries_of([queued("a"), said("a", "sending", 1), queued("b")])
    assert due(entries, at(1) + LEASE - timedelta(seconds=1)) == []
    assert [(entry.message.key, entry.asks) for entry in due(entries, at(1) + LEASE)] == [("a", True), ("b", False)]


@pytest.mark.parametrize("late", ["queued", "failed", "in_doubt", "refused"])
def test_what_a_run_says_after_its_lease_leaves_a_message_to_the_run_that_has_it_now(late):
    """A third one would take it, ask for what is on its way only now, and send it beside the second."""
    taken = [queued("a"), said("a", "sending"), said("a", "sending", 2)]
    (entry,) = entries_of([*taken, said("a", late, 2.1, claim=1)])
    assert (entry.state, entry.asks, entry.claim) == ("sending", True, 2)
    assert due(entries_of([*taken, said("a", late, 2.1, claim=1)]), at(2.2)) == []
    assert states(*taken, said("a", "sent", 2.1, claim=1)) == [("a", "sent")], "sent counts by any claim"
    assert states(*taken, said("a", late, 2.1, claim=2)) == [("a", late)]
    assert states(*taken, said("a", late, 2.1)) == [("a", late)], "as a version before this one has it"


def test_order_holds_within_a_channel_and_a_lane_and_not_between_them():
    waits = said("a", "failed", 0, next_at="2026-11-27T10:10:00.000000Z")
    mails = [queued("m1", "mail", lane="ada"), queued("m2", "mail", lane="bob"), said("m1", "sending", 5)]
    entries = entries_of([queued("a"), said("a", "sending"), waits, queued("b"), queued("c", "page"), *mails])
    assert [entry.message.key for entry in due(entries, at(5))] == ["c", "m2"]
    assert [entry.message.key for entry in due(entries, at(10))][:2] == ["a", "b"]


def test_a_newer_state_replaces_one_that_waits_and_none_that_is_on_its_way():
    assert states(queued("a", thing="topic"), queued("b", thing="topic")) == [("a", "replaced"), ("b", "queued")]
    on_its_way = [queued("a", thing="topic"), said("a", "sending"), queued("b", thing="topic")]
    assert states(*on_its_way) == [("a", "sending"), ("b", "queued")]
    assert states(*on_its_way, said("a", "failed"))[0] == ("a", "replaced")
    assert states(*on_its_way, said("a", "in_doubt"))[0] == ("a", "in_doubt"), "it may have arrived"
    mail = [queued("a", "mail", "mail"), said("a", "sending"), said("a", "in_doubt"), queued("b", "mail", "mail")]
    assert states(*mail)[0] == ("a", "in_doubt"), "it goes out once more"
    assert states(*mail, said("a", "sending"), said("a", "in_doubt"))[0] == ("a", "replaced"), "and no third time"
    other = [queued("a", thing="topic"), queued("b", "page", thing="topic"), queued("c", thing="")]
    assert [state for dummy, state in states(*other)] == ["queued"] * 3


def test_what_will_never_be_taken_keeps_nothing_up():
    entries = entries_of([queued("a"), said("a", "sending"), said("a", "refused", reason="too long"), queued("b")])
    assert [entry.message.key for entry in due(entries, at(1))] == ["b"]
    assert lines_of_outbox(entries, at(1)) == ["slack: a is refused: too long", "slack: b is queued"]


def test_who_is_sending_is_named_in_one_short_line():
    (line,) = lines_of_outbox(entries_of([queued("a"), said("a", "sending")]), at(1))
    assert line == "slack: a is being sent by ada"
    odd = said("a", "sending")
    odd["by"] = "a\x1b[2J\n" + "b" * 500
    (line,) = lines_of_outbox(entries_of([queued("a"), odd]), at(1))
    assert line.isprintable()
    assert len(line) < 100


def test_a_fault_of_a_channel_is_said_once_and_not_of_each_message():
    """Of a library that is missing each message had the same sentence."""
    events = []
    for number, key in enumerate("abcd"):
        next_at = said("", "", 5 + number)["at"]
        events += [queued(key), said(key, "sending"), said(key, "failed", reason="no library", next_at=next_at)]
    events += [queued("e", "mail"), said("e", "sending"), said("e", "failed", reason="no library"), queued("f")]
    assert lines_of_outbox(entries_of(events), at(1)) == [
        "slack: a and 3 more are failed: no library, tried again in 240 s",
        "mail: e is failed: no library", "slack: f is queued",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tries", "asked", "seconds"),
    [(0, None, 30), (1, None, 30), (2, None, 60), (99, None, 600), (1, 45.0, 45), (1, 5.0, 30), (1, 1e9, 3600)],
)
def test_it_waits_longer_each_time_and_as_long_as_the_other_side_asks(tries, asked, seconds):
    assert retry_after(tries, asked) == timedelta(seconds=seconds)
    assert retry_after(tries, asked, pages=True) == timedelta(seconds=min(seconds, 600 if tries == 99 else 300))


A, B = Message("a", "slack", "note", {"text": "x"}), Message("b", "page", "page", {}, "page")


def as_events(found, seq=2):
    return [event("message", 0, seq=seq + number, **note) for number, note in enumerate(found.notes)]


def test_what_is_wanted_is_queued_once_and_taken_once():
    found = claim([opened()], [A, B], START)
    assert [(note["key"], note["state"]) for note in found.notes] == [
        ("a", "queued"), ("b", "queued"), ("a", "sending"), ("b", "sending"),
    ]  # fmt: skip
    assert [(entry.message, entry.tries, entry.claim) for entry in found.taken] == [(A, 1, 1), (B, 1, 1)]
    again = claim([opened(), *as_events(found)], [A, B], START + timedelta(seconds=1))
    assert (again.notes, again.taken) == ([], [])
    assert [entry.message.key for entry in again.left] == ["a", "b"]


def test_channels_that_are_not_asked_for_are_queued_and_left():
    found = claim([opened()], [A, B], START, ["page"])
    assert [entry.message.key for entry in found.taken] == ["b"]
    assert [note["state"] for note in found.notes] == ["queued", "queued", "sending"]


def test_references_of_what_was_sent_go_with_what_is_taken():
    first = claim([opened()], [A], START)
    sent = event("message", 0, seq=9, key="a", state="sent", reference="C1/7")
    later = claim([opened(), *as_events(first), sent], [A, B], START)
    assert later.sent == {"a": "C1/7"}
    assert [entry.message.key for entry in later.taken] == ["b"]


def call(key, template="page", minutes=0):
    return event("message", minutes, **queued_note(Message(key, "slack", template, {}, audience="person", lane=key)))


ENDS = [event("acknowledged", 9), event("phase", 9, phase="resolved", reason="x"), event("phase", 9, phase="closed")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(
    ("tries", "maybe"),
    [([], False), (["sending", "failed"], False), (["sending", "in_doubt"], True), (["sending"], True)],
)
def test_no_page_goes_out_after_the_acknowledgement(end, tries, maybe):
    events = [call("a"), *(said("a", state, 1) for state in tries), end]
    (entry,) = entries_of(events)
    assert (entry.state, "not known" in entry.reason) == ("replaced", maybe)
    assert claim([opened(), *events], [], at(99)).taken == []
    assert states(*events, said("a", "sent", 10)) == [("a", "sent")], "what was on its way is reported by its sender"


def test_what_is_no_page_goes_out_after_the_acknowledgement():
    lines = [call("b", "paged"), call("c", "note"), call("d", "passed_over")]
    assert states(*lines, event("acknowledged")) == [("b", "replaced"), ("c", "queued"), ("d", "replaced")]
    assert states(event("acknowledged"), call("a")) == [("a", "queued")], "a page of a later round"
    post = queued_note(Message("page/investigating/1.1", "page", "page", {}, "page", "public"))
    assert states(event("message", **post), event("acknowledged")) == [("page/investigating/1.1", "queued")]
    doubt = [call("b", "paged"), said("b", "sending"), said("b", "in_doubt"), event("acknowledged")]
    assert states(*doubt) == [("b", "in_doubt")], "it is asked for, so that the channel goes on"


def alert(action="trigger"):
    message = Message(f"pager/{action}/1", "pager", "page_person", {"action": action}, "pager")
    return event("message", 0, **queued_note(message))


@pytest.mark.parametrize("tries", [[], ["sending", "failed"], ["sending", "in_doubt"]])
@pytest.mark.parametrize(
    ("quiet", "taken"),
    [((), ["a", "b", "pager/trigger/1"]), (("person",), ["pager/trigger/1"]), (("pager",), ["a", "b"]),
     (("person", "pager"), [])],
)  # fmt: skip
def test_a_page_that_waits_goes_out_while_the_severity_asks_for_it(tries, quiet, taken):
    """It was lowered while the channel was out of reach."""
    queued_ones = [call("a"), alert()]
    events = [*queued_ones, call("b", "paged")]
    events += [said(key, state, 1) for key in ("a", "pager/trigger/1") for state in tries]
    found = claim([opened(), *events], [], at(99), quiet=quiet)
    assert sorted(entry.message.key for entry in found.taken) == taken
    withdrawn = {entry.message.key: entry for entry in found.left}
    assert {entry.state for entry in withdrawn.values()} <= {"replaced"}
    for key in {"a", "pager/trigger/1"} & set(withdrawn):
        assert withdrawn[key].reason.startswith("the present severity pages no person")
        assert ("not known" in withdrawn[key].reason) is ("in_doubt" in tries)
    assert lines_of_outbox(found.left, at(99)) == []
    struck = [note["key"] for note in found.notes if note["state"] == "replaced"]
    assert struck == (["a", "b"] if "person" in quiet else []), "the alert goes out when it is raised again"


@pytest.mark.parametrize("last", ["acknowledge", "resolve"])
@pytest.mark.parametrize("tries", [[], ["sending", "failed"], ["sending", "in_doubt"], ["sending"]])
def test_an_alert_of_which_nothing_is_known_pages_no_person_after_its_end(last, tries):
    """Sent again it would page a person, if it had not arrived before."""
    events = [alert(), *(said("pager/trigger/1", state, 1) for state in tries), alert(last)]
    found = claim([opened(), *events], [], at(99))
    assert [entry.message.key for entry in found.taken] == [f"pager/{last}/1"]
    assert [entry.state for entry in found.left] == ["replaced"]
    written = entries_of([opened(), *events, *as_events(found, 9)])
    assert written[0].state == "replaced", "in the log, too"
    found = claim([opened(), alert(), said("pager/trigger/1", "sending", 99), alert(last)], [], at(99))
    assert found.taken == [], "another run has it"


def test_what_is_no_page_goes_out_at_any_severity():
    events = [call("c", "note"), alert("resolve"), alert("acknowledge")]
    found = claim([opened(), *events], [], at(99), quiet=("person", "pager"))
    assert [entry.message.key for entry in found.taken] == ["c", "pager/acknowledge/1"], "the newest state"
    doubt = [
        call("b", "paged"),
        said("b", "sending"),
        said("b", "in_doubt"),
        alert(),
        said("pager/trigger/1", "sending"),
    ]
    found = claim([opened(), *doubt], [], at(0), quiet=("person", "pager"))
    assert [(entry.message.key, entry.asks) for entry in found.taken] == [("b", True)], "so that the channel goes on"
    assert [entry.state for entry in found.left] == ["sending"], "another run has it"


@pytest.mark.parametrize("tries", [["sending"], ["sending", "in_doubt"]])
def test_a_state_of_an_issue_in_doubt_gives_way_to_a_newer_one(tries):
    """A run died after it had sent both: sent again, the older one would be the last that is said."""

    def state(key, thing="issue"):
        return event("message", 0, **queued_note(Message(key, "tracker", "issue", {}, thing)))

    both = [state("update"), state("close"), *(said(key, each, 1) for key in ("update", "close") for each in tries)]
    found = claim([opened(), *both], [], at(99))
    assert [(entry.message.key, entry.asks) for entry in found.taken] == [("close", True)]
    made = [state("create", ""), *(said("create", each, 1) for each in tries), state("close")]
    found = claim([opened(), *made], [], at(99))
    assert [entry.message.key for entry in found.taken] == ["create", "close"], "without it there is no issue"


REOPENED = event("phase", 5, phase="open", reason="it is back")


def archived(*after):
    return [event("message", 0, **queued_note(Message("slack/archive/2", "slack", "archive"))), *after]


@pytest.mark.parametrize("after", [[], ["sending"], ["sending", "failed"], ["sending", "in_doubt"]])
def test_a_channel_of_an_incident_that_was_opened_again_is_not_archived(after):
    events = archived(*(said("slack/archive/2", state, 1) for state in after))
    assert len(due(entries_of(events), at(60))) == 1
    assert due(entries_of([*events, REOPENED]), at(60)) == []
    (entry,) = entries_of([*events, REOPENED])
    assert (entry.state, entry.reason.partition(";")[0]) == ("replaced", "the incident was opened again")
    later = event("message", 9, **queued_note(Message("slack/archive/7", "slack", "archive")))
    ended = event("phase", 8, phase="resolved", reason="x")
    again = due(entries_of([*events, REOPENED, ended, later]), at(60))
    assert [entry.message.key for entry in again] == ["slack/archive/7"], "a later end has an archiving of its own"


def test_what_is_archived_already_and_what_else_waits_stay_as_they_are():
    sent = [said("slack/archive/2", "sending", 1), said("slack/archive/2", "sent", 2)]
    assert states(*archived(*sent), REOPENED) == [("slack/archive/2", "sent")]
    closed = event("phase", 5, phase="closed", reason="x")
    assert states(*archived(), closed) == [("slack/archive/2", "queued")], "still over"
    assert states(queued("a"), REOPENED) == [("a", "queued")]


@pytest.mark.parametrize(
    ("state", "thing", "is_sent"),
    [("in_doubt", "page", False), ("sending", "page", False), ("failed", "page", False),
     ("in_doubt", "", True), ("in_doubt", "page-2", True)],
)  # fmt: skip
def test_a_state_of_the_page_in_doubt_gives_way_to_a_newer_one_of_the_same_incident_on_it(state, thing, is_sent):
    """The public would read that an incident is over which was opened again; a person's text is always published."""
    events = [queued("old", "page", thing), said("old", "sending", 1)]
    events += [said("old", state, 2)] if state != "sending" else []
    assert [entry.message.key for entry in due(entries_of(events), at(60))] == ["old"], "without a newer one it is sent"
    newer = Message("new", "page", "page", {"text": ""}, "page")
    found = claim(events, [newer], at(60))
    assert [entry.message.key for entry in found.taken] == (["old", "new"] if is_sent else ["new"])
