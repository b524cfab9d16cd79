# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a session idle in its transaction may be the elected leader of those that wait for it. Pure.

One session takes a lock and keeps it for weeks; the others wait for it, and the first of them leads when that one is
gone. PostgreSQL does not show whether an advisory lock is held by the session or by its transaction.

By a row or a table they elect one whose statements only take that lock. Requests that pile up behind a stuck
transaction do so, too, where all of them run `SELECT ... FOR UPDATE`; what tells them apart is where they come from.

Others change the row of a lease (UPDATE, INSERT of a key), or call a function that does. That is what requests do, so
more must be known: the holder works, or all have waited for longer than requests do.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Collection, Iterable, Sequence

from ..._core.text import span
from ..connection_limits import family_of
from ..session import CLIENT, Holder, Session, name_and_host
from ..snapshot import MANY, MIN_WAITERS, Snapshot
from ..sql_text import locks_until_commit, locks_until_disconnect, without_literals
from .lock_table import Key, Tag

_LEADER = (
    "it may be the elected leader of its waiters: whether its session or its transaction holds the advisory lock is not"
    " known"
)
_LEADER_IN_TRANSACTION = "it may be the elected leader of its waiters: its transaction has the advisory lock, and {how}"
BY_ROW = "it may be the elected leader of its waiters: the statement of each only takes the same lock"
_MUTEX = (
    "it is active, or was just before, and its waiters want an advisory lock, by which the application works one at a"
    " time: whether its work continues is not known"
)
_ONLY_LOCKS = re.compile(r"^\s*(?:LOCK\b|(?:SELECT|WITH)\b.*\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b)", re.I | re.S)
_LOCKS = re.compile(r"\s*(?:/\*|--|LOCK\b|SELECT\b|WITH\b)", re.I)  # what such a statement may begin with
_TAKES = re.compile(rf"{_ONLY_LOCKS.pattern}|^\s*(?:UPDATE|DELETE|INSERT|MERGE)\b|\bpg_advisory_\w*lock", re.I)
_OF_ONE_KIND = (
    "it may be the elected leader of its waiters: all of them are of its application, run one statement{that}, and"
    " {how}; requests that pile up on new connections look the same"
)
# Seconds: of a connection before its first wait, in which it has served no request; of a hold or a wait, after which
# requests would not be waiting any more; and of silence, after which a transaction is not said to go on.
_SERVED, _LASTING, _SILENT = 30.0, 600.0, 60.0
_HEARTBEATS = 2  # times the least wait, in which the session of a leader that works says something
_OF_ELECTIONS = ("transactionid", "tuple", "relation")  # kinds of locks by which others than advisory ones elect


def may_lead(snapshot: Snapshot, holder: Session, min_waiters: int, among: Collection[Key] | None = None) -> str:
    """Why a holder may be the elected leader of those that wait for its advisory lock; empty where it is none.
    ``among``: those that its end would free, so few of which may wait for something else that they are no queue; for
    what it has written, one request is enough.

    A leader writes, too, and its transactions fail: that tells it from a request only where the statements show a lock
    that ends with the transaction, and this does not go on for longer than requests wait, or connections wait that have
    served others before. A failed transaction has given back its locks, but for those of before a savepoint."""
    if not holder.idle_in_transaction:
        return ""
    worked = holder.has_written or holder.aborted
    waiters = snapshot.forest.waiting_for(holder.key)
    others = sum(not _takes_turns(snapshot, waiter) for waiter in waiters)
    enough = 1 if worked else MIN_WAITERS
    if others == len(waiters) or (others and (among is None or _beside(snapshot, holder, among) >= enough)):
        return ""
    texts = [holder.query, *(who.query for who in map(snapshot.who, waiters) if isinstance(who, Session))]
    until_commit = any(map(locks_until_commit, texts))
    if not until_commit:
        return "" if worked and _of_a_pool(snapshot, waiters, texts) else _LEADER
    lasting = [snapshot.seconds_waiting(waiter) >= _LASTING for waiter in waiters] if not holder.aborted else []
    goes_on = holder.seconds_in_state(snapshot.now) < _SILENT and (_nearly_all(lasting) or min(lasting, default=False))
    how = "continues, though they have waited for ten minutes" if worked else "has written nothing"
    few = _are_few(snapshot, holder.key, min_waiters)
    return _LEADER_IN_TRANSACTION.format(how=how) if few and (goes_on or not worked) else ""


