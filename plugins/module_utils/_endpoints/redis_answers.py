# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers of a Redis mean: it is up where it can do its work, and PING alone does not show that. Pure.

INFO does not show it either: at a memory limit it has the policy and not whether a key is left to evict, of paused
writes it says nothing before 7.2, and of what a login may do nothing at all. A write that is refused shows it.

Sources: Redis' "RESP protocol", its errors (server.c, networking.c) and the documentation of INFO and CLUSTER INFO.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Collection, Mapping

from .._core.redaction import redacted
from .._core.text import counted, span
from .._core.units import MIB
from .endpoint import DEGRADED, DOWN, OURS, READS_ONLY, UP, Meaning

_WRITES = "whether it takes writes"
_UNASKED = f"{_WRITES} is not known"
_UP = {
    "-NOAUTH": f"it is up and wants a password; {_UNASKED} without it (give the target a `key`)",
    "-WRONGPASS": f"it is up and wants another password; {_UNASKED}",
    "-NOCERT": f"it is up and wants a certificate of who asks; {_UNASKED}",
    "-NOPERM": f"it is up; the probe may not ask, so {_UNASKED}",
}
_BAD = {
    "-LOADING": "it is loading its data from disk and serves no client until it is done",
    "-MASTERDOWN": "it is a replica that has lost its master, and serves no client meanwhile",
    "-MISCONF": "it refuses to write, since it cannot save to disk (look at its disk and its log)",
    "-READONLY": f"it is a replica {READS_ONLY}",
    "-OOM": "its memory limit is reached: it takes no writes",
    "-NOREPLICAS": "it refuses writes, since too few replicas are connected (min-replicas-to-write)",
    "-CLUSTERDOWN": "its cluster is down: not every slot is served",
}
_DOWN = {
    "-BUSY": "a script blocks every client: SCRIPT KILL ends one that has written nothing yet",
    "-DENIED": "it is in protected mode and refuses every client of another host: set a password or `bind`",
}
# By the password that was given; before 6.0 it had no word of its own.
_WRONG = re.compile(r"(?i)^-ERR invalid (?:username-)?password\b")
_FULL = re.compile(r"(?i)^-ERR max(?: number of)? clients")
_ERROR = re.compile(r"^-[A-Z][A-Z0-9]*\b")
LONG_HELD = 3600.0  # seconds, Celery's visibility_timeout
_WRITTEN, _ELSEWHERE = ("", "+OK"), ("-MOVED", "-ASK", "-TRYAGAIN")
# Policies under which writes are refused at the limit: of the volatile ones where no key has a time to live.
_KEEPS_ALL, _KEEPS_SOME = "noeviction", "volatile-"


def of_ping(answer: str) -> Meaning:
    """Of the answer to PING; any error of the protocol shows that Redis answers."""
    word = answer.split(" ", 1)[0]
    if word == "+PONG":
        return Meaning(UP, f"it answers PING; {_UNASKED}", "", _WRITES)
    if _WRONG.match(answer):
        word = "-WRONGPASS"
    if word in _UP:
        return Meaning(UP, _UP[word], "", _WRITES)
    if word in _BAD:
        return Meaning(DEGRADED, _BAD[word], OURS, refuses_writes=word != "-READONLY")
    if word in _DOWN:
        return Meaning(DOWN, _DOWN[word], OURS, refuses_writes=True)
    if _FULL.match(answer):
        return Meaning(DOWN, "every connection that it allows is taken (maxclients)", OURS, refuses_writes=True)
    if _ERROR.match(answer):
        return Meaning(DEGRADED, f"it answers with an error: {redacted(answer[1:])[:120]}", OURS)
    return Meaning(DOWN, "something answers there, and it is not Redis", OURS)


