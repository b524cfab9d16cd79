"""Drives the sessions of all sites over asynchronous connections, in one thread."""

from __future__ import annotations

import heapq
import random
import select
import threading
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from typing import Any

import psycopg2
from psycopg2 import extensions

from support.clients import poll
from support.servers import PASSWORD, PATIENCE
from support.sites.crews import FOREVER, WORKS, NewConnection
from support.sites.description import SCALE, Crew


def dsn(port: int, role: str, database: str) -> str:
    return f"host=127.0.0.1 port={port} user={role} password={PASSWORD} dbname={database}"


def application_of(crew: Crew, number: int, dice: random.Random) -> str:
    """As frameworks name their sessions: alike, or with a number, a pid, a host or a uuid."""
    naming = crew.options.get("naming") or ("{name}-{n}" if crew.options.get("numbered") else "{name}")
    made = uuid.UUID(int=dice.getrandbits(128))
    return str(naming).format(name=crew.application, n=number + 1, pid=dice.randint(1000, 30000), uuid=made)


class Worker:
    """One session at its work, or one after the other. ``lost``: how the server ended it, if it did. ``is_away``: its
    session is to be closed, and the next one opened after some seconds."""

    def __init__(self, port: int, crew: Crew, number: int, dice: random.Random) -> None:
        self.crew, self.lost, self.pid, self.is_asleep, self.is_away = crew, "", 0, False, False
        self.file, self.waits_to = -1, select.EPOLLIN
        self.connection: Any = None
        self._dsn, self._application = dsn(port, crew.role, "site"), application_of(crew, number, dice)
        self._work = WORKS[crew.kind](crew, number, dice)
        self._cursor: Any = None
        try:
            self.connection = psycopg2.connect(self._dsn, application_name=self._application, async_=1)
            if not poll(self.connection, PATIENCE):
                raise TimeoutError(f"{crew.kind} got no connection")
            self.pid = int(self.connection.get_backend_pid())
            self.file = self.connection.fileno()
        except psycopg2.Error as error:
            self.lost = _reason(error)

    def connect(self) -> bool:
        """Begin to open the next session, for which nothing waits here: one attempt, on one socket."""
        self.is_away = False
        try:
            self.connection = psycopg2.connect(
                f"{self._dsn} sslmode=disable gssencmode=disable", application_name=self._application, async_=1
            )
            self.file, self.waits_to = self.connection.fileno(), select.EPOLLOUT
        except psycopg2.Error:
            self.is_away = True
        return not self.is_away

    def turn(self) -> float | None:
        """Go on with its work as far as it goes without waiting: seconds to sleep, None where the server is to answer.

        A server that speaks to a session that sleeps is about to end it.
        """
        try:
            state = self.connection.poll()
            self.waits_to = select.EPOLLOUT if state == extensions.POLL_WRITE else select.EPOLLIN
            if state != extensions.POLL_OK:
                return None
            if self.is_asleep:
                self.connection.cursor().execute("SELECT 1")
                self.is_asleep = False
                return None
            self.pid = self.pid or int(self.connection.get_backend_pid())
            step = next(self._work)
        except (psycopg2.errors.QueryCanceled, psycopg2.errors.LockNotAvailable):
            step = "ROLLBACK"
        except psycopg2.Error as error:
            if not self.pid:  # no slot is free: the client gets the error, and comes again
                return self._hang_up(NewConnection(1.0))
            self.lost = _reason(error)
            return FOREVER
        if isinstance(step, NewConnection):
            return self._hang_up(step)
        if not isinstance(step, str):
            self.is_asleep = True
            return float(step)
        self._cursor = self.connection.cursor()
        self._cursor.execute(step)
        return None

    def _hang_up(self, step: NewConnection) -> float:
        self.pid, self.is_away = 0, True
        return step.after


def _reason(error: psycopg2.Error) -> str:
    return (str(error).splitlines() or ["lost"])[0]


class Loop:
    """All workers of all sites. ``broke``: what ended the thread, if anything did."""

    def __init__(self) -> None:
        self.broke: BaseException | None = None
        self._workers: dict[int, Worker] = {}  # by file
        self._away: set[Worker] = set()
        self._alarms: list[tuple[float, int, Worker]] = []
        self._order = count()
        self._epoll = select.epoll()
        self._is_over = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Loop:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        self.close(list(self._workers.values()))
        self._epoll.close()

    def add(self, worker: Worker) -> None:
        if worker.lost:
            return
        with self._lock:
            self._workers[worker.file] = worker
            self._epoll.register(worker.file, select.EPOLLIN)
            self._turn(worker)

    def close(self, workers: Iterable[Worker]) -> None:
        """End these sessions from their own side."""
        with self._lock:
            for worker in workers:
                self._forget(worker)
                self._away.discard(worker)
                if worker.connection is not None and not worker.connection.closed:
                    worker.connection.close()

    def _forget(self, worker: Worker) -> None:
        if self._workers.get(worker.file) is worker:
            del self._workers[worker.file]
            with suppress(OSError):  # libpq closes the file of a session that the server ended
                self._epoll.unregister(worker.file)

    def _turn(self, worker: Worker) -> None:
        waited_to = worker.waits_to
        seconds = worker.turn()
        if worker.lost or worker.is_away:
            self._forget(worker)
            worker.connection.close()
        elif worker.waits_to != waited_to:
            self._epoll.modify(worker.file, worker.waits_to)
        if worker.is_away:
            self._away.add(worker)
        if not worker.lost and seconds is not None and seconds < FOREVER:
            self._wake(worker, seconds)

    def _wake(self, worker: Worker, seconds: float) -> None:
        """After so many seconds of a real site."""
        heapq.heappush(self._alarms, (time.monotonic() + seconds * SCALE, next(self._order), worker))

    def _call(self, worker: Worker) -> None:
        if worker.connect():
            self._away.discard(worker)
            self._workers[worker.file] = worker
            self._epoll.register(worker.file, worker.waits_to)
        else:
            self._wake(worker, 1.0)

    def _run(self) -> None:
        try:
            while not self._is_over:
                ahead = self._alarms[0][0] - time.monotonic() if self._alarms else 0.05
                ready = self._epoll.poll(min(0.05, max(0.0, ahead)))
                with self._lock:
                    self._step(file for file, dummy in ready)
        except BaseException as error:
            self.broke = error
            raise

    def _step(self, files: Iterable[int]) -> None:
        for file in files:
            if file in self._workers:
                self._turn(self._workers[file])
        now = time.monotonic()
        while self._alarms and self._alarms[0][0] <= now:
            worker = heapq.heappop(self._alarms)[2]
            if worker in self._away:
                self._call(worker)
            elif self._workers.get(worker.file) is worker and worker.is_asleep:
                worker.is_asleep = False
                self._turn(worker)
