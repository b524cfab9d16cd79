# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL and Redis, asked in their own words: nothing is sent that changes anything. I/O."""

from __future__ import annotations

import os
import struct
import time
from dataclasses import replace

from ..endpoint import ALWAYS, AUTO, NEVER, READS_ONLY, UP, LayerFacts, Meaning
from ..postgres_answers import LoginAnswer, has_ended, login_answer, of_postgres
from ..redis_answers import LONG_HELD, is_cluster, of_cluster, of_info, of_ping, of_queues, of_write
from .wire import BODY, SSL_REQUEST, Failed, Wire, is_postgres, is_redis, wants_certificate

_BETWEEN = 1.0  # seconds between two looks at the lengths of queues
# Of Celery's transport (kombu, redis.py): the lists of a queue for tasks of another priority than 0, and the tasks that
# workers have taken and not confirmed, by the time at which they were.
_STEP, _PRIORITIES, _TAKEN = "\x06\x16", (3, 6, 9), "unacked_index"
_ALERT = b"\x15\x03"  # how TLS refuses: RFC 8446, section 5.1


def ask_postgres(wire: Wire) -> Meaning:
    """Its answer to a login as an unknown role; no password is sent, and none is asked for twice."""
    answer = wire.exchange(SSL_REQUEST, is_postgres)
    if answer[:1] == b"E":  # full, or starting: it says so before anything else
        return _postgres_said(wire, answer)
    if answer[:1] not in (b"S", b"N"):
        wire.done("protocol", "no PostgreSQL")
        return of_postgres(LoginAnswer(""))
    if answer[:1] == b"S" and wire.target.tls == NEVER:
        wire.reconnect("protocol")
    elif answer[:1] == b"S":
        wire.encrypt()
    elif wire.target.tls == ALWAYS:
        raise Failed("tls", "it offers no TLS")
    body = b"user\0pafar_probe\0database\0postgres\0application_name\0pafar.runbook\0\0"
    return _postgres_said(wire, wire.exchange(struct.pack(">ii", len(body) + 8, 196608) + body, has_ended))


def _postgres_said(wire: Wire, answer: bytes) -> Meaning:
    outcome = login_answer(answer)
    meaning = of_postgres(outcome)
    facts = _facts(meaning)
    if outcome.sqlstate:
        facts["sqlstate"] = outcome.sqlstate
    wire.done("protocol", meaning.why, facts)
    return meaning


def ask_redis(wire: Wire) -> Meaning:
    """PING, INFO, and a write that changes nothing: a Redis that answers may take no writes all the same."""
    try:
        answer = _ping(wire)
    except Failed:
        # One that speaks TLS alone hangs up at once, and does not say why.
        if wire.target.tls != AUTO or time.monotonic() >= wire.deadline or not _encrypts(wire):
            raise
        answer = _ping(wire)
    if answer.startswith("-NOAUTH") and wire.key:
        login = _command(wire, "AUTH", wire.key)
        answer = _command(wire, "PING") if login == "+OK" else login
    meaning = of_ping(answer)
    if answer == "+PONG":
        meaning = _of_work(wire)
    wire.done("protocol", answer[:80], _facts(meaning))
    return meaning


def _facts(meaning: Meaning) -> LayerFacts:
    return {"refuses_writes": True} if meaning.refuses_writes else {}


def _of_work(wire: Wire) -> Meaning:
    """Whether it can do its work, as far as it says so to this login."""
    try:
        info = _command(wire, "INFO")
        meaning = of_info(info)
        further = [of_cluster(_command(wire, "CLUSTER", "INFO"))] if is_cluster(info) else []
        answered = True
        if not (meaning.refuses_writes or READS_ONLY in meaning.why):
            written, answered = _write(wire)
            meaning = of_write(written, meaning)
        if wire.target.queues and answered:  # else its next answer may be that to the write
            further.append(_of_queues(wire, info))
        unasked = "; ".join(each.unasked for each in [meaning, *further] if each.unasked)
        well = replace(meaning, unasked=unasked)
        return next((each for each in [meaning, *further] if each.state != UP), well)
    except Failed as failed:
        return of_info(f"-{failed.said}")


def _write(wire: Wire) -> tuple[str | None, bool]:
    """The answer to a write that changes nothing: of a key that no program has, and only if it is there (XX); None
    where none comes in time. And whether there is more to be asked of it."""
    try:
        return _command(wire, "SET", f"pafar_probe:{os.urandom(16).hex()}", "", "XX"), True
    except Failed as failed:
        return None if time.monotonic() >= wire.deadline else f"-{failed.said}", False


def _of_queues(wire: Wire, info: str) -> Meaning:
    """Whether their tasks are taken: those that wait are counted twice, and the one that is taken next is looked at."""
    keys = {name: name for name in wire.target.queues}
    lengths = {name: _number_of(_command(wire, "LLEN", name)) for name in keys}
    for name in wire.target.queues:
        for step in _PRIORITIES:
            length = _number_of(_command(wire, "LLEN", f"{name}{_STEP}{step}"))
            if length:
                keys[f"{name}, priority {step}"], lengths[f"{name}, priority {step}"] = f"{name}{_STEP}{step}", length
    held = _number_of(_command(wire, "ZCOUNT", _TAKEN, "-inf", f"{time.time() - LONG_HELD:.0f}")) or 0
    if not any(lengths.values()) or None in lengths.values():
        return of_queues(lengths, info, held=held)
    filled = {name: keys[name] for name, length in lengths.items() if length}
    try:
        before = {name: _next_task(wire, key) for name, key in filled.items()}
        began, pause = time.monotonic(), min(_BETWEEN, wire.left() / 2)
        time.sleep(pause)
        wire.paused += time.monotonic() - began
        later = {name: _number_of(_command(wire, "LLEN", key)) for name, key in filled.items()}
        same = [name for name, key in filled.items() if before[name] and _next_task(wire, key) == before[name]]
    except Failed:
        return of_queues(lengths, info, held=held)
    return of_queues(lengths, info, later, pause, same, held)


def _next_task(wire: Wire, name: str) -> str:
    """The task that a worker takes next (BRPOP), to be compared and never shown; empty where it may not be read."""
    answer = _command(wire, "LINDEX", name, "-1")
    if len(answer.encode()) >= BODY:  # its rest is on the way, and would be taken for the next answer
        raise Failed("protocol", "a task is too long to be read")
    return "" if answer.startswith("-") else answer


def _number_of(answer: str) -> int | None:
    """Of entries, by the answer to LLEN or ZCOUNT; None where it is an error."""
    return int(answer[1:]) if answer[:1] == ":" and answer[1:].isdecimal() else None


def _ping(wire: Wire) -> str:
    try:
        return _command(wire, "PING")
    except Failed:
        if wants_certificate(wire):
            return "-NOCERT it wants a certificate of who asks"
        raise


def _command(wire: Wire, *words: str) -> str:
    """A command as an array of texts; of an answer with its length the text alone."""
    request = f"*{len(words)}\r\n".encode()
    for word in words:
        request += b"$%d\r\n%b\r\n" % (len(word.encode()), word.encode())
    answer = wire.exchange(request, is_redis)
    if answer.startswith(_ALERT):
        raise Failed("protocol", "it speaks TLS, and was asked without")
    text = answer.decode("utf-8", "replace")
    return text.partition("\r\n")[2] if text.startswith("$") else text.strip()


def _encrypts(wire: Wire) -> bool:
    try:
        wire.reconnect("protocol")
        wire.encrypt()
    except Failed:
        return False
    return True
