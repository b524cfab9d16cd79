"""Sessions that a test can leave waiting: asynchronous psycopg2 connections, thousands in one thread."""

from __future__ import annotations

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

from support.servers import PASSWORD, PATIENCE, Server


def poll(connection: Any, seconds: float) -> bool:
    """True when the connection is ready, False when it is still busy after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        state = connection.poll()
        if state == extensions.POLL_OK:
            return True
        waiter = select.poll()  # select() knows no more than 1024 files
        waiter.register(connection.fileno(), select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
        rest = deadline - time.monotonic()
        if not waiter.poll(1000 * max(0.0, min(rest, 0.5))) and rest <= 0:
            return False  # what had arrived has been read, also when there was no time to wait


class Client:
    """One session. ``send`` does not wait, ``run`` does; ``alive`` asks without disturbing it."""

    def __init__(
        self,
        server: Server,
        application: str = "pafar-web",
        user: str = "app",
        db: str = "postgres",
        **more: Any,
    ) -> None:
        self.server = server
        self.connection = psycopg2.connect(
            server.dsn(user=user, password=PASSWORD, dbname=db),
            application_name=application,
            async_=1,
            **more,
        )
        self._ready = False

    def ready(self) -> Client:
        if not self._ready:
            if not poll(self.connection, PATIENCE):
                raise TimeoutError("no connection")
            self._ready = True
        return self

    @property
    def pid(self) -> int:
        return int(self.ready().connection.get_backend_pid())

    def send(self, statement: str) -> Client:
        """Start a statement and leave it."""
        self.ready()
        self._cursor = self.connection.cursor()
        self._cursor.execute(statement)
        return self

    def done(self, seconds: float = 0) -> bool:
        """Whether the statement that was sent has finished; raises what the server said."""
        return poll(self.connection, seconds)

    def run(self, statement: str, seconds: float = PATIENCE) -> list[Any]:
        self.send(statement)
        if not self.done(seconds):
            raise TimeoutError(statement)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    def fate(self, seconds: float = 0.2) -> str:
        """``alive``, ``cancelled`` or ``terminated``, as the client itself learns it within ``seconds``."""
        try:
            if not self.done(seconds):
                return "alive"
        except psycopg2.errors.QueryCanceled:
            return "cancelled"
        except psycopg2.Error:
            return "terminated"
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        if not poll.poll(0):
            return "alive"
        try:
            self.run("SELECT 1")
        except psycopg2.Error:
            return "terminated"
        return "alive"

    def close(self) -> None:
        self.connection.close()


@contextmanager
def clients(server: Server) -> Iterator[Any]:
    """A factory whose sessions are ended together, also those that wait."""
    opened: list[Client] = []

    def open_one(*args: Any, **kwargs: Any) -> Client:
        opened.append(Client(server, *args, **kwargs))
        return opened[-1]

    try:
        yield open_one
    finally:
        pids = [c.connection.get_backend_pid() for c in opened if c._ready and not c.connection.closed]
        if pids:
            server.value(f"SELECT count(pg_terminate_backend(p)) FROM unnest(ARRAY{pids}) p")
        for client in opened:
            client.close()
        if pids:  # the next test counts waiters from the start
            left = f"SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (ARRAY{pids})"
            until(lambda: server.value(left) == 0, what="the sessions to end")


def until(question: Any, seconds: float = PATIENCE, what: str = "") -> Any:
    """Ask until the answer is true; a test that waits says for what."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or question}")
        time.sleep(0.02)


def lock_waiters(server: Server) -> int:
    return int(server.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
