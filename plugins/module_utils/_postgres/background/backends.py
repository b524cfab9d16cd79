# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sessions and the processes behind them: which is whose, what it uses, whether its client is still there. Pure.

A session's pid is the one in PostgreSQL's own PID namespace, and many containers have a process 11: a process is a
session's only if it was started when the session was. TCP states: the kernel's include/net/tcp_states.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping, NamedTuple, TypedDict

from ..._core.text import printable
from ..describe import who_is
from ..snapshot import Snapshot

NAMES = ("postgres", "postmaster")  # of the server's processes, as the kernel has them
SAME_START = 1.0  # seconds by which the two clocks of one start may differ
_LOGS_IN = (" initializing", " authentication", " startup", " startup waiting")  # the end of such a process's title
_ESTABLISHED = 0x01
_CLOSE_WAIT = 0x08
_OVER = (0x06, 0x07)  # TIME_WAIT, CLOSE
# Packets sent again, or probes without an answer, from which on the client counts as gone. The kernel doubles its pause
# from 0.2 s on, so six are more than ten seconds: a short trouble of the network is none.
_TRIES = 6
NO_ANSWER = "the client does not answer"  # unlike one that closed its connection, it may come back
_MAPPED = "0000000000000000FFFF0000"


@dataclass(frozen=True)
class Backend:
    """A process of PostgreSQL's. ``started``: seconds since 1970; ``cpu``: seconds used so far; bytes for the rest.
    ``parent``: the pid of the process that started it, ``title``: what it calls itself."""

    pid: int
    inside: int
    started: float
    cpu: float
    memory: int
    read: int | None = None
    written: int | None = None
    parent: int = 0
    title: str = ""


class BackendUse(TypedDict):
    """What one session used: cores, bytes, bytes a second."""

    target: str
    pid: int
    who: str
    state: str
    cpu: float
    memory: int
    read_per_second: int
    written_per_second: int


class DeadClient(TypedDict):
    """A session whose client is gone, and what shows it."""

    target: str
    pid: int
    who: str
    reason: str


class ProcessUse(TypedDict):
    """The busiest first; ``cpu`` (cores) and ``memory`` (bytes) of all together."""

    sessions: list[BackendUse]
    dead_clients: list[DeadClient]
    cpu: float
    memory: int


class ProcessesReport(ProcessUse):
    """``here`` False: the server's processes are not seen from this host, and ``why``. ``idle_cores``: cores that
    nothing on the host used meanwhile; None where that was not to be read. ``logging_in``: connections that have a
    process and have not logged in."""

    here: bool
    why: str
    cores: int
    idle_cores: float | None
    logging_in: int


class _Used(TypedDict):
    cpu: float
    memory: int
    read: float
    written: float


class Peer(NamedTuple):
    """How the kernel sees one connection: its state, and packets without an acknowledgement."""

    state: int
    unanswered: int


_UNCLEAR = Peer(0, 0)


def parse_tcp(text: str) -> dict[tuple[str, int], Peer]:
    """/proc/net/tcp or tcp6 as {(remote address, port): Peer}; addresses as PostgreSQL writes them.

    A client may use one port of its own for connections to several of ours: such a socket proves nothing.
    A closed one in TIME_WAIT is left out.
    """
    peers: dict[tuple[str, int], Peer] = {}
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 9:
            continue
        address, dummy, port = fields[2].rpartition(":")
        if int(fields[3], 16) in _OVER:
            continue
        remote = _address(address), int(port, 16)
        peer = Peer(int(fields[3], 16), max(int(fields[6], 16), int(fields[8])))
        peers[remote] = _UNCLEAR if remote in peers else peer
    return peers


def local_sockets(text: str) -> dict[str, tuple[str, int]]:
    """/proc/net/tcp or tcp6 as {inode: (local address, port)} of open connections, addresses as PostgreSQL writes
    them."""
    sockets = {}
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and int(fields[3], 16) == _ESTABLISHED:
            address, dummy, port = fields[1].rpartition(":")
            sockets[fields[9]] = (_address(address), int(port, 16))
    return sockets


def through_poolers(snapshot: Snapshot, poolers: Mapping[tuple[str, int], str]) -> dict[int, str]:
    """The pooler that each session comes through, by pid. ``poolers``: the names of those that have these addresses and
    ports at their end."""
    via_pooler = {}
    for session in snapshot.client_sessions():
        name = poolers.get((full_address(session.client), session.client_port)) if session.client_port else None
        if name:
            via_pooler[session.pid] = name
    return via_pooler


