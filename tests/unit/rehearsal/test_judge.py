"""When a game day is passed: users back in time, for good, and nobody harmed."""

from __future__ import annotations

import copy
import json

import pytest

from rehearsal import judge
from rehearsal.platform import Request

ACT = 1000.0


def served(since: float, until: float, outcome: str = "ok", rate: int = 20) -> list[Request]:
    """Requests that are felt at this rate in the span."""
    return [Request(since + i / rate - 0.01, "book", outcome, 0.01) for i in range(round((until - since) * rate))]


@pytest.mark.parametrize(
    ("requests", "back", "success"),
    [
        pytest.param(served(990, 1000, "timeout") + served(1000, 1016), 0.0, 1.0, id="at once"),
        pytest.param(served(990, 1002, "timeout") + served(1002, 1016), 2.0, 1.0, id="after two seconds"),
        pytest.param(served(990, 1016, "timeout"), None, 0.0, id="never"),
        pytest.param(
            served(1000, 1008) + served(1008, 1010, "timeout") + served(1010, 1030), 10.0, 0.8, id="back and gone again"
        ),
        pytest.param([], None, 0.0, id="nobody asked"),
        pytest.param(served(1000, 1016, rate=1), None, 0.0, id="too few to prove anything"),
        pytest.param(
            [Request(998.0, "book", "timeout", 6.5), *served(1000, 1030)], 0.0, 1.0, id="a hiccup among two hundred"
        ),
    ],
)
def test_when_users_are_back(requests, back, success):
    found = judge.users(requests, ACT)
    assert (found["back"] is None) == (back is None)
    if back is not None:
        assert found["back"] - ACT == pytest.approx(back, abs=0.15)
    assert found["success_after"] == pytest.approx(success, abs=0.01)


def test_who_came_before_the_act_and_gave_up_after_it_counts():
    """Requests that began before the act and failed two seconds after it are felt after it."""
    late = [Request(998 + i / 20, "book", "timeout", 4.0) for i in range(40)]
    assert judge.users([*late, *served(1000, 1030)], ACT)["back"] - ACT == pytest.approx(4.0, abs=0.15)


def test_failures_by_the_act_are_counted_wherever_they_fall():
    requests = [*served(990, 1016), Request(1000.2, "book", "session_ended", 0.3)]
    assert judge.users(requests, ACT)["failed_by_the_act"] == 1


def test_what_a_runbook_has_not_replaced_yet_may_fail():
    """One in fifty fails until it has ended; from then on nobody may."""
    seen = (
        served(990, 1000, "timeout") + served(1000, 1060) + [Request(1012.0 + n, "book", "error", 0.1) for n in (0, 1)]
    )
    found = judge.users(seen, ACT, 40, ended=1016.0)
    assert found["back"] - ACT < 5
    assert found["settled"] == 1016.0
    assert found["failed_after"] == {}
    assert judge.users(seen, ACT, 40)["settled"] == ACT + 5
    assert judge.users(seen, ACT, 10, ended=1030.0)["settled"] == ACT + 10, "never later than they must be back"


def test_a_short_look_is_enough_where_the_clock_judges_nothing():
    requests = [*served(990, 1000, "timeout"), *served(1000, 1002)]
    assert judge.users(requests, ACT)["back"] is None
    assert judge.users(requests, ACT, span=2.0)["back"] == pytest.approx(ACT, abs=0.15)


def test_users_begin_to_feel_it_when_half_of_them_fail():
    hiccup = [Request(982.0, "book", "timeout", 2.0)]
    requests = sorted([*served(980, 990), *hiccup, *served(990, 999, "timeout")])
    assert judge.first_felt(requests, 981) == pytest.approx(990, abs=0.1)
    assert judge.first_felt(served(980, 990), 981) is None


def look(*sessions: str, prepared: tuple[str, ...] = (), **containers: str) -> dict:
    return {
        "sessions": list(sessions),
        "prepared": list(prepared),
        "containers": {name: {"id": key, "service": name} for name, key in containers.items()},
    }


GOOD = {
    "begin": {"fault": "lock_storm", "playbook": "p.yml", "versions": {"postgresql": "15"}},
    "inject": {"at": 980.0},
    "symptom": {"at": 985.0, "felt": 984.0, "culprits": ["1@a"]},
    "check": {"changed": []},
    "real": {
        "began": 998.0,
        "changed": ["session 1@a is gone"],
        "signalled": [1],
        "before": look("1@a", "2@b", db="x"),
        "after": look("2@b", db="x"),
    },
    "relief": {"act": ACT, **judge.users(served(990, 1000, "timeout") + served(1000, 1016), ACT)},
    "trouble": {},
}


def judged(tmp_path, healed: str = "", **changes) -> dict:
    parts = copy.deepcopy(GOOD)
    for name, change in changes.items():
        parts[name] = {} if change is None else {**parts[name], **change}
    return judge.day(parts, healed, tmp_path)


