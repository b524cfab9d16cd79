"""incident_impact_info where what answers is slow, broken or not Prometheus, and with settings that are none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.modules import run_module
from support.prometheus_answers import BODIES, Answers, answering

WINDOW = {"since": "2026-11-23T15:00:00Z", "until": "2026-11-23T15:05:00Z"}
OBJECTIVES = {"bookings": {"good": "good", "all": "all", "target": 99.9}}


@pytest.fixture
def url() -> Iterator[str]:
    with answering() as address:
        yield address


def ask(url: str, **options: Any) -> dict[str, Any]:
    result = run_module("incident_impact_info", url=url, **{**WINDOW, "objectives": OBJECTIVES, **options})
    assert "Traceback" not in json.dumps(result)
    return result


def test_odd_charts_cost_no_count(url):
    note = ask(url, charts={name: name for name in BODIES})["note"]
    assert note["requests"][0]["asked"] is not None
    assert note["charts"] == []
    for name in BODIES:
        assert any(sentence.startswith(f"{name}: ") for sentence in note["missing"]), name


def test_labels_are_texts(url):
    note = ask(url, charts={"x": "x"})["note"]
    assert "\u001b" not in note["charts"][0]["lines"][0]["name"]


def test_an_answer_that_never_ends_is_given_up(url):
    began = time.monotonic()
    note = ask(url, charts={"late": "slow", "x": "x"}, timeout=5)["note"]
    assert time.monotonic() - began < 60
    assert any("no whole answer within 5 s" in sentence for sentence in note["missing"])
    assert [chart["name"] for chart in note["charts"]] == ["x"]


def test_a_password_in_the_address_is_in_no_sentence(url):
    given = url.replace("http://", "http://ops:hunter2hunter2@") + "/prometheus/"
    found = ask(given, charts={"late": "slow"}, timeout=5)
    assert found["note"]["source"] == f"Prometheus {url}/prometheus"
    assert "hunter2" not in json.dumps({name: value for name, value in found.items() if name != "invocation"})


def test_no_answer_at_all_fails():
    result = ask("http://127.0.0.1:1", timeout=1)
    assert result["error"] == "HostError"
    assert "could not be asked" in result["msg"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"objectives": {}}, "There is no question"),
        ({"objectives": {"x": {"good": "a"}}}, "runbook_objectives.x.all is a selector"),
        ({"since": "soon"}, "since: 'soon' is no time"),
        ({"since": "2026-11-23T16:00:00Z"}, "no time of an incident"),
        ({"since": "2020-01-01T00:00:00Z"}, "no time of an incident"),
        ({"timeout": 0}, "timeout is 0"),
        ({"margin": float("nan")}, "margin is nan"),
    ],
)
def test_what_cannot_be_asked_is_refused(url, options, said):
    Answers.asked.clear()
    assert said in ask(url, **options)["msg"]
    assert Answers.asked == []


def test_no_address():
    assert "url is none of the form" in ask("prometheus")["msg"]


def test_an_incident_of_the_future_of_which_the_end_is_not_known(url):
    future = {"since": "2000-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"}
    assert "at most 31 days" in ask(url, **future)["msg"]