def _of_a_pool(snapshot: Snapshot, waiters: Iterable[Key], texts: Iterable[str]) -> bool:
    """Whether requests wait for an advisory lock: connections that have served others before, and have not waited for
    as long as standbys do. Not where a statement shows that the lock ends with the session."""
    lately = [key for key in waiters if _takes_turns(snapshot, key) and snapshot.seconds_waiting(key) < _LASTING]
    served = sum(isinstance(who, Session) and _has_served(who) for who in map(snapshot.who, lately))
    return served >= MIN_WAITERS and not any(map(locks_until_disconnect, texts))


def _are_few(snapshot: Snapshot, key: Key, min_waiters: int) -> bool:
    """Whether so few wait for an advisory lock that they may be the standbys of an election."""
    return len(snapshot.forest.behind([key])) < MANY * min_waiters


def standbys(snapshot: Snapshot) -> set[Key]:
    """Those that wait for what may be the elected leader by an advisory lock, and for nothing else, if none waits for
    them. Such a wait goes on for weeks, also where the leader's driver has begun a transaction for it."""
    forest = snapshot.forest
    holds = {key for tag, owners in forest.waits.held_by.items() if tag[0] == "advisory" for key in owners}
    leaders = [
        key
        for key in forest.root_blockers
        for holder in [snapshot.who(key)]
        if key in holds and isinstance(holder, Session) and may_lead(snapshot, holder, MIN_WAITERS)
        if _are_few(snapshot, key, MIN_WAITERS) and forest.behind([key]) <= set(forest.waiting_for(key))
    ]
    return forest.behind(leaders) - forest.still_blocked(leaders) if leaders else set()


def why_lead(snapshot: Snapshot, holder: Session, min_waiting: float = 30.0) -> str:
    """Why a session idle in transaction may be the elected leader of those that wait for it; empty where it is none."""
    waiters = snapshot.forest.waiting_for(holder.key)
    leads = may_lead(snapshot, holder, MIN_WAITERS) if waiters else ""
    return leads or why_lead_by_row(snapshot, holder, waiters, min_waiting)


def why_lead_by_row(
    snapshot: Snapshot, holder: Session, waiters: Collection[Key], min_waiting: float, least: int = MIN_WAITERS
) -> str:
    """Why a session may be the elected leader of those that wait for its row or table; empty where it is none.
    ``least``: so many waiters make a queue."""
    if len(waiters) < least and leads_by_row(holder, map(snapshot.who, waiters)):
        return BY_ROW
    members = _members(snapshot, holder, min_waiting)
    if not members or _is_queue(snapshot, holder, members, min_waiting):
        return ""
    if _only_locks(without_literals(members[0].query)):
        how = _how_they_wait(snapshot, [holder, *members])
        return _OF_ONE_KIND.format(that=" that only takes the lock", how=how)
    works = "it is active" if _is_at_work(snapshot, holder, min_waiting) else "each has waited for ten minutes"
    return _OF_ONE_KIND.format(that="", how=works)


def _how_they_wait(snapshot: Snapshot, members: Sequence[Session]) -> str:
    """What speaks for an election: see `_is_queue`."""
    if not any(map(_has_served, members[1:])):
        return "have done nothing else since they connected"
    if snapshot.held_for(members[0].key) >= _LASTING:
        return f"its lock has been held for {span(snapshot.held_for(members[0].key))}"
    few = max(Counter(session.client for session in members).values()) < MIN_WAITERS
    return "few of them are of one client" if few else "few of them have served requests before"


def with_elections(snapshot: Snapshot, min_waiting: float) -> Snapshot:
    """The same, with those that wait by design for the elected leader by a row or a table, and with the holders of
    advisory locks behind which requests pile up.

    Its transaction is old and goes on, and each of the standbys waits since it connected, for as long as requests do
    not, see `_stand_by`. Elsewhere a person decides, see `why_lead_by_row`.
    """
    elections: dict[Key, frozenset[Key]] = {}
    for key in _sole_holders(snapshot):
        holder = snapshot.sessions.get(key) if isinstance(key, int) else None
        if holder is None or not _goes_on(snapshot, holder, min_waiting):
            continue
        members = _members(snapshot, holder, min_waiting)
        if members and not any(map(_has_served, members)) and _stand_by(snapshot, holder, members, min_waiting):
            elections.update((member.key, frozenset([key])) for member in members)
    mutexes = _mutexes(snapshot, min_waiting)
    return replace(snapshot, elections=elections, mutexes=mutexes) if elections or mutexes else snapshot


