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
_UNKNOWN_NAME = 3
_A, _AAAA = 1, 28
_FAMILIES = {_A: "IPv4", _AAAA: "IPv6"}
_TRUNCATED = 0x02  # in the third byte
_LONG = 0.9  # seconds after which a name server without an answer is one that programs wait for at each name
_SECOND = 0.5  # seconds for the second family, at most, where the first was answered
_OF_THE_REST = 0.25  # of the time that is left, for a whole answer in place of one that was cut off
PORT = 53


class Unresolved(Exception):
    """Why a name has no address, as far as that is known."""


class NoSuchName(Unresolved):
    """A name server knows that it has none: the others know no more."""


class Addresses(List[str]):
    """Addresses of a name; ``missing``: why it may have more, else empty.

    ``failed``: which name servers were asked before and failed. ``silent``: whether one of them was waited for.
    """

    missing = ""
    failed = ""
    silent = False


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
    return _Asking(servers[:3], time.monotonic() + seconds).first_of(_candidates(name, search, dots))


class _Asking:
    """The name servers of a place, and what was learned of them while one name is looked for."""

    def __init__(self, servers: list[str], deadline: float) -> None:
        self.servers, self.deadline = servers, deadline
        self.failed: dict[str, str] = {}  # by server, why
        self.silent: set[str] = set()

    def first_of(self, candidates: list[str]) -> Addresses:
        """The addresses of the first of the names that has any. That one was not answered says not that it has none."""
        unknown = none = ""
        for full in candidates:
            try:
                return self._ask(full)
            except NoSuchName as known:
                none = str(known)
            except Unresolved as problem:
                unknown = unknown or str(problem)
        if unknown:
            raise Unresolved(unknown)
        raise NoSuchName("; ".join([none, *self._failures()]) if none else "no name server was asked")

    def _ask(self, name: str) -> Addresses:
        """The addresses of a name, of the first server that knows; a silent one is asked last from then on."""
        first = ""
        order = sorted(self.servers, key=lambda server: server in self.silent)
        for number, server in enumerate(order):
            began = time.monotonic()
            if began >= self.deadline:
                break
            try:
                # A server that is silent leaves some of the time to the others.
                found = _answers(server, name, began + (self.deadline - began) / (len(order) - number))
            except NoSuchName as known:
                raise NoSuchName(f"name server {server}: {known}") from None
            except Unresolved as refused:
                why = str(refused)
            except OSError as error:
                silent = isinstance(error, (TimeoutError, socket.timeout))
                why = "no answer" if silent else (error.strerror or str(error)).lower()
                if silent and time.monotonic() - began >= _LONG:
                    self.silent.add(server)
            else:
                found.failed, found.silent = "; ".join(self._failures()), bool(self.silent)
                return found
            self.failed.setdefault(server, why)
            first = first or f"name server {server}: {why}"
        raise Unresolved(first or "the time was over")

    def _failures(self) -> list[str]:
        return [f"name server {server}: {why}" for server, why in self.failed.items()]


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
    problems: dict[int, Unresolved | OSError] = {}
    for kind in (_A, _AAAA):
        left = deadline - time.monotonic()
        # The time of the second question is bounded where the first was answered: some servers drop it.
        until = deadline if kind == _A or not addresses else time.monotonic() + min(left / 4, _SECOND)
        try:
            found = _question(server, name, kind, until)
            addresses += found
            addresses.missing = addresses.missing or found.missing
        except NoSuchName:
            if kind == _A:
                raise
            break
        except (Unresolved, OSError) as error:
            problems[kind] = error
    if not addresses and _A in problems:
        raise problems[_A]
    for kind, problem in problems.items():
        why = str(problem) if isinstance(problem, Unresolved) else (problem.strerror or str(problem)).lower()
        asked = f"{_FAMILIES[kind]} addresses: {why or 'no answer'}"
        if not addresses:
            raise Unresolved(f"it knows no IPv4 address of it; of its {asked}")
        addresses.missing = addresses.missing or f"name server {server}, of its {asked}"
    if not addresses:
        raise NoSuchName("the name has no address")
    return addresses


def _question(server: str, name: str, kind: int, deadline: float) -> Addresses:
    number = int.from_bytes(os.urandom(2), "big")
    try:
        labels = [part.encode("idna") for part in name.rstrip(".").split(".")]
    except UnicodeError:
        labels = []
    if not labels or not all(labels):
        raise Unresolved("that is no name")
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
    code = flags & 15
    if code:
        refused = NoSuchName if code == _UNKNOWN_NAME else Unresolved
        raise refused(_CODES.get(code, f"it answers with error {code}"))
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
