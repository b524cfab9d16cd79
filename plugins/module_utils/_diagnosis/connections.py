# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No more connections: which ceiling is hit, why, and what relieves it at the least harm. Pure.

Full slots are a symptom. Behind a lock they fill up with victims, and ending idle sessions would only let more of them
in; a leaking pool fills them with sessions that do nothing; forgotten transactions with those that hold something; true
traffic with work. Each has a relief of its own, and the causes are asked in that order.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from .._compose.project import ServiceReport
from .._postgres.activity_report import ActivityReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.background.pgbouncer import ClientConnections, PoolerReport, PoolReport, paused
from .._postgres.connection_limits import SLOTS, ApplicationReport, CeilingReport, fair_level, why_no_leak
from .cause import Cause, Detail, Diagnosis, RoleSetting, Rules, diagnosis, idle_transaction_guards, server_causes

LOCKS, VANISHED, LEAK, FULL_POOL, FORGOTTEN, POOLER, POOLER_PAUSED, POOLER_FULL, TRAFFIC = (
    "lock_queue", "dead_clients", "leak", "full_pool", "forgotten_transactions", "pooler", "pooler_paused",
    "pooler_full", "traffic",
)  # fmt: skip
NEAR = 0.1  # of a ceiling that is free, from which on it counts as hit
_QUEUE = 0.25  # of the used slots that wait for locks
_FORGOTTEN = 0.25  # of them idle in a transaction
_NO_BACKGROUND: BackgroundReport = {"findings": []}
_NO_CLIENTS: ClientConnections = {"used": 0, "limit": 0}
_NO_POOLER: PoolerReport = {"reachable": False, "why": "not asked for"}
# Whoever stands behind a pooler is not known by the pooler's address.
_POOLERS = re.compile("pgbouncer|pgpool|pgcat|odyssey|supavisor", re.I)


def diagnose_connections(
    activity: ActivityReport,
    idle: float,
    idle_in_transaction: float,
    share: float,
    headroom: float,
    shares: Mapping[str, int],
    *,
    services: Mapping[str, ServiceReport] | None = None,
    floor: int = 2,
) -> Diagnosis:
    """``idle`` and ``idle_in_transaction``: seconds from which a session counts as leaked, or forgotten.

    ``services``: of compose_info, where a project runs beside the database. ``floor``: sessions that each keeps.
    """
    connection_limits = activity["connections"]["connection_limits"]
    hit = [one for one in connection_limits if one["free"] <= NEAR * one["limit"]]
    background = activity.get("background") or _NO_BACKGROUND
    pooler = background.get("pooler") or _NO_POOLER
    pools = [one for one in pooler.get("pools", []) if one["exhausted"]]
    worst = max(connection_limits, key=lambda one: one["used"] / one["limit"])
    lines = [_line(one) for one in (hit or [worst])]
    if activity["server"]["entrance"] != "normal":
        lines.append(
            f"an ordinary login was refused: this look came in by the {activity['server']['entrance']} entrance"
        )
    causes = [one for one in server_causes(activity) if one.weight > 1]
    causes += _dead_clients(background, worst) if hit else []
    for one in hit:
        causes += _under(
            one, activity, idle, idle_in_transaction, share, headroom, shares, services=services or {}, floor=floor
        )
    if not hit:  # a pool that finds no slot is a victim of whatever fills them
        causes += [_pool(one, activity) for one in pools]
    causes += _pooler(pooler, bool(hit))
    if not hit and not causes:
        lines.append(f"no ceiling is hit: {worst['free']} of {worst['limit']} are free")
    causes.sort(key=lambda one: -one.weight)
    advice = [
        *(one.detail["advice"] for one in causes if "advice" in one.detail),
        *_pressing(background),
        *_pool_sizes(worst, headroom),
    ]
    return diagnosis(causes, lines, advice, _role_settings(causes, idle_in_transaction))


def _line(connection_limit: CeilingReport) -> str:
    what = {"max_connections": "slots for ordinary roles", "role": f"the limit of role {connection_limit['name']}"}
    name = what.get(connection_limit["kind"], f"the limit of database {connection_limit['name']}")
    largest = ", ".join(f"{one['name']} {one['sessions']}" for one in connection_limit["applications"][:4])
    return f"{connection_limit['used']} of {connection_limit['limit']} ({name}) are used: {largest}"


