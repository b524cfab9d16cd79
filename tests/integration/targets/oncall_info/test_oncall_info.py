"""Who is on call: a rotation, the same one as a calendar and as rendered shifts, and feeds that are gone."""

from __future__ import annotations

import json
import random
import re
import threading
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from zoneinfo import ZoneInfo

import pytest
import yaml
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.answerers import answerers
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.ical import shifts_of_calendar
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.load import load_roster
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.rendered import shifts_of_json
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import Person
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.rotation import Layer, shifts_of
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.shifts import Shifts
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.steps import steps_of

from support.modules import run_module
from support.servers import ROOT

NAMES = ("ada", "bob", "eve")
PEOPLE = [{"name": name, "mail": f"{name}@example.org"} for name in NAMES]
KNOWN = [Person(name, mail=f"{name}@example.org") for name in NAMES]
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns")
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ROTATION = {"layers": [{"name": "week", "zone": "Europe/Berlin", "starts": "2026-01-05", "people": list(NAMES)}]}


def ask(tmp_path, primary, at="2026-11-23T14:56:35.000000Z", **options):
    result = run_module(
        "oncall_info", people=PEOPLE, oncall={"primary": primary}, at=at, copies=str(tmp_path / "copies"), **options
    )
    assert "failed" not in result, result
    return result


def calendar(ends, zone="Europe/Berlin", hour=9, all_day=False, extra=""):
    """Three weekly events, each every three weeks. ``ends``: of the first one, given its day."""
    events = []
    for number, name in enumerate(NAMES):
        day = date(2026, 1, 5) + timedelta(days=7 * number)
        start = f"DTSTART;VALUE=DATE:{day:%Y%m%d}" if all_day else f"DTSTART;TZID={zone}:{day:%Y%m%d}T{hour:02}0000"
        events.append(
            f"BEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:20260101T000000Z\r\n{start}\r\n{ends(day)}\r\n"
            f"RRULE:FREQ=WEEKLY;INTERVAL=3\r\nSUMMARY:On call: {name.title()} (primary)\r\n{extra}END:VEVENT\r\n"
        )
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n"
    return (head + "".join(events) + "END:VCALENDAR\r\n").encode()


