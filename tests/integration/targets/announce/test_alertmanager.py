"""Silences of an acknowledged incident, in an Alertmanager of its own that pages a receiver."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io import alertmanager as server_calls
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.person_act import act_of_person
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.options import OUTBOX_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.incident_alerts import fingerprint_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.options import ACT_ARGS

from support.alertmanager import alertmanager, until
from support.channels.server import dropped
from support.servers import free_port

from .test_announce import Site

# Seconds that a run may take here. Where they end between its two looks, a second silence stays until the next run.
PATIENCE = 300.0


class Incident:
    """A log with one incident, and what `announce` does with it."""

    def __init__(self, folder, settings):
        self.log, self.settings = str(folder / "log"), settings
        opening = {"hosts": ["db"], "severity": "P1", "scenario": "disk_space"}
        record({"log": self.log, "id": "a", "by": "run", "opening": opening, "events": []}, False)

    def act(self, name, by="ada", **given):
        options = {option: spec.get("default") for option, spec in ACT_ARGS.items()}
        act_of_person({**options, "log": self.log, "act": name, "by": by, "id": "a", **given}, False)

    def announce(self, clock=lambda: datetime.now(UTC), check_mode=False, budget=PATIENCE):
        options = {option: spec.get("default") for option, spec in OUTBOX_ARGS.items()}
        announcing = Announcing({"alertmanager": self.settings}, {})
        found = take_messages({**options, "log": self.log, "ids": ["a"], "settings": {}}, check_mode, clock)
        if check_mode:
            return announcing.shown(found, budget, clock)["silences"]
        return announcing.sent(found, self._append, budget, clock)["silences"]

    def _append(self, name, events):
        record({"log": self.log, "id": name, "by": "run", "events": events, "create": False}, False)

    def notes(self, kind):
        with open(f"{self.log}/a.jsonl") as log:
            events = [json.loads(line) for line in log]
        return [event["note"] for event in events if event["kind"] == kind]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as running:
        yield running


@pytest.fixture
def instances(server, request):
    """Names of instances that no other test has; what they left is cleared."""
    names = [f"{request.node.name}-{number}" for number in range(3)]
    yield names
    for silence in server.silences():
        server.expire(silence["id"])


def test_the_story_from_the_acknowledgement_to_the_end(server, instances, tmp_path):
    name = tmp_path.name
    one, two, new = instances
    incident = Incident(tmp_path, server.settings)
    server.fire(one, two, name=name)
    until(lambda: {one, two} <= set(server.receiver.paged))
    assert incident.announce() == []  # not acknowledged: it pages
    incident.act("acknowledge")
    assert any("would silence" in line for line in incident.announce(check_mode=True))
    assert server.silences(name) == []
    incident.announce()
    found = server.silences(name)
    assert {matcher["value"] for row in found for matcher in row["matchers"]} == {name, one, two}
    assert all(len(row["matchers"]) == 2 and "incident a;" in row["comment"] for row in found)
    fingerprints = {note["fingerprint"] for note in incident.notes("alert")}
    assert fingerprint_of({"alertname": name, "instance": one, "scenario": "disk_space"}) in fingerprints
    # The same alert of another instance pages, also after every further look.
    server.fire(new, name=name)
    server.receiver.paged.clear()
    until(lambda: server.receiver.paged.count(new) > 2)
    assert not {one, two} & set(server.receiver.paged[2:])  # what was under way when it was cleared may come
    incident.announce()
    assert len(server.silences(name)) == 2
    # Ten minutes later they are extended, under the same ids.
    before = {row["id"]: row["endsAt"] for row in found}
    incident.announce(lambda: datetime.now(UTC) + timedelta(minutes=10))
    after = {row["id"]: row["endsAt"] for row in server.silences(name)}
    assert before.keys() == after.keys()
    assert all(after[key] > before[key] for key in after)
    # The end: no silence is left, and what still fires pages again.
    server.receiver.paged.clear()
    incident.act("resolve", reason="by hand")
    incident.announce()
    assert server.silences(name) == []
    until(lambda: {one, two} <= set(server.receiver.paged))
    states = [note["state"] for note in incident.notes("silence") if note["alertname"] == name]
    assert states == ["made", "made", "expired", "expired"]


def test_two_people_who_acknowledge_at_once_make_one_silence(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    incident = Incident(tmp_path, server.settings)
    for number in range(5):
        for silence in server.silences(name):
            server.expire(silence["id"])
        start = threading.Barrier(4)
        lines: list[str] = []

        def both(by, start=start, lines=lines):
            start.wait()
            incident.act("acknowledge", by)
            start.wait()
            lines += incident.announce()

        people = [threading.Thread(target=both, args=(f"{by}{number}",)) for by in "abcd"]
        for person in people:
            person.start()
        for person in people:
            person.join()
        assert len(server.silences(name)) == 1, lines


def test_a_second_silence_of_a_run_whose_time_ended_is_expired_by_the_next(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    incident = Incident(tmp_path, server.settings)
    incident.act("acknowledge")
    incident.announce()
    (kept,) = server.silences(name)
    again = {key: kept[key] for key in ("matchers", "endsAt", "createdBy", "comment")}
    for dummy in range(3):
        server.ask("/silences", {**again, "startsAt": datetime.now(UTC).isoformat()})
    assert len(server.silences(name)) == 4
    assert len(incident.announce()) == 3
    assert [row["id"] for row in server.silences(name)] == [kept["id"]]


def test_what_a_person_expires_stays_expired_until_the_next_acknowledgement(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    incident = Incident(tmp_path, server.settings)
    incident.act("acknowledge")
    incident.announce()
    server.expire(server.silences(name)[0]["id"])
    assert any("expired by hand" in line for line in incident.announce())
    assert server.silences(name) == []
    incident.act("acknowledge")
    incident.announce()
    assert len(server.silences(name)) == 1


def test_an_alert_is_named_with_the_acknowledgement(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name, scenario="other")
    incident = Incident(tmp_path, server.settings)
    labels = {"alertname": name, "instance": instances[0], "scenario": "other"}
    incident.act("acknowledge", alerts=[labels])
    incident.announce()
    assert len(server.silences(name)) == 1
    assert not [
        line for line in incident.announce() if "expired" in line
    ]  # it fires, as the fingerprint of its labels says
    assert [note["status"] for note in incident.notes("alert") if note["alertname"] == name] == ["firing"]


def test_an_alert_without_one_of_the_labels_silences_no_alert_that_has_it(server, instances, tmp_path):
    name, instance = tmp_path.name, instances[0]
    server.fire(instance, name=name)
    incident = Incident(tmp_path, {**server.settings, "labels": ["instance", "cluster"]})
    incident.act("acknowledge")
    incident.announce()
    assert [matcher["value"] for row in server.silences(name) for matcher in row["matchers"]].count("") == 1
    labels = {"alertname": name, "instance": instance, "scenario": "disk_space", "cluster": "new"}
    server.ask("/alerts", [{"labels": labels}])
    until(lambda: len(server.states(name)) == 2)
    until(lambda: server.states(name) == {"": "suppressed", "new": "active"})
    assert "expired" not in str(incident.announce())  # what the server has is taken for what was made


def test_with_a_clock_that_is_ahead_it_is_silenced_at_once(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    incident = Incident(tmp_path, server.settings)
    incident.act("acknowledge")
    ahead = timedelta(minutes=3)
    incident.announce(lambda: datetime.now(UTC) + ahead)
    (row,) = server.silences(name)  # active, and not waiting for its beginning
    assert [each["id"] for each in server.silences(name)] == [row["id"]]
    incident.announce(lambda: datetime.now(UTC) + ahead + timedelta(minutes=10))
    assert [each["id"] for each in server.silences(name)] == [row["id"]]


def test_one_silence_that_is_refused_keeps_up_no_other_one(server, instances, tmp_path, monkeypatch):
    name = tmp_path.name
    server.fire(*instances[:2], name=name)
    incident = Incident(tmp_path, server.settings)
    incident.act("acknowledge")
    make, refused = server_calls.Alertmanager.make, instances[0]

    def with_a_bad_label(self, matchers, comment, now):
        bad = (("no label", "x"),) if refused in dict(matchers).values() else ()
        return make(self, [*matchers, *bad], comment, now)

    monkeypatch.setattr(server_calls.Alertmanager, "make", with_a_bad_label)
    said = incident.announce()
    assert [line for line in said if refused in line and "is not silenced: HTTP 400" in line], said
    assert [matcher["value"] for row in server.silences(name) for matcher in row["matchers"]] == [name, instances[1]]


def test_an_incident_that_waits_for_a_person_goes_on_paging(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(*instances[:2], name=name)
    incident = Incident(tmp_path, server.settings)
    opening = {"hosts": [instances[1]], "severity": "P1", "scenario": "disk_space"}
    record({"log": incident.log, "id": "b", "by": "run", "opening": opening, "events": []}, False)
    incident.act("acknowledge")
    said = incident.announce()
    assert server.silences(name) == []
    assert any("waits for a person (b)" in line for line in said)
    incident.act("acknowledge", id="b")
    incident.announce()
    assert len(server.silences(name)) == 2


def test_a_person_names_an_alert_by_some_of_its_labels(server, instances, tmp_path):
    name, instance = tmp_path.name, instances[0]
    labels = {"alertname": name, "instance": instance, "job": "node", "cluster": "x"}
    server.ask("/alerts", [{"labels": labels}])
    until(lambda: server.states(name))
    incident = Incident(tmp_path, {**server.settings, "labels": ["instance", "cluster"]})
    incident.act("acknowledge", alerts=[{"alertname": name, "instance": instance}])
    incident.announce()
    until(lambda: server.states(name) == {"x": "suppressed"})
    assert "resolved" not in [note["status"] for note in incident.notes("alert")]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://no-such-host.invalid"])
def test_while_it_is_down_the_acknowledgement_stands_and_a_later_run_catches_up(server, instances, tmp_path, url):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    incident = Incident(tmp_path, {**server.settings, "url": url.format(port=free_port())})
    incident.act("acknowledge")
    assert "next run tries again" in incident.announce()[0]
    assert len(incident.notes("acknowledged")) == 1
    incident.settings = server.settings
    incident.announce()
    assert len(server.silences(name)) == 1


def test_where_packets_are_dropped_it_costs_a_part_of_the_budget_and_no_more(tmp_path):
    with dropped() as address:
        incident = Incident(tmp_path, {"url": address, "labels": ["instance"]})
        incident.act("acknowledge")
        assert "Alertmanager" in incident.announce(budget=4.0)[0]


def test_the_playbook_of_the_acknowledgement_silences(server, instances, tmp_path):
    name = tmp_path.name
    server.fire(instances[0], name=name)
    site = Site(tmp_path, alertmanager=server.settings)
    code, screen = site.play(playbook="playbooks/incident_ack.yml")
    assert code == 0, screen
    assert len(server.silences(name)) == 1
    assert "is silenced while the incident is open" in screen
    code, screen = site.play(playbook="playbooks/incident_resolve.yml", incident_act_reason="by hand")
    assert code == 0, screen
    assert server.silences(name) == []