def _stand_by(snapshot: Snapshot, holder: Session, members: Sequence[Session], min_waiting: float) -> bool:
    """Whether they wait by design: for ten minutes, as no request does. Requests on new connections do nothing else
    either, and none comes lately where the workers are used up. Where they only take the lock, nearly all is enough;
    and of few with a name, that one does, their leader has led for so long, or they came when it did."""
    ages = [snapshot.seconds_waiting(member.key) for member in members]
    least, led = max(min_waiting, _LASTING), lasts(snapshot, holder)
    if min(ages) >= least:
        return True
    if min(ages) < min_waiting or not _only_locks(without_literals(members[0].query)):
        return False
    if len(members) > MANY * MIN_WAITERS or not holder.application:
        return _nearly_all([age >= least for age in ages])
    return max(led, *ages) >= least or min(ages) >= led - _SERVED


def _mutexes(snapshot: Snapshot, min_waiting: float) -> frozenset[Key]:
    """Sessions whose transaction is old and has an advisory lock that requests take one after the other.

    So many wait for it that they are a queue, and a statement shows that the lock ends with the transaction; or none
    shows which lock it is, and connections wait that have served others before. Fewer are enough where such connections
    wait for a transaction whose statement has run for long. They are an election all the same where nearly all have
    waited for ten minutes, and the transaction says something from time to time. Nor do those pile up that wait since
    they connected for one who maintains or changes a definition, as the migration does that the first of several new
    replicas runs."""
    waits = snapshot.forest.waits
    queues: dict[Tag, list[Key]] = {}
    for waiter, locks in waits.waits.items():
        for lock in locks:
            if lock.kind == "advisory":
                queues.setdefault(lock.tag, []).append(waiter)
    mutexes: set[Key] = set()
    for tag, queue in queues.items():
        holders = waits.held_by.get(tag, set()) - waits.waits.keys()
        if len(queue) >= MIN_WAITERS and holders:
            mutexes.update(_of_requests(snapshot, holders, queue, min_waiting))
    return frozenset(mutexes)


def _of_requests(
    snapshot: Snapshot, holders: Collection[Key], queue: Collection[Key], min_waiting: float
) -> Iterable[Key]:
    """Those of the holders of an advisory lock for which requests wait."""
    members = [who for who in map(snapshot.who, queue) if isinstance(who, Session)]
    texts = {member.query for member in members}
    until_commit = any(map(locks_until_commit, texts))
    until_disconnect = any(map(locks_until_disconnect, texts))
    served, many = sum(map(_has_served, members)), len(members) >= MANY * MIN_WAITERS
    lasting = _nearly_all([snapshot.seconds_waiting(waiter) >= _LASTING for waiter in queue])
    for key in holders:
        holder = snapshot.sessions.get(key) if isinstance(key, int) else None
        if holder is None or holder.backend_type != CLIENT or lasts(snapshot, holder) < min_waiting:
            continue
        if not (until_commit or locks_until_commit(holder.query)):
            if many and served >= MIN_WAITERS and not until_disconnect and not locks_until_disconnect(holder.query):
                yield key
            continue
        works = holder.state == "active" and holder.seconds_in_state(snapshot.now) >= min_waiting
        if not served and snapshot.can_wait(key):
            continue
        elects = lasting and _is_at_work(snapshot, holder, min_waiting)
        if (works and served >= MIN_WAITERS) or (many and not elects):
            yield key


def _nearly_all(marks: Sequence[bool]) -> bool:
    """Whether a queue's worth of them is true, and so few are not that these may be standbys that were restarted."""
    others = marks.count(False)
    return len(marks) - others >= MIN_WAITERS and others < min(MIN_WAITERS, len(marks) - others)


