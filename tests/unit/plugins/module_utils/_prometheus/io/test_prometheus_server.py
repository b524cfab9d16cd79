"""Answers of a server that is none, or that never ends: each is reported, within the time limit."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import HostError
from ansible_collections.pafar.runbook.plugins.module_utils._prometheus.io.prometheus_server import Prometheus

DEEP = b"[" * 4096


@contextmanager
def answering(head: bytes, body: bytes, times: int = 1, pause: float = 0.0) -> Iterator[str]:
    """A server that sends ``body`` so often, with a pause behind each; its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            try:
                client, dummy = server.accept()
                with client:
                    client.recv(4096)
                    client.sendall(b"HTTP/1.1 " + head + b"\r\n")
                    for dummy_number in range(times):
                        client.sendall(body)
                        time.sleep(pause)
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "head", [b"200 OK\r\nContent-Length: 4000\r\n", b"200 OK", b"500 X\r\nContent-Length: 4000\r\n"]
)
def test_an_answer_that_drips_ends_at_the_time_limit(head):
    with answering(head, b"A: b\r\n", times=300, pause=0.1) as url:
        began = time.monotonic()
        with pytest.raises(HostError, match=r"no whole answer within 0\.5 s"):
            Prometheus(url, 0.5, {}).value("up")
        assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("head", "body", "said"),
    [
        (b"200 OK\r\n", DEEP, "is not Prometheus"),
        (b"500 X\r\n", DEEP, "HTTP 500: X"),
        (b"422 X\r\n", DEEP, "refuses the query: X"),
        (b"500 X\r\n", b'{"error": "\xff"}', "HTTP 500: X"),
        (b"422 X\r\n", b'{"error": "bad_data"}', "refuses the query: bad_data"),
        (b"500 X\r\nContent-Length: 4000\r\n", b'{"error"', "HTTP 500: X"),
        (b"302 Found\r\nLocation: http://127.0.0.1:1/\r\n", b"", "HTTP 302"),
        (b"200 OK\r\n", b'{"status": "success", "data": {"resultType": "vector", "result": ' + DEEP, "not Prometheus"),
    ],
)
def test_an_answer_that_cannot_be_read_is_reported(head, body, said):
    with answering(head, body) as url, pytest.raises(HostError, match=said):
        Prometheus(url, 5.0, {}).value("up")
