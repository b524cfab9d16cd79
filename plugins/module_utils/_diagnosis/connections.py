# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""No connection is left: which connection limit is reached, why, and the mitigation that harms least. Pure.

Used-up slots are a symptom. Behind a lock they fill with waiters, and terminating idle sessions would only make room
for more of them. A pool that leaks fills them with idle sessions, forgotten COMMITs with sessions idle in transaction,
traffic with active sessions. Each cause has a mitigation of its own; they are checked in that order.
"""

from __future__ import annotations

import re
from typing import Mapping, Sequence

from .._compose.project_report import ServiceReport
from .._postgres.activity_report import ActivityReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.background.pgbouncer import ClientConnections, PoolerReport, PoolReport, paused
from .._postgres.connection_limits import SLOTS, ApplicationReport, ConnectionLimitReport, fair_level, why_no_leak
from .cause import Cause, Detail, Diagnosis, RoleSetting, Rules, diagnosis, idle_transaction_settings, server_causes

LOCKS, DEAD_CLIENTS, LEAK, FULL_POOL, IDLE_IN_TRANSACTION, POOLER, POOLER_PAUSED, POOLER_FULL, TRAFFIC = (
    "lock_queue", "dead_clients", "leak", "full_pool", "idle_in_transaction", "pooler", "pooler_paused",
    "pooler_full", "traffic",
)  # fmt: skip
NEAR = 0.1  # share of a connection limit: with less free it counts as reached
_QUEUE = 0.25  # share of the used slots that wait for locks
_IDLE_SHARE = 0.25  # share of the used slots that are idle in transaction
_NO_BACKGROUND: BackgroundReport = {"findings": []}
_NO_CLIENTS: ClientConnections = {"used": 0, "limit": 0}
_NO_POOLER: PoolerReport = {"reachable": False, "why": "not asked for"}
# The address of a pooler does not identify the client behind it.
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
    """``idle`` and ``idle_in_transaction``: seconds from which a session counts as leaked, or its transaction as
    forgotten.

    ``services``: of compose_info, where a compose project uses the database. ``floor``: sessions that each application
    keeps.
    """
    connection_limits = activity["connections"]["connection_limits"]
    hit = [
        connection_limit
        for connection_limit in connection_limits
        if connection_limit["free"] <= NEAR * connection_limit["limit"]
    ]
    background = activity.get("background") or _NO_BACKGROUND
    pooler = background.get("pooler") or _NO_POOLER
    pools = [pool for pool in pooler.get("pools", []) if pool["exhausted"]]
    worst = max(connection_limits, key=lambda connection_limit: connection_limit["used"] / connection_limit["limit"])
    lines = [_line(connection_limit) for connection_limit in (hit or [worst])]
    if activity["server"]["login_path"] != "normal":
        lines.append(
            f"an ordinary login was refused: these facts were read through the {activity['server']['login_path']}"
            " login path"
        )
    causes = [cause for cause in server_causes(activity) if cause.weight > 1]
    causes += _dead_clients(background, worst) if hit else []
    for connection_limit in hit:
        causes += _limit_causes(
            connection_limit,
            activity,
            idle,
            idle_in_transaction,
            share,
            headroom,
            shares,
            services=services or {},
            floor=floor,
        )
    if not hit:  # a pool that gets no slot is a consequence of what fills the slots
        causes += [_pool(pool, activity) for pool in pools]
    causes += _pooler(pooler, bool(hit))
    if not hit and not causes:
        lines.append(f"no connection limit is reached: {worst['free']} of {worst['limit']} are free")
    causes.sort(key=lambda cause: -cause.weight)
    advice = [
        *(cause.detail["advice"] for cause in causes if "advice" in cause.detail),
        *_findings(background),
        *_pool_sizes(worst, headroom),
    ]
    return diagnosis(causes, lines, advice, _role_settings(causes, idle_in_transaction))


def _line(connection_limit: ConnectionLimitReport) -> str:
    what = {"max_connections": "slots for ordinary roles", "role": f"the limit of role {connection_limit['name']}"}
    name = what.get(connection_limit["kind"], f"the limit of database {connection_limit['name']}")
    largest = ", ".join(
        f"{application['name']} {application['sessions']}" for application in connection_limit["applications"][:4]
    )
    return f"{connection_limit['used']} of {connection_limit['limit']} ({name}) are used: {largest}"


def _limit_causes(
    connection_limit: ConnectionLimitReport,
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
    """What fills one connection limit. The weight of a cause is the share of the limit that it explains."""
    applications, used = connection_limit["applications"], max(1, connection_limit["used"])
    causes = []
    waiting = sum(application["waiting"] for application in applications)
    if waiting >= 2 and waiting >= _QUEUE * used:
        text = f"{waiting} of {used} sessions wait for locks, the longest for {activity['longest_wait']:g} s"
        # The queue explains the slots that its waiters use: it comes before idle sessions beside it.
        causes.append(Cause(LOCKS, 2 + waiting / used, (text, *activity["tree"][1:4]), "unblock_sessions"))
    level = min(
        fair_level(
            [application["sessions"] for application in applications], int(connection_limit["limit"] * (1 - headroom))
        ),
        int(connection_limit["limit"] * share),
    )
    for application in applications:
        own_share = max(floor, shares.get(application["application"], level))
        old = sum(seconds >= idle for seconds in application["idle_seconds"])
        excess = min(old, application["sessions"] - own_share)
        others = [
            sum(seconds >= idle for seconds in other["idle_seconds"])
            for other in applications
            if other is not application
        ]
        sound = why_no_leak(connection_limit["kind"], old, others, application["pooled"]) if excess > 0 else ""
        sound = "" if application["application"] in shares else sound
        if sound:
            causes.append(_full_pool(connection_limit, application, old, sound))
        elif excess > 0:
            oldest = application["idle_seconds"][0]
            text = (
                f"{application['name']} holds {application['sessions']} of {connection_limit['limit']}, its share"
                f" is {own_share}; {old} of"
                f" them have been idle for {idle:g} s or longer, the oldest for {oldest} s: it leaks"
            )
            service = _service_of(application, services)
            if service:
                text += f" from service {service}: all of its addresses are of that service's containers"
            # A limit of a role is advised only where no other application of the server uses the role.
            on_server = activity["connections"]["connection_limits"][0]["applications"]
            alone = (
                connection_limit["kind"] == SLOTS
                and sum(other["role"] == application["role"] for other in on_server) == 1
            )
            detail: Detail = {
                "application": application["application"],
                "role": application["role"],
                "share": own_share,
                "alone": alone,
            }
            detail["service"] = service
            causes.append(Cause(LEAK, excess / used, (text,), "end_sessions", {"idle": idle}, detail))
    # Most transactions are idle for a moment between two statements; those are work.
    old_ones = [
        (application["role"], sum(seconds >= forgotten for seconds in application["idle_in_transaction_seconds"]))
        for application in applications
    ]
    still = sum(number for dummy, number in old_ones)
    if still and still >= _IDLE_SHARE * used:
        roles = sorted({role for role, number in old_ones if number})
        text = f"{still} of {used} sessions are idle in transaction for {forgotten:g} s or longer"
        rules: Rules = {"idle_in_transaction": forgotten}
        causes.append(Cause(IDLE_IN_TRANSACTION, still / used, (text,), "end_sessions", rules, {"roles": roles}))
    active = sum(application["active"] for application in applications) - waiting
    if active >= 0.5 * used:
        text = f"{active} of {used} sessions are active: this is traffic, and terminating it would lose work"
        causes.append(Cause(TRAFFIC, 0.1 + active / used / 10, (text,)))
    return causes


def _full_pool(connection_limit: ConnectionLimitReport, application: ApplicationReport, idle: int, sound: str) -> Cause:
    """A pool over its share that does not leak: it is reported, and no session is terminated for it."""
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
        return ""  # the client of some is not known
    senders = set().union(*(owners.get(address, {""}) if address else {""} for address in application["clients"]))
    return senders.pop() if len(senders) == 1 else ""


def _dead_clients(background: BackgroundReport, connection_limit: ConnectionLimitReport) -> list[Cause]:
    gone = background["processes"]["dead_clients"] if "processes" in background else []
    texts = (f"the clients of {len(gone)} are gone", *(f"{client['who']}: {client['reason']}" for client in gone[:4]))
    weight = 1 + len(gone) / max(1, connection_limit["used"])
    return [Cause(DEAD_CLIENTS, weight, texts, "end_sessions", {"dead_clients": list(gone)})] if gone else []


def _pool(pool: PoolReport, activity: ActivityReport) -> Cause:
    free = activity["connections"]["ordinary_free"]
    text = (
        f"the pool {pool['database']}/{pool['user']} of the pooler is used up: {pool['waiting']} clients wait,"
        f" {pool['active']} of {pool['size']} connections are in use, while PostgreSQL has {free} slots free"
    )
    more = pool["size"] + max(0, free // 2)
    advice = (
        f"the pooler's pool_size of {pool['database']}, now {pool['size']}, may be up to {more}: in pgbouncer.ini, then"
        " RELOAD on its console; no client is disconnected"
        if more > pool["size"]
        else f"the pooler's pool of {pool['database']} has no room to grow: PostgreSQL has {free} slots free"
    )
    return Cause(POOLER, 0.5, (text,), "", {}, {"raise_to": more, "advice": advice})


def _pooler(pooler: PoolerReport, hit: bool) -> list[Cause]:
    """What the pooler itself blocks. Where slots are used up it comes last, since a role can mitigate that."""
    weight = 0.05 if hit else 0.5
    causes = []
    for name, waiting in paused(pooler.get("pools", [])).items():
        text = f"database {name} is paused in the pooler: {waiting} clients wait until it is resumed"
        advice = f"one of the pooler's admin_users must resume it on its console: RESUME {name};"
        causes.append(Cause(POOLER_PAUSED, weight + 0.01, (text, advice), "", {}, {"advice": advice}))
    clients = pooler.get("client_connections") or _NO_CLIENTS
    limit, used = clients["limit"], clients["used"]
    if limit and limit - used <= NEAR * limit:
        text = f"{used} of {limit} clients are connected to the pooler (max_client_conn): it refuses those beyond"
        advice = (
            f"the administrator of the pooler can raise max_client_conn above {limit} in pgbouncer.ini, then RELOAD on"
            " its console; each client takes one of its file descriptors"
        )
        causes.append(Cause(POOLER_FULL, weight, (text, advice), "", {}, {"advice": advice}))
    return causes


def _role_settings(causes: Sequence[Cause], idle_in_transaction: float) -> list[RoleSetting]:
    """Role settings that would prevent the causes, for review."""
    role_settings: list[RoleSetting] = []
    for cause in causes:
        if cause.name == LEAK and cause.detail["role"] and cause.detail["alone"]:
            role_settings.append(
                {"role": cause.detail["role"], "setting": "connection_limit", "value": str(cause.detail["share"])}
            )
        if cause.name == IDLE_IN_TRANSACTION:
            role_settings += idle_transaction_settings(cause.detail["roles"], idle_in_transaction)
    return role_settings


def _pool_sizes(connection_limit: ConnectionLimitReport, headroom: float) -> list[str]:
    """Advice on pool sizes, from each application's clients and the most connections that one of them has open."""
    room = int(connection_limit["limit"] * (1 - headroom))
    clients = sum(len(application["clients"]) for application in connection_limit["applications"])
    asked = sum(
        len(application["clients"]) * max(application["clients"].values())
        for application in connection_limit["applications"]
        if application["clients"]
    )
    if not clients:
        return []
    pool_texts = [
        f"{application['name']}: {len(application['clients'])} clients with up to"
        f" {max(application['clients'].values())} connections each"
        for application in connection_limit["applications"][:4]
        if application["clients"]
    ]
    text = f"pools: at their largest they need {asked} of {connection_limit['limit']} ({'; '.join(pool_texts)})"
    if asked <= room:
        return [f"{text}: that fits and leaves {connection_limit['limit'] - asked}"]
    per_client = max(1, room // clients)
    return [
        f"{text}: more than the {room} that leave headroom. Give each client at most about {per_client}, or use a"
        " pooler;"
        " raising max_connections needs a restart (standbys first) and makes no query faster"
    ]


def _findings(background: BackgroundReport) -> list[str]:
    return list(background.get("findings", []))