@pytest.mark.parametrize(
    ("before", "between", "harmed"),
    [
        pytest.param("ok", "timeout", 40, id="users were served until the act"),
        pytest.param("timeout", "timeout", 0, id="users failed before the act too"),
        pytest.param("ok", "ok", 0, id="no request failed"),
    ],
)
def test_what_the_act_cost_its_users_is_harm(tmp_path, before, between, harmed):
    requests = [*served(985, 1000, before), *served(1000, 1002, between), *served(1002, 1016)]
    result = judged(tmp_path, relief={"back": 1002.0, "requests": requests})
    assert result["collateral"]["requests_failed"] == harmed
    assert sum(result["series"]["failed"]) == sum(request.outcome != "ok" for request in requests)


def test_space_that_was_missing_is_kept(tmp_path):
    verified = [
        {
            "kind": "verified",
            "note": {"mitigation": "restart_services", "before": 2, "after": 0, "outcome": "recovered"},
        },
        {"kind": "verified", "note": {"mitigation": "reclaim_disk", "before": 174, "after": 3, "outcome": "improved"}},
    ]
    assert judge.missing_mib(tmp_path) == {}
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(event) + "\n" for event in verified[:1]))
    assert judge.missing_mib(tmp_path) == {}
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(event) + "\n" for event in verified))
    assert judge.missing_mib(tmp_path) == {"before": 174, "after": 3}


def test_a_good_day(tmp_path):
    result = judged(tmp_path)
    assert result["passed"] is True
    assert result["wrong"] == []
    assert (result["seconds_to_symptom"], result["seconds_to_recovery"], result["seconds_after_act"]) == (4.0, 2.0, 0.0)
    assert result["collateral"] == {"requests_failed": 0, "sessions_ended": 0, "containers_restarted": 0}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"real": {"after": look(db="x")}}, "1 sessions were ended or cancelled", id="a bystander"),
        pytest.param({"real": {"signalled": [1, 2]}}, "1 sessions were ended or cancelled", id="a bystander cancelled"),
        pytest.param(
            {"real": {"before": look("1@a", "2@b", prepared=("prepared@t/xid9",), db="x")}},
            "1 sessions were ended or cancelled",
            id="somebody else's prepared transaction",
        ),
        pytest.param(
            {"real": {"changed": ["settings: a=1 is gone"]}}, "the runbook changed settings: a=1", id="a setting"
        ),
        pytest.param({"relief": {"act": None}}, "the runbook did nothing", id="relieved by itself"),
        pytest.param(
            {"real": {"after": look("2@b", db="y")}},
            "1 containers were stopped, restarted or replaced",
            id="a container replaced",
        ),
        pytest.param({"real": {"after": look("2@b")}}, "1 containers were stopped", id="a container gone"),
        pytest.param({"relief": {"back": 1005.2}}, "users were not back within 5 s of the act", id="too late"),
        pytest.param({"relief": {"back": None}}, "users were not back within 5 s of the act", id="never back"),
        pytest.param({"relief": {"success_after": 0.98}}, "only 98.0% of what users asked", id="back and gone again"),
        pytest.param({"relief": {"failed_by_the_act": 3}}, "3 requests failed because of the act", id="users cut off"),
        pytest.param({"relief": None}, "it did not come to relief", id="broken off"),
        pytest.param({"trouble": {"said": "no symptom"}}, "no symptom", id="a step in trouble"),
        pytest.param({"healed": "the platform is not well"}, "the platform is not well", id="not healed"),
    ],
)
def test_a_bad_day(tmp_path, changes, wrong):
    result = judged(tmp_path, **changes)
    assert result["passed"] is False
    assert any(wrong in one for one in result["wrong"]), result["wrong"]


def at(seconds: float) -> str:
    return f"2026-11-23T18:00:{seconds:09.6f}Z"


def recorded(folder, *lines):
    text = "".join(json.dumps({"kind": kind, "at": at(seconds), "note": note}) + "\n" for seconds, kind, note in lines)
    (folder / "a.jsonl").write_text(text)


def test_an_act_is_when_its_own_evidence_was_kept(tmp_path):
    recorded(
        tmp_path,
        (0, "opened", {}),
        (1.5, "evidence", {}), (1.5, "intended", {}),
        (2, "mitigated",
         {"intended": at(1.5), "acted_on": [{"action": "terminated", "who": "7 app@db", "reason": "idle"}]}),
        (2, "verified", {"outcome": "recovered", "before": 4, "after": 0}),
    )  # fmt: skip
    assert judge.times_of_acts(tmp_path) == [1795456801.5]
    assert judge.done(tmp_path) == ["terminated 7 app@db (idle)", "recovered: 4 waited too long, 0 do now"]