FORMS = {
    "DTEND": lambda zone: calendar(lambda day: f"DTEND;TZID={zone}:{day + timedelta(days=7):%Y%m%d}T090000", zone),
    "DURATION P7D": lambda zone: calendar(lambda _day: "DURATION:P7D", zone),
    "all day": lambda _zone: calendar(lambda day: f"DTEND;VALUE=DATE:{day + timedelta(days=7):%Y%m%d}", all_day=True),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", ZONES)
def test_a_calendar_answers_as_the_rotation_does(form, zone):
    """All shifts of two years: who is right at the borders of each of them is right at every moment."""
    place, hour = ZoneInfo(zone), time(0) if form == "all day" else time(9)
    begin, end = datetime(2026, 1, 12, tzinfo=UTC), datetime(2028, 1, 12, tzinfo=UTC)
    own = shifts_of(Layer("week", place, date(2026, 1, 5), NAMES, hour), begin, end)
    feed, problems = shifts_of_calendar(FORMS[form](zone), KNOWN, place, begin, end)
    assert problems == []
    assert [(shift.start, shift.end, shift.person) for shift in feed] == [
        (shift.start, shift.end, shift.person) for shift in own
    ]
    chance = random.Random(form + zone)
    for dummy in range(100):
        moment = begin + timedelta(seconds=chance.random() * 720 * 86400)
        assert Shifts(feed).at(moment).person == Shifts(own).at(moment).person, moment


def test_the_trap_of_daylight_saving_is_not_stepped_into():
    """An occurrence that began in summer time and ends in winter time, asked in its last hour."""
    feed = Shifts(shifts_of_calendar(FORMS["DTEND"]("Europe/Berlin"), KNOWN, UTC, BEGIN, END)[0])
    assert feed.at(datetime(2026, 10, 26, 7, 30, tzinfo=UTC)) is not None


def test_a_windows_zone_and_an_attendee_are_understood():
    extra = "ATTENDEE;CN=x:mailto:EVE@example.org\r\n"
    data = calendar(lambda _day: "DURATION:P7D", "W. Europe Standard Time", extra=extra)
    feed = Shifts(shifts_of_calendar(data, KNOWN, UTC, BEGIN, END)[0])
    assert feed.at(datetime(2026, 1, 5, 8, tzinfo=UTC)).person == "eve"
    assert feed.at(datetime(2026, 1, 5, 7, 59, tzinfo=UTC)) is None


FROM, UNTIL, ADA = "2026-11-23T08:00:00Z", "2026-11-30T08:00:00Z", "ada@example.org"
ENTRY = {"start": "2026-11-23T09:00:00+01:00", "end": "2026-11-30T09:00:00+01:00", "user": {"summary": "Ada"}}
PAGERDUTY = {"schedule": {"id": "PI7DH85", "final_schedule": {"rendered_schedule_entries": [ENTRY]}}}
PERIOD = {"startDate": FROM, "endDate": UNTIL, "recipient": {"name": ADA}}
OPSGENIE = {"data": {"finalTimeline": {"rotations": [{"periods": [PERIOD]}]}}}
ONCALL = {"results": [{"shift_start": FROM, "shift_end": UNTIL, "user_email": ADA}]}


@pytest.mark.parametrize(
    ("answer", "paths"),
    [
        (PAGERDUTY, {"rows": "schedule.final_schedule.rendered_schedule_entries", "person": "user.summary"}),
        (OPSGENIE, {"rows": "data.finalTimeline.rotations[].periods[]", "start": "startDate", "end": "endDate",
                    "person": "recipient.name"}),
        (ONCALL, {"rows": "results", "start": "shift_start", "end": "shift_end", "person": "user_email"}),
        ([{"start": 1795420800, "end": 1796025600000, "person": "ada"}], {}),
    ],
)  # fmt: skip
def test_rendered_shifts_of_other_systems_are_read_by_jmespath(answer, paths):
    ((shift,), problems) = shifts_of_json(json.dumps(answer).encode(), paths, KNOWN, UTC)
    assert problems == []
    assert (shift.start, shift.end, shift.person) == (
        datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC), "ada",
    )  # fmt: skip


def test_the_example_inventory_reads_what_those_systems_answer():
    """Its comments are what a site copies."""
    text = (ROOT / "inventory.example/group_vars/all.yml").read_text().split("runbook_oncall: {}\n")[1].split("\n\n")[0]
    blocks = re.split(r"\n  escalation:.*", "\n".join(line[2:] for line in text.splitlines()))[1:]
    steps = [yaml.safe_load(block) for block in blocks]
    assert len(steps) == 3
    for step, answer in zip(steps, (PAGERDUTY, OPSGENIE, ONCALL), strict=True):
        (read,) = steps_of({"escalation": step}, lambda _name: UTC)
        ((shift,), dummy) = shifts_of_json(json.dumps(answer).encode(), read.options, KNOWN, UTC)
        assert (shift.person, read.source.startswith("https://"), list(step["headers"])) == (
            "ada",
            True,
            ["Authorization"],
        )


def test_the_module_says_who_until_when_and_a_gap_of_an_hour_a_month_ahead(tmp_path):
    found = ask(tmp_path, ROTATION)
    row = found["steps"][0]
    assert (row["person"], row["until"], row["ways"]) == ("bob", "2026-11-30T08:00:00.000000Z", ["mail"])
    assert (found["gaps"], found["problems"]) == ([], [])
    file = tmp_path / "team.ics"
    whole = FORMS["DURATION P7D"]("Europe/Berlin").decode()
    file.write_text(whole.replace("DURATION:P7D", "DURATION:P6DT23H", 1))
    found = ask(tmp_path, {"ical": str(file), "zone": "Europe/Berlin"})
    assert [(gap["start"], gap["end"]) for gap in found["gaps"]] == [
        ("2026-12-14T07:00:00.000000Z", "2026-12-14T08:00:00.000000Z")
    ]


