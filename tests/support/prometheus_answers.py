"""A server that answers as Prometheus does, and in other ways: by the query that it is asked."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

# What is answered to a query of the name; to any other one series, whose counter grows by ten a second.
BODIES: dict[str, str] = {
    "html": "<html>Sign in</html>",
    "null": json.dumps({"status": "success", "data": None}),
    "list": json.dumps([1]),
    "string": json.dumps({"status": "success", "data": {"resultType": "string", "result": [1, "x"]}}),
    "no metric": json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, "1"]]}]}}
    ),
    "no number": json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "one"]]}]}}
    ),
    "deep": '{"status": "success", "data": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "error": json.dumps({"status": "error", "error": "query timed out"}),
}


class Answers(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        given = parse_qs(urlsplit(self.path).query)
        query = given["query"][0]
        self.asked.append(query)
        if query == "slow":
            self.drip()
            return
        matrix = self.path.startswith("/api/v1/query_range")
        start = float(given["start"][0]) if matrix else float(given["time"][0])
        values = [[start + 10 * number, str(100 * number)] for number in range(60)]
        metric = {"job": "<script>\u001b[31m", "password": "x"}
        data: dict[str, Any] = {"resultType": "matrix", "result": [{"metric": metric, "values": values}]}
        if not matrix:
            data = {"resultType": "vector", "result": [{"metric": metric, "value": [start, "0"]}]}
        body = BODIES.get(query, json.dumps({"status": "success", "data": data}))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *_words: Any) -> None:
        pass


@contextmanager
def answering(handler: type[http.server.BaseHTTPRequestHandler] = Answers) -> Iterator[str]:
    """The address of a server with these answers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
