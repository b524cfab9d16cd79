# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PostgreSQL's answer to a login without a password means. Pure.

Such a login ends where a password is asked for: that shows a server that takes connections. Whether an application's
login succeeds comes after it (slots that are reserved, limits of a role), and so does the state of the server. Only a
login that is let in without a password is answered with that (in_hot_standby and default_transaction_read_only, from
14 on).

Source: "Message Formats", "Error Codes" and "Error and Notice Message Fields", PostgreSQL's documentation.
"""

from __future__ import annotations

import re
from typing import Iterator, Mapping, NamedTuple

from .._core.redaction import redacted
from .endpoint import DEGRADED, DOWN, OURS, READS_ONLY, UP, Meaning

_LONGEST = 64 * 1024  # bytes of a message; what says to be longer has another form
_ASKED, _LET_IN, _ERROR = "R", "Z", "E"
_BESIDE = ("S", "K", "N", "v")  # parameters, the key to cancel, notices, the version: before the outcome
_UNASKED = "whether a login of the application succeeds, and whether it takes writes"
_WRITES = "whether it takes writes"
_ALIVE = {  # SQLSTATE of a server that is up and refuses this very login
    "28000": "it is up; it refuses the probe's login",
    "28P01": "it is up; it refuses the password",
    "3D000": "it is up; the database does not exist",
    "42704": "it is up; the role does not exist",
    "42501": "it is up; the probe's role may not connect to this database",
    "55000": "it is up; this database takes no connections",
}
_OWN_LIMITS = ("InitializeSessionUserId", "CheckMyDatabase")  # of the role or the database that the probe names
_RESERVED = "InitPostgres"
# PgBouncer's own words for this very login, also those of the server that it hands on. All its errors have the one
# SQLSTATE, Odyssey's and PgCat's have others.
_POOLER = re.compile(
    r"(?i)no such (?:user|database)|(?:password |SASL )?authentication failed|auth failed|login denied"
    r"|(?:role|database|user) \S+ does not exist|no pg_hba\.conf entry"
)
# A pooler logs in at its server as others too (for auth_query as its own user, in the client's database): what it hands
# on is of the probe's own login only where it names the probe's role, or the database that the probe asks for.
_PROBES_OWN = re.compile(r'(?i)\bpafar_probe\b|\bdatabase "postgres"')
_ANOTHERS = re.compile(
    r"(?i)server login has been failing|server_login_retry|does not exist|no pg_hba\.conf entry"
    r"|\b(?:user|role) [\"']|\bfor (?:user|role)\b"
)
_POOLER_CUT = re.compile(
    r"(?i)server login has been failing|server_login_retry|cannot connect to server|server_connect_timeout"
    r"|client_login_timeout|all servers are down|no working server connection"
)
_POOLER_CODES = ("08P01", "58000", "08006", "08001")
_POOLER_FULL = re.compile(r"(?i)no more connections allowed")
_DOWN = {
    "53200": "it runs out of memory (53200)",
    "53100": "its disk is full (53100)",
    "57P01": "it is stopping, on an administrator's command (57P01)",
    "57P02": "one of its processes crashed, and it recovers (57P02)",
    "57P03": "it takes no logins: it is starting, stopping or recovering, or is a standby without hot_standby (57P03)",
}
_ON = "on"


class LoginAnswer(NamedTuple):
    """How a login ended. ``kind``: R where a password is asked for, Z where it was let in, E for an error, else empty.

    ``parameters``: what the server says of itself to one that it let in. ``routine``: which part of the server raised
    the error, in no language.
    """

    kind: str
    sqlstate: str = ""
    message: str = ""
    routine: str = ""
    parameters: Mapping[str, str] = {}


def has_ended(received: bytes) -> bool:
    """Whether the outcome of a login is in what was received, or what was received is none of PostgreSQL's."""
    place = 0
    for kind, body, end in _messages(received):
        if kind in (_LET_IN, _ERROR) or (kind == _ASKED and body[:4] != b"\0\0\0\0"):
            return True
        place = end
    rest = received[place:]
    if not rest:
        return False
    known = chr(rest[0]) in (_ASKED, _LET_IN, _ERROR, *_BESIDE)
    return not known or (len(rest) >= 5 and int.from_bytes(rest[1:5], "big") > _LONGEST)