class Feed(BaseHTTPRequestHandler):
    answer = (200, b"")

    def do_GET(self):
        status, data = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + (10 if status == 299 else 0)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args):
        pass


@pytest.fixture
def feed():
    server = HTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/team.ics?key=secret"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "broken", [(500, b""), (404, b"gone"), (200, b"<html>login</html>"), (200, b""), (299, b"BEGIN:VCAL")]
)
def test_a_feed_that_is_gone_is_answered_from_its_copy_with_the_age(tmp_path, feed, broken):
    Feed.answer = broken
    found = ask(tmp_path, {"ical": feed})
    assert found["steps"][0]["person"] == ""
    assert "no copy of it was kept" in found["steps"][0]["why"]
    Feed.answer = (200, FORMS["DTEND"]("Europe/Berlin"))
    assert ask(tmp_path, {"ical": feed})["steps"][0]["age"] == 0
    Feed.answer = broken
    found = ask(tmp_path, {"ical": feed})
    assert (found["steps"][0]["person"], found["steps"][0]["age"] >= 1) == ("bob", True)
    assert found["problems"]
    assert "secret" not in json.dumps({name: value for name, value in found.items() if name != "invocation"})
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "copies").iterdir()} == {0o600}


def test_strangers_and_misspelt_people_are_named(tmp_path):
    rotation = {"layers": [{**ROTATION["layers"][0], "people": ["ada", "mallory"]}]}
    assert "a rotation names mallory, who is not in runbook_people" in ask(tmp_path, rotation)["problems"]
    refused = run_module("oncall_info", people=PEOPLE, oncall={"primary": {"layer": []}})
    assert "did you mean layers?" in refused["msg"]


@pytest.mark.parametrize("word", ["BOB@example.org", "bobby", "b.ob", "U0BOB", "bob"])
def test_a_rotation_may_name_a_person_by_mail_login_or_id(tmp_path, word):
    people = [PEOPLE[0], {**PEOPLE[1], "login": "bobby, b.ob", "slack": "U0BOB"}]
    override = {"from": "2026-11-23", "until": "2026-11-24", "person": word}
    for layer in ({"people": [word]}, {"people": ["ada"], "overrides": [override]}):
        given = {"layers": [{**ROTATION["layers"][0], **layer}]}
        found = run_module(
            "oncall_info", people=people, oncall={"primary": given}, at="2026-11-23T14:56:35Z", copies=str(tmp_path)
        )
        assert (found["steps"][0]["person"], found["gaps"], found["problems"]) == ("bob", [], [])


def test_an_override_that_names_no_known_person_takes_no_turn_away(tmp_path):
    """A misspelt name would leave the time without any person, which had one."""
    rotation = {**ROTATION["layers"][0], "overrides": [{"from": "2026-11-23", "until": "2026-11-24", "person": "adaa"}]}
    found = ask(tmp_path, {"layers": [rotation]})
    assert (found["steps"][0]["person"], found["gaps"]) == ("bob", [])
    assert found["problems"] == ["a rotation names adaa, who is not in runbook_people"]
    empty = ask(tmp_path, {"layers": [{**rotation, "people": []}]}, ahead=0.1)
    assert (empty["steps"][0]["person"], empty["steps"][0]["why"]) == ("", "adaa is not in runbook_people")


def test_the_preflight_refuses_a_person_and_a_rotation_by_name(tmp_path):
    people = [*PEOPLE, {"name": "mallory", "maill": "x"}]
    found = run_module("host_preflight_info", areas=["people"], people=people, oncall={"primary": ROTATION})
    checks = {check["check"]: check for check in found["checks"]}
    assert "mallory has no field 'maill'; did you mean mail?" in checks["people can be reached"]["found"]
    assert checks["primary is on call for 30 days"]["ready"] is True
    empty = {"layers": [{**ROTATION["layers"][0], "people": []}]}
    found = run_module("host_preflight_info", areas=["people"], people=PEOPLE, oncall={"primary": empty})
    assert found["not_ready"] == ["primary is on call for 30 days"]


