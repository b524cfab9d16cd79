# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names resolved as a given place does it: its hosts file, its name servers, its search list. I/O.

Asked by our own packets (RFC 1035), since the library's resolver would read the host's files and wait as they say.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import time
from typing import List

from .namespaces import Place

_CODES = {
    1: "it did not understand the question",
    2: "it failed (SERVFAIL)",
    3: "it knows no such name (NXDOMAIN)",
    5: "it refuses to answer",
}
_A, _AAAA = 1, 28
_TRUNCATED = 0x02  # in the third byte
_SECOND = 0.5  # seconds for the second family, at most, where the first was answered
_OF_THE_REST = 0.25  # of the time that is left, for a whole answer in place of one that was cut off
PORT = 53


class Unresolved(Exception):
    """Why a name has no address."""


class Addresses(List[str]):
    """Addresses of a name; ``missing``: why it may have more, else empty."""

    missing = ""


def addresses(place: Place, name: str, seconds: float) -> Addresses:
    """Every address of the name, IPv4 first."""
    try:
        return Addresses([str(ipaddress.ip_address(name.strip("[]")))])
    except ValueError:
        pass
    known = _in_hosts(place.read("/etc/hosts"), name)
    if known:
        return Addresses(known)
    servers, search, dots = _configuration(place.read("/etc/resolv.conf"))
    if not servers:
        raise Unresolved("there is no name server in its /etc/resolv.conf")
    deadline = time.monotonic() + seconds
    why = ""
    for full in _candidates(name, search, dots):
        for number, server in enumerate(servers[:3]):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unresolved(why or "the time was over")
            try:
                # A server that is silent leaves some of the time to the others.
                return _answers(server, full, time.monotonic() + left / (min(3, len(servers)) - number))
            except Unresolved as refused:
                why = f"name server {server}: {refused}"
                if "NXDOMAIN" in str(refused):
                    break  # the others know no more
            except OSError as error:
                problem = "no answer" if isinstance(error, TimeoutError) else (error.strerror or str(error)).lower()
                why = f"name server {server}: {problem}"
    raise Unresolved(why or "no DNS server was asked")


def _in_hosts(text: str, name: str) -> list[str]:
    matches = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if name.lower() in (word.lower() for word in words[1:]) and _is_address(words[0].partition("%")[0]):
            matches.append(words[0])
    return sorted(matches, key=lambda address: ":" in address)


def _configuration(text: str) -> tuple[list[str], list[str], int]:
    """Name servers, search list, ndots; resolv.conf(5)."""
    servers: list[str] = []
    search: list[str] = []
    dots = 1
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver":
            servers += [server for server in [words[1].partition("%")[0]] if _is_address(server)]
        elif words[0] in ("search", "domain"):
            search = words[1:7]
        elif words[0] == "options":
            ndots_options = [word[6:] for word in words[1:] if word.startswith("ndots:") and word[6:].isdecimal()]
            dots = min(15, int(ndots_options[-1][:4])) if ndots_options else dots  # 0 is what Docker writes
    return servers, search, dots


def _is_address(text: str) -> bool:
    """A container's file may say anything."""
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def _candidates(name: str, search: list[str], dots: int) -> list[str]:
    if name.endswith("."):
        return [name]
    longer = [f"{name}.{domain.strip('.')}" for domain in search if domain.strip(".")]
    return [name, *longer] if name.count(".") >= dots else [*longer, name]


def _answers(server: str, name: str, deadline: float) -> Addresses:
    """Addresses of both families, IPv4 first; that one family is not answered hides none of the other."""
    addresses = Addresses()
    problem: Exception = Unresolved("the name has no address")
    for kind in (_A, _AAAA):
        left = deadline - time.monotonic()
        # The time of the second question is bounded where the first was answered: some servers drop it.
        until = deadline if kind == _A or not addresses else time.monotonic() + min(left / 4, _SECOND)
        try:
            found = _question(server, name, kind, until)
            addresses += found
            addresses.missing = addresses.missing or found.missing
        except (Unresolved, OSError) as error:
            if kind == _A:
                problem = error
            if "NXDOMAIN" in str(error):
                break  # no type of it is there
    if not addresses:
        raise problem
    return addresses


