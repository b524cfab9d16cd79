"""Stand-ins of other people's HTTP APIs, on a free port of the loopback, with the faults that such a service has.

What a request has changed stays in the stand-in's state, whether or not its answer arrived: tests compare that state
with what should have been said exactly once.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

# What a fault does to a request.
REFUSED = "closed before it is read"
SILENT = "read, without an effect and without an answer"
EFFECT_CLOSED = "takes effect, and the connection is closed without an answer"
EFFECT_SILENT = "takes effect, without an answer"
EFFECT_CUT = "takes effect, and the answer ends in the middle"
EFFECT_HTML = "takes effect, and the answer is a page of a proxy"
EFFECT_STATUS = "takes effect, and the answer is a status, as of a proxy that has waited for it too long"
HTML = "no effect, and the answer is a page of a proxy with status 200"
STATUS = "a status without an effect"
IN_PARTS = "takes effect, and the answer comes bit by bit"
EFFECT_HUGE = "takes effect, and the answer is JSON of 16 MiB"
EFFECT_ENDLESS = "takes effect, and the answer never ends"
EFFECT_DRIPS = "takes effect, and the answer never ends, a byte at a time"
SETTLE = "/settle"
BEFORE = (REFUSED,)  # surely without an effect, and known to be
DOUBTFUL = (SILENT, EFFECT_CLOSED, EFFECT_SILENT, EFFECT_CUT, EFFECT_HTML, HTML)


@dataclass(frozen=True)
class Fault:
    """``status``, ``headers`` and ``body`` of STATUS and EFFECT_STATUS; ``status`` of what never ends; ``seconds``
    between the parts of IN_PARTS and of EFFECT_DRIPS."""

    kind: str
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Request:
    """``fields``: of a JSON or a form body, and of the query."""

    method: str
    path: str
    headers: Mapping[str, str]
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def wait_for_lanes() -> None:
    """Until what a run has begun in this process has ended, also that for which it did not wait."""
    for lane in [each for each in threading.enumerate() if each.name.startswith("announce")]:
        lane.join(60)


class StandIn(ABC):
    """Base of the stand-ins. ``fault_for``: asked for each request; None: none."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.fault_for: Callable[[Request], Fault | None] = lambda _request: None
        self.lock = threading.RLock()
        self._closing = threading.Event()
        self.active = 0  # connections that are accepted and whose request has not had its effect yet
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @abstractmethod
    def serve(self, request: Request) -> Answer:
        """The effect and the answer of a request; called with the lock held."""

    def settle(self) -> None:
        """Return when every request that was made before has had its effect, also of a client that has left."""
        with contextlib.closing(http.client.HTTPConnection(self.url[len("http://") :], timeout=60)) as connection:
            connection.request("GET", SETTLE)  # those that connected before are accepted before
            connection.getresponse().read()
        while self.active:
            time.sleep(0.005)

    def closes(self) -> bool:
        return self._closing.is_set()

    def wait(self, seconds: float) -> None:
        """Until then, or until the stand-in is closed."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Counted in the order in which they are accepted: a thread may be a while until it reads its request."""
        with self.stand_in.lock:
            self.stand_in.active += 1
        super().process_request(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    is_counted_out = False
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self._serve()

    do_GET = do_PATCH = do_PUT = do_DELETE = do_POST

    def log_message(self, *_args: object) -> None:
        pass

    def _serve(self) -> None:
        stand_in = self.server.stand_in
        if self.path == SETTLE:
            return self._answer(Answer(200, {}))
        request = self._request()
        fault = stand_in.fault_for(request)
        kind = fault.kind if fault else ""
        answer = Answer(200, {})
        if fault is None or kind.startswith("takes effect"):
            with stand_in.lock:
                stand_in.requests.append(request)
                answer = stand_in.serve(request)
        self._has_its_effect()
        if fault is None:
            return self._answer(answer)
        if kind == REFUSED:
            return self._close(reset=True)
        if kind in (SILENT, EFFECT_SILENT):
            stand_in.wait(60)
            return self._close()
        if kind == EFFECT_CLOSED:
            return self._close()
        if kind == EFFECT_CUT:
            return self._cut(answer)
        if kind in (EFFECT_HUGE, EFFECT_ENDLESS, EFFECT_DRIPS):
            return self._large(answer, fault)
        if fault.kind == IN_PARTS:
            return self._in_parts(answer, fault.seconds)
        if kind in (EFFECT_HTML, HTML):
            return self._send(200, b"<html><body>proxy</body></html>", {"Content-Type": "text/html"})
        return self._answer(Answer(fault.status, fault.body if fault.body is not None else {}, fault.headers))

    def finish(self) -> None:
        self._has_its_effect()
        super().finish()

    def _has_its_effect(self) -> None:
        """Counted once for each connection, which has one request."""
        if not self.is_counted_out:
            self.is_counted_out = True
            with self.server.stand_in.lock:
                self.server.stand_in.active -= 1

    def _request(self) -> Request:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, dummy, query = self.path.partition("?")
        fields: dict[str, Any] = dict(urllib.parse.parse_qsl(query))
        if "json" in (self.headers.get("Content-Type") or ""):
            fields.update(json.loads(data or b"{}"))
        elif "octet-stream" in (self.headers.get("Content-Type") or ""):
            fields["data"] = data.decode("utf-8", "replace")
        else:
            fields.update(urllib.parse.parse_qsl(data.decode("utf-8", "replace")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, headers, fields)

    def _answer(self, answer: Answer) -> None:
        self._send(
            answer.status, json.dumps(answer.body).encode(), {"Content-Type": "application/json", **answer.headers}
        )

    def _send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self, answer: Answer) -> None:
        data = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) + 50))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self._close()

    def _in_parts(self, answer: Answer, seconds: float) -> None:
        data = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client has left
            for part in (data[:1], data[1:2], data[2:]):
                self.server.stand_in.wait(seconds)
                self.wfile.write(part)
                self.wfile.flush()

    def _large(self, answer: Answer, fault: Fault) -> None:
        with contextlib.suppress(OSError):  # the client has left
            if fault.kind == EFFECT_HUGE:
                self._send(answer.status, json.dumps(answer.body).encode() + b" " * (16 << 20), {})
                return
            self.send_response(fault.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while not self.server.stand_in.closes():
                self.wfile.write(b" " * (1 if fault.kind == EFFECT_DRIPS else 1 << 16))
                self.server.stand_in.wait(fault.seconds)

    def _close(self, reset: bool = False) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        else:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def dropped() -> Iterator[str]:
    """The address of a listener whose backlog is full, so that the packets of further connections are dropped."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for dummy in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"


NO_SUCH_NAME = "http://no-such-host.invalid"  # RFC 6761: never resolves