@pytest.mark.parametrize(
    ("person", "says"),
    [
        ({"name": "mallory", "mail": "m@example.org", "phon": "+49 30 1"},
         "mallory has no field 'phon'; did you mean phone?"),
        ({"name": "mallory", "mail": "m@example.org", "zone": "Europe/Berlim"},
         "the zone 'Europe/Berlim' of mallory is no time zone such as Europe/Berlin"),
        ({"name": "mallory", "login": "mallory"}, "mallory cannot be reached: give slack, mail or phone"),
        ({"name": "mallory", "mail": " "}, "mallory cannot be reached: give slack, mail or phone"),
        ({"mail": "m@example.org"}, "of runbook_people has no name"),
    ],
)  # fmt: skip
def test_the_preflight_refuses_by_name_what_is_wrong_with_a_person(person, says):
    given = {"areas": ["people"], "oncall": {"primary": ROTATION}}
    found = run_module("host_preflight_info", **given, people=[*PEOPLE, person])
    checks = {check["check"]: check for check in found["checks"]}
    check = checks["people can be reached"]
    assert (check["ready"], found["not_ready"]) == (False, ["people can be reached"])
    assert says in check["found"]
    assert run_module("host_preflight_info", **given, people=PEOPLE)["not_ready"] == []


def test_a_step_that_is_wrong_costs_no_other_and_the_preflight_names_it():
    steps = {"primary": ROTATION, "secondary": {"layers": [{**ROTATION["layers"][0], "zone": "Mars"}]}}
    people = [*PEOPLE, {"name": "mallory"}]
    roster = load_roster({"people": people, "oncall": steps, "copies": "/nowhere", "timeout": 1}, BEGIN, END)
    assert [(rota.step, bool(rota.layers)) for rota in roster.rotas] == [("primary", True), ("secondary", False)]
    assert "'Mars'" in roster.rotas[1].why
    refused = run_module("oncall_info", people=people, oncall=steps)
    assert "'Mars'" in refused["msg"]
    assert "mallory cannot be reached" in refused["msg"]
    found = run_module("host_preflight_info", areas=["people"], people=PEOPLE, oncall={**steps, "escalashun": {}})
    checks = {check["check"]: (check["ready"], check["found"]) for check in found["checks"]}
    assert checks["primary is on call for 30 days"][0] is True
    assert checks["secondary is on call for 30 days"][0] is False
    ready, words = checks["rotations are written as they must be"]
    assert (ready, "did you mean escalation?" in words, "'Mars'" in words) == (False, True, True)
    (rota,) = load_roster({"people": people, "oncall": {"primry": {}}, "copies": "", "timeout": 1}, BEGIN, END).rotas
    assert (rota.step, "did you mean primary?" in rota.why) == ("primary", True)


def test_the_preflight_names_minutes_that_are_none():
    given = {"areas": ["people"], "people": PEOPLE, "oncall": {"primary": ROTATION}}
    found = run_module("host_preflight_info", **given, escalate_after={"P0": 5})
    assert found["not_ready"] == ["steps are paged after minutes"]
    assert run_module("host_preflight_info", **given, escalate_after={"P0": [0, 1]})["not_ready"] == []


def test_a_layer_without_a_zone_is_in_utc_and_that_is_said():
    layer = {name: value for name, value in ROTATION["layers"][0].items() if name != "zone"}
    found = run_module("host_preflight_info", areas=["people"], people=PEOPLE, oncall={"primary": {"layers": [layer]}})
    (check,) = [check for check in found["checks"] if check["check"].startswith("primary")]
    assert check["ready"] is False
    assert "runbook_oncall.primary.layers[0] has no zone, so its times are in UTC: set zone" in check["found"]
    said = run_module("oncall_info", people=PEOPLE, oncall={"primary": {"layers": [layer]}})["problems"]
    assert len(said) == 1
    for written in ({"layers": [{**layer, "zone": "UTC"}]}, {"layers": [layer], "zone": "Europe/Berlin"}):
        assert run_module("oncall_info", people=PEOPLE, oncall={"primary": written})["problems"] == []


