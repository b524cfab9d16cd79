"""Limits on connections, from what the kernel writes."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.sockets import (
    NOTHING_KNOWN,
    NetworkLimits,
    busiest_destination,
    limits_reached,
    number_in,
    port_range,
    share,
    sockets_in,
)

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def line(local: str, remote: str, state: str = "06") -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 03:000017A8 00000000     0        0 0 3\n"


def test_what_single_files_say():
    assert number_in("262144\n") == 262144
    assert number_in("") is None
    assert port_range("32768\t60999\n") == range(32768, 61000)
    assert port_range("") is None
    assert (
        sockets_in("sockets: used 9\nTCP: inuse 5 orphan 0 tw 3 alloc 8 mem 1\nUDP: inuse 2", "TCP6: inuse 2\n") == 10
    )
    assert sockets_in("") is None


def test_the_destination_with_the_most_local_ports():
    tables = HEAD + line("0100007F:8001", "0A00000A:1538") * 3 + line("0100007F:8002", "0100007F:18EB", "01")
    tables += line("00000000:1F90", "00000000:0000", "0A") * 9  # listens
    tables += (
        line("0100007F:0050", "0B00000A:C000", "01") * 9
    )  # a client's connection to us: no local port of the range
    assert busiest_destination(tables, range(32768, 61000)) == (3, "10.0.0.10:5432")
    six = line("0000000000000000FFFF00000100007F:8003", "0000000000000000FFFF00000A00000A:18EB")
    assert busiest_destination(HEAD + six, range(32768, 61000))[0] == 1
    assert busiest_destination(HEAD, range(32768, 61000)) == (0, "")
    assert busiest_destination(
        line("0:8001", "B80D0120000000000000000001000000:01BB"), range(32768, 61000)
    ) == (1, "[2001:0db8:0000:0000:0000:0000:0000:0001]:443")  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, []),
        ({"conntrack_used": 65000, "conntrack_limit": 65536}, ["nf_conntrack"]),
        ({"conntrack_used": 100, "conntrack_limit": 65536}, []),
        ({"conntrack_limit": 65536}, []),
        ({"conntrack_used": 0, "conntrack_limit": 0}, []),
        ({"ports_used": 28000, "ports_limit": 28232, "ports_to": "10.0.0.10:5432"}, ["to 10.0.0.10:5432"]),
        ({"ports_used": 28000, "ports_limit": 28232}, []),
    ],
)
def test_what_is_nearly_used_up(changed, words):
    limits: NetworkLimits = {**NOTHING_KNOWN, **changed}
    found = [text for dummy, text in limits_reached(limits, 0.85)]
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))
    assert share(None, 5) is None
