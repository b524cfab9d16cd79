"""What a line of a log holds by name: JSON, nginx's error and access lines."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.fields import (
    fields_of,
    nginx_fields,
)
from ansible_collections.pafar.runbook.plugins.module_utils._logs.json_line import json_fields, level_in

ERROR = (
    "2026/11/24 02:40:04 [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream,"
    ' client: 10.0.0.9, server: pafar.test, request: "GET /pay?a=1, 2 HTTP/1.1", upstream: "http://10.0.0.5:8000/pay",'
    ' host: "pafar.test"'
)
ACCESS = '10.0.0.9 - ada [24/Nov/2026:02:40:04 +0100] "POST /pay HTTP/1.1" 502 157 "-" "curl/8" rt=0.105 uct=-'


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('{"level": "error", "n": 1}', {"level": "error", "n": 1}),
        ('{"ratio": NaN, "size": -Infinity}', {"ratio": "NaN", "size": "-Infinity"}),
        ("[1, 2]", {}), ('"text"', {}), ('{"cut": ', {}), ("[" * 100_000, {}),
    ],
    ids=["object", "not a number", "list", "text", "cut", "nested too deeply"],
)  # fmt: skip
def test_fields_are_those_of_an_object(line, fields):
    assert json_fields(line) == fields


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"level": "ERROR"}, "error"), ({"severity": "crit"}, "critical"), ({"log.level": "warn"}, "warning"),
        ({"level": 50}, "error"), ({"level": 35}, "info"), ({"level": "loud"}, ""), ({"msg": "error"}, ""),
        ({"level": None, "lvl": "info"}, "info"), ({"level": "loud", "lvl": "info"}, "info"),
    ],
)  # fmt: skip
def test_the_level_of_a_json_line(fields, level):
    assert level_in(fields) == level


def test_an_error_line_of_nginx():
    assert nginx_fields(ERROR) == {
        "level": "error",
        "message": "connect() failed (111: Connection refused) while connecting to upstream",
        "errno": 111,
        "client": "10.0.0.9",
        "server": "pafar.test",
        "request": "GET /pay?a=1, 2 HTTP/1.1",
        "upstream": "http://10.0.0.5:8000/pay",
        "host": "pafar.test",
    }


def test_an_error_line_of_nginx_without_a_request():
    line = "2026/11/24 02:40:04 [notice] 1#1: signal process started"
    assert nginx_fields(line) == {"level": "notice", "message": "signal process started", "errno": None}


def test_an_access_line_of_nginx():
    assert nginx_fields(ACCESS) == {
        "client": "10.0.0.9", "method": "POST", "path": "/pay", "status": 502, "bytes": 157, "rt": "0.105", "uct": "-",
        "user": "ada",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [("", "", ""), (r"\x16\x03", "", r"\x16\x03"), (r"GET /a\"b HTTP/1.1", "GET", r"/a\"b")],
    ids=["empty", "TLS sent to a plain port", "escaped quote"],
)
def test_an_access_line_whose_request_is_malformed(request_line, method, path):
    fields = nginx_fields(f'10.0.0.9 - - [24/Nov/2026:02:40:04 +0000] "{request_line}" 400 -')
    assert (fields["method"], fields["path"], fields["status"], fields["bytes"]) == (method, path, 400, 0)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('  {"a": 1}', {"a": 1}),
        ("2026/11/24 02:40:04 [warn] 1#1: low on memory\nmore", {"level": "warn", "message": "low on memory"}),
        ("INFO served", {}), ("", {}),
    ],
    ids=["JSON", "first line only", "plain text", "empty"],
)  # fmt: skip
def test_the_format_is_known_by_the_text(text, fields):
    assert {key: value for key, value in fields_of(text).items() if value is not None} == fields
