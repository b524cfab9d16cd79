"""What is sent to a server, and to the proxy before it."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import Attempt, target_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.probe import attempt

WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BOOKS, CYRILLIC = "b\u00fccher.example", "\u043f\u0440\u0438\u043c\u0435\u0440.example"


@contextmanager
def server(answer: bytes = WELL) -> Iterator[tuple[int, list[str]]]:
    """Its port, and what it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    talking, _peer = listening.accept()
                    with talking:
                        asked.append(talking.recv(4096).decode("latin-1"))
                        talking.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1], asked


def tried(monkeypatch: pytest.MonkeyPatch, url: str, *, proxy: str = "", key: str = "", **more: object) -> Attempt:
    names = "127.0.0.1 xn--bcher-kva.example xn--e1afmkfd.example proxy.example\n"
    monkeypatch.setattr(Place, "read", lambda _self, path: names if path == "/etc/hosts" else "")
    given = {"name": "it", "url": url, "key": "it" if key else "", "slow": 60, **more}
    target, why = target_of(given)
    assert target is not None, why
    environment = {"http_proxy": proxy, "https_proxy": proxy} if proxy else {}
    return attempt(Place("host", environment=environment), target, key, 30.0)


@pytest.mark.parametrize(
    ("host", "sent"), [(BOOKS, "xn--bcher-kva.example"), (CYRILLIC, "xn--e1afmkfd.example"), ("127.0.0.1", "127.0.0.1")]
)
def test_a_host_is_named_in_ascii(monkeypatch, host, sent):
    with server() as (port, asked):
        made = tried(monkeypatch, f"http://{host}:{port}/caf\u00e9")
    assert made.meaning.state == "up", made.meaning
    assert asked[0].startswith("GET /caf%C3%A9 HTTP/1.1\r\n")
    assert f"Host: {sent}:{port}\r\n" in asked[0]


@pytest.mark.parametrize(("host", "sent"), [(BOOKS, "xn--bcher-kva.example"), (CYRILLIC, "xn--e1afmkfd.example")])
def test_a_proxy_is_asked_for_it_in_ascii(monkeypatch, host, sent):
    with server() as (port, asked):
        made = tried(monkeypatch, f"http://{host}/", proxy=f"http://proxy.example:{port}")
    assert made.meaning.state == "up", made.meaning
    assert asked[0].startswith(f"GET http://{sent}:80/ HTTP/1.1\r\n")


@pytest.mark.parametrize("host", [BOOKS, "api.example"])
def test_a_proxy_that_refuses_is_named(monkeypatch, host):
    with server(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (port, asked):
        made = tried(monkeypatch, f"https://{host}/", proxy=f"http://proxy.example:{port}")
    assert asked[0].startswith(("CONNECT xn--bcher-kva.example:443 ", "CONNECT api.example:443 "))
    assert f"the proxy proxy.example:{port} refuses: HTTP/1.1 403" in made.meaning.why


def test_a_key_that_cannot_be_sent_says_nothing_of_the_server(monkeypatch):
    with server() as (port, asked):
        made = tried(monkeypatch, f"http://127.0.0.1:{port}/", key="\u043a\u043b\u044e\u0447")
    assert (made.meaning.state, [line for line in asked if line]) == ("unknown", [])  # it may have connected
    assert "HTTP cannot carry" in made.meaning.why


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: te",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n",
    ],
)
def test_an_answer_that_is_cut_off_within_its_header_is_none(monkeypatch, head):
    with server(head) as (port, dummy):
        made = tried(monkeypatch, f"http://127.0.0.1:{port}/")
    assert (made.meaning.state, "cut off within the header" in made.meaning.why) == ("down", True), made.meaning


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_a_header_that_came_whole_is_an_answer(monkeypatch, answer):
    with server(answer) as (port, dummy):
        assert tried(monkeypatch, f"http://127.0.0.1:{port}/").meaning.state == "up"