def _address(text: str) -> str:
    """``0100007F`` is 127.0.0.1: words of four bytes, each in the order of the (little-endian) host."""
    if text.upper().startswith(_MAPPED):
        text = text[24:]
    words = [text[place : place + 8] for place in range(0, len(text), 8)]
    octets = [word[place : place + 2] for word in words for place in (6, 4, 2, 0)]
    if len(octets) == 4:
        return ".".join(str(int(octet, 16)) for octet in octets)
    return ":".join("".join(octets[place : place + 2]).lower() for place in range(0, 16, 2))


def full_address(text: str) -> str:
    """An IPv6 address with every digit, as ``_address`` writes it; IPv4 as it is."""
    if ":" not in text:
        return text
    head, dummy, tail = text.partition("::")
    left, right = [part for part in head.split(":") if part], [part for part in tail.split(":") if part]
    middle = ["0"] * (8 - len(left) - len(right)) if "::" in text else []
    return ":".join(part.zfill(4) for part in (*left, *middle, *right)).lower()


def matched(snapshot: Snapshot, backends: Iterable[Backend]) -> dict[int, Backend]:
    """The process of each session; a pid that fits two processes fits none."""
    by_pid: dict[int, Backend] = {}
    twice = set()
    for backend in backends:
        session = snapshot.sessions.get(backend.inside)
        if session is None or session.backend_start is None:
            continue
        if abs(session.backend_start.timestamp() - backend.started) > SAME_START:
            continue
        if backend.inside in by_pid:
            twice.add(backend.inside)
        by_pid[backend.inside] = backend
    return {pid: backend for pid, backend in by_pid.items() if pid not in twice}


def logging_in(backends: Iterable[Backend], known: Iterable[Backend]) -> int:
    """How many processes of the same server as the known ones have a connection that has not logged in. Until version
    17 PostgreSQL shows no session of it, though it takes a slot."""
    servers = {backend.parent for backend in known}
    return sum(backend.parent in servers and backend.title.endswith(_LOGS_IN) for backend in backends)


def gone(snapshot: Snapshot, pid: int, peers: Mapping[tuple[str, int], Peer] | None) -> str:
    """What shows that a session's client is not there any more; empty when it is, or when that is unknown."""
    session = snapshot.sessions[pid]
    if not peers or session.client in ("", "local") or not session.client_port:
        return ""
    peer = peers.get((full_address(session.client), session.client_port))
    if peer is None:
        return "the kernel has no open connection to its client"
    if peer.state == _CLOSE_WAIT:
        return "the client has closed the connection"
    if peer.unanswered >= _TRIES:
        return f"{NO_ANSWER} ({peer.unanswered} unanswered TCP packets)"
    return ""


def usage(
    snapshot: Snapshot,
    first: Mapping[int, Backend],
    second: Mapping[int, Backend],
    seconds: float,
    signs: Mapping[int, str],
) -> ProcessUse:
    """What each session used between two readings; parallel workers count for their leader."""
    used: dict[int, _Used] = {}
    for pid, after in second.items():
        before = first.get(pid)
        if before is None or before.pid != after.pid:
            continue
        session = snapshot.sessions[pid]
        totals = used.setdefault(session.key, {"cpu": 0.0, "memory": 0, "read": 0.0, "written": 0.0})
        totals["cpu"] += (after.cpu - before.cpu) / seconds
        totals["memory"] += after.memory
        totals["read"] += ((after.read or 0) - (before.read or 0)) / seconds
        totals["written"] += ((after.written or 0) - (before.written or 0)) / seconds
    sessions: list[BackendUse] = [
        {
            "target": snapshot.sessions[key].target if key in snapshot.sessions else "",
            "pid": key,
            "who": who_is(snapshot, key),
            "state": printable(snapshot.sessions[key].state) if key in snapshot.sessions else "",
            "cpu": round(usage["cpu"], 3),
            "memory": usage["memory"],
            "read_per_second": int(usage["read"]),
            "written_per_second": int(usage["written"]),
        }
        for key, usage in used.items()
    ]
    return {
        "sessions": sorted(sessions, key=lambda session: (-session["cpu"], -session["memory"])),
        "dead_clients": [
            {"target": snapshot.sessions[pid].target, "pid": pid, "who": who_is(snapshot, pid), "reason": reason}
            for pid, reason in sorted(signs.items())
            if reason
        ],
        "cpu": round(sum(entry["cpu"] for entry in used.values()), 3),
        "memory": sum(entry["memory"] for entry in used.values()),
    }


def started_at(boot: float, ticks: int, per_second: int) -> float:
    """Seconds since 1970, from a process's ticks since the machine was started."""
    return boot + ticks / per_second


def clients_of(snapshot: Snapshot) -> list[int]:
    """Sessions over the network: whose client could be gone."""
    return [
        client_session.pid
        for client_session in snapshot.client_sessions()
        if client_session.client not in ("", "local")
    ]
