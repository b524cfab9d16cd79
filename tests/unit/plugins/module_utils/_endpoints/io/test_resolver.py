"""Name servers that do not answer as they should: the time limit bounds them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io import resolver
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.io.namespaces import Place

from support.probing import both_ways

TRUNCATED = 0x8380  # an answer, cut off


class Container:
    """Its files."""

    def read(self, path: str) -> str:
        return "nameserver 127.0.0.1\n" if path.endswith("resolv.conf") else ""


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A name server whose answers are too long for UDP, and by TCP come byte by byte."""
    with both_ways() as (streams, datagrams):
        monkeypatch.setattr(resolver, "PORT", streams.getsockname()[1])

        def cut_off() -> None:
            try:
                while True:
                    packet, client = datagrams.recvfrom(4096)
                    datagrams.sendto(packet[:2] + TRUNCATED.to_bytes(2, "big") + packet[4:], client)
            except OSError:
                return

        def drip() -> None:
            try:
                client, dummy = streams.accept()
                with client:
                    client.sendall(b"\xff\xff")
                    for dummy_number in range(2000):
                        client.sendall(b"x")
                        time.sleep(0.01)
            except OSError:
                return

        for serve in (cut_off, drip):
            threading.Thread(target=serve, daemon=True).start()
        yield


@pytest.mark.usefixtures("dripping")
def test_an_answer_by_tcp_that_drips_ends_at_the_time_limit():
    began = time.monotonic()
    with pytest.raises(resolver.Unresolved, match="too long for UDP, and by TCP it is not given"):
        resolver.addresses(cast(Place, Container()), "shop.example", 1.0)
    assert time.monotonic() - began < 10


def test_addresses_of_an_answer_that_is_cut_off_are_not_said_to_be_all(monkeypatch):
    answers = bytearray(b"\0\0" + TRUNCATED.to_bytes(2, "big") + bytes([0, 1, 0, 2, 0, 0, 0, 0]))
    answers += b"\4shop\7example\0" + bytes([0, 1, 0, 1])
    answers += b"\xc0\x0c" + bytes([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])  # the second one is missing

    def refused(*_given: object) -> bytes:
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(resolver, "_by_tcp", refused)
    found = resolver._whole("192.0.2.53", b"", bytes(answers), 1, 0.0)
    assert found == ["192.0.2.1"]
    assert "name server 192.0.2.53: its answer is too long for UDP" in found.missing
    whole = bytes(answers[:2] + b"\x81\x80" + answers[4:6] + b"\0\1" + answers[8:])
    assert resolver._whole("192.0.2.53", b"", whole, 1, 0.0).missing == ""
