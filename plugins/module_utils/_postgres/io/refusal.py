# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server refuses a login, by SQLSTATE: the driver keeps only the text, which is in the server's language. I/O.

A login of our own over the same way, up to the first refusal: the start-up message, then SCRAM, whose proof gives no
password away. Sources: PostgreSQL documentation, "Message Flow", "Message Formats", "SASL Authentication"; RFC 5802.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import ssl
import struct
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .connection import Login

REACHED = "reached"  # it answers, and asks for what this login cannot be shown to have without the driver
_VERSION, _TLS_REQUEST = 196608, 80877103
_ERROR, _AUTHENTICATION = b"E", b"R"
_OK, _SASL, _SASL_CONTINUE, _SASL_FINAL = 0, 10, 11, 12
_MOST = 2**16  # bytes of an answer
_NO_TLS = ("disable",)


class Answer(NamedTuple):
    """``routine``: which part of the server raised the error, in no language."""

    sqlstate: str
    routine: str = ""


def sqlstate_of(login: Login, user: str, password: str) -> str:
    """The SQLSTATE of the refusal; ``REACHED`` where there is none up to the password; empty: no answer of PostgreSQL.

    Takes at most the login's ``connect_timeout`` for each step.
    """
    return answer_to(login, user, password).sqlstate


def answer_to(login: Login, user: str, password: str) -> Answer:
    """The same with the routine."""
    if not (login.unix_socket or login.host):
        return Answer("")  # a service's, which only libpq knows
    try:
        with _opened(login) as connection:
            return _asked(connection, user, password, login.database)
    except (OSError, ValueError, struct.error, LookupError):
        return Answer("")


def _opened(login: Login) -> socket.socket:
    if login.unix_socket:
        local = socket.socket(socket.AF_UNIX)
        local.settimeout(login.connect_timeout)
        local.connect(f"{login.unix_socket}/.s.PGSQL.{login.port or 5432}")
        return local
    plain = socket.create_connection((login.host, login.port or 5432), login.connect_timeout)
    if login.ssl_mode in _NO_TLS:
        return plain
    plain.sendall(struct.pack("!II", 8, _TLS_REQUEST))
    if plain.recv(1) != b"S":
        return plain
    context = ssl.create_default_context(cafile=login.ca_cert or None)
    context.check_hostname = login.ssl_mode == "verify-full"
    if login.ssl_mode not in ("verify-ca", "verify-full"):
        context.verify_mode = ssl.CERT_NONE
    if login.ssl_cert and login.ssl_key:
        context.load_cert_chain(login.ssl_cert, login.ssl_key)
    return context.wrap_socket(plain, server_hostname=login.host)


def _asked(connection: socket.socket, user: str, password: str, database: str) -> Answer:
    words = ("user", user, "database", database, "application_name", "pafar.runbook", "")
    body = struct.pack("!I", _VERSION) + b"".join(word.encode() + b"\0" for word in words)
    connection.sendall(struct.pack("!I", len(body) + 4) + body)
    proof = _Scram(password)
    while True:
        kind, answer = _message(connection)
        if kind == _ERROR:
            return _error(answer)
        if kind != _AUTHENTICATION:
            return Answer(REACHED)  # it lets this login in by now
        (step,) = struct.unpack("!I", answer[:4])
        if step == _SASL and password and b"SCRAM-SHA-256\0" in answer:
            first = proof.first()
            _send(connection, b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
        elif step == _SASL_CONTINUE:
            _send(connection, proof.final(answer[4:]))
        elif step not in (_OK, _SASL_FINAL):
            return Answer(REACHED)


def _send(connection: socket.socket, body: bytes) -> None:
    connection.sendall(b"p" + struct.pack("!I", len(body) + 4) + body)


def _message(connection: socket.socket) -> tuple[bytes, bytes]:
    head = _received(connection, 5)
    (length,) = struct.unpack("!I", head[1:])
    if not 4 <= length <= _MOST:
        raise ValueError("no message of PostgreSQL's")
    return head[:1], _received(connection, length - 4)


def _received(connection: socket.socket, number: int) -> bytes:
    got = b""
    while len(got) < number:
        more = connection.recv(number - len(got))
        if not more:
            raise OSError("the server closed the connection")
        got += more
    return got


def _error(answer: bytes) -> Answer:
    """The fields C and R of an ErrorResponse."""
    fields = {field[:1]: field[1:] for field in answer.split(b"\0") if field}
    code = fields[b"C"].decode("ascii")
    if len(code) != 5:
        raise ValueError("no SQLSTATE")
    return Answer(code, fields.get(b"R", b"").decode("ascii", "replace"))


class _Scram:
    """The client's side of SCRAM-SHA-256, without channel binding."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._bare = b"n=,r=" + b64encode(os.urandom(18))

    def first(self) -> bytes:
        return b"n,," + self._bare

    def final(self, challenge: bytes) -> bytes:
        given = dict(part.split(b"=", 1) for part in challenge.split(b","))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, b64decode(given[b"s"]), int(given[b"i"]))
        key = hmac.new(salted, b"Client Key", "sha256").digest()
        without_proof = b"c=biws,r=" + given[b"r"]
        signed = b",".join((self._bare, challenge, without_proof))
        signature = hmac.new(hashlib.sha256(key).digest(), signed, "sha256").digest()
        proof = bytes(byte ^ other for byte, other in zip(key, signature))
        return without_proof + b",p=" + b64encode(proof)
