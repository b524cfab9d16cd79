"""Requests in access logs, counted on either side of a moment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.failing_requests import (
    FailingRequests,
    status_of,
)
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import fields_of

LINE = '10.0.0.9 - - [x] "GET /api/payments/ HTTP/1.1" {} 17'


def counted(moment, *records):
    requests = FailingRequests(moment)
    for at, text, fields in records:
        requests.add(at, text, fields)
    return {side: (row["asked"], row["failed"]) for side, row in requests.report.items()}


def test_lines_of_access_logs_are_counted_on_either_side():
    lines: list[Any] = [
        (at, LINE.format(status), {}) for status, at in ((200, 1.0), (502, 2.0), (404, 3.0), (500, 10.0))
    ]
    assert counted(10.0, *lines, (11.0, "payment failed", {})) == {"before": (3, 1), "since": (1, 1)}


def test_structured_access_logs_are_counted():
    answer = {"client": "10.0.0.9", "path": "/"}
    rows = [(5.0, "{}", {**answer, "status": status}) for status in (200, "503", "-", 99, True)]
    assert counted(1.0, *rows) == {"before": (0, 0), "since": (2, 1)}


def test_without_the_moment_nothing_is_known():
    assert counted(None, (1.0, LINE.format(500), {})) == {"before": (0, 0), "since": (0, 0)}


def of(text: str) -> int:
    return status_of(text, fields_of(text))


SENT = [
    '2026-11-24 10:00:00 DEBUG urllib3.connectionpool https://api.stripe.com:443 "POST /v1/charges HTTP/1.1" 503 12',
    'DEBUG:urllib3.connectionpool:http://redis-ui:8081 "GET / HTTP/1.1" 500 None',
    '127.0.0.1 - - [24/Nov/2026:10:00:00 +0000] "GET http://api.stripe.com/v1/charges HTTP/1.1" 503 0 "-" "-"',
    json.dumps({"msg": "provider answered", "url": "https://api.stripe.com/v1/charges", "status": 503}),
    json.dumps({"msg": "sent", "method": "POST", "host": "api.stripe.com", "path": "/v1/charges", "status": 503}),
    # The request of a client is the context of what was asked of the provider.
    json.dumps({"remote_addr": "10.0.0.9", "path": "/pay", "url": "https://api.stripe.com/v1/charges", "status": 503}),
]
NO_REQUEST = [
    json.dumps({"msg": "card error", "code": 500}),
    json.dumps({"msg": "mail sent", "code": "250"}),
    'level=info msg="item count" code=512',
    'the user wrote "PLEASE help me" 500 times',
    "payment failed",
]
ANSWERED = [
    '10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 17 "https://shop.example/" "curl"',
    'INFO:     10.0.0.9:4711 - "POST /pay HTTP/1.1" 502 Bad Gateway',
    "http 2026-11-24T10:00:00.1Z app/lb/1 10.0.0.9:2817 10.0.0.1:80 0.0 0.0 0.0 502 502 34 366"
    ' "GET https://shop.example:443/ HTTP/1.1" "curl"',
    "haproxy[1]: 10.0.0.9:4711 [24/Nov/2026:10:00:00.123] front back/web1 0/0/1/2/3 502 17 - - ---- 1/1/0/0/0 0/0"
    ' "GET / HTTP/1.1"',
    json.dumps({"remote_addr": "10.0.0.9", "request": "GET /pay HTTP/1.1", "status": "502"}),
    json.dumps({"request": {"remote_ip": "10.0.0.9", "method": "GET", "uri": "/pay"}, "status": 502}),
    json.dumps({"req": {"method": "GET", "url": "/pay", "remoteAddress": "10.0.0.9"}, "res": {"statusCode": 502}}),
    json.dumps(
        {"ClientHost": "10.0.0.9", "RequestPath": "/", "ServiceURL": "http://10.0.0.1:80", "DownstreamStatus": 502}
    ),
    json.dumps({"method": "GET", "path": "/pay", "controller": "Pay", "action": "new", "status": 502}),
    "method=GET path=/pay format=html controller=Pay action=new status=502 duration=12.3",
]


@pytest.mark.parametrize("text", SENT)
def test_a_request_that_the_program_sends_to_another_party_does_not_count(text):
    assert of(text) == 0


@pytest.mark.parametrize("text", NO_REQUEST)
def test_a_number_of_a_line_that_is_no_request_does_not_count(text):
    assert of(text) == 0


@pytest.mark.parametrize("text", ANSWERED)
def test_a_request_of_a_client_counts_in_the_usual_forms(text):
    assert of(text) == 502
