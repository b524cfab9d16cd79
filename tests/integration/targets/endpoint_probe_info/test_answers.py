"""endpoint_probe_info: whether an answer came whole, who gave it, and from which address of a name."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from unittest import mock

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import row_of, target_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io import resolver
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.probe import attempt

from support.probing import both_ways, row
from support.servers import PATIENCE

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def answering(answer: bytes, host: str = "127.0.0.1", port: int = 0, stays: bool = False) -> Iterator[int]:
    """A server that answers each request so and closes, or ``stays`` connected; its port."""
    held = []
    with socket.create_server((host, port)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    talking, dummy = listening.accept()
                    with suppress(OSError):
                        talking.recv(4096)
                        talking.sendall(answer)
                    if stays:
                        held.append(talking)
                    else:
                        talking.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
    for talking in held:
        talking.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "stays", "state", "words"),
    [
        pytest.param(WHOLE, False, "up", "", id="whole"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok", False, "degraded", "after 2 of 99 bytes",
                     id="cut off"),
        pytest.param(CHUNKED + b"2\r\nok\r\n", False, "degraded", "cut off after 2 bytes", id="cut between chunks"),
        pytest.param(CHUNKED + b"9\r\nok", False, "degraded", "cut off", id="cut within a chunk"),
        pytest.param(CHUNKED + b"2\r\nok\r\n0\r\n\r\n", False, "up", "", id="whole in chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", False, "up", "", id="ends with the connection"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok", True, "degraded", "not its end", id="hangs"),
        pytest.param(CHUNKED + b"2\r\nok\r\n", True, "degraded", "not its end", id="hangs between chunks"),
        pytest.param(STREAM + b"2\r\nok\r\n", True, "up", "", id="a stream of events"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + WHOLE, False, "up", "200", id="hints first"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + WHOLE, False, "up", "200", id="notes first"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, False, "up", "200", id="continue first"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n" + WHOLE.replace(b"200", b"503"), False, "down", "503",
                     id="hints before a failure"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n" * 30 + WHOLE, False, "down", "HTTP", id="notes for ever"),
        pytest.param(WHOLE.replace(b"h: 2", b"h: 2\r\nContent-Length: 5"), False, "degraded", "clients refuse",
                     id="two lengths"),
        pytest.param(WHOLE.replace(b"h: 2", b"h: -2"), False, "degraded", "clients refuse", id="a negative length"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nok", False, "up", "200", id="HTTP/1.0"),
        pytest.param(b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80", False, "unknown", "HTTP/2 alone", id="HTTP/2 alone"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\nok", False, "unknown", "longer than is read",
                     id="many headers"),
        pytest.param(WHOLE.replace(b"200 OK", b"304 Not Modified"), False, "up", "it answers 304", id="not modified"),
        pytest.param(WHOLE.replace(b"200 OK", b"511 X"), False, "down", "a portal of the network", id="a portal"),
        pytest.param(b"HTTP/1.1 20", False, "down", "does not speak HTTP", id="cut in its first line"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_whole_is_not_up(answer: bytes, stays: bool, state: str, words: str) -> None:
    with answering(answer, stays=stays) as port:
        found = row({"url": f"http://127.0.0.1:{port}/"}, attempts=1, timeout=4 if stays else PATIENCE)
    assert (found["state"], words in found["why"]) == (state, True), found


OK = b'{"status": "ok"}'


def packed(body: bytes, encoding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "looked_for", "state", "words"),
    [
        pytest.param(packed(gzip.compress(OK), "gzip"), "ok", "up", "200", id="gzip"),
        pytest.param(packed(zlib.compress(OK), "deflate"), "ok", "up", "200", id="deflate"),
        pytest.param(packed(zlib.compress(OK)[2:-4], "deflate"), "ok", "up", "200", id="bare deflate"),
        pytest.param(packed(gzip.compress(OK), "gzip"), "bad", "down", "does not match", id="gzip, does not match"),
        pytest.param(packed(gzip.compress(OK)[:15], "gzip"), "ok", "unknown", "cut off", id="gzip, cut off"),
        pytest.param(packed(gzip.compress(OK)[:15], "gzip"), "", "degraded", "cut off", id="cut off, not looked at"),
        pytest.param(packed(OK, "gzip"), "ok", "unknown", "is not packed as gzip", id="no gzip"),
        pytest.param(packed(b"x", "br"), "ok", "unknown", "packed as br", id="brotli"),
        pytest.param(packed(b"x", "br"), "", "up", "200", id="brotli, not looked at"),
        pytest.param(
            packed(gzip.compress(b"0" * 10_000_000), "gzip"), "1", "unknown", "more was not read", id="a bomb"
        ),
        pytest.param(CHUNKED + b"ZZ\r\nok\r\n", "ok", "degraded", "cut off", id="cut off before what is looked for"),
    ],
)
def test_what_an_answer_says_is_read_or_not_known(answer: bytes, looked_for: str, state: str, words: str) -> None:
    with answering(answer) as port:
        found = row({"url": f"http://127.0.0.1:{port}/", "body": looked_for}, attempts=1)
    assert (found["state"], words in found["why"]) == (state, True), found


@pytest.mark.parametrize(
    ("kind", "answer", "words"),
    [
        ("redis", b"+PO", "cut off after 3 bytes"),
        ("redis", b"-LOADING Redis is", "cut off"),
        ("postgres", b"R\0\0\0", "cut off after 4 bytes"),
        ("postgres", b"E\0\0\0\x50SFATAL\0C53300\0", "cut off"),
    ],
)
def test_an_answer_of_a_database_that_is_cut_off_is_down(kind: str, answer: bytes, words: str) -> None:
    with answering(answer) as port:
        found = row({"kind": kind, "host": "127.0.0.1", "port": port, "tls": "never"}, attempts=1)
    assert (found["state"], words in found["why"]) == ("down", True), found


def test_who_answered_is_in_the_row() -> None:
    page = b"<html><hr><center>nginx/1.25.3</center></html>"
    head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
    with answering(head + page) as port:
        found = row({"url": f"http://127.0.0.1:{port}/"}, attempts=1)
        hook = row({"url": f"http://127.0.0.1:{port}/", "judge": "webhook"}, attempts=1)
    assert found["layers"]["protocol"]["answered_by"] == "no_backend"
    assert (found["state"], found["fault_of"]) == ("down", "ours"), "127.0.0.1 is ours"
    assert found["layers"]["tcp"] == {**found["layers"]["tcp"], "address": "127.0.0.1", "own": True}
    assert (hook["state"], "no backend" in hook["why"]) == ("down", True)


def moved(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_redirect_is_followed_as_often_as_it_may_be() -> None:
    with answering(WHOLE) as last, answering(moved(f"http://127.0.0.1:{last}/x")) as middle:
        with answering(moved(f"http://127.0.0.1:{middle}/?token=hunter2#x")) as refused:
            with answering(moved(f"http://127.0.0.1:{middle}/")) as first:
                it = {"url": f"http://127.0.0.1:{first}/"}
                shown, once, twice = (row({**it, "redirects": number}, attempts=1) for number in (0, 1, 2))
            secret = row({"url": f"http://127.0.0.1:{refused}/", "redirects": 1}, attempts=1)
    assert (shown["state"], shown["why"]) == ("up", f"it answers 302: it redirects to http://127.0.0.1:{middle}/")
    assert once["why"].startswith(f"redirected to 127.0.0.1:{middle}: it answers 302")
    assert twice["why"].endswith(f"redirected to 127.0.0.1:{last}: it answers 200")
    assert (secret["state"], "not followed" in secret["why"], "hunter2" in str(secret)) == ("unknown", True, False)


def test_redirects_in_a_circle_are_down() -> None:
    with answering(moved("/")) as port:
        found = row({"url": f"http://127.0.0.1:{port}/", "redirects": 5}, attempts=1)
        away = row({"url": f"http://127.0.0.1:{port}/login", "redirects": 5}, attempts=1)
    assert [(one["state"], "in a circle" in one["why"]) for one in (found, away)] == [("down", True)] * 2


# -- names


def name_server(answers: Callable[[int, bool], tuple[int, list[bytes]]]) -> Any:
    """A DNS server on a free port, by UDP and TCP. ``answers``: from type and whether TCP, the flags and addresses."""

    def reply(packet: bytes, tcp: bool) -> bytes:
        end = packet.index(b"\0", 12) + 5
        kind = struct.unpack(">H", packet[end - 4 : end - 2])[0]
        flags, addresses = answers(kind, tcp)
        head = packet[:2] + struct.pack(">HHHHH", 0x8180 | flags, 1, len(addresses), 0, 0)
        records = b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 5, len(address)) + address for address in addresses
        )
        return head + packet[12:end] + records

    @contextmanager
    def serving() -> Iterator[int]:
        with both_ways() as (tcp, udp):

            def by_udp() -> None:
                with suppress(OSError):
                    while True:
                        packet, peer = udp.recvfrom(4096)
                        udp.sendto(reply(packet, False), peer)

            def by_tcp() -> None:
                with suppress(OSError):
                    while True:
                        talking, dummy = tcp.accept()
                        with talking:
                            packet = reply(talking.recv(4096)[2:], True)
                            talking.sendall(struct.pack(">H", len(packet)) + packet)

            for serve in (by_udp, by_tcp):
                threading.Thread(target=serve, daemon=True).start()
            yield tcp.getsockname()[1]
            tcp.shutdown(socket.SHUT_RDWR)

    return serving()


@contextmanager
def resolving(answers: Callable[[int, bool], tuple[int, list[bytes]]]) -> Iterator[Place]:
    """A place whose names are resolved by such a server."""
    with ExitStack() as opened:
        opened.enter_context(mock.patch.object(resolver, "PORT", opened.enter_context(name_server(answers))))
        text = {"/etc/resolv.conf": "nameserver 127.0.0.1\n"}
        opened.enter_context(mock.patch.object(Place, "read", lambda dummy, path: text.get(path, "")))
        yield Place("host")


A, AAAA, TRUNCATED, FAILED = 1, 28, 0x0200, 2
ONE, TWO = b"\x7f\0\0\1", b"\x7f\0\0\2"
SIX = b"\0" * 15 + b"\1"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (lambda kind, dummy: (0, [ONE] if kind == A else [SIX]), ["127.0.0.1", "::1"]),
        (lambda kind, dummy: (0, [ONE] if kind == A else []), ["127.0.0.1"]),
        (lambda kind, dummy: (FAILED if kind == AAAA else 0, [ONE] if kind == A else []), ["127.0.0.1"]),
        (lambda kind, dummy: (0, [SIX] if kind == AAAA else []), ["::1"]),
        (lambda kind, tcp: (0 if tcp else TRUNCATED, ([ONE, TWO] if tcp else [ONE]) if kind == A else []),
         ["127.0.0.1", "127.0.0.2"]),
    ],
)  # fmt: skip
def test_every_address_of_a_name_is_found(answers: Any, expected: list[str]) -> None:
    with resolving(answers) as place:
        assert resolver.addresses(place, "web.example", PATIENCE) == expected


def attempts_at(place: Place, port: int, number: int) -> Any:
    target, dummy = target_of({"name": "it", "url": f"http://web.example:{port}/", "slow": PATIENCE})
    assert target is not None
    return row_of("host", target, [attempt(place, target, "", PATIENCE, each) for each in range(number)])


def test_one_address_of_two_that_answers_badly_is_named() -> None:
    bad = b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"
    with resolving(lambda kind, dummy: (0, [ONE, TWO] if kind == A else [])) as place, answering(WHOLE) as port:
        with answering(bad, "127.0.0.2", port):
            found = attempts_at(place, port, 3)
    assert found["state"] == "degraded", found
    assert found["why"].startswith("1 of 2 addresses fail (127.0.0.2: it answers 500")
    assert [each["state"] for each in found["addresses"]] == ["up", "down"]


def test_the_fourth_address_is_used_where_three_are_dead() -> None:
    last = b"\x7f\0\0\5"
    dead = [b"\x7f\0\0" + bytes([number]) for number in (2, 3, 4)]
    with resolving(lambda kind, dummy: (0, [*dead, last] if kind == A else [])) as place:
        with answering(WHOLE, "127.0.0.5") as port:
            found = attempts_at(place, port, 1)
    assert (found["up"], found["layers"]["tcp"]["address"]) == (1, "127.0.0.5")
    assert found["state"] == "up", "of the loopback any address is enough"


def test_ipv6_is_used_where_ipv4_is_dead() -> None:
    if not socket.has_ipv6:
        pytest.skip("NOT RUN: IPv6 where IPv4 is dead (this Python has no IPv6)")
    with resolving(lambda kind, dummy: (0, [TWO] if kind == A else [SIX])) as place:
        with socket.socket(socket.AF_INET6) as trial:
            try:
                trial.bind(("::1", 0))
            except OSError:
                pytest.skip("NOT RUN: IPv6 where IPv4 is dead (this host has no IPv6)")
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as listening:
            port = listening.getsockname()[1]

            def serve() -> None:
                with suppress(OSError):
                    talking, dummy = listening.accept()
                    with talking:
                        talking.recv(4096)
                        talking.sendall(WHOLE)

            threading.Thread(target=serve, daemon=True).start()
            found = attempts_at(place, port, 1)
    assert (found["up"], found["layers"]["tcp"]["address"]) == (1, "::1")


def test_a_dead_address_beside_one_that_answers_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(("198.51.100.1", 9))
        here = asking.getsockname()[0]
    if here.startswith("127."):
        pytest.skip("NOT RUN: a dead address of two (this host has no address besides the loopback)")
    with resolving(lambda kind, dummy: (0, [ONE, socket.inet_aton(here)] if kind == A else [])) as place:
        with answering(WHOLE) as port:
            found = attempts_at(place, port, 2)
    assert (found["state"], found["layer"]) == ("degraded", "tcp"), found
    assert found["why"] == f"1 of 2 addresses fail ({here}: refused: nothing listens there)"
