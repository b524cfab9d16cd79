from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.alertmanager import Alertmanager
from ansible_collections.pafar.runbook.plugins.module_utils._announce.silences import (
    LASTS,
    Silence,
    changes,
    comment_of,
    matchers_of,
    silence_from,
    silencing_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import moment_of, stamp
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.incident_alerts import alert_from, fingerprint_of

from support.incident_events import START, event

NOW = START + timedelta(minutes=5)
OPENED = event("opened", 0, id="i", scenario="disk_space", severity="P1")
ACK = event("acknowledged", 4, by="bob")
A1 = {"alertname": "DiskFull", "instance": "db1", "scenario": "disk_space"}
A2 = {**A1, "instance": "db2"}
KNOWN = event("alert", 1, alertname="DiskFull", fingerprint="1", labels=A1)
M1 = (("alertname", "DiskFull"), ("instance", "db1"))


def firing(labels, fingerprint, minutes=-10.0):
    at = stamp(START + timedelta(minutes=minutes))
    found = alert_from({"labels": labels, "fingerprint": fingerprint, "startsAt": at, "status": {"state": "active"}})
    assert found is not None
    return found


def silence(name="s", matchers=M1, state="active", ends=15.0, updated=4.0, incident="i", starts=4.0):
    start = stamp(START + timedelta(minutes=starts))
    end, change = START + timedelta(minutes=ends), START + timedelta(minutes=updated)
    return Silence(name, matchers, state, start, end, change, comment_of(incident, "bob"))


def changed(events, alerts=(), silences=(), labels=("instance",), now=NOW):
    return changes("i", silencing_of(events, now), list(labels), alerts, silences, now)


def test_a_silence_is_made_and_extended_for_15_minutes(monkeypatch):
    asked: list[Any] = []

    def answer(self, method, path, body=None):
        asked.append((method, path, body))
        return {"silenceID": "s"}

    monkeypatch.setattr(Alertmanager, "_ask", answer)
    server = Alertmanager({"url": "http://x", "token": "", "user": ""}, 1.0)
    server.make(M1, comment_of("i", "bob"), NOW)
    server.extend(silence(), NOW)
    ends = [moment_of(body["endsAt"]) - NOW for method, path, body in asked]
    assert ends == [timedelta(minutes=15)] * 2
    assert [(method, path, body.get("id")) for method, path, body in asked] == [
        ("POST", "/silences", None), ("POST", "/silences", "s"),
    ]  # fmt: skip


def test_without_an_acknowledgement_nothing_is_silenced_and_nothing_is_asked():
    said = silencing_of([OPENED, KNOWN], NOW)
    assert not said["due"]
    assert changed([OPENED, KNOWN], [firing(A1, "1")]).create == []


def test_the_alerts_of_the_scenario_that_fired_at_the_acknowledgement_join():
    other = {**A1, "scenario": "high_cpu"}
    found = changed([OPENED, ACK], [firing(A1, "1"), firing(other, "3"), firing({"alertname": "X"}, "4")])
    assert [note["fingerprint"] for note in found.alerts] == ["1"]
    assert found.create == [M1]


def test_an_alert_of_another_instance_that_began_later_goes_on_paging():
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1"), firing(A2, "2", minutes=4.5)])
    assert (found.create, found.alerts) == ([M1], [])


def test_a_person_whose_clock_is_ahead_silences_nothing_that_begins_later():
    ahead = event("acknowledged", 64, by="bob")
    ahead["logged"] = ACK["at"]
    assert changed([OPENED, KNOWN, ahead], [firing(A1, "1"), firing(A2, "2", minutes=4.5)]).create == [M1]
    assert silencing_of([OPENED, ahead], NOW)["acknowledged_at"] == ACK["at"]


def test_a_second_acknowledgement_takes_what_fires_by_then():
    again = event("acknowledged", 4.8, by="eve")
    found = changed([OPENED, KNOWN, ACK, again], [firing(A1, "1"), firing(A2, "2", minutes=4.5)])
    assert len(found.create) == 2


def test_one_that_is_there_is_extended_when_it_has_little_time_left():
    assert changed([OPENED, KNOWN, ACK], [firing(A1, "1")], [silence(ends=19)]).extend == []
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], [silence(ends=14)])
    assert [each.id for each in found.extend] == ["s"]
    assert found.create == []


def test_of_two_that_were_made_at_once_every_run_keeps_the_same():
    pair = [silence("b", ends=19), silence("a", ends=19)]
    for order in (pair, pair[::-1]):
        found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], order)
        assert [each.id for each in found.expire] == ["b"]
        assert found.create == []


