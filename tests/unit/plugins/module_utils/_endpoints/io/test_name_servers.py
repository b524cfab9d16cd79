"""Which of a place's name servers fail, and what is not known of a name where they do."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import row_of, target_of
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io import resolver
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.probe import attempt
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.resolver import NoSuchName, Unresolved

A, AAAA = 1, 28
ONE, SIX = b"\x7f\0\0\1", b"\0" * 15 + b"\1"
# What a server says to a name and a type: a code with addresses, or nothing.
Says = Callable[[str, int], "tuple[int, list[bytes]] | None"]
WELL: Says = lambda _name, kind: (0, [ONE] if kind == A else [])  # noqa: E731
EMPTY: Says = lambda _name, _kind: (0, [])  # noqa: E731
SILENT: Says = lambda _name, _kind: None  # noqa: E731
FAILED, NO_SUCH, REFUSED = 2, 3, 5
_TRUNCATED = 0x0200


def code(number: int) -> Says:
    return lambda _name, _kind: (number, [])


def by_kind(first: tuple[int, list[bytes]] | None, second: tuple[int, list[bytes]] | None) -> Says:
    return lambda _name, kind: first if kind == A else second


def _reply(packet: bytes, says: Says) -> bytes | None:
    end, labels = 12, []
    while packet[end]:
        labels.append(packet[end + 1 : end + 1 + packet[end]].decode())
        end += 1 + packet[end]
    (kind,) = struct.unpack(">H", packet[end + 1 : end + 3])
    said = says(".".join(labels), kind)
    if said is None:
        return None
    number, addresses = said
    head = packet[:2] + struct.pack(">HHHHH", 0x8180 | number, 1, len(addresses), 0, 0)
    records = (b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(each)) + each for each in addresses)
    return head + packet[12 : end + 5] + b"".join(records)


@contextmanager
def place(servers: Sequence[Says], search: str = "") -> Iterator[Place]:
    """One whose name servers answer so, in this order."""
    with ExitStack() as opened:
        text, port = "", 0
        for last, says in enumerate(servers, 1):
            listening = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            listening.bind((f"127.0.0.{last}", port))
            port = listening.getsockname()[1]
            text += f"nameserver 127.0.0.{last}\n"

            def serve(listening: socket.socket = listening, says: Says = says) -> None:
                with suppress(OSError):
                    while True:
                        packet, peer = listening.recvfrom(4096)
                        answer = _reply(packet, says)
                        if answer is not None:
                            listening.sendto(answer, peer)

            threading.Thread(target=serve, daemon=True).start()
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(resolver, "PORT", port)
        files = {"/etc/resolv.conf": text + (f"search {search}\n" if search else "")}
        patch.setattr(Place, "read", lambda _self, path: files.get(path, ""))
        yield Place("host")


@pytest.mark.parametrize(
    ("servers", "failed", "silent"),
    [
        pytest.param([WELL], "", False, id="one that answers"),
        pytest.param([SILENT, WELL], "name server 127.0.0.1: no answer", True, id="the first is silent"),
        pytest.param([code(REFUSED), WELL], "name server 127.0.0.1: it refuses to answer", False, id="refuses"),
        pytest.param([code(FAILED), WELL], "name server 127.0.0.1: it failed (SERVFAIL)", False, id="fails"),
        pytest.param([code(REFUSED), SILENT, WELL],
                     "name server 127.0.0.1: it refuses to answer; name server 127.0.0.2: no answer", True, id="both"),
        pytest.param([WELL, SILENT], "", False, id="the second is not asked"),
    ],
)  # fmt: skip
def test_a_server_that_fails_before_another_answers_is_named(servers, failed, silent):
    with place(servers) as here:
        found = resolver.addresses(here, "web.example", 3.0)
    assert found == ["127.0.0.1"]
    assert (found.failed, found.silent, found.missing) == (failed, silent, "")


@pytest.mark.parametrize(
    ("says", "expected", "missing"),
    [
        pytest.param(by_kind((FAILED, []), (0, [SIX])), ["::1"], "IPv4 addresses: it failed", id="IPv4 fails"),
        pytest.param(by_kind((0, [ONE]), (FAILED, [])), ["127.0.0.1"], "IPv6 addresses: it failed", id="IPv6 fails"),
        pytest.param(by_kind((0, [ONE]), None), ["127.0.0.1"], "IPv6 addresses: no answer", id="IPv6 is dropped"),
        pytest.param(by_kind((0, [ONE]), (REFUSED, [])), ["127.0.0.1"], "IPv6 addresses: it refuses", id="refused"),
        pytest.param(by_kind((0, [ONE]), (0, [])), ["127.0.0.1"], "", id="no IPv6"),
        pytest.param(by_kind((0, []), (0, [SIX])), ["::1"], "", id="no IPv4"),
    ],
)
def test_a_family_that_was_not_answered_may_have_more(says, expected, missing):
    with place([says]) as here:
        found = resolver.addresses(here, "web.example", 2.0)
    assert found == expected
    assert missing in found.missing
    assert bool(found.missing) is bool(missing)


@pytest.mark.parametrize(
    ("servers", "known", "words"),
    [
        pytest.param([EMPTY], True, "the name has no address", id="it has none"),
        pytest.param([code(NO_SUCH)], True, "NXDOMAIN", id="no such name"),
        pytest.param([by_kind((0, []), None)], False, "no IPv4 address of it; of its IPv6 addresses: no answer",
                     id="IPv6 is not answered"),
        pytest.param([by_kind((0, []), (FAILED, []))], False, "IPv6 addresses: it failed", id="IPv6 fails"),
        pytest.param([code(FAILED), code(NO_SUCH)], True,
                     "name server 127.0.0.2: it knows no such name (NXDOMAIN); name server 127.0.0.1: it failed",
                     id="the second knows"),
        pytest.param([code(FAILED), SILENT], False, "name server 127.0.0.1: it failed", id="both fail"),
        pytest.param([EMPTY, SILENT], True, "name server 127.0.0.1: the name has no address", id="the first knows"),
    ],
)  # fmt: skip
def test_that_a_name_has_no_address_is_said_where_a_server_knows_it(servers, known, words):
    with place(servers) as here, pytest.raises(Unresolved) as said:
        resolver.addresses(here, "web.example", 1.5)
    assert isinstance(said.value, NoSuchName) is known
    assert words in str(said.value)


@pytest.mark.parametrize("first", [FAILED, REFUSED])
def test_a_name_of_the_search_list_that_was_not_answered_is_not_hidden_by_the_next(first):
    says: Says = lambda name, _kind: (first if name == "db.corp.example" else NO_SUCH, [])  # noqa: E731
    with place([says], "corp.example") as here, pytest.raises(Unresolved) as said:
        resolver.addresses(here, "db", 2.0)
    assert not isinstance(said.value, NoSuchName)
    assert "NXDOMAIN" not in str(said.value)


def test_a_name_of_the_search_list_that_times_out_is_not_hidden_by_the_next():
    dropped: Says = lambda name, _kind: None if name == "db.corp.example" else (NO_SUCH, [])  # noqa: E731
    with place([dropped, dropped], "corp.example") as here, pytest.raises(Unresolved, match="no answer"):
        resolver.addresses(here, "db", 1.0)


def test_a_silent_server_is_asked_last_for_the_next_name():
    asked: list[str] = []

    def first(name: str, _kind: int) -> None:
        asked.append(name)

    later: Says = lambda name, kind: (NO_SUCH, []) if name.endswith("example") else (0, [ONE] if kind == A else [])  # noqa: E731
    with place([first, later], "a.example b.example") as here:
        found = resolver.addresses(here, "db", 2.0)
    assert (found, found.silent, set(asked)) == (["127.0.0.1"], True, {"db.a.example"})


@pytest.mark.parametrize(
    ("servers", "state", "layer", "words"),
    [
        ([SILENT, WELL], "degraded", "dns", "its name resolves late: name server 127.0.0.1: no answer"),
        ([code(REFUSED), WELL], "up", "", "name server 127.0.0.1: it refuses to answer"),
        ([WELL], "up", "", ""),
    ],
)
def test_what_is_reached_late_for_its_name_is_degraded(servers, state, layer, words):
    with place(servers) as here, socket.create_server(("127.0.0.1", 0)) as listening:
        target, _why = target_of(
            {"name": "it", "kind": "tcp", "host": "web.example", "port": listening.getsockname()[1], "slow": 60}
        )
        assert target is not None
        row = row_of("host", target, [attempt(here, target, "", 3.0)])
    assert (row["state"], row["layer"]) == (state, layer), row
    assert words in (row["why"] or row["unasked"])
    assert bool(row["why"] or row["unasked"]) is bool(words)
    assert words.removeprefix("its name resolves late: ") in row["layers"]["dns"]["said"]


@pytest.mark.parametrize(
    ("servers", "pause", "layer", "begins"),
    [
        ([SILENT, WELL], 0.0, "dns", "its name resolves late"),
        ([SILENT, WELL], 1.6, "protocol", r"it answered after \S+ s, more than 1.5 s; its name resolves late"),
        ([WELL], 1.6, "protocol", r"it answered after \S+ s, more than 1.5 s"),
        ([WELL], 0.0, "", "it answers 200"),
    ],
)
def test_the_time_for_a_name_is_not_that_of_the_target(servers, pause, layer, begins):
    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as peer:
            peer.recv(4096)
            time.sleep(pause)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with place(servers) as here, socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        url = f"http://web.example:{listening.getsockname()[1]}/"
        target, _why = target_of({"name": "it", "url": url, "slow": 1.5})
        assert target is not None
        row = row_of("host", target, [attempt(here, target, "", 4.0)])
        thread.join(5)
    assert (row["layer"], bool(re.match(begins, row["why"]))) == (layer, True), row


@pytest.mark.parametrize("accepts", [True, False])
def test_where_tcp_is_dropped_the_addresses_of_a_cut_answer_are_used_in_time(monkeypatch, accepts):
    """By TCP the server accepts and says nothing, or does not even accept."""

    def dropped(_address: object, seconds: float) -> socket.socket:
        time.sleep(seconds)
        raise TimeoutError("timed out")

    def truncated(_name: str, kind: int) -> tuple[int, list[bytes]]:
        return (_TRUNCATED, [ONE]) if kind == A else (0, [])

    with place([truncated]) as here, ExitStack() as opened:
        if accepts:
            opened.enter_context(socket.create_server(("127.0.0.1", resolver.PORT)))
        else:
            monkeypatch.setattr(socket, "create_connection", dropped)
        began = time.monotonic()
        found = resolver.addresses(here, "web.example", 4.0)
    assert found == ["127.0.0.1"]
    assert time.monotonic() - began < 3.0, "most of the time is left for the connection"
    assert "too long for UDP, and by TCP it is not given" in found.missing
    assert not found.failed


@pytest.mark.parametrize("name", ["a..example", ".example", "x" * 70])
def test_what_is_no_name_is_asked_for_nowhere(name):
    with place([WELL]) as here, pytest.raises(Unresolved, match="that is no name"):
        resolver.addresses(here, name, 2.0)


def test_a_cut_answer_without_an_address_is_not_said_to_be_none(monkeypatch):
    def refused(*_given: object) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    with place([cast(Says, lambda _name, _kind: (_TRUNCATED, []))]) as here:
        monkeypatch.setattr(socket, "create_connection", refused)
        with pytest.raises(Unresolved, match="too long for UDP") as said:
            resolver.addresses(here, "web.example", 1.0)
    assert not isinstance(said.value, NoSuchName)
