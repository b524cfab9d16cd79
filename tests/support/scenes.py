"""Lock queues as real sessions make them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2

from support.clients import Client, lock_waiters, until
from support.servers import PASSWORD, Server


def held(session: Any, *statements: str, **given: Any) -> Client:
    """A session that ran the statements in a transaction and sits in it."""
    client: Client = session(**given)
    client.run("BEGIN")
    for statement in statements:
        client.run(statement)
    return client


def row_storm(server: Server, session: Any, waiters: int, row: int = 1) -> tuple[Client, list[Client]]:
    """One session idle in a transaction that holds a row, the others queued behind it."""
    already = lock_waiters(server)
    holder = held(session, f"UPDATE bookings SET seats = 3 WHERE id = {row}")
    queue = [session().ready() for dummy in range(waiters)]
    for client in queue:
        client.send(f"UPDATE bookings SET seats = seats - 1 WHERE id = {row}")
    until(lambda: lock_waiters(server) == already + waiters, what="the row storm")
    return holder, queue


# Uses a processor for longer than any test, and writes nothing: each list fits in work_mem. One long list is written to
# disk as fast as the disk takes it.
_MANY = "generate_series(1, 30000)"
ENDLESS = f"SELECT count(*) FROM {_MANY} AS a, {_MANY} AS b, {_MANY} AS c"


def spinning(session: Any, **given: Any) -> Client:
    """A session whose statement does nothing but use the CPU, for longer than any test."""
    client: Client = session(**given).ready()
    client.send(ENDLESS.replace("SELECT ", "SELECT 'secret', "))
    return at_work(client)


def at_work(client: Client) -> Client:
    """The same session, once the server has begun with its statement."""
    state = f"SELECT state FROM pg_stat_activity WHERE pid = {client.pid}"
    until(lambda: client.server.value(state) == "active", what="the statement to begin")
    return client


def lasting(server: Server, seconds: float, of: str = "wait_event_type = 'Lock'") -> None:
    """Wait until all sessions of these (at least one) have been in their state, or their statement, for so long."""
    began = "CASE state WHEN 'active' THEN query_start ELSE state_change END"
    age = f"extract(epoch FROM min(clock_timestamp() - {began}))"
    until(lambda: server.value(f"SELECT {age} > {seconds} FROM pg_stat_activity WHERE {of}"), what=f"{of}, for a while")


def alter_queue(server: Server, session: Any, readers: int = 5, **reader: Any) -> tuple[Client, Client, list[Client]]:
    """A long reader, an ALTER TABLE behind it, readers behind that."""
    already = lock_waiters(server)
    first = held(session, "SELECT count(*) FROM payments", **reader)
    alter = session("migration").send("ALTER TABLE payments ADD note text")
    until(lambda: lock_waiters(server) == already + 1, what="the ALTER")
    others = [session().send("SELECT * FROM payments WHERE id = 3") for dummy in range(readers)]
    until(lambda: lock_waiters(server) == already + 1 + readers, what="the readers")
    return first, alter, others


@contextmanager
def queueing_up_again(queue: list[Client], statement: str) -> Iterator[None]:
    """An application that retries: whoever's statement is over sends this one at once, each session one time."""
    over = threading.Event()

    def retry() -> None:
        left = list(queue)
        while left and not over.is_set():
            for client in [c for c in left if c.done()]:
                client.send(statement)
                left.remove(client)
            time.sleep(0.001)

    application = threading.Thread(target=retry)
    application.start()
    try:
        yield
    finally:
        over.set()
        application.join()


@contextmanager
def coming_back(server: Server, limit: str, pause: float) -> Iterator[None]:
    """Four of an application: each waits for a row until a limit of its own, fails, and tries again after a pause.
    ``limit``: a setting and its value."""
    over = threading.Event()

    def work() -> None:
        connection = psycopg2.connect(server.dsn("app", PASSWORD), application_name="web")
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"SET {limit}")
        while not over.wait(pause):
            with suppress(psycopg2.errors.LockNotAvailable, psycopg2.errors.QueryCanceled):
                cursor.execute("UPDATE bookings SET seats = 2 WHERE id = 41")
        connection.close()

    threads = [threading.Thread(target=work) for dummy in range(4)]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


class Batch:
    """A session in a transaction, each of whose statements lasts until the test ends it; see `ended_steps`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def begin(self) -> None:
        self.client.server.run("DELETE FROM ended_steps")
        self.client.send(
            "DO $$ BEGIN LOOP EXIT WHEN EXISTS (SELECT FROM ended_steps); PERFORM pg_sleep(0.01); END LOOP; END $$"
        )
        at_work(self.client)

    def finish(self) -> None:
        server = self.client.server
        server.run("INSERT INTO ended_steps VALUES (1)")
        until(self.client.done, what="the end of the statement")
        state = f"SELECT state FROM pg_stat_activity WHERE pid = {self.client.pid}"
        until(lambda: server.value(state) == "idle in transaction", what="the end of the statement")


@contextmanager
def ended_steps(server: Server) -> Iterator[None]:
    """The table by which a `Batch` learns that its statement is to end; its sessions end with it."""
    server.run("CREATE TABLE ended_steps (n int)", "GRANT SELECT ON ended_steps TO app")
    yield
    server.run(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE relation = 'ended_steps'::regclass",
        "DROP TABLE ended_steps",
    )
