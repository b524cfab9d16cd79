from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.mails.mail_states import mail_states
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import queued_note
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import page_states
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of
from ansible_collections.pafar.runbook.plugins.module_utils._announce.wanted import wanted
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

from support.incident_events import START, event

SITE = settings_of({"mail": {"host": "x", "sender": "y@z", "to": ["a@z", "b@z"], "words": {"s": "Uploads fail"}}})
SOAK = timedelta(minutes=10)
NEXT = stamp(START + timedelta(minutes=50))
OPENED = event("opened", 0, seq=1, severity="P1", scenario="s", hosts=["db1"])
SAID = event("update", 20, seq=2, text="row lock of nightly-report on db1", audience="inside", next_at=NEXT)
ACT = {"mitigation": "m"}


def at(minutes):
    return START + timedelta(minutes=minutes)


def states(*events, minutes=30.0):
    return [(each.state.state, each.state.seq, each.is_update) for each in mail_states(events, at(minutes), SOAK)]


def mails(*events, minutes=30.0, address="a@z"):
    return [each for each in wanted("i", events, SITE, at(minutes)) if each.lane == address]


def test_an_update_reaches_those_to_whom_the_last_mail_promised_it():
    """A mail promised the next update at 10:30 UTC; the update came, and no stakeholder had it."""
    (first,) = mails(OPENED, minutes=1)
    assert first.values["next_at"] == stamp(at(30))
    for address in ("a@z", "b@z"):
        before, update = mails(OPENED, SAID, address=address)
        assert update.key == f"mail/investigating/2.2/{address}"
        assert (update.values["next_at"], update.values["to"], update.thing) == (NEXT, address, "mail")
        text = Texts("mail").text("mail", update.values)
        assert "The incident is still open.\n\nNext update by 2026-11-27 10:50:00 UTC" in text
        assert "State: investigating, since 2026-11-27 10:00:00 UTC" in text
        assert "row lock" not in f"{text}{update.values}", "what is said inside stays inside"
        assert "still open" not in Texts("mail").text("mail", before.values)
        queued = {name: value for name, value in before.values.items() if name != "again"}
        assert Texts("mail").text("mail", queued) == Texts("mail").text("mail", before.values), "of a version before"


@pytest.mark.parametrize(
    ("update", "more"),
    [
        ({"audience": "public", "text": "we look"}, [("investigating", 2, False)]),
        ({"audience": "Customers", "text": "we look"}, [("investigating", 2, False)]),
        ({"audience": "inside", "text": "x"}, [("investigating", 2, True)]),
        ({"text": "x"}, [("investigating", 2, True)]),
    ],
)
def test_what_is_written_for_the_public_has_its_own_mail(update, more):
    assert states(OPENED, event("update", 1, seq=2, **update)) == [("investigating", 1, False), *more]


def test_an_update_has_the_state_of_its_time_and_none_after_the_end():
    acted, verified = event("mitigated", 1, seq=2, **ACT), event("verified", 2, seq=3, **ACT, outcome="recovered")
    early, late = event("update", 5, seq=4, text="x"), event("update", 15, seq=5, text="y")
    whole = [("investigating", 1, False), ("monitoring", 2, False), ("monitoring", 4, True), ("resolved", 3, False)]
    assert states(OPENED, acted, verified, early, late) == whole
    assert states(OPENED, acted, verified, early, minutes=6) == whole[:3]
    over = event("phase", 6, seq=6, phase="resolved", reason="seen")
    assert states(OPENED, early, over, late)[1:] == [("investigating", 4, True), ("resolved", 6, False)]
    again = event("phase", 7, seq=7, phase="open", reason="again")
    assert states(OPENED, over, again, late)[-1] == ("investigating", 5, True)


def test_without_an_update_the_mails_are_those_of_the_page():
    events = [OPENED, event("diagnosed", 1, seq=2, cause="c"), event("mitigated", 2, seq=3, **ACT)]
    found = mail_states(events, at(30), SOAK)
    assert [each.state for each in found] == page_states(events, at(30), SOAK, posts_itself=True)
    assert not any(each.is_update for each in found)


def test_the_same_mail_is_wanted_once_and_a_log_of_a_version_before_has_no_old_updates():
    first = mails(OPENED, SAID)
    logged = [event("message", 21, seq=3 + number, **queued_note(each)) for number, each in enumerate(first)]
    later = event("mitigated", 22, seq=9, **ACT)
    keys = [each.key for each in mails(OPENED, SAID, *logged, later)]
    assert keys == [*(each.key for each in first), "mail/monitoring/9.3/a@z"]
    sent = mails(OPENED, later)
    before = [event("message", 23, seq=10 + number, **queued_note(each)) for number, each in enumerate(sent)]
    assert [each.key for each in mails(OPENED, SAID, later, *before)] == [each.key for each in sent]


def test_an_update_of_a_severity_without_an_interval_promises_nothing():
    said = event("update", 20, seq=3, text="x", audience="inside")
    lowered = event("severity", 10, seq=2, severity="P3", before="P1", reason="a copy")
    assert mails(OPENED, lowered, said)[-1].values["next_at"] == ""


@pytest.mark.parametrize(
    ("incident", "reference"),
    [
        ("2026-11-27-100000-db_lock_contention-06f2a1", "2026-11-27-100000-06f2a1"),
        ("2026-11-27-100000-DB-Lock-Contention-06f2a1", "2026-11-27-100000-06f2a1"),  # of another spelling
        ("INC-4711", "INC-4711"),  # which a person has chosen
    ],
)
def test_people_outside_read_a_reference_without_the_name_of_the_scenario(incident, reference):
    opened = event("opened", 0, seq=1, severity="P1", scenario="db_lock_contention", hosts=["db1"])
    for message in wanted(
        incident, [opened, SAID, event("phase", 9, seq=3, phase="resolved", reason="x")], SITE, at(30)
    ):
        text = Texts("mail").text("mail", message.values)
        assert text.endswith(f"\n\nIncident {reference}")
        assert "db_lock" not in text + Texts("mail").title("mail", message.values)
        queued = {name: value for name, value in message.values.items() if name != "reference"}
        assert Texts("mail").text("mail", queued).endswith(incident), "of a version before"


def test_no_state_is_older_than_the_one_before_it():
    """Resolved by the facts, then a person says otherwise, and the recovery of before holds again."""
    acted, verified = event("mitigated", 1, seq=2, **ACT), event("verified", 2, seq=3, **ACT, outcome="recovered")
    said = event("update", 60, seq=4, text="All is still fine.", audience="public")
    sent = [each for each in mails(OPENED, acted, verified, said, minutes=90) if each.template == "mail"]
    found = [(each.values["state"], each.values["at"]) for each in sent]
    assert found[-2:] == [("monitoring", stamp(at(60))), ("resolved", stamp(at(60)))]
    assert found[:3] == [("investigating", stamp(at(0))), ("monitoring", stamp(at(1))), ("resolved", stamp(at(2)))]
    inside = event("update", 5, seq=4, text="x", audience="inside")
    sent = [each for each in mails(OPENED, acted, verified, inside, minutes=90) if each.template == "mail"]
    assert sent[-1].values["at"] == stamp(at(2)), "since it was verified, whatever was said meanwhile"