def why_mutex(snapshot: Snapshot, holder: Session, waiters: Collection[Key], min_waiting: float) -> str:
    """Why the holder of an advisory lock that requests take one after the other may be no stuck one: it is not idle.
    Empty where it is, or so many requests wait for something else that it has, or behind those, that they would be
    enough without the others: what speaks against its end does not become less by one more that waits."""
    if holder.key not in snapshot.mutexes or snapshot.held_for(holder.key) >= min_waiting:
        return ""
    return _MUTEX if _beside(snapshot, holder, waiters) < MIN_WAITERS else ""


def _beside(snapshot: Snapshot, holder: Session, waiters: Collection[Key]) -> int:
    """How many of the waiters are requests that want something else of a holder than an advisory lock, or wait
    behind those that do."""
    others = [waiter for waiter in snapshot.forest.waiting_for(holder.key) if not _takes_turns(snapshot, waiter)]
    blocked = {*others, *snapshot.forest.behind(others)} if others else set()
    return sum(not (_takes_turns(snapshot, key) or snapshot.can_wait(key)) for key in blocked.intersection(waiters))


def _takes_turns(snapshot: Snapshot, key: Key) -> bool:
    """Whether a session waits for an advisory lock and nothing else."""
    return all(lock.kind == "advisory" for lock in snapshot.forest.waits.waits[key])


def _sole_holders(snapshot: Snapshot) -> set[Key]:
    """Who alone holds a row or a table that a statement waits for which takes nothing but such a lock, or any for ten
    minutes."""
    waits, sessions = snapshot.forest.waits, snapshot.sessions
    tags = {
        lock.tag
        for key, locks in waits.waits.items()
        if isinstance(key, int)
        and key in sessions
        and (
            snapshot.seconds_waiting(key) >= _LASTING
            or (_LOCKS.match(sessions[key].query) and _only_locks(without_literals(sessions[key].query)))
        )
        for lock in locks
        if lock.kind in ("transactionid", "relation")
    }
    holders = [waits.held_by.get(tag, set()) for tag in tags]
    return {key for each in holders if len(each) == 1 for key in each}.intersection(snapshot.forest.root_blockers)


def _goes_on(snapshot: Snapshot, holder: Session, min_waiting: float) -> bool:
    """Whether a session has led since it connected, and says something from time to time: a hung request is silent, and
    the statement of one that works too long goes on."""
    return _is_at_work(snapshot, holder, min_waiting) and _since_it_connected(holder)


def lasts(snapshot: Snapshot, holder: Session) -> float:
    """Seconds for which its transaction has gone on."""
    return (snapshot.now - holder.xact_start).total_seconds() if holder.xact_start else 0.0


def _since_it_connected(holder: Session) -> bool:
    """Whether the transaction of a session is the first thing that it did, as far as times show."""
    begun, first = holder.backend_start, holder.xact_start
    return begun is not None and first is not None and (first - begun).total_seconds() < _SERVED


def _is_at_work(snapshot: Snapshot, holder: Session, min_waiting: float) -> bool:
    """Whether a transaction that is old has begun or ended a statement lately."""
    return holder.seconds_in_state(snapshot.now) < min_waiting <= lasts(snapshot, holder)


def _members(snapshot: Snapshot, holder: Session, min_waiting: float) -> list[Session]:
    """Those that wait for a holder, if all of them are of its application, and run one statement. Empty where they are
    none, or where requests behind a stuck transaction are more likely.

    Of a statement that only takes a lock of rows or of a table: the holder has done something since and is silent. Of
    any other: they have served requests, or it has not begun a statement lately; if it is silent since that statement,
    or its present one goes on, all have waited for ten minutes."""
    if holder.backend_type != CLIENT or holder.aborted or holder.xact_start is None:
        return []
    waits = snapshot.forest.waits
    if holder.key in waits.waits:
        return []
    behind = snapshot.forest.behind([holder.key])
    who = [snapshot.sessions.get(key) for key in behind if isinstance(key, int)]
    members = [session for session in who if session is not None]
    texts = {without_literals(session.query) for session in members}
    if len(members) < len(behind) or len(texts) != 1:
        return []
    if any(_application(member) != _application(holder) or member.backend_type != CLIENT for member in members):
        return []
    locks = [lock for key in behind for lock in waits.waits[key]]
    if any(lock.kind == "relation" and holder.key not in waits.held_alike.get(lock.tag, ()) for lock in locks):
        return []  # it holds the table for something else
    if any(lock.kind not in _OF_ELECTIONS for lock in locks):
        return []
    if not _only_locks(*texts):
        return members if _may_share_a_lease(snapshot, holder, members, min_waiting) else []
    silent = holder.idle_in_transaction and holder.seconds_in_state(snapshot.now) >= _HEARTBEATS * min_waiting
    return [] if silent and without_literals(holder.query) not in texts else members


