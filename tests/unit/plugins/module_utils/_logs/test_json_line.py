"""Lines that are JSON: when, how grave, which request; nothing that the result could not hold."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.json_line import (
    DEEPEST,
    json_fields,
    level_in,
    request_of,
    time_in,
)

AT = 1795488004.0  # 2026-11-24 02:40:04 UTC
HERE = Zone(0.0, AT)
DATE = "2026-11-24T02:40:04Z"


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"time": DATE, "created": "2020-01-01T00:00:00Z"}, AT), ({"_time": DATE}, AT), ({"logStamp": DATE}, AT),
        ({"paid_at": DATE}, AT), ({"x": DATE}, AT), ({"x": DATE, "y": "2020-01-01T00:00:00Z"}, None),
        ({"expires": DATE}, None), ({"amount": 1795488004}, None), ({"ts": 1795488004.5}, AT + 0.5),
        ({"time": True}, None),
        ({"t": {"$date": {"$numberLong": "1795488004000"}}}, AT), ({"ts": 12}, None), ({}, None),
    ],
)  # fmt: skip
def test_the_time_of_an_object(fields, at):
    assert time_in(fields, HERE) == at


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"error_severity": "FATAL"}, "critical"), ({"severity_text": "WARN"}, "warning"),
        ({"Level": "Error"}, "error"),
        ({"log": {"level": "error"}}, "error"), ({"status": 503, "uri": "/"}, "error"), ({"status": "ok"}, ""),
        ({"code": 500}, ""), ({"error": None}, ""), ({"PRIORITY": "2", "MESSAGE": "x"}, "critical"),
    ],
)  # fmt: skip
def test_the_level_of_an_object(fields, level):
    assert level_in(fields) == level


def test_the_request_of_an_access_log_whatever_its_names_are():
    assert request_of({"http": {"status_code": 500, "method": "GET"}, "clientip": "10.0.0.1"}) == {
        "status": 500, "method": "GET", "client": "10.0.0.1",
    }  # fmt: skip
    assert request_of({"status": 7, "uri": "/"}) == {}


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_what_json_has_no_number_for_is_a_text(number):
    assert json_fields(f'{{"a": {number}}}') == {"a": number}


@pytest.mark.parametrize("deep", [100, 500, 900, 5000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_an_object_that_is_nested_deeply_is_cut(deep, begin, end):
    fields = json_fields('{"level":"error","a":' + begin * deep + "1" + end * deep + "}")
    assert not fields or (fields["level"] == "error" and str(fields).count("more than") == 1)
    assert str(fields).count("[") + str(fields).count("{") <= DEEPEST + 2