def login_answer(received: bytes) -> LoginAnswer:
    """The outcome of a login."""
    parameters: dict[str, str] = {}
    for kind, body, dummy in _messages(received):
        if kind == "S":
            name, dummy_end, value = _text(body).partition("\0")
            parameters[name] = value.rstrip("\0")
        elif kind == _ERROR:
            fields = {part[:1]: _text(part[1:]) for part in body.split(b"\0") if part}
            return LoginAnswer(kind, fields.get(b"C", ""), fields.get(b"M", ""), fields.get(b"R", ""))
        elif kind == _LET_IN or (kind == _ASKED and body[:4] != b"\0\0\0\0"):
            return LoginAnswer(kind, parameters=parameters)
    if received[:1] == b"E":  # without a length: from before the server knows the client's protocol
        return LoginAnswer(_ERROR, message=_text(received[1:]).rstrip("\0\n"))
    return LoginAnswer("")


def of_postgres(answer: LoginAnswer) -> Meaning:
    """The state of the server, as far as the answer shows it."""
    said = redacted(answer.message)[:120]
    if answer.kind == _ASKED:
        return Meaning(UP, f"it takes connections and asks for credentials; {_UNASKED} was not asked", "", _UNASKED)
    if answer.kind == _LET_IN:
        return _let_in(answer.parameters)
    if answer.kind != _ERROR:
        return Meaning(DOWN, "something answers there, and it is not PostgreSQL", OURS)
    if answer.sqlstate == "53300":
        return _full(answer.routine, said)
    if answer.sqlstate in _ALIVE:
        return _refused(_ALIVE[answer.sqlstate], said)
    pooler = _of_pooler(answer, said) if answer.sqlstate in _POOLER_CODES else None
    if pooler:
        return pooler
    if answer.sqlstate in _DOWN or answer.sqlstate.startswith("57P0"):
        why = _DOWN.get(answer.sqlstate, f"it refuses every login ({answer.sqlstate})")
        return Meaning(DOWN, f"{why}: {said}" if said else why, OURS)
    if not answer.sqlstate:
        return Meaning(DOWN, f"it refuses the connection before any login: {said}", OURS)
    return Meaning(DEGRADED, f"it answers with error {answer.sqlstate}: {said}", OURS)


def _of_pooler(answer: LoginAnswer, said: str) -> Meaning | None:
    """What a pooler says in its own words; None for others."""
    if _POOLER.search(answer.message):
        if _ANOTHERS.search(answer.message) and not _PROBES_OWN.search(answer.message):
            return Meaning(DEGRADED, f"it is a pooler, and a login that is not the probe's is refused: {said}", OURS)
        return _refused("it is a pooler, and is up; it refuses this login", said)
    if _POOLER_FULL.search(answer.message):
        return Meaning(DOWN, f"it is a pooler, and every connection that it allows is taken: {said}", OURS)
    if _POOLER_CUT.search(answer.message):
        return Meaning(DOWN, f"it is a pooler, and reaches no server, so that no login succeeds: {said}", OURS)
    return None


def _refused(why: str, said: str) -> Meaning:
    words = f"{why} ({said})" if said else why
    return Meaning(UP, f"{words}; {_UNASKED} was not asked", "", _UNASKED)


def _full(routine: str, said: str) -> Meaning:
    """53300 is said of every slot, of those that are not reserved, and of the probe's own role or database."""
    if routine in _OWN_LIMITS:
        return _refused("it is up; the limit of the probe's own role or database is reached", said)
    if routine == _RESERVED:
        return Meaning(DOWN, f"it runs, and the slots that are left are reserved (53300): {said}", OURS)
    return Meaning(DOWN, "it runs, and every connection slot is taken (53300)", OURS)


def _let_in(parameters: Mapping[str, str]) -> Meaning:
    """What the server says of itself to one that it let in."""
    if parameters.get("in_hot_standby") == _ON:
        return Meaning(DEGRADED, f"it is a standby {READS_ONLY} (in_hot_standby)", OURS)
    if parameters.get("default_transaction_read_only") == _ON:
        why = "its transactions are read-only by default (default_transaction_read_only)"
        return Meaning(DEGRADED, why, OURS, refuses_writes=True)
    beside = ", and is no standby" if "in_hot_standby" in parameters else ""
    return Meaning(UP, f"it lets the probe in{beside}; {_WRITES} was not asked", "", _WRITES)


def _messages(received: bytes) -> Iterator[tuple[str, bytes, int]]:
    """(kind, body, end) of each whole message."""
    place = 0
    while len(received) - place >= 5:
        size = int.from_bytes(received[place + 1 : place + 5], "big")
        end = place + 1 + size
        if size < 4 or size > _LONGEST or end > len(received):
            return
        yield chr(received[place]), received[place + 5 : end], end
        place = end


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