def _under(
    connection_limit: CeilingReport,
    activity: ActivityReport,
    idle: float,
    forgotten: float,
    share: float,
    headroom: float,
    shares: Mapping[str, int],
    *,
    services: Mapping[str, ServiceReport],
    floor: int,
) -> list[Cause]:
    """What fills one ceiling. The weight is the part of it that the cause accounts for."""
    applications, used = connection_limit["applications"], max(1, connection_limit["used"])
    found = []
    waiting = sum(one["waiting"] for one in applications)
    if waiting >= 2 and waiting >= _QUEUE * used:
        text = f"{waiting} of {used} sessions wait for locks, the longest for {activity['longest_wait']:g} s"
        # Whoever waits is not to blame for the slots: this comes before whatever idles beside the queue.
        found.append(Cause(LOCKS, 2 + waiting / used, (text, *activity["tree"][1:4]), "unblock_sessions"))
    level = min(
        fair_level([one["sessions"] for one in applications], int(connection_limit["limit"] * (1 - headroom))),
        int(connection_limit["limit"] * share),
    )
    for one in applications:
        mine = max(floor, shares.get(one["application"], level))
        old = sum(seconds >= idle for seconds in one["idle_seconds"])
        excess = min(old, one["sessions"] - mine)
        others = [sum(seconds >= idle for seconds in each["idle_seconds"]) for each in applications if each is not one]
        sound = why_no_leak(connection_limit["kind"], old, others, one["pooled"]) if excess > 0 else ""
        sound = "" if one["application"] in shares else sound
        if sound:
            found.append(_full_pool(connection_limit, one, old, sound))
        elif excess > 0:
            oldest = one["idle_seconds"][0]
            text = (
                f"{one['name']} holds {one['sessions']} of {connection_limit['limit']}, its share is {mine}; {old} of"
                f" them have been idle for {idle:g} s or longer, the oldest for {oldest} s: it leaks"
            )
            service = _service_of(one, services)
            if service:
                text += f" from service {service}: all of its addresses are of that service's containers"
            # Of a role that nobody else uses, on the whole server; a limit would hit the others too.
            everybody = activity["connections"]["connection_limits"][0]["applications"]
            alone = connection_limit["kind"] == SLOTS and sum(each["role"] == one["role"] for each in everybody) == 1
            detail: Detail = {"application": one["application"], "role": one["role"], "share": mine, "alone": alone}
            detail["service"] = service
            found.append(Cause(LEAK, excess / used, (text,), "end_sessions", {"idle": idle}, detail))
    # Most transactions are idle for a moment between two statements; those are work.
    old_ones = [
        (one["role"], sum(seconds >= forgotten for seconds in one["idle_in_transaction_seconds"]))
        for one in applications
    ]
    still = sum(number for dummy, number in old_ones)
    if still and still >= _FORGOTTEN * used:
        roles = sorted({role for role, number in old_ones if number})
        text = (
            f"{still} of {used} sessions sit in a transaction in which nothing has happened for {forgotten:g} s or"
            " longer"
        )
        rules: Rules = {"idle_in_transaction": forgotten}
        found.append(Cause(FORGOTTEN, still / used, (text,), "end_sessions", rules, {"roles": roles}))
    active = sum(one["active"] for one in applications) - waiting
    if active >= 0.5 * used:
        text = f"{active} of {used} sessions are at work: this is traffic, and ending it would be refused work"
        found.append(Cause(TRAFFIC, 0.1 + active / used / 10, (text,)))
    return found


def _full_pool(connection_limit: CeilingReport, application: ApplicationReport, idle: int, sound: str) -> Cause:
    """A pool over its share that does not leak: it is told, and no session is ended for it."""
    text = (
        f"{application['name']} holds {application['sessions']} of {connection_limit['limit']}, {idle} of them idle:"
        f" {sound}"
    )
    what = "max_connections" if connection_limit["kind"] == SLOTS else f"the limit of {connection_limit['kind']}"
    name = "" if connection_limit["kind"] == SLOTS else f" {connection_limit['name']}"
    advice = f"make the pool of {application['name']} smaller, or {what}{name} larger"
    return Cause(FULL_POOL, 0.05 + idle / max(1, connection_limit["used"]) / 100, (text,), "", {}, {"advice": advice})


def _service_of(application: ApplicationReport, services: Mapping[str, ServiceReport]) -> str:
    """The service that every client of an application is a container of; empty where a single one may be another's.

    A client of the host's own network, or behind the address of another host, is nobody's container here.
    """
    owners: dict[str, set[str]] = {}
    for name, service in services.items():
        pooled = _POOLERS.search(f"{name} {service['image']}")
        for container in service["containers"]:
            for address in container["networks"].values():
                owners.setdefault(address, set()).add("" if pooled else name)
    if sum(application["clients"].values()) != application["sessions"]:
        return ""  # not all of them are told
    found = set().union(*(owners.get(address, {""}) if address else {""} for address in application["clients"]))
    return found.pop() if len(found) == 1 else ""