def _may_share_a_lease(snapshot: Snapshot, holder: Session, members: Sequence[Session], min_waiting: float) -> bool:
    if any(map(_has_served, members)):
        return False
    if _is_at_work(snapshot, holder, min_waiting):
        return True
    alike = holder.state == "active" or without_literals(holder.query) == without_literals(members[0].query)
    lasting = all(snapshot.seconds_waiting(member.key) >= _LASTING for member in members)
    return alike and lasting and _since_it_connected(holder)


def try_again(looks: Sequence[Snapshot], key: Key, min_waiting: float) -> bool:
    """Whether those that wait for a session, fail and come back may be the standbys of an active elected leader.

    They are few, of its application, whose sessions are few as well, and run one statement that only takes the lock; or
    any one, where it has led since it connected, for ten minutes. ``looks``: in which its transaction is the same.
    """
    last = looks[-1]
    holder = last.sessions.get(key) if isinstance(key, int) else None
    if holder is None or holder.backend_type != CLIENT or holder.aborted:
        return False
    if holder.seconds_in_state(last.now) >= min_waiting or lasts(last, holder) < min_waiting:
        return False
    members = [look.who(waiter) for look in looks for waiter in look.forest.behind([key])]
    own = _application(holder)
    sessions = [member for member in members if isinstance(member, Session) and _application(member) == own]
    texts = {without_literals(session.query) for session in sessions}
    if not members or len(sessions) < len(members) or len(texts) != 1:
        return False
    most = max(sum(_application(session) == own for session in look.sessions.values()) for look in looks)
    if most > MANY * MIN_WAITERS:
        return False
    return _only_locks(*texts) or (lasts(last, holder) >= _LASTING and _since_it_connected(holder))


def _only_locks(text: str) -> bool:
    """Whether a message of a client is one statement that only takes a lock; ``text``: without literals."""
    return bool(_ONLY_LOCKS.search(text)) and ";" not in text.rstrip("; ")


def _application(session: Session) -> tuple[str, str, str]:
    return session.user, session.database, family_of(name_and_host(session.application)[0])


def _is_queue(snapshot: Snapshot, holder: Session, members: Collection[Session], min_waiting: float) -> bool:
    """Whether waiters are requests that pile up: several of one client, whose connections have served others before, or
    many that came lately. An election has one member in each process, and goes on for long."""
    if any(session.pooler for session in (holder, *members)) or snapshot.held_for(holder.key) >= _LASTING:
        return False
    if max(Counter(session.client for session in (holder, *members)).values()) < MIN_WAITERS:
        return False
    ages = {member.key: snapshot.seconds_waiting(member.key) for member in members}
    late = [member for member in members if min_waiting <= ages[member.key] < _LASTING]
    came = sum(age < min_waiting for age in ages.values())
    return sum(map(_has_served, late)) >= MIN_WAITERS or (bool(late) and came >= MANY * MIN_WAITERS)


def _has_served(session: Session) -> bool:
    """Whether a session that waits has done something else before, as far as the age of its connection shows."""
    begun, asked = session.backend_start, session.query_start
    return begun is not None and asked is not None and (asked - begun).total_seconds() >= _SERVED


def leads_by_row(holder: Session, waiters: Iterable[Holder]) -> bool:
    """Whether a session and its waiters ran one statement that only takes a lock, as those of an election by a row or a
    table do."""
    return _only_locks(without_literals(holder.query)) and takes_its_turn(holder, waiters)


def takes_its_turn(holder: Session, waiters: Iterable[Holder]) -> bool:
    """Whether a session has been idle since a statement that takes the lock, which one of its waiters runs too."""
    taken = without_literals(holder.query)
    if not holder.idle_in_transaction or holder.aborted or not _TAKES.search(taken):
        return False
    return any(isinstance(waiter, Session) and without_literals(waiter.query) == taken for waiter in waiters)