def test_of_two_acts_each_has_its_own_time_and_evidence_of_none_has_none(tmp_path):
    recorded(
        tmp_path,
        (1, "evidence", {}),  # of a plan that was then refused
        (5, "evidence", {}), (5, "intended", {}), (6, "evidence", {}), (6, "intended", {}),
        (7, "mitigated", {"intended": at(6)}), (8, "mitigated", {"intended": at(5)}), (9, "mitigated", {}),
    )  # fmt: skip
    assert judge.times_of_acts(tmp_path) == [1795456805, 1795456806, 1795456809]


@pytest.mark.parametrize(
    ("fails_until", "act", "seconds"),
    [(1003.0, 1000.0, 3.0), (1031.0, 1030.0, 1.0), (1025.0, 1030.0, 0.0)],
)
def test_relief_is_that_of_the_act_that_users_were_back_by(fails_until, act, seconds):
    """The first of two acts did it, or did not help, and then the second one has its own time to relief."""
    times = [990 + number / 20 for number in range(1400)]
    requests = [Request(moment, "book", "ok" if moment >= fails_until else "failed", 0.01) for moment in times]
    found = judge.relief(requests, [1000.0, 1030.0])
    assert (found["act"], round(found["back"] - act, 1)) == (act, seconds)


def test_a_record_says_whom_it_ended_and_a_torn_line_is_none(tmp_path):
    ended = {"action": "cancelled", "target": "9@z/20261123", "pid": 9, "who": "9 app@db", "reason": "r"}
    line = json.dumps({"kind": "mitigated", "at": "2026-11-23T18:00:02Z", "note": {"acted_on": [ended]}})
    (tmp_path / "a.jsonl").write_text(f"{line}\n{line[:40]}")
    assert judged(tmp_path)["collateral"]["sessions_ended"] == 1
    assert judged(tmp_path, symptom={"culprits": ["1@a", "9@z"]})["collateral"]["sessions_ended"] == 0


def test_no_act_no_time(tmp_path):
    recorded(tmp_path, (1, "evidence", {}))
    assert judge.times_of_acts(tmp_path) == []
    assert judge.relief([], [])["act"] is None


def browsing(start: int, end: int, seconds: float) -> list[Request]:
    return [Request(start + number / 5, "browse", "ok", seconds) for number in range(5 * (end - start))]


@pytest.mark.parametrize(("after", "ratio", "passed"), [(0.012, 1.2, True), (0.016, 1.6, False), (0.1, 10.0, False)])
def test_slowness_is_judged_by_how_it_was_before(tmp_path, after, ratio, passed):
    seen = browsing(975, 980, 0.01) + browsing(985, 998, 0.05) + browsing(1000, 1020, after)
    terms = {"latency": "browse", "within": 5}
    result = judged(tmp_path, begin=terms, inject={"at": 980.0}, relief={"requests": seen})
    assert result["latency_ms"]["ratio"] == ratio
    assert result["latency_ms"]["during"] == 50.0
    assert result["passed"] is passed


def test_slowness_that_nobody_can_tell_does_not_pass(tmp_path):
    seen = browsing(975, 980, 0.01) + browsing(1000, 1001, 0.01)
    terms = {"latency": "browse", "within": 5}
    result = judged(tmp_path, begin=terms, inject={"at": 980.0}, relief={"requests": seen})
    assert result["passed"] is False
    assert "too few requests" in " ".join(result["wrong"])


def test_what_a_fault_allows_to_change_and_who_ends_by_himself(tmp_path):
    change = "objects: i bookings_customer_id_idx customer_id is new"
    assert judged(tmp_path, real={"changed": [change]})["passed"] is False
    allowed = {"changes": ["objects: i bookings_customer_id"]}
    assert judged(tmp_path, begin=allowed, real={"changed": [change]})["passed"] is True
    gone = {"before": look("1@a", "2@b", "3@c", db="x")}
    assert judged(tmp_path, real=gone)["passed"] is False
    assert judged(tmp_path, real={**gone, "leaving": ["3@c"]})["passed"] is True
    assert judged(tmp_path, real={**gone, "leaving": ["3@c"], "signalled": [1, 3]})["passed"] is False


LATE = {"back": None, "success_after": 0.4}


def test_a_day_without_the_clock_is_passed_however_long_users_took(tmp_path):
    assert judged(tmp_path, relief=LATE)["passed"] is False
    assert judged(tmp_path, relief=LATE, begin={"timed": False})["wrong"] == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"relief": {"act": None}}, "the runbook did nothing"),
        ({"relief": {"failed_by_the_act": 3}}, "3 requests failed because of the act"),
        ({"real": {"after": look(db="x")}}, "1 sessions were ended or cancelled"),
        ({"trouble": {"said": "the symptom did not go"}}, "the symptom did not go"),
    ],
)
def test_a_day_without_the_clock_fails_for_everything_else(tmp_path, changes, wrong):
    result = judged(tmp_path, **changes, begin={"timed": False})
    assert any(wrong in one for one in result["wrong"]), result["wrong"]
