from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.postmortem import (
    lines_of,
    postmortem,
    warning_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.public_view import PublicWords

from support.incidents import stamp
from support.measuring import measured_note
from support.timelines import event, lock_act, verification

BREAK = {"line": 3, "seq": 3, "evidence": "", "what": "the line was changed"}
EVENTS = [event(1, 0, "opened", severity="P1", scenario="x"), *lock_act(2, 9), event(5, 99, "phase", phase="resolved")]


def made(events=(), views=("internal",), torn=0, **verified):
    return postmortem("i", list(events) or EVENTS, torn, verification(**verified), views, PublicWords({}, {}))


@pytest.mark.parametrize(
    ("views", "names"),
    [
        (["internal"], {"postmortem.md", "postmortem.html", "review.ics"}),
        (["public"], {"public.md", "public.html", "review.ics"}),
        (["internal", "public"], {"postmortem.md", "postmortem.html", "public.md", "public.html", "review.ics"}),
    ],
)
def test_the_files_of_each_view(views, names):
    assert set(made(views=views)[1]) == names


def test_the_same_log_gives_the_same_texts():
    assert made() == made()


def test_no_review_without_a_severity_that_needs_one():
    assert "review.ics" not in made([event(1, 0, "opened", severity="P3")])[1]


def test_the_invitation_of_one_that_was_resolved_again_replaces_the_first():
    again = [*EVENTS, event(6, 200, "phase", phase="open", reason="x"), event(7, 900, "phase", phase="resolved")]
    assert "SEQUENCE:0\r\n" in made()[1]["review.ics"]
    assert "SEQUENCE:1\r\n" in made(again)[1]["review.ics"]


def test_the_facts():
    facts = made()[0]
    assert (facts["severity"], facts["status"], facts["first_break"]) == ("P1", "draft", "")
    assert facts["milestones"]["resolved"] == {
        "at": "2026-11-23 15:01:39 UTC", "source": "event phase", "sure": "recorded", "events": [5],
    }  # fmt: skip
    assert facts["milestones"]["impact began"]["at"] == ""
    assert facts["durations"]["time to resolve"] == {"seconds": 99.0, "events": [1, 5]}
    assert facts["durations"]["time to recovery"]["seconds"] is None
    assert [each["rule"] for each in facts["proposals"]] == ["evidence_not_kept"]
    assert "lucky" in facts["to_write"]


@pytest.mark.parametrize("view", ["internal", "public"])
def test_a_log_that_does_not_verify_is_the_first_line(view):
    files = made(views=[view], first_break=BREAK)[1]
    name = "postmortem" if view == "internal" else "public"
    first = files[f"{name}.md"].splitlines()[0]
    assert ("DOES NOT VERIFY" in first) == (view == "internal")
    assert "verif" in first.lower()
    body = files[f"{name}.html"].split("<main>", 1)[1]
    assert body.lstrip().startswith('<p class="warning"')


@pytest.mark.parametrize(
    ("verified", "torn", "part"),
    [
        ({"first_break": BREAK}, 0, "at line 3 (seq 3): the line was changed"),
        ({"first_break": {**BREAK, "evidence": "i.evidence/001"}}, 0, "at evidence i.evidence/001"),
        ({"not_checked": 4}, 0, "4 lines of the log could not be checked"),
        ({}, 2, "2 incomplete lines of the log"),
    ],
)
def test_what_is_wrong_with_the_log(verified, torn, part):
    assert part in warning_of(verification(**verified), torn)


def test_nothing_is_wrong_with_a_log_that_verifies():
    assert warning_of(verification(), 0) == ""


def test_the_lines_say_what_is_missing_and_the_break_first():
    lines = lines_of(made(first_break=BREAK)[0], ["/x/postmortem.html"])
    assert lines[:2] == ["the log does not verify: the line was changed", "page: /x/postmortem.html"]
    assert "times that the log does not hold: impact began, acknowledged, impact ended" in lines
    assert any(line.startswith("to be written: summary") for line in lines)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (EVENTS, ("2026-11-23 15:00:00 UTC", "2026-11-23 15:00:12 UTC", False, 0)),
        # A relapse: the impact is until the last recovery.
        ([*EVENTS, *lock_act(6, 300)], ("2026-11-23 15:00:00 UTC", "2026-11-23 15:05:03 UTC", False, 0)),
        (
            [EVENTS[0], event(2, 50, "alert", alertname="a", starts_at=stamp(-30)), event(3, 90, "noted", text="x")],
            ("2026-11-23 14:59:30 UTC", "2026-11-23 15:01:30 UTC", False, 0),
        ),
        (
            [*EVENTS, event(6, 400, "written", section="impact_began", text="2026-11-23T14:50:00Z")],
            ("2026-11-23 14:50:00 UTC", "2026-11-23 15:00:12 UTC", True, 0),
        ),
        (
            [*EVENTS, event(6, 400, "measured", **measured_note())],
            ("2026-11-23 15:00:00 UTC", "2026-11-23 15:00:12 UTC", False, 6),
        ),
    ],
    ids=["recovered", "relapse", "alert", "written", "measured"],
)
def test_what_is_to_be_measured(events, expected):
    found = made(events)[0]["measured"]
    assert (found["since"], found["until"], found["began_is_written"], found["event"]) == expected