def of_info(text: str) -> Meaning:
    """Of the answer to INFO: whether it can do its work. An error, or what is not INFO, leaves that unknown."""
    facts = _facts(text)
    if "redis_version" not in facts and "role" not in facts:
        reason = (
            redacted(text[1:].split("\r\n", maxsplit=1)[0])[:80] if text.startswith("-") else "INFO was not answered"
        )
        return Meaning(UP, f"it answers PING; {_UNASKED} ({reason})", "", _WRITES)
    for judge in (_sentinel, _paused, _loading, _memory, _replica, _replicas, _disk, _clients):
        why = judge(facts)
        if why:
            # A replica takes no writes by design, whatever its memory: that it is one is no refusal.
            role = _replica(facts) if judge is _memory else ""
            said = f"{role}; {why}" if role else why
            return Meaning(DEGRADED, said, OURS, refuses_writes=judge in _REFUSES and not role)
    near = facts.get("min_slaves_good_slaves")
    if near:  # how many it wants (min-replicas-to-write) is not in INFO
        return Meaning(UP, f"it answers; whether {near} replicas are enough for a write is not known", "", _WRITES)
    return Meaning(UP, "it answers, and nothing in INFO keeps it from taking writes")


def of_write(answer: str | None, meaning: Meaning) -> Meaning:
    """Of the answer to a write that changes nothing, beside the ``meaning`` of INFO. ``answer``: None for none in time.

    Nil (empty here) is that of a Redis that would have written. A member of a cluster sends to another one.
    """
    if answer is None:
        why = "it answers, and leaves a write without an answer: its clients are paused, or it hangs"
        return Meaning(DEGRADED, why, OURS)
    word = answer.split(" ", 1)[0]
    if word in _BAD or word in _DOWN:
        return of_ping(answer)
    if meaning.state != UP or word in _ELSEWHERE:
        return meaning
    if answer in _WRITTEN:
        return Meaning(UP, "it answers, and takes writes")
    said = f" ({redacted(answer[1:])[:80]})" if answer.startswith("-") else ""
    return replace(meaning, why=f"it answers; {_UNASKED}{said}", unasked=_WRITES)


def of_queues(
    lengths: Mapping[str, int | None],
    info: str,
    later: Mapping[str, int | None] | None = None,
    seconds: float = 0.0,
    same: Collection[str] = (),
    held: int = 0,
) -> Meaning:
    """Of queues that are lists, as Celery's: that a worker takes tasks is proved where a queue is empty, or where it
    has fewer at a second look. ``lengths``: None is no list; ``later``: ``seconds`` after, None for no second look.

    That it has no fewer proves nothing: as many may have come as were taken. None was taken where the task that is
    taken next is still the same one; ``same``: the queues of which it is.

    A client that waits (BRPOP, which INFO counts as blocked) proves nothing of a queue with tasks: it would have been
    given one of them at once, and so it waits for another list.

    ``held``: tasks that workers took longer ago than Celery gives them by default, and have not confirmed: long ones,
    those of a later time, or those of a worker that does nothing.
    """
    unread = [name for name, length in lengths.items() if length is None]
    if unread:
        return Meaning(DEGRADED, f"the queue {unread[0]} cannot be read: it is no list, or the login may not", OURS)
    again = later or {}
    waiting = {name: length for name, length in lengths.items() if length and not _is_fewer(again.get(name), length)}
    kept = f"whether {counted(held, 'task')} that workers took over {span(LONG_HELD)} ago are worked on" if held else ""
    if not waiting:
        return Meaning(UP, unasked=kept)
    untaken = {name: length for name, length in waiting.items() if name in same}
    named = ", ".join(f"{length} in {name}" for name, length in (untaken or waiting).items())
    if not untaken:
        return Meaning(UP, unasked="; ".join(filter(None, [f"whether tasks are taken ({named})", kept])))
    idle = _number(_facts(info), "blocked_clients")
    others = f"; {counted(idle, 'client')} may wait for other lists" if idle else ""
    return Meaning(
        DEGRADED,
        f"tasks wait ({named}), and none was taken within {seconds:.1f} s: all workers are busy, none runs, or none"
        f" consumes this queue{others}",
        OURS,
    )


