"""A later diagnosis of the same scenario and host says what the cause is now: readers of page and mails hear it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.wanted import wanted

from support.incident_events import START, event

A, B = "A report kept bookings from being written.", "The disk of our database was full."
SETTINGS = settings_of(
    {
        "page": {"kind": "statuspage", "token": "x", "page": "p", "scenarios": ["locks"], "first_post": "act",
                 "words": {"locks": "Bookings are slow", "row": A, "same": A, "full": B}},
        "mail": {"host": "x", "sender": "y@z", "to": ["a@z"]},
    }
)  # fmt: skip
ACTED = event("mitigated", 8, seq=20, mitigation="m", scenario="locks")
NOW_B = f"The cause, as we know it now: {B}"
ANOTHER = "As we know now, the cause is another one than we have named before."
SPOKEN = event("update", 7, seq=15, audience="public", text="We look.")


def diagnosed(seq, cause, host="db1", scenario="locks", causes=()):
    note = {"cause": cause, "scenario": scenario, "lines": [f"raw {cause}"], "causes": [{"cause": c} for c in causes]}
    return {**event("diagnosed", seq, seq=seq, **note), "host": host}


def read_by_people(channel, *events):
    """The texts that are sent while these events are written, each as soon as it can be."""
    log, texts = [event("opened", 0, seq=1, id="i", severity="P1", scenario="locks", hosts=["db1"])], []
    for number, each in enumerate([None, *events]):
        log += [each] if each else []
        known = {one["note"].get("key") for one in log}
        for message in wanted("i", log, SETTINGS, START + timedelta(minutes=30)):
            if message.channel == channel and message.key not in known:
                texts.append(Texts(channel).text(message.template, message.values))
                log.append(event("message", 1, seq=100 + number, **queued_note(message)))
                log.append(event("message", 1, seq=200 + number, key=message.key, state="sent", reference="x"))
    assert not any("raw" in text for text in texts)
    return texts


@pytest.mark.parametrize(
    ("events", "texts"),
    [
        ([diagnosed(2, "row"), diagnosed(3, "full")], [A, f"We are working on the problem.\n\n{NOW_B}"]),
        ([diagnosed(2, "row"), diagnosed(3, "no words")], [A, f"We are working on the problem.\n\n{ANOTHER}"]),
        ([diagnosed(2, "row"), ACTED, diagnosed(21, "full")],
         [A, "We have taken measures, and are watching their effect.",
          f"We have taken measures, and are watching their effect.\n\n{NOW_B}"]),
        ([diagnosed(2, "row"), SPOKEN, diagnosed(21, "full")],
         [A, "We look.", f"We are working on the problem.\n\n{NOW_B}"]),
        ([diagnosed(2, "row"), diagnosed(3, "full"), diagnosed(4, "row")],
         [A, f"We are working on the problem.\n\n{NOW_B}",
          f"We are working on the problem.\n\nThe cause, as we know it now: {A}"]),
        ([diagnosed(2, "no words"), diagnosed(3, "full")], ["We have found the cause and are working on it.", B]),
        # What takes nothing back.
        ([diagnosed(2, "row"), diagnosed(3, "row")], [A]),
        ([diagnosed(2, "row"), diagnosed(3, "same")], [A]),
        ([diagnosed(2, "row"), diagnosed(3, "full", host="db2")], [A]),
        ([diagnosed(2, "row"), diagnosed(3, "full", scenario="disk_space")], [A]),
        ([diagnosed(2, "row", causes=["row", "full"]), diagnosed(3, "full", causes=["full", "row"])], [A]),
        ([diagnosed(2, "x"), diagnosed(3, "y")], ["We have found the cause and are working on it."]),
    ],
)  # fmt: skip
def test_the_page_says_the_cause_that_is_known_now(events, texts):
    assert read_by_people("page", *events) == ["We are investigating the problem.", *texts]


@pytest.mark.parametrize(
    ("events", "last"),
    [
        ([diagnosed(2, "row")], f"Cause: {A}"),
        ([diagnosed(2, "row"), diagnosed(3, "full")], f"Cause, as we know it now: {B}"),
        ([diagnosed(2, "row"), diagnosed(3, "no words")], "Cause: another one than we have named before"),
        ([diagnosed(2, "row"), diagnosed(3, "full"), ACTED], f"Cause: {B}"),
        ([diagnosed(2, "row"), diagnosed(3, "no words"), ACTED], ""),
        ([diagnosed(2, "row"), diagnosed(3, "full", host="db2"), ACTED], f"Cause: {B}"),
    ],
)
def test_mails_say_the_cause_that_is_known_now(events, last):
    found = [line for line in read_by_people("mail", *events)[-1].splitlines() if line.startswith("Cause")]
    assert found == ([last] if last else [])


def test_a_correction_that_gives_way_to_a_newer_state_is_said_with_that():
    log = [event("opened", 0, seq=1, id="i", severity="P1", scenario="locks", hosts=["db1"]), diagnosed(2, "row")]
    page = [each for each in wanted("i", log, SETTINGS, START) if each.channel == "page"]
    for number, message in enumerate(page):
        log.append(event("message", 2, seq=3 + number, **queued_note(message)))
        log.append(event("message", 2, seq=9 + number, key=message.key, state="sent", reference="x"))
    log += [diagnosed(15, "full"), ACTED]
    known = {message.key for message in page}
    new = [each for each in wanted("i", log, SETTINGS, START) if each.channel == "page" and each.key not in known]
    assert [(each.values["state"], each.thing) for each in new] == [("identified", "page"), ("monitoring", "page")]
    assert all(NOW_B in Texts("page").text("page", each.values) for each in new)


def test_what_was_named_before_a_relapse_is_not_taken_back_by_its_cause():
    over = event("phase", 20, seq=21, phase="resolved", reason="seen")
    back = event("phase", 21, seq=22, phase="open", reason="it is back")
    texts = read_by_people("page", diagnosed(2, "row"), over, back, diagnosed(23, "full"))
    assert texts[-2:] == ["We are investigating the problem.", B]
