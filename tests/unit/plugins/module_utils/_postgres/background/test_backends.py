"""Processes and connections as the kernel tells of them, made into sessions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.backends import (
    Backend,
    Peer,
    full_address,
    gone,
    local_sockets,
    logging_in,
    matched,
    parse_tcp,
    through_poolers,
    usage,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.wait_forest import build_forest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session import Session
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.snapshot import Limits, Snapshot

from support.snapshots import SERVER
from support.snapshots import session as of_pid
from support.snapshots import snapshot as moment

START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def snapshot(*sessions):
    return Snapshot(START, SERVER, Limits(100), {one.pid: one for one in sessions}, {}, build_forest([]))


def session(pid, **more):
    return Session(pid, backend_start=START, client="10.0.0.7", client_port=41000, user="app", **more)


def backend(inside, pid=0, started=0.0, cpu=1.0):
    return Backend(pid or 1000 + inside, inside, START.timestamp() + started, cpu, 2**20, 0, 0)


@pytest.mark.parametrize(
    ("line", "who", "peer"),
    [
        (
            "0: 0100007F:1538 0700000A:A028 08 00000000:00000001 00:00000000 00000000 70 0 9",
            ("10.0.0.7", 41000),
            (8, 0),
        ),
        (
            "0: 0100007F:1538 0700000A:A028 01 00000000:00000001 01:00000010 00000007 70 0 9",
            ("10.0.0.7", 41000),
            (1, 7),
        ),
        (
            "0: 0:1538 0000000000000000FFFF00000700000A:A028 01 0:1 00:0 00000000 70 2 9",
            ("10.0.0.7", 41000),
            (1, 2),
        ),
        (
            "0: 0:1538 B80D0120000000000000000001000000:A028 01 0:1 00:0 00000000 70 0 9",
            ("2001:0db8:0000:0000:0000:0000:0000:0001", 41000),
            (1, 0),
        ),
    ],
)
def test_the_kernels_table(line, who, peer):
    assert parse_tcp(HEAD + "   " + line + "\n") == {who: Peer(*peer)}


def test_addresses_are_compared_whole():
    assert full_address("2001:db8::1") == "2001:0db8:0000:0000:0000:0000:0000:0001"
    assert full_address("10.0.0.7") == "10.0.0.7"


def test_a_pid_alone_makes_no_match():
    seen = snapshot(session(11), session(12), session(13))
    found = matched(seen, [backend(11), backend(12, started=60), backend(13, 5), backend(13, 6), backend(99)])
    assert set(found) == {11}


@pytest.mark.parametrize(
    ("peers", "said"),
    [
        ({("10.0.0.7", 41000): Peer(1, 0)}, ""),
        ({("10.0.0.7", 41000): Peer(1, 5)}, ""),
        ({("10.0.0.7", 41000): Peer(1, 6)}, "does not answer"),
        ({("10.0.0.7", 41000): Peer(8, 0)}, "closed the connection"),
        ({("10.0.0.8", 41000): Peer(1, 0)}, "no open connection"),
        ({}, ""),
        (None, ""),
    ],
)
def test_whose_client_is_gone(peers, said):
    answer = gone(snapshot(session(11)), 11, peers)
    assert said in answer if said else answer == ""


def test_workers_count_for_their_leader():
    seen = snapshot(session(11), session(12, leader_pid=11))
    first = {11: backend(11), 12: backend(12)}
    second = {11: backend(11, cpu=1.5), 12: backend(12, cpu=2.0)}
    told = usage(seen, first, second, 1.0, {11: "", 12: "hung up"})
    assert [(one["pid"], one["cpu"], one["memory"]) for one in told["sessions"]] == [(11, 1.5, 2**21)]
    assert [one["pid"] for one in told["dead_clients"]] == [12]


def test_a_port_that_serves_two_connections_tells_nothing():
    row = "   0: 0100007F:{} 0700000A:A028 {} 0:1 00:0 00000000 70 0 9\n"
    found = parse_tcp(HEAD + row.format("1538", "01") + row.format("1F90", "08"))
    assert gone(snapshot(session(11)), 11, found) == ""


def test_a_connection_that_is_over_is_none():
    row = "   0: 0100007F:{} 0700000A:A028 {} 0:1 00:0 00000000 70 0 9\n"
    found = parse_tcp(HEAD + row.format("1538", "08") + row.format("1F90", "06"))
    assert "closed the connection" in gone(snapshot(session(11)), 11, found)


def test_whose_other_end_is_a_pooler_s():
    text = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:8E5A 0100007F:1538 01 00000000:00000000 00:00000000 00000000 999 0 4711 1 0\n"
        "   1: 0100007F:8E5B 0100007F:1538 06 00000000:00000000 00:00000000 00000000 999 0 0 1 0\n"
    )
    assert local_sockets(text) == {"4711": ("127.0.0.1", 0x8E5A)}
    seen = moment(
        [], of_pid(1, "idle", client="127.0.0.1", client_port=0x8E5A), of_pid(2, "idle", client="local"),
        of_pid(3, "idle", client="::1", client_port=5),
    )  # fmt: skip
    ends = {("127.0.0.1", 0x8E5A): "pgbouncer", ("0000:0000:0000:0000:0000:0000:0000:0001", 5): "pgcat"}
    assert through_poolers(seen, ends) == {1: "pgbouncer", 3: "pgcat"}
    marked = seen.with_poolers({1: "pgbouncer"})
    assert [each.pooler for each in marked.sessions.values()] == ["pgbouncer", "", ""]


def test_connections_that_have_not_logged_in_are_counted_of_the_same_server():
    own = Backend(2001, 1, 0.0, 1.0, 0, parent=2000, title="postgres: app shop 10.0.0.7(41000) idle")
    titles = ["authentication", "initializing", "startup", "idle", "SELECT", "startup waiting", "UPDATE waiting"]
    others = [
        Backend(2002 + n, 2 + n, 0.0, 1.0, 0, parent=2000, title=f"postgres: app shop 10.0.0.7(4{n}) {title}")
        for n, title in enumerate(titles)
    ]
    stranger = Backend(3001, 1, 0.0, 1.0, 0, parent=3000, title="postgres: app shop 10.0.0.7(41000) authentication")
    assert logging_in([own, *others, stranger], [own]) == 4
    assert logging_in([own, *others, stranger], []) == 0