@pytest.mark.parametrize("at", ["2026-12-24T20:00Z", "2026-12-24 20:00", "2026-12-24T21:00+01:00"])
def test_a_moment_as_a_person_writes_it(tmp_path, at):
    assert ask(tmp_path, ROTATION, at=at)["at"] == "2026-12-24T20:00:00.000000Z"


def test_the_preflight_refuses_two_people_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where its copy of the feed is kept
    now = datetime.now(UTC)
    file = tmp_path / "team.json"
    row = {
        "start": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{now + timedelta(days=99):%Y-%m-%dT%H:%M:%SZ}",
    }
    file.write_text(
        json.dumps([{**row, "person": "ada"}, {**row, "start": row["start"][:-3] + "59Z", "person": "bob"}])
    )
    found = run_module(
        "host_preflight_info", areas=["people"], people=PEOPLE, oncall={"primary": {"shifts": str(file)}}
    )
    (check,) = [check for check in found["checks"] if check["check"].startswith("primary")]
    assert (check["ready"], "ada and bob from" in check["found"]) == (False, True)


def test_who_is_on_call_and_cannot_be_paged_is_named_by_the_preflight(tmp_path):
    """A telephone is no way by which a page goes, and Slack is none at a site without Slack."""
    people = [*PEOPLE, {"name": "zoe", "phone": "+49 30 1"}, {"name": "kim", "slack": "U7"}]
    steps = {"primary": {"layers": [{**ROTATION["layers"][0], "turn": 1, "people": [*NAMES, "zoe", "kim"]}]}}
    for channels, says in (
        ([], ["zoe is on call and cannot be paged: give slack or mail"]),
        (["mail", "page"], ["zoe is on call and cannot be paged: give mail", "kim is on call and cannot be paged"]),
        (["tracker"], []),
    ):
        found = run_module("host_preflight_info", areas=["people"], people=people, oncall=steps, channels=channels)
        (check,) = [check for check in found["checks"] if check["check"].startswith("primary")]
        assert check["ready"] is not bool(says)
        assert all(each in check["found"] for each in says)
        assert ("kim" in check["found"]) is (len(says) == 2 or (not says and "kim until" in check["found"]))
    said = run_module("oncall_info", people=people, oncall=steps, copies=str(tmp_path))["problems"]
    assert said == ["primary: zoe is on call and cannot be paged: give slack or mail"]


@pytest.mark.parametrize(("minutes", "person", "before"), [(-5, "", "ada"), (5, "bob", "")])
def test_the_tick_knows_who_was_on_call_before_a_gap_and_who_comes_after_it(minutes, person, before):
    """Ada until an hour ago or until just now, and bob who comes, or has just come, after a gap."""
    now = datetime.now(UTC)

    def by(begin, end, name):
        times = [f"{now + timedelta(minutes=each):%Y-%m-%dT%H:%MZ}" for each in (begin, end)]
        return {"from": times[0], "until": times[1], "person": name}

    overrides = [by(-2880, -30, "ada"), by(-minutes, 2880, "bob")]
    layer = {"zone": "UTC", "starts": "2026-01-05", "people": [], "overrides": overrides}
    (row,) = answerers({"people": PEOPLE, "oncall": {"primary": {"layers": [layer]}}, "copies": "/nowhere"})
    assert (row["person"], row["before"], bool(row["since"])) == (person, before, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"at": "9999-12-31T23:59:59Z"}, "is no time such as"), ({"at": "0001-01-01T00:00Z"}, "is no time such as"),
     ({"ahead": float("inf")}, "ahead: inf is no number of days"), ({"ahead": -1}, "is no number of days")],
)  # fmt: skip
def test_a_time_in_which_no_person_is_on_call_is_refused(tmp_path, options, says):
    given = {"people": PEOPLE, "oncall": {"primary": ROTATION}, "copies": str(tmp_path), **options}
    assert says in run_module("oncall_info", **given)["msg"]
