"""Random lock graphs on the real server: our roots are the server's, and only the planned are ended.

The server's own truth is pg_blocking_pids(): whoever blocks somebody and is blocked by nobody is a root.
"""

from __future__ import annotations

import os
import random
from functools import partial

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.connection import Login
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.snapshot import read_snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.terminate import Ending
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.least_harm import judge
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.lock_table import MODES
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.price import Bounds
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.rounds import Patience, unblocking

from support.clients import until
from support.scope import ALL, left_out, majors
from support.servers import PASSWORD, one_per_major

WHOLE = int(os.environ.get("PAFAR_RANDOM_GRAPHS", "1000"))
GRAPHS = WHOLE if ALL else max(1, WHOLE // 10)
SESSIONS = 8
TABLES = ("bookings", "payments")
WIDE = Bounds(min_waiting=0, max_terminations=100, max_share=1.0)
TRUTH = """
SELECT pid, array_remove(pg_catalog.pg_blocking_pids(pid), pid)
  FROM pg_catalog.pg_stat_activity WHERE pid = ANY (%s) AND wait_event_type = 'Lock'
"""
AT_WORK = """
SELECT pid FROM pg_catalog.pg_stat_activity
 WHERE pid = ANY (%s) AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock'
"""


def request(dice: random.Random, shared_rows: bool) -> str:
    """A table lock in some mode, a row, or an advisory lock."""
    kind = dice.random()
    if kind < 0.4:
        mode = dice.choice(MODES).removesuffix("Lock")
        words = "".join(f" {c}" if c.isupper() else c for c in mode).strip().upper()
        return f"LOCK TABLE {dice.choice(TABLES)} IN {words} MODE"
    if kind < 0.8:
        how = dice.choice(["UPDATE", "NO KEY UPDATE"] + (["SHARE", "KEY SHARE"] if shared_rows else []))
        return f"SELECT id FROM bookings WHERE id = {dice.randint(1, 3)} FOR {how}"
    return f"SELECT pg_advisory{dice.choice(['', '_xact'])}_lock{dice.choice(['', '_shared'])}({dice.randint(1, 2)})"


def entangle(dice: random.Random, rows, crowd: list, shared_rows: bool) -> None:
    """Each session in turn asks for up to three locks and stays where it is when it has to wait."""
    turns = [client for client in crowd for dummy in range(3)]
    dice.shuffle(turns)
    for client in crowd:
        client.run("BEGIN")
    waiting = set()
    for client in turns:
        if client in waiting:
            continue
        client.send(request(dice, shared_rows))
        try:
            until(lambda client=client: client.done(0.003) or rows(TRUTH, [client.pid]))
            if not client.done():
                waiting.add(client)
        except psycopg2.errors.DeadlockDetected:  # the plainest ones are seen before going to sleep
            client.run("ROLLBACK")
            client.run("BEGIN")


def settled(rows, pids):
    """The truth, once two looks in a row agree and no session is at work: one may just be going to sleep."""
    last = None

    def agree():
        nonlocal last
        now = {pid: frozenset(blockers) for pid, blockers in rows(TRUTH, pids)}
        same, last = now == last, now
        return same and not rows(AT_WORK, pids)

    until(agree, what="the locks to settle")
    return last


def roots_of(truth):
    blockers = set().union(*truth.values()) if truth else set()
    return {pid for pid in blockers if pid not in truth}


def released(client, is_planned) -> bool:
    """Give up everything; False when the session is gone, which only a planned one may be.

    The end of a session reaches its client a moment later, perhaps in the middle of this.
    """
    try:
        if client.fate(2) != "terminated":
            client.run("ROLLBACK")
            client.run("SELECT pg_advisory_unlock_all()")
            return True
    except psycopg2.OperationalError:
        pass
    assert is_planned, "a session outside of the plan was ended"
    return False


def one_graph(dice, postgres, super_rows, crowd):
    shared_rows = dice.random() < 0.5
    entangle(dice, super_rows, crowd, shared_rows)
    pids = [client.pid for client in crowd]
    truth = settled(super_rows, pids)
    snapshot = read_snapshot(postgres)
    assert {key for key in snapshot.forest.waiters if key in pids} == set(truth)
    assert {key for key in snapshot.forest.root_blockers if key in pids} == roots_of(truth)
    exclusions = Exclusions(applications=frozenset({"spared"}), own_pid=postgres.pid)
    judged = judge(snapshot, exclusions, WIDE)
    planned = {judged.keys[target] for target in judged.plan.targets}
    only = judged.plan.targets

    def decide(fresh, affected, room):
        assert room <= len(crowd)
        return judge(fresh, exclusions, WIDE, affected).narrowed_to(only)

    outcome = Ending(postgres).carry_out(unblocking(judged, Patience(room=len(crowd), settle=0.02, grace=0.05)), decide)
    ended = {entry["pid"] for entry in outcome.acted_on}
    assert ended <= planned
    after = settled(super_rows, pids)
    for client in crowd:
        if client.pid not in planned:
            assert client.fate(0) == "alive", f"{client.pid} is outside of the plan and was ended"
    # The promise: whoever was to be freed no longer waits there for anybody who was a root then and still
    # is. It may wait elsewhere: a statement may need a second lock, which no lock table tells. And of a
    # row that several share the server names one holder at a time.
    surviving = roots_of(truth) - planned
    later = read_snapshot(postgres).forest
    for pid in set() if shared_rows else judged.freed & set(after):
        then, now = snapshot.forest.wait_of(pid), later.wait_of(pid)
        if now is None or (now.tag != then.tag and then.kind != "tuple"):
            continue
        assert not after[pid] & surviving
    return planned, (len(truth), len(planned), len(ended))


def test_roots_are_the_servers_and_nobody_outside_the_plan_is_ended(server, session):
    share = max(1, GRAPHS // len(majors(one_per_major())))
    left_out("random graphs", 0 if ALL else WHOLE // len(majors(one_per_major())) - share)
    login = partial(Login, host="127.0.0.1", port=server.port, password=PASSWORD)
    with connect(login(user="oncall")) as postgres, connect(login(user="postgres")) as superuser:

        def super_rows(query, pids):
            with superuser._connection.cursor() as cursor:
                cursor.execute(query, (pids,))
                return cursor.fetchall()

        crowd = [session("spared" if n == 0 else "pafar-web").ready() for n in range(SESSIONS)]
        totals = [0, 0, 0]
        for number in range(share):
            seed = f"{server.major}-{number}"
            dice = random.Random(seed)
            try:
                planned, counts = one_graph(dice, postgres, super_rows, crowd)
                crowd = renewed(server, session, crowd, planned)
            except AssertionError as error:
                raise AssertionError(f"random graph {seed}: {error}") from error
            totals = [total + count for total, count in zip(totals, counts, strict=True)]
    print(f"PostgreSQL {server.major}: {share} graphs, {totals[0]} waiters, {totals[1]} planned, {totals[2]} ended")
    assert totals[0] > share
    assert totals[2] > share // 4


def renewed(server, session, crowd, planned):
    """The same crowd without a lock, those that were ended replaced."""
    server_pids = [client.pid for client in crowd]
    server.value(f"SELECT count(pg_cancel_backend(p)) FROM unnest(ARRAY{server_pids}) p")
    fresh = []
    for client, pid in zip(crowd, server_pids, strict=True):
        if released(client, pid in planned):
            fresh.append(client)
        else:
            client.close()
            fresh.append(session("spared" if client is crowd[0] else "pafar-web").ready())
    return fresh


@pytest.fixture(autouse=True)
def _clean(server):
    yield
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
