"""Runs that join an incident, and runs that begin at the same moment."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.joining import open_incident
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.modules import run_module


def write(log, name, *events, hosts=("db1",), **options):
    given = {"log": str(log), "id": name, "host": hosts[0], "by": "ada", "opening": {"hosts": list(hosts)}, **options}
    return record({**given, "events": [{"kind": kind, "note": note} for kind, note in events]}, False)


def opening(log, **options):
    result = run_module("incident_open", **{"log": str(log), "hosts": ["db1"], "scenario": "x", **options})
    assert "failed" not in result, result
    return result


def test_it_joins_what_is_open_and_says_why(tmp_path):
    assert opening(tmp_path)["joined"] is False
    write(tmp_path, "a", ("noted", {"text": "x"}))
    write(tmp_path, "b", ("noted", {"text": "x"}), hosts=("web1",))
    joined = opening(tmp_path)
    assert (joined["id"], joined["joined"], joined["others"]) == ("a", True, [])
    assert "shares db1" in joined["why"]
    write(tmp_path, "c", ("noted", {"text": "x"}), hosts=("web1", "db1"))
    assert (opening(tmp_path)["id"], opening(tmp_path)["others"]) == ("c", ["a"])
    write(tmp_path, "c", ("phase", {"phase": "closed"}))
    assert opening(tmp_path)["id"] == "a"
    assert opening(tmp_path, join_within=0)["joined"] is False
    fresh = opening(tmp_path, id="new")
    assert fresh["joined"] is False
    assert not (tmp_path / f"{fresh['id']}.jsonl").exists()


@pytest.mark.parametrize(("within", "joins"), [("inf", True), (1e18, True), ("nan", False), (-1, False)])
def test_any_number_of_seconds_lets_a_run_have_a_name(tmp_path, within, joins):
    """A mitigation would end before it began."""
    write(tmp_path, "a", ("noted", {"text": "x"}))
    assert opening(tmp_path, join_within=within)["joined"] is joins


def test_a_scenario_of_any_text_makes_an_id_that_can_be_written(tmp_path):
    for scenario in ("../x y", "\u00e9\n", "x" * 300, ""):
        found = opening(tmp_path, id="new", scenario=scenario)
        write(tmp_path, found["id"], ("noted", {"text": "x"}))
        assert (tmp_path / f"{found['id']}.jsonl").is_file()


def test_an_incident_that_is_named_is_taken_whatever_it_shares(tmp_path):
    write(tmp_path, "b", ("phase", {"phase": "closed"}), hosts=("web1",))
    assert (opening(tmp_path, id="b")["id"], opening(tmp_path, id="b")["joined"]) == ("b", True)
    assert (opening(tmp_path, id="z")["id"], opening(tmp_path, id="z")["joined"]) == ("z", False)


@pytest.mark.parametrize("typed", [" Abc", "Abc\n", "\tAbc ", "abc", "ABC", " aBC\n"])
def test_an_id_as_it_is_copied_or_typed_is_that_of_the_incident(tmp_path, typed):
    """Nothing of the run was recorded, or it was recorded in an incident of its own."""
    write(tmp_path, "Abc", ("noted", {"text": "x"}))
    assert (opening(tmp_path, id=typed)["id"], opening(tmp_path, id=typed)["joined"]) == ("Abc", True)


def test_of_two_that_differ_in_capitals_alone_none_is_guessed(tmp_path):
    write(tmp_path, "Abc", ("noted", {"text": "x"}))
    write(tmp_path, "abc", ("noted", {"text": "x"}))
    assert opening(tmp_path, id="abc")["id"] == "abc"
    assert (opening(tmp_path, id="ABC")["id"], opening(tmp_path, id="ABC")["joined"]) == ("ABC", False)


@pytest.mark.parametrize("typed", ["NEW", " new\n", "New"])
def test_a_new_one_is_asked_for_in_any_capitals(tmp_path, typed):
    write(tmp_path, "a", ("noted", {"text": "x"}))
    found = opening(tmp_path, id=typed)
    assert (found["joined"], found["why"], "x" in found["id"]) == (False, "incident_id=new was given", True)


@pytest.mark.parametrize("typed", ["../a", "a/b", "a b", "-x", "\u00e9", "x" * 101, "\x1b[2J"])
def test_what_can_be_no_id_is_refused_before_the_run_does_anything(tmp_path, typed):
    refused = run_module("incident_open", log=str(tmp_path), hosts=["db1"], id=typed)
    assert refused["failed"] is True
    assert refused["msg"].startswith("incident_id: ")
    assert refused["msg"].endswith("at most 100 characters. Nothing was done.")
    assert "\x1b" not in refused["msg"]


def test_acts_without_an_outcome_are_returned_with_their_run(tmp_path):
    write(tmp_path, "a", ("intended", {"mitigation": "x", "actions": [], "run": "boot:7@8/9"}))
    (act,) = opening(tmp_path)["unfinished"]
    assert (act["run"], act["by"]) == ("boot:7@8/9", "ada")
    assert opening(tmp_path)["under_way"] == [], "whether it is at work is asked on the controller"
    path = tmp_path / "a.jsonl"
    long_ago = json.loads(path.read_text().splitlines()[1])["at"].replace("T", "T", 1)
    path.write_text(path.read_text().replace(long_ago, "2026-01-01T00:00:00.000000Z"))
    write(tmp_path, "a", ("noted", {"text": "still open"}))
    joined = opening(tmp_path)
    assert [act["mitigation"] for act in joined["unfinished"]] == ["x"]
    assert "does not fit its sum" in joined["first_break"]["what"]


def held_in(workflow):
    plan = {"digest": "d" * 64, "actions": [{"target": "t"}], "affected_before": 1}
    return "held", {"plan": plan, "reasons": [], "made_in": {"workflow": workflow, "job": workflow + 1}}


def test_a_workflow_of_awx_belongs_to_the_incident_that_holds_its_plan_and_to_no_other(tmp_path):
    write(tmp_path, "a", held_in(41))
    write(tmp_path, "b", held_in(42), hosts=("web1",))
    write(tmp_path, "c", ("noted", {"text": "x"}))
    found = opening(tmp_path, workflow=41)
    assert (found["id"], found["joined"]) == ("a", True)
    assert found["why"] == "it holds a plan of the workflow 41"
    assert opening(tmp_path, workflow=42)["id"] == "b"
    assert opening(tmp_path, workflow=42, id="new")["id"] == "b"  # the answer was for the job that made the plan
    lost = opening(tmp_path, workflow=43)
    assert (lost["joined"], lost["join_within"]) == (False, 0)
    assert opening(tmp_path, workflow=43, id="c")["id"] == "c"


@pytest.mark.parametrize(
    "rubbish", [b"", b"{", b"\xff\n", b'{"at":1,"kind":2}\n', b'{"at":"x","kind":"opened","note":[]}\n']
)
def test_files_that_are_no_log_are_passed_over(tmp_path, rubbish):
    (tmp_path / "rubbish.jsonl").write_bytes(rubbish)
    (tmp_path / "folder.jsonl").mkdir()
    assert opening(tmp_path)["joined"] is False
    write(tmp_path, "a", ("noted", {"text": "x"}))
    assert opening(tmp_path)["id"] == "a"


def one_run(log, number, barrier, results):
    """A run from its name to its first event."""
    barrier.wait()
    found = open_incident(log, "", "x", ["db1", f"web{number}"], 60)
    options = {"join_hosts": ["db1", f"web{number}"], "join_within": found["join_within"]}
    written = write(log, found["id"], ("noted", {"text": str(number)}), hosts=("db1", f"web{number}"), **options)
    results.put((found["id"], written["id"], written["joined"], written["why"]))


def test_two_runs_that_begin_at_the_same_moment_share_one_incident(tmp_path):
    """A hundred pairs; of most of them both find nothing when they ask for a name."""
    context = multiprocessing.get_context("fork")
    raced = 0
    for pair in range(100):
        log = tmp_path / str(pair)
        log.mkdir()
        barrier, results = context.Barrier(2), context.SimpleQueue()
        runs = [context.Process(target=one_run, args=(str(log), number, barrier, results)) for number in (1, 2)]
        for process in runs:
            process.start()
        answers = [results.get() for process in runs]
        for process in runs:
            process.join()
        (path,) = log.glob("*.jsonl")
        assert {name for dummy, name, *dummy2 in answers} == {path.stem}
        assert all(("it is open, shares db1, its last" in why) is joined for *dummy, joined, why in answers), answers
        events = [json.loads(line) for line in path.read_text().splitlines()]
        assert [event["kind"] for event in events] == ["opened", "noted", "noted"]
        assert [event["seq"] for event in events] == [1, 2, 3]
        raced += any(joined for *dummy, joined, dummy2 in answers)
    assert raced > 0, "no pair met"


def test_the_lock_is_as_the_folder_is_shared(tmp_path):
    if os.geteuid():
        pytest.skip("needs root to give a group")
    log = tmp_path / "log"
    write(log, "a", ("noted", {"text": "x"}), join_hosts=["db1"], join_within=60, group="nogroup")
    assert {oct(path.stat().st_mode & 0o777) for path in Path(log).iterdir()} == {"0o660"}


def test_a_file_that_cannot_be_given_to_the_group_is_not_left_behind(tmp_path, monkeypatch):
    def refused(*dummy):
        raise PermissionError(1, "Operation not permitted")

    log = tmp_path / "log"
    log.mkdir()
    monkeypatch.setattr(os, "fchown", refused)
    with pytest.raises(RunbookError, match="Could not write to the incident log"):
        write(log, "a", ("noted", {"text": "x"}), group="nogroup")
    assert list(log.iterdir()) == []


@pytest.mark.parametrize("severity", ["P7", "high", "P0 P1"])
def test_what_is_no_severity_is_refused_before_the_run_does_anything(tmp_path, severity):
    refused = run_module("incident_open", log=str(tmp_path), hosts=["db1"], severity=severity)
    assert refused["failed"] is True
    assert refused["msg"] == (
        f"incident_severity: {severity!r} is no severity; use one of P0, P1, P2, P3, or unknown. Nothing was done."
    )


def test_a_severity_that_is_not_given_is_none(tmp_path):
    assert opening(tmp_path, severity="")["joined"] is False
    assert opening(tmp_path, severity=" p2 ")["joined"] is False