def _question(server: str, name: str, kind: int, deadline: float) -> Addresses:
    number = int.from_bytes(os.urandom(2), "big")
    try:
        labels = [part.encode("idna") for part in name.rstrip(".").split(".")]
    except UnicodeError:
        raise Unresolved("that is no name") from None
    packet = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0)
    packet += b"".join(bytes([len(label)]) + label for label in labels) + b"\0" + struct.pack(">HH", kind, 1)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((server, PORT))
        for last in (False, True):  # a packet may be lost
            left = deadline - time.monotonic()
            if left <= 0:
                break
            asking.settimeout(left if last else left / 2)
            asking.send(packet)
            try:
                while True:
                    answer = asking.recv(4096)
                    if len(answer) >= 12 and answer[:2] == packet[:2]:
                        return _whole(server, packet, answer, kind, deadline)
            except socket.timeout:  # TimeoutError from Python 3.10 on, another exception before
                continue
    raise TimeoutError


def _whole(server: str, packet: bytes, answer: bytes, kind: int, deadline: float) -> Addresses:
    """The records of an answer; one that was too long for a datagram is asked for again by TCP (RFC 7766)."""
    if not answer[2] & _TRUNCATED:
        return Addresses(_parsed(answer, kind))
    records = Addresses(_parsed(answer, kind, cut=True))
    now = time.monotonic()
    # What it has is enough to go on with: where TCP is dropped, the time is needed for what comes next.
    until = min(deadline, now + (deadline - now) * _OF_THE_REST) if records else deadline
    try:
        return Addresses(_parsed(_by_tcp(server, packet, until), kind))
    except OSError as error:
        reason = (error.strerror or str(error) or "no answer").lower()
        missing = f"its answer is too long for UDP, and by TCP it is not given: {reason}"
        if not records:
            raise Unresolved(missing) from None
        records.missing = f"name server {server}: {missing}"
        return records


def _by_tcp(server: str, packet: bytes, deadline: float) -> bytes:
    with socket.create_connection((server, PORT), max(0.05, deadline - time.monotonic())) as asking:
        asking.sendall(struct.pack(">H", len(packet)) + packet)
        received = b""
        while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):
            left = deadline - time.monotonic()
            if left <= 0:  # it sends byte by byte
                raise TimeoutError(0, "no whole answer in time")
            asking.settimeout(left)
            piece = asking.recv(65536)
            if not piece:
                raise OSError(0, "cut off")
            received += piece
        return received[2:]


def _parsed(answer: bytes, kind: int, cut: bool = False) -> list[str]:
    """The addresses in an answer. ``cut``: it may end in the middle, and what is before counts."""
    if len(answer) < 12:
        raise Unresolved("its answer cannot be read")
    flags, questions, answers = struct.unpack(">HHH", answer[2:8])
    if flags & 15:
        raise Unresolved(_CODES.get(flags & 15, f"it answers with error {flags & 15}"))
    records = []
    try:
        at = 12
        for dummy in range(questions):
            at = _behind_name(answer, at) + 4
        for dummy in range(answers):
            at = _behind_name(answer, at)
            type_, dummy2, dummy3, size = struct.unpack(">HHIH", answer[at : at + 10])
            data = answer[at + 10 : at + 10 + size]
            if type_ == kind and len(data) in (4, 16):
                records.append(str(ipaddress.ip_address(data)))
            at += 10 + size
    except (struct.error, IndexError):
        if not cut:
            raise Unresolved("its answer cannot be read") from None
    return records


def _behind_name(answer: bytes, at: int) -> int:
    while answer[at]:
        if answer[at] & 0xC0:
            return at + 2
        at += 1 + answer[at]
    return at + 1
