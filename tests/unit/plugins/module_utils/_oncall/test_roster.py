from __future__ import annotations

from datetime import timedelta

from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import Person
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.roster import Roster, Rota, report_of, row_of
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.shifts import Shift, Shifts

from support.incident_events import START


def at(hours):
    return START + timedelta(hours=hours)


def test_who_answers_until_when_and_where_nobody_will():
    layers = [Shifts([Shift(at(0), at(8), "ada", "week"), Shift(at(9), at(900), "eve", "week")])]
    rotas = [
        Rota("primary", layers),
        Rota("secondary", [], "https://x/y", why="https://x/y answered HTTP 500, and no copy of it was kept"),
        Rota("escalation", [Shifts([Shift(at(-1), at(900), "bob", "")])], "team.ics", age=7200),
    ]
    report = report_of(
        Roster([Person("ada", phone="1", slack="U1"), Person("bob", mail="b@x")], rotas), at(1), timedelta(days=30)
    )
    assert [row["person"] for row in report["steps"]] == ["ada", "", "bob"]
    assert report["lines"] == [
        "primary: ada until 2026-11-27 18:00 UTC (week), by slack, phone",
        "secondary: no person: https://x/y answered HTTP 500, and no copy of it was kept",
        "escalation: bob until 2027-01-03 22:00 UTC (team.ics), by mail, from a copy that is 2 h 0 min old",
        "primary: no person from 2026-11-27 18:00 UTC until 2026-11-27 19:00 UTC",
    ]
    later = report_of(Roster([], rotas[:1]), at(10), timedelta(days=30))
    assert later["steps"][0]["why"] == "eve is not in runbook_people"


def test_a_stranger_is_the_reason_why_there_is_no_person():
    rota = Rota("primary", [Shifts([])], strangers=Shifts([Shift(at(0), at(8), "zoe", "week")]))
    rows = [row_of(Roster([], [rota]), rota, at(hour)) for hour in (1, 9)]
    assert [row["person"] for row in rows] == ["", ""]
    assert [row["why"] for row in rows] == ["zoe is not in runbook_people", "no layer has any person at this time"]
