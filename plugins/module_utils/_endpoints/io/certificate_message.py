# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates that a server sends, and whether it asks for one, read from the handshake itself. I/O.

Python shows the chain from 3.10 on. In TLS 1.2 it is sent in the open (RFC 5246, section 7.4.2), so that half a
handshake shows it; a server that speaks TLS 1.3 alone shows it to no such client.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import Iterator

_HANDSHAKE, _CLIENT_HELLO, _CERTIFICATE, _REQUEST, _HELLO_DONE = 0x16, 0x01, 0x0B, 0x0D, 0x0E
_SUITES = (
    0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC009, 0xC013, 0xC00A, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035,
)  # fmt: skip
_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)
_MOST = 256 * 1024  # bytes of a handshake


def sent_certificates(connected: socket.socket, name: str, deadline: float) -> list[bytes]:
    """The chain as DER, the server's own first; empty where the server does not show it. ``deadline``: monotonic."""
    return certificates_in(_answered(connected, name, deadline, _CERTIFICATE)) or []


def asks_for_certificate(connected: socket.socket, name: str, deadline: float) -> bool:
    """Whether the server asks for one of the client; False also where it does not show that."""
    messages = _answered(connected, name, deadline, _REQUEST)
    return any(kind == _REQUEST for kind, dummy in messages_of(messages))


def _answered(connected: socket.socket, name: str, deadline: float, wanted: int) -> bytes:
    """The messages of the server's part of a handshake, until the one that is wanted or the last."""
    received, messages = b"", b""
    try:
        connected.settimeout(max(0.05, deadline - time.monotonic()))
        connected.sendall(client_hello(name))
        while len(received) < _MOST and time.monotonic() < deadline:
            connected.settimeout(max(0.05, deadline - time.monotonic()))
            piece = connected.recv(16384)
            if not piece:
                break
            received += piece
            while len(received) >= 5 and len(received) >= 5 + int.from_bytes(received[3:5], "big"):
                size = int.from_bytes(received[3:5], "big")
                if received[0] != _HANDSHAKE:
                    return messages
                messages, received = messages + received[5 : 5 + size], received[5 + size :]
            if any(kind in (wanted, _HELLO_DONE) for kind, dummy in messages_of(messages)):
                break
    except OSError:
        pass
    return messages


def client_hello(name: str) -> bytes:
    """The beginning of a handshake by TLS 1.2; a name that is an address is not asked for (RFC 6066, section 3)."""
    extensions = b""
    if not _is_address(name):
        host = name.encode("idna") if not name.isascii() else name.encode()
        listed = b"\0" + struct.pack(">H", len(host)) + host
        extensions += _extension(0, struct.pack(">H", len(listed)) + listed)
    extensions += _extension(10, _listed(_GROUPS)) + _extension(11, b"\1\0") + _extension(13, _listed(_SIGNATURES))
    body = (
        b"\3\3" + os.urandom(32) + b"\0" + _listed(_SUITES) + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    )
    message = bytes([_CLIENT_HELLO]) + len(body).to_bytes(3, "big") + body
    return bytes([_HANDSHAKE]) + b"\3\1" + struct.pack(">H", len(message)) + message


def certificates_in(messages: bytes) -> list[bytes] | None:
    """Of the handshake's messages so far; None where that of the certificates is not whole yet."""
    return next((_chain(body) for kind, body in messages_of(messages) if kind == _CERTIFICATE), None)


def messages_of(messages: bytes) -> Iterator[tuple[int, bytes]]:
    """(kind, body) of each that is whole."""
    at = 0
    while len(messages) >= at + 4:
        kind, size = messages[at], int.from_bytes(messages[at + 1 : at + 4], "big")
        body = messages[at + 4 : at + 4 + size]
        if len(body) < size:
            return
        yield kind, body
        at += 4 + size


def _chain(body: bytes) -> list[bytes]:
    chain, at = [], 3
    while at + 3 <= len(body):
        size = int.from_bytes(body[at : at + 3], "big")
        chain.append(body[at + 3 : at + 3 + size])
        at += 3 + size
    return chain


def _listed(numbers: tuple[int, ...]) -> bytes:
    return struct.pack(">H", 2 * len(numbers)) + b"".join(struct.pack(">H", number) for number in numbers)


def _extension(number: int, body: bytes) -> bytes:
    return struct.pack(">HH", number, len(body)) + body


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdigit()
