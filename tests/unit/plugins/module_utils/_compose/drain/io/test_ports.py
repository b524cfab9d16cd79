"""Sockets of a network namespace, from the kernel's own tables."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io import ports

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"


def test_who_listens_for_others_is_found_and_who_listens_on_the_loopback_is_not():
    with socket.create_server(("0.0.0.0", 0)) as outer, socket.create_server(("127.0.0.1", 0)) as inner:
        found = ports.ports_of(os.getpid())
        assert outer.getsockname()[1] in found
        assert inner.getsockname()[1] not in found
        assert {outer.getsockname()[1], inner.getsockname()[1]} <= ports.listening_ports()


@pytest.mark.parametrize("table", ["tcp", "tcp6"])
@pytest.mark.parametrize(
    ("counted", "rows"),
    [
        ("sockets: used 9\nTCP: inuse 0 orphan 0 tw 0 alloc 31 mem 122\nTCP6: inuse 0\nUDP: inuse 4 mem 0\n", 0),
        ("sockets: used 9\nTCP: inuse 1 orphan 0 tw 0 alloc 31 mem 122\n", 1),
        ("TCP6: inuse 12\nUDP6: inuse 0\n", 1),
        ("UDP: inuse 0 mem 0\n", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_a_table_is_not_read_where_the_kernel_counts_no_socket(tmp_path, table, counted, rows):
    (tmp_path / table).write_text(HEADER + ROW)
    if counted is not None:
        (tmp_path / f"sockstat{table[3:]}").write_text(counted)
    assert len(ports._rows(str(tmp_path / table))) == rows