def _is_fewer(later: int | None, before: int) -> bool:
    return later is not None and later < before


def is_cluster(text: str) -> bool:
    """Whether INFO is of a member of a cluster, whose state CLUSTER INFO has."""
    return _facts(text).get("cluster_enabled") == "1"


def of_cluster(text: str) -> Meaning:
    """Of the answer to CLUSTER INFO."""
    state = _facts(text).get("cluster_state", "")
    if state == "fail":
        return Meaning(DEGRADED, f"{_BAD['-CLUSTERDOWN']} (cluster_state:fail)", OURS, refuses_writes=True)
    return Meaning(UP)


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.splitlines() if ":" in line and not line.startswith("#"))
    return {name: value for name, dummy, value in pairs}


def _number(facts: Mapping[str, str], name: str) -> int:
    return int(facts[name]) if facts.get(name, "").isdecimal() else 0


def _loading(facts: Mapping[str, str]) -> str:
    return _BAD["-LOADING"] if facts.get("loading") == "1" else ""


def _sentinel(facts: Mapping[str, str]) -> str:
    sentinel = facts.get("redis_mode") == "sentinel"
    return "it is a sentinel, which holds no data: the address of its Redis is another one" if sentinel else ""


def _paused(facts: Mapping[str, str]) -> str:
    """CLIENT PAUSE, and FAILOVER, which pauses writes until the replica has taken over."""
    if facts.get("paused_actions") in ("write", "all"):
        return f"clients are paused ({facts['paused_actions']}, CLIENT PAUSE): writes wait"
    if facts.get("master_failover_state", "no-failover") != "no-failover":
        return f"it hands over to a replica ({facts['master_failover_state']}): writes wait"
    return ""


def _memory(facts: Mapping[str, str]) -> str:
    limit, policy = _number(facts, "maxmemory"), facts.get("maxmemory_policy", _KEEPS_ALL)
    used = _number(facts, "used_memory") - _number(facts, "mem_not_counted_for_evict")
    if not limit or used < limit:
        return ""
    expiring = sum(int(number) for value in facts.values() for number in re.findall(r"\bexpires=(\d+)", value))
    if policy != _KEEPS_ALL and not (policy.startswith(_KEEPS_SOME) and not expiring):
        return ""
    return (
        f"its memory limit is reached: it takes no writes ({used / MIB:,.1f} of {limit / MIB:,.1f} MiB,"
        f" maxmemory-policy {policy})"
    )


def _replica(facts: Mapping[str, str]) -> str:
    if facts.get("role") != "slave" or facts.get("slave_read_only", "1") != "1":
        return ""
    link = f", and its link to that is {facts['master_link_status']}" if facts.get("master_link_status") else ""
    return f"{_BAD['-READONLY']}: its master is {facts.get('master_host', '?')}:{facts.get('master_port', '?')}{link}"


def _disk(facts: Mapping[str, str]) -> str:
    """A failed save that does not stop writes (stop-writes-on-bgsave-error no) loses what a restart would need."""
    what = {"rdb_last_bgsave_status": "its last save", "aof_last_write_status": "its last append-only write"}
    failed = " and ".join(words for name, words in what.items() if facts.get(name) == "err")
    return f"{failed} failed: a restart would lose data (look at its disk and its log)" if failed else ""


def _replicas(facts: Mapping[str, str]) -> str:
    return _BAD["-NOREPLICAS"] if facts.get("min_slaves_good_slaves") == "0" else ""


def _clients(facts: Mapping[str, str]) -> str:
    limit, used = _number(facts, "maxclients"), _number(facts, "connected_clients")
    return f"{used} of {limit} connections that it allows are taken (maxclients)" if limit and used >= limit - 1 else ""


_REFUSES = (_paused, _loading, _memory, _replicas)
