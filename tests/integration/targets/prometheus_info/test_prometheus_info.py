"""prometheus_info against answers of Prometheus' HTTP API and what else may answer; the real one: test_triage."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from support.modules import run_module

ALERT = {
    "labels": {"alertname": "UsersFail", "severity": "P1", "job": "\u001b[31mred"},
    "annotations": {"summary": "a tenth fails"}, "state": "firing", "activeAt": "2026-11-24T08:33:21Z", "value": "1",
}  # fmt: skip
LONG_ALERT = {**ALERT, "annotations": {"summary": "s" * 700}, "labels": {"alertname": "UsersFail", "pod": "x" * 700}}
VALUES = {
    "vector": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.1"]}, {"value": [1, "0.3"]}]},
    "scalar": {"resultType": "scalar", "result": [1, "7"]},
    "none": {"resultType": "vector", "result": []},
    "string": {"resultType": "string", "result": [1, "hello"]},
    "matrix": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "0.1"], [2, "0.3"]]}]},
    "odd": {"resultType": "vector", "result": [{"value": ["x"]}]},
    "nothing": {},
    "nan": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "NaN"]}]},
}


class Answers(http.server.BaseHTTPRequestHandler):
    mode = "ok"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        query = parse_qs(asked.query).get("query", [""])[0]
        data: Any = {"alerts": [ALERT]} if asked.path.endswith("alerts") else VALUES.get(query)
        status, body = 200, json.dumps({"status": "success", "data": data})
        if data is None:
            status, body = 400, json.dumps({"status": "error", "error": "parse error: unexpected end of input"})
        if self.mode == "no alerts":
            body = json.dumps({"status": "success", "data": [1]})
        if self.mode == "storm":
            body = json.dumps({"status": "success", "data": {"alerts": [LONG_ALERT] * 5000}})
        if self.mode == "deep":
            body = '{"status": "success", "data": ' + "[" * 100_000 + "]" * 100_000 + "}"
        if self.mode == "one of them" and asked.path.endswith("alerts"):
            body = json.dumps({"status": "success", "data": {"alerts": [None, ALERT]}})
        if self.mode in ("slow body", "slow head"):
            self.drip(self.mode == "slow head")
            return
        if self.mode == "html":
            body = "<html>Sign in</html>"
        if self.mode == "locked" and self.headers.get("Authorization") != "Bearer good":
            status, body = 401, "Unauthorized"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def drip(self, head: bool) -> None:
        """A byte every 50 ms until the client is gone, each within any limit of a single read."""
        if not head:
            self.send_response(200)
            self.end_headers()
        try:
            while True:
                self.wfile.write(b"H" if head else b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *_words: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    Answers.mode = "ok"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(url: str, *queries: str, **options: Any) -> dict[str, Any]:
    series = [{"name": query, "query": query} for query in queries]
    found = run_module("prometheus_info", url=url, series=series, **options)
    assert "Traceback" not in json.dumps(found)
    return found


def test_alerts_and_series(url):
    found = ask(url, *VALUES)
    assert [(one["name"], one["severity"], one["state"]) for one in found["alerts"]] == [("UsersFail", "P1", "firing")]
    assert "\u001b" not in json.dumps(found["alerts"], ensure_ascii=False)
    assert {one["name"]: one["value"] for one in found["series"] if not one["problem"]} == {
        "vector": 0.3, "scalar": 7.0, "none": None, "nan": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sum(", "refuses the query: parse error"),
        ("string", "The query gives a string"),
        ("matrix", "The query gives a matrix"),
        ("odd", "/api/v1/query has a form that is not known"),
        ("nothing", "/api/v1/query has a form that is not known"),
    ],
)
def test_a_series_in_trouble_costs_no_other(url, query, said):
    found = ask(url, query, "vector")
    assert len(found["alerts"]) == 1
    assert [one["value"] for one in found["series"]] == [None, 0.3]
    assert said in found["series"][0]["problem"]


def test_alerts_of_another_form(url):
    Answers.mode = "no alerts"
    assert "its answer to /api/v1/alerts has a form that is not known" in ask(url)["msg"]


def test_a_storm_of_alerts_is_read_whole(url):
    Answers.mode = "storm"
    assert len(ask(url, timeout=60)["alerts"]) == 5000


def test_json_that_is_not_of_prometheus(url):
    Answers.mode = "deep"
    assert "not Prometheus" in ask(url, timeout=60)["msg"]


def test_an_alert_that_cannot_be_read_hides_no_other(url):
    Answers.mode = "one of them"
    answer = ask(url, "vector")
    assert [alert["name"] for alert in answer["alerts"]] == ["UsersFail"]
    assert answer["unread"] == ["1 of 2 alerts could not be read, and may fire: one is no object but None"]
    assert answer["series"][0]["value"] == 0.3


@pytest.mark.parametrize("mode", ["slow body", "slow head"])
def test_an_answer_that_never_ends_is_given_up(url, mode):
    Answers.mode = mode
    assert "no whole answer within 1 s" in ask(url, timeout=1)["msg"]


def test_a_page_to_sign_in(url):
    Answers.mode = "html"
    assert "not Prometheus" in ask(url)["msg"]


def test_a_token(url):
    Answers.mode = "locked"
    assert "401" in ask(url)["msg"]
    found = ask(url, headers={"Authorization": "Bearer good"})
    assert len(found["alerts"]) == 1
    assert "Bearer good" not in json.dumps(found)


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://nowhere.invalid"])
def test_nobody_answers(address):
    found = ask(address, timeout=1)
    assert found["error"] == "HostError"
    assert address in found["msg"]


def test_no_address():
    assert "url is none of the form" in ask("prometheus")["msg"]
