"""When a game day is passed: users back in time, for good, and nobody harmed."""

from __future__ import annotations

import copy
import json

import pytest

from rehearsal import judge
from rehearsal.stand import Request

ACT = 1000.0


def served(since: float, until: float, outcome: str = "ok", rate: int = 20) -> list[Request]:
    return [Request(since + i / rate, "book", outcome, 0.01) for i in range(int((until - since) * rate))]


@pytest.mark.parametrize(
    ("requests", "back", "success"),
    [
        pytest.param(served(990, 1000, "timeout") + served(1000, 1016), 0.0, 1.0, id="at once"),
        pytest.param(served(990, 1002, "timeout") + served(1002, 1016), 2.0, 1.0, id="after two seconds"),
        pytest.param(served(990, 1016, "timeout"), None, 0.0, id="never"),
        pytest.param(
            served(1000, 1008) + served(1008, 1010, "timeout") + served(1010, 1016), 0.0, 0.8, id="back and gone again"
        ),
        pytest.param([], None, 1.0, id="nobody asked"),
    ],
)
def test_when_users_are_back(requests, back, success):
    found = judge.users(requests, ACT)
    assert (found["back"] is None) == (back is None)
    if back is not None:
        assert found["back"] - ACT == pytest.approx(back, abs=0.25)
    assert found["success_after"] == pytest.approx(success, abs=0.01)


def test_failures_by_the_act_are_counted_wherever_they_fall():
    requests = [*served(990, 1016), Request(1000.2, "book", "session_ended", 0.3)]
    assert judge.users(requests, ACT)["failed_by_the_act"] == 1


def look(*sessions: str, **containers: str) -> dict:
    return {"sessions": list(sessions), "containers": {name: {"id": key} for name, key in containers.items()}}


GOOD = {
    "begin": {"fault": "lock_storm", "playbook": "p.yml", "versions": {"postgresql": "15"}},
    "inject": {"at": 980.0},
    "symptom": {"at": 984.0, "culprits": ["1@a"]},
    "check": {"changed": []},
    "real": {"began": 998.0, "before": look("1@a", "2@b", db="x"), "after": look("2@b", db="x")},
    "relief": {"act": ACT, **judge.users(served(990, 1000, "timeout") + served(1000, 1016), ACT)},
    "trouble": {},
}


def judged(tmp_path, healed: str = "", **changes) -> dict:
    parts = copy.deepcopy(GOOD)
    for name, change in changes.items():
        parts[name] = {} if change is None else {**parts[name], **change}
    return judge.day(parts, healed, tmp_path)


def test_a_good_day(tmp_path):
    result = judged(tmp_path)
    assert result["passed"] is True
    assert result["wrong"] == []
    assert (result["seconds_to_symptom"], result["seconds_to_relief"], result["seconds_after_act"]) == (4.0, 2.0, 0.0)
    assert result["collateral"] == {"requests_failed": 0, "sessions_ended": 0, "containers_restarted": 0}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        pytest.param({"real": {"after": look(db="x")}}, "1 sessions ended that had no part in it", id="a bystander"),
        pytest.param({"real": {"after": look("2@b", db="y")}}, "1 containers restarted", id="a container replaced"),
        pytest.param({"real": {"after": look("2@b")}}, "1 containers restarted", id="a container gone"),
        pytest.param({"relief": {"back": 1005.2}}, "users were not back within 5 s of the act", id="too late"),
        pytest.param({"relief": {"back": None}}, "users were not back within 5 s of the act", id="never back"),
        pytest.param({"relief": {"success_after": 0.98}}, "only 98.0% were served", id="back and gone again"),
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


def test_the_act_is_when_the_first_evidence_was_kept(tmp_path):
    lines = [
        {"kind": "opened", "at": "2026-11-23T18:00:00Z"},
        {"kind": "evidence", "at": "2026-11-23T18:00:01.500000Z"},
        {"kind": "mitigated", "at": "2026-11-23T18:00:02Z",
         "note": {"ended": [{"action": "terminated", "who": "7 app@db", "reason": "idle"}]}},
        {"kind": "verified", "at": "2026-11-23T18:00:02Z", "note": {"verdict": "recovered", "before": 4, "after": 0}},
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert judge.time_of_act(tmp_path) == 1795456801.5
    assert judge.done(tmp_path) == ["terminated 7 app@db (idle)", "recovered: 4 waited too long, 0 do now"]


def test_no_act_no_time(tmp_path):
    assert judge.time_of_act(tmp_path) is None