@pytest.mark.parametrize(
    ("head", "body", "unasked"),
    [
        (b"", b"<!doctype html><html><body><p>Tri", True),
        (b"", b'{"trips": [1, 2', True),
        (b"Connection: close\r\n", b"[1, 2", True),
        (b"", b"<!doctype html><html><body></body></html>\n", False),
        (b"", b'{"trips": []}\n', False),
        (b"", b"ok", False),
        (b"", b"<p>a part of a page", False),
        (b"Content-Length: 6\r\n", b"<html>", False),
        (b"Content-Encoding: gzip\r\n", gzip.compress(b"{}", mtime=0), False),
    ],
)
def test_whether_an_answer_without_a_length_came_whole_is_not_known_where_its_end_is_missing(
    monkeypatch, head, body, unasked
):
    with server(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + head + b"\r\n" + body) as (port, dummy):
        meaning = tried(monkeypatch, f"http://127.0.0.1:{port}/").meaning
    assert (meaning.state, "came whole is not known" in meaning.unasked) == ("up", unasked), meaning


@pytest.mark.parametrize(
    "parts", [[b'{"status": "down"}'], [b'{"status": ', b'"down"}'], [b"", b'{"status":', b'"down"}']]
)
def test_a_body_that_is_packed_in_parts_is_read_whole(monkeypatch, parts):
    body = b"".join(map(gzip.compress, parts))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    for beyond in (b"", b"\0" * 8):
        with server(head.replace(b"%d" % len(body), b"%d" % (len(body) + len(beyond))) + body + beyond) as (
            port,
            dummy,
        ):
            assert tried(monkeypatch, f"http://127.0.0.1:{port}/").meaning.state == "degraded"


@pytest.mark.parametrize("coding", ["gzip, chunked", "chunked", "Gzip,Chunked", "gzip\r\nTransfer-Encoding: chunked"])
@pytest.mark.parametrize(("cut", "state"), [(0, "up"), (5, "degraded"), (12, "degraded")])
def test_an_answer_in_chunks_is_whole_with_its_last_one_whatever_else_was_done_to_it(monkeypatch, coding, cut, state):
    body = b'{"status": "ok"}'
    body = gzip.compress(body, mtime=0) if "gzip" in coding.lower() else body
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n".encode()
    with server(head + sent[: len(sent) - cut]) as (port, dummy):
        meaning = tried(monkeypatch, f"http://127.0.0.1:{port}/").meaning
    assert (meaning.state, "cut off" in meaning.why) == (state, bool(cut)), meaning


@pytest.mark.parametrize(("encoding", "state"), [("utf-16", "degraded"), ("utf-8-sig", "degraded")])
def test_a_body_is_read_by_the_encoding_that_its_first_bytes_show(monkeypatch, encoding, state):
    body = '{"status": "down"}'.encode(encoding)
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)) as (port, dummy):
        assert tried(monkeypatch, f"http://127.0.0.1:{port}/").meaning.state == state


@pytest.mark.parametrize(
    ("location", "state"),
    [("/login?access_token=a", "unknown"), ("shop://open/5", "unknown"), ("http://[web/", "down"), ("/", "down")],
)
def test_a_redirect_that_is_not_followed_here_may_lead_somewhere(monkeypatch, location, state):
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with server(answer.encode()) as (port, dummy):
        made = tried(monkeypatch, f"http://127.0.0.1:{port}/", redirects=3)
    assert made.meaning.state == state, made.meaning


@pytest.mark.parametrize(
    ("status", "judge", "state"), [(307, "webhook", "down"), (302, "webhook", "down"), (302, "", "up")]
)
def test_a_redirect_of_a_webhook_is_not_followed(monkeypatch, status, judge, state):
    with server() as (onward, asked):
        head = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{onward}/\r\nContent-Length: 0\r\n\r\n"
        with server(head.encode()) as (port, _asked):
            made = tried(monkeypatch, f"http://127.0.0.1:{port}/", redirects=3, judge=judge)
    assert (made.meaning.state, bool(asked)) == (state, judge == ""), made.meaning


