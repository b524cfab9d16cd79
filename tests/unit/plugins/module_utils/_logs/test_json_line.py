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
        # Before the message a logger's own time, behind it what the record speaks of; none is in the future.
        ({"msg": "user loaded", "created_at": "2019-05-01T00:00:00Z"}, None), ({"date": DATE, "msg": "x"}, AT),
        ({"msg": "paid", "start_time": DATE}, None), ({"start_time": DATE, "method": "GET", "path": "/"}, AT),
        ({"date": "2026-12-24 08:00:00", "msg": "x"}, None),
        ({"message": "x", "signup_date": "2026-11-02T02:40:04Z"}, None),
        ({"message": "x", "slot": "2026-12-02T02:40:04Z"}, None), ({"message": "x", "d": DATE}, AT),
        ({"message": "x", "dt": "2026-11-24T18:30:00Z"}, None), ({"msg": "x", "at": "2026-11-25T01:00:00Z"}, None),
        ({"event": "x", "at": DATE}, AT), ({"message": "x", "eventTimestamp": DATE}, AT),
        ({"message": "x", "created": AT + 0.25, "lineno": 3}, AT + 0.25),
        ({"message": "x", "created": 1577836800}, None),
        ({"date": AT + 0.5, "log": "x"}, AT + 0.5),
        ({"time": DATE, "msg": "x", "created_at": "2019-05-01T00:00:00Z"}, AT),
        ({"@timestamp": DATE, "timestamp": "2020-01-01T00:00:00Z"}, None),
        ({"@timestamp": "2026-11-24T02:40:09Z", "timestamp": DATE}, AT),
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
        # A request that the server failed, whatever level its writer gives.
        ({"level": "info", "RequestMethod": "GET", "RequestPath": "/", "DownstreamStatus": 502}, "error"),
        ({"level": 30, "req": {"method": "GET", "url": "/pay"}, "res": {"statusCode": 500}}, "error"),
        ({"levelname": "INFO", "message": '10.0.0.1:5 - "GET /pay HTTP/1.1" 500'}, "error"),
        ({"level": "fatal", "method": "GET", "path": "/", "status": 500}, "critical"),
        ({"level": "info", "method": "GET", "path": "/", "status": 404}, "info"),
        ({"level": "info", "method": "GET", "path": "/", "status": 200, "bytes": 503}, "info"),
        ({"level": 30, "res": {"statusCode": 503}, "responseTime": 1.2}, "error"),
        ({"level": 30, "res": {"statusCode": 404}, "responseTime": 1.2}, "info"),
        ({"level": 30, "res": {"statusCode": 503}, "msg": "the provider answered"}, "info"),
        # The line of a program within the record of a collector.
        ({"date": 1795488004.1, "log": '{"level":"error","msg":"x"}', "container_name": "web"}, "error"),
        ({"container_id": "1f", "source": "stderr", "log": "ERROR x"}, "error"), ({"log": "CRITICAL x"}, "critical"),
        ({"message": "ERROR x", "stream": "stderr", "source_type": "docker_logs"}, "error"),
        ({"message": "panic: x", "kubernetes": {"pod": "web"}, "log": {"offset": 7}}, "critical"),
        ({"level": "info", "container": "web", "message": "ERROR pages are built"}, "info"),
        ({"level": "info", "log": "error"}, "info"), ({"message": "the ERROR page is built"}, ""),
        ({"container_name": "web", "log": "served with 0 errors"}, ""),
        # What another host answered.
        ({"level": "debug", "msg": "the provider answered", "status": 503}, "debug"),
        ({"level": "info", "method": "POST", "url": "https://api.stripe.com/v1/charges", "status": 503}, "info"),
        ({"level": "info", "method": "POST", "baseURL": "https://a.example", "url": "/v1", "status": 503}, "info"),
        ({"level": "info", "method": "POST", "path": "/v1/charges", "status": 503, "attempt": 2}, "info"),
        # A number that may count up or down, and what says that it is syslog's.
        ({"level": 1, "msg": "V(1)"}, ""), ({"level": 3, "facility": "user", "msg": "x"}, "error"),
        ({"level": 3, "short_message": "x"}, "error"), ({"level": 2, "msg": "player reached level 2"}, ""),
        # A container's output in the journal: 3 is whatever came by stderr.
        ({"PRIORITY": "3", "CONTAINER_NAME": "web", "MESSAGE": "2026-11-24 LOG:  checkpoint starting"}, "info"),
        ({"PRIORITY": "3", "CONTAINER_ID": "1f", "MESSAGE": "listening on 8000"}, ""),
        ({"PRIORITY": "6", "CONTAINER_ID_FULL": "1f", "MESSAGE": "ERROR x"}, "error"),
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