@pytest.mark.parametrize("phase", ["resolved", "closed"])
def test_with_the_incident_the_silences_end(phase):
    events = [OPENED, KNOWN, ACK, event("phase", 4.5, phase=phase)]
    assert silencing_of(events, NOW)["due"]
    found = changed(events, [firing(A1, "1")], [silence(), silence("other", incident="i2")])
    assert [each.id for each in found.expire] == ["s"]
    assert (found.create, found.alerts) == ([], [])


def test_an_incident_that_ended_long_ago_is_asked_for_only_while_a_silence_of_it_is_known():
    ended = [OPENED, KNOWN, ACK, event("phase", 5, phase="resolved")]
    late = START + timedelta(hours=3)
    assert not silencing_of(ended, late)["due"]
    made = event("silence", 4, alertname="DiskFull", state="made", reference="s")
    assert silencing_of([*ended[:3], made, ended[3]], late)["due"]
    expired = event("silence", 6, alertname="DiskFull", state="expired", reference="s")
    assert not silencing_of([*ended[:3], made, ended[3], expired], late)["due"]


def test_after_a_relapse_it_waits_for_another_acknowledgement():
    events = [OPENED, KNOWN, ACK, event("phase", 4.5, phase="resolved"), event("phase", 4.6, phase="open")]
    found = changed(events, [firing(A1, "1")], [silence()])
    assert found.create == []
    assert [each.id for each in found.expire] == ["s"]
    assert changed([*events, event("acknowledged", 4.8)], [firing(A1, "1")]).create == [M1]


def test_one_that_a_person_expired_is_not_made_again_until_the_next_acknowledgement():
    by_hand = silence(state="expired", ends=4.5, updated=4.5)
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], [by_hand])
    assert found.create == []
    assert "expired by hand" in found.lines[0]
    again = event("acknowledged", 4.8)
    assert changed([OPENED, KNOWN, ACK, again], [firing(A1, "1")], [by_hand]).create == [M1]


def test_one_that_ran_out_or_that_a_run_expired_is_made_again():
    ran_out = silence(state="expired", ends=4.9, updated=4.1)
    assert changed([OPENED, KNOWN, ACK], [firing(A1, "1")], [ran_out]).create == [M1]
    by_run = event("silence", 4.4, alertname="DiskFull", state="expired", reference="s")
    double = silence(state="expired", ends=4.5, updated=4.5)
    assert changed([OPENED, KNOWN, ACK, by_run], [firing(A1, "1")], [double]).create == [M1]


def test_an_alert_that_has_none_of_the_labels_is_named_and_not_silenced():
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], labels=["cluster"])
    assert found.create == []
    assert "every instance" in found.lines[0]


def test_that_a_silenced_alert_ended_or_fires_again_is_noted():
    found = changed([OPENED, KNOWN, ACK], [])
    assert [(note["fingerprint"], note["status"]) for note in found.alerts] == [("1", "resolved")]
    over = event("alert", 4.2, alertname="DiskFull", fingerprint="1", status="resolved", labels=A1)
    assert changed([OPENED, KNOWN, ACK, over], []).alerts == []
    again = changed([OPENED, KNOWN, ACK, over], [firing(A1, "1")])
    assert [note["status"] for note in again.alerts] == ["firing"]


def rivalled(alert, *events):
    said = silencing_of([event("opened", 0, id="i", scenario="disk_space", hosts=["db1"]), *events, ACK], NOW)
    said["rivals"] = ["other"]
    return changes("i", said, ["instance"], [firing(alert, "9")], [], NOW)


@pytest.mark.parametrize(
    ("instance", "is_silenced"),
    [("db1", True), ("DB1:9100", True), ("db1.example.org:9100", True), ("db10", False), ("db2", False), ("", False)],
)
def test_while_another_incident_of_the_scenario_waits_its_alert_goes_on_paging(instance, is_silenced):
    found = rivalled({**A1, "instance": instance})
    assert bool(found.create) == bool(found.alerts) == is_silenced
    assert bool(found.lines) != is_silenced
    says = "DiskFull is not silenced: another incident of disk_space waits for a person (other)"
    assert is_silenced or says in found.lines[0]


def test_what_a_person_names_is_silenced_also_while_another_incident_waits():
    named = event("alert", 4, alertname="DiskFull", fingerprint=fingerprint_of(A2), labels=A2, status="firing")
    assert len(rivalled(A2, named).create) == 1


def test_a_survey_that_an_alert_has_started_is_about_the_scenario_of_that_alert():
    survey = event("opened", 0, id="i", scenario="triage", alert="disk_space", severity="P1")
    assert changed([survey, ACK], [firing(A1, "1")]).create == [M1]