def listened(monkeypatch: pytest.MonkeyPatch, does: Callable[[socket.socket], None]) -> Attempt:
    """An attempt at a plain port, of a server that does this with a connection."""
    monkeypatch.setattr(Place, "read", lambda _self, _path: "")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as talking:
                does(talking)

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        target, why = target_of({"name": "it", "kind": "tcp", "host": "127.0.0.1", "port": port, "slow": 60})
        assert target is not None, why
        return attempt(Place("host", environment={}), target, "", 30.0)


def reset(talking: socket.socket) -> None:
    talking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("does", "state"),
    [
        (lambda _talking: None, "down"),
        (lambda talking: talking.shutdown(socket.SHUT_WR), "down"),
        (reset, "down"),
        (lambda talking: talking.recv(1), "up"),
        (lambda talking: talking.sendall(b"220 mail ESMTP\r\n"), "up"),
    ],
)
def test_a_port_that_closes_each_connection_at_once_is_served_by_no_program(monkeypatch, does, state):
    """As the engine's proxy does for a published port on which nothing listens in the container."""
    made = listened(monkeypatch, does)
    assert made.meaning.state == state, made.meaning
    if does is not reset:  # which may come while the connection is made
        assert made.layer == ("protocol" if state == "down" else ""), "its network and its path work"


@pytest.mark.parametrize(
    ("last", "state", "words"),
    [
        (b"$-1\r\n", "up", "it answers, and takes writes"),
        (b"-OOM command not allowed\r\n", "degraded", "memory limit is reached"),
        (b"", "up", "not known (it accepts connections and closes them without an answer)"),
        (b"$5\r\nab", "up", "not known (its answer was cut off"),
    ],
)
def test_a_redis_that_closes_the_connection_at_a_write_leaves_that_open(monkeypatch, last, state, words):
    answers = [b"+PONG\r\n", b"$25\r\nredis_version:7\r\nrole:m\r\n\r\n", last]
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as talking:
                for answer in answers:
                    talking.recv(4096)
                    talking.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        target, why = target_of({"name": "it", "kind": "redis", "host": "127.0.0.1", "port": port, "slow": 60})
        assert target is not None, why
        meaning = attempt(Place("host", environment={}), target, "", 30.0).meaning
    assert (meaning.state, words in meaning.why) == (state, True), meaning


@pytest.mark.parametrize(("number", "unasked"), [(16, ""), (17, "1 of its 17 addresses were not tried")])
def test_addresses_beyond_those_that_are_tried_are_said(monkeypatch, number, unasked):
    with server() as (port, _asked):
        names = "".join(f"127.0.0.{last} many.example\n" for last in range(1, number + 1))
        monkeypatch.setattr(Place, "read", lambda _self, path: names if path == "/etc/hosts" else "")
        target, why = target_of({"name": "it", "url": f"http://many.example:{port}/", "slow": 60})
        assert target is not None, why
        meaning = attempt(Place("host", environment={}), target, "", 30.0).meaning
    assert (meaning.state, meaning.unasked) == ("up", unasked), meaning


@pytest.mark.parametrize(
    ("body", "packed", "state"),
    [
        (b"x" * 70_000 + b"trips", False, "unknown"),
        (b"x" * 70_000 + b"trips", True, "unknown"),
        (b"trips" + b"x" * 70_000, False, "up"),
        (b"x" * 60_000, False, "down"),
    ],
)
def test_what_is_looked_for_may_stand_behind_what_is_read(monkeypatch, body, packed, state):
    sent = gzip.compress(body, mtime=0) if packed else body
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(sent) + b"Content-Encoding: gzip\r\n" * packed
    with server(head + b"\r\n" + sent) as (port, _asked):
        for expect, expected in (((), state), ((503,), "down")):
            made = tried(monkeypatch, f"http://127.0.0.1:{port}/", body="trips", expect=expect)
            assert made.meaning.state == expected, made.meaning