def _dead_clients(background: BackgroundReport, connection_limit: CeilingReport) -> list[Cause]:
    gone = background["processes"]["dead_clients"] if "processes" in background else []
    texts = (f"the clients of {len(gone)} are gone", *(f"{one['who']}: {one['reason']}" for one in gone[:4]))
    weight = 1 + len(gone) / max(1, connection_limit["used"])
    return [Cause(VANISHED, weight, texts, "end_sessions", {"dead_clients": list(gone)})] if gone else []


def _pool(pool: PoolReport, activity: ActivityReport) -> Cause:
    free = activity["connections"]["ordinary_free"]
    text = (
        f"the pool {pool['database']}/{pool['user']} of the pooler is used up: {pool['waiting']} clients wait,"
        f" {pool['active']} of {pool['size']} connections are in use, while PostgreSQL has {free} slots free"
    )
    more = pool["size"] + max(0, free // 2)
    advice = (
        f"the pooler's pool_size of {pool['database']}, now {pool['size']}, may be up to {more}: in pgbouncer.ini, then"
        " RELOAD on its console; nobody is disconnected"
        if more > pool["size"]
        else f"the pooler's pool of {pool['database']} has no room to grow: PostgreSQL has {free} slots free"
    )
    return Cause(POOLER, 0.5, (text,), "", {}, {"raise_to": more, "advice": advice})


def _pooler(pooler: PoolerReport, hit: bool) -> list[Cause]:
    """What the pooler itself holds back. Behind full slots it comes last: relief there is what a role can do."""
    weight = 0.05 if hit else 0.5
    found = []
    for name, waiting in paused(pooler.get("pools", [])).items():
        text = f"database {name} is paused in the pooler: {waiting} clients wait for as long as it is"
        advice = f"one of the pooler's admin_users relieves it on its console: RESUME {name};"
        found.append(Cause(POOLER_PAUSED, weight + 0.01, (text, advice), "", {}, {"advice": advice}))
    clients = pooler.get("client_connections") or _NO_CLIENTS
    limit, used = clients["limit"], clients["used"]
    if limit and limit - used <= NEAR * limit:
        text = f"{used} of {limit} clients are connected to the pooler (max_client_conn): it refuses those beyond"
        advice = (
            f"whoever runs the pooler relieves it: max_client_conn above {limit} in pgbouncer.ini, then RELOAD on its"
            " console; each client takes a file descriptor of it"
        )
        found.append(Cause(POOLER_FULL, weight, (text, advice), "", {}, {"advice": advice}))
    return found


def _role_settings(causes: Sequence[Cause], idle_in_transaction: float) -> list[RoleSetting]:
    """What would keep it from coming back, for review."""
    role_settings: list[RoleSetting] = []
    for one in causes:
        if one.name == LEAK and one.detail["role"] and one.detail["alone"]:
            role_settings.append(
                {"role": one.detail["role"], "setting": "connection_limit", "value": str(one.detail["share"])}
            )
        if one.name == FORGOTTEN:
            role_settings += idle_transaction_guards(one.detail["roles"], idle_in_transaction)
    return role_settings


def _pool_sizes(connection_limit: CeilingReport, headroom: float) -> list[str]:
    """What pools may be, by what runs: each application's clients, and the most that one of them has open."""
    room = int(connection_limit["limit"] * (1 - headroom))
    clients = sum(len(one["clients"]) for one in connection_limit["applications"])
    asked = sum(
        len(one["clients"]) * max(one["clients"].values()) for one in connection_limit["applications"] if one["clients"]
    )
    if not clients:
        return []
    said = [
        f"{one['name']}: {len(one['clients'])} clients with up to {max(one['clients'].values())} connections each"
        for one in connection_limit["applications"][:4]
        if one["clients"]
    ]
    text = f"pools: at their largest they ask for {asked} of {connection_limit['limit']} ({'; '.join(said)})"
    if asked <= room:
        return [f"{text}: that fits, with {connection_limit['limit'] - asked} to spare"]
    each = max(1, room // clients)
    return [
        f"{text}: more than the {room} that leave room. Give each client about {each} at most, or put a pooler between;"
        " raising max_connections takes a restart (standbys first) and helps no query to run faster"
    ]


def _pressing(background: BackgroundReport) -> list[str]:
    return list(background.get("findings", []))