def test_what_a_silence_matches_never_is_the_name_alone():
    assert matchers_of(A1, ["instance"]) == M1
    assert matchers_of(A1, ["alertname"]) == ()
    assert matchers_of({"alertname": "X", "instance": ""}, ["instance"]) == ()
    assert matchers_of({"instance": "x"}, ["instance"]) == ()


def test_a_label_that_the_alert_lacks_is_matched_as_empty():
    # With alertname and instance alone the same alert of another cluster would be silenced.
    lacks = (("alertname", "DiskFull"), ("cluster", ""), ("instance", "db1"))
    assert matchers_of(A1, ["instance", "cluster"]) == lacks
    assert matchers_of({**A1, "cluster": ""}, ["cluster", "instance", "alertname"]) == lacks
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], labels=["instance", "cluster"])
    assert (found.create, found.lines) == ([lacks], [])
    # One that an earlier version made, over all clusters, gives way to it.
    found = changed([OPENED, KNOWN, ACK], [firing(A1, "1")], [silence()], labels=["instance", "cluster"])
    assert (found.create, [each.id for each in found.expire]) == ([lacks], ["s"])


WHOLE = {**A1, "cluster": "x", "job": "node"}


def test_a_person_who_names_some_labels_means_the_alert_that_has_them():
    named = event("alert", 4, alertname="DiskFull", fingerprint=fingerprint_of(A1), labels=A1, status="firing")
    opened = event("opened", 0, id="i", scenario="other", severity="P1")
    live, later = firing(WHOLE, "7"), firing({**WHOLE, "job": "later"}, "8", minutes=4.5)
    found = changed([opened, named, ACK], [live, later, firing(A2, "2")], labels=["instance", "cluster"])
    assert found.create == [(("alertname", "DiskFull"), ("cluster", "x"), ("instance", "db1"))]
    assert [(note["fingerprint"], note["labels"]) for note in found.alerts] == [("7", WHOLE)]
    # It is over when the one that was meant is over, and not before.
    joined = event("alert", 4.1, **found.alerts[0])
    assert changed([opened, named, ACK, joined], [live]).alerts == []
    found = changed([opened, named, ACK, joined], [])
    assert {note["fingerprint"]: note["status"] for note in found.alerts} == {
        fingerprint_of(A1): "resolved", "7": "resolved",
    }  # fmt: skip


def test_an_alert_that_ended_is_not_taken_for_one_with_a_label_more():
    known = event("alert", 1, alertname="DiskFull", fingerprint="1", labels=A1, starts_at=stamp(START))
    ended = event("alert", 4.2, alertname="DiskFull", fingerprint="1", labels=A1, status="resolved")
    other = firing(WHOLE, "7", minutes=4.5)
    assert [note["status"] for note in changed([OPENED, known, ACK], [other]).alerts] == ["resolved"]
    assert changed([OPENED, known, ACK, ended], [other]).alerts == []


def test_an_alert_of_which_the_log_left_out_a_label_is_named_and_not_silenced():
    secret = {**A1, "dsn": "postgres://app:hunter2secret@db/x"}
    live = firing(secret, fingerprint_of(secret))
    found = changed([OPENED, ACK], [live], labels=["instance", "dsn"])
    assert found.alerts[0]["labels"] == A1
    assert found.create == []
    assert found.lines == ["DiskFull is not silenced: the log does not have all of its labels, and may lack dsn"]
    # So it is with its name: nothing is said that is not known.
    named = {**A1, "alertname": "line\nfeed"}
    found = changed([OPENED, ACK], [firing(named, fingerprint_of(named))])
    assert found.create == []
    assert "the log does not have all of its labels, and may lack alertname" in found.lines[0]
    # Where that label is none that the site chose, it is silenced.
    assert changed([OPENED, ACK], [live]).create == [M1]


def row(**changed):
    matchers = [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in reversed(M1)]
    moments = {
        "startsAt": "2026-11-27T10:00:00Z",
        "endsAt": "2026-11-27T10:15:00Z",
        "updatedAt": "2026-11-27T10:00:00Z",
    }
    return {"id": "s", "matchers": matchers, "status": {"state": "active"}, "comment": "c", **moments, **changed}


def test_a_silence_as_the_api_has_it():
    found = silence_from(row())
    assert found
    assert found.matchers == M1
    assert found.ends_at - found.updated_at == LASTS


@pytest.mark.parametrize(
    "raw",
    [None, [], {}, row(matchers=None), row(matchers=[3]), row(endsAt="x"), row(updatedAt=None), row(status="x"),
     row(id=None), row(matchers=[{"name": "a", "value": "b.*", "isRegex": True}]),
     row(matchers=[{"name": "a", "value": "b", "isEqual": False}])],
)  # fmt: skip
def test_what_is_no_silence_of_an_incident(raw):
    assert silence_from(raw) is None
