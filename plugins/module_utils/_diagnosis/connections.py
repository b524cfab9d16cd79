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
from .._core.text import counted
from .._logs.records import LogReport
from .._postgres.activity_report import ActivityReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.background.pgbouncer import ClientConnections, PoolerReport, PoolReport, paused
from .._postgres.connection_limits import (
    MAY_RENEW,
    SLOTS,
    ApplicationReport,
    ConnectionLimitReport,
    fair_level,
    why_no_leak,
    why_unclear,
)
from .._postgres.excess.excess_plan import IDLE, EndDict
from .._postgres.excess.handed_over import out_of_reach
from .._postgres.sql_text import plain_identifier
from .cause import (
    Cause,
    Detail,
    Diagnosis,
    IdleTransactionLimit,
    RoleSetting,
    diagnosis,
    ended_by,
    server_causes,
    unseen,
    why_out_of_reach,
)
from .client_pool import client_pools, logged_pools
from .errors.refused_logins import POOLER, POOLER_FULL, logged_refusals, own_refusal, refused_by
from .growing_pool import FULL_POOL, LEAK, FullPool, full_pools, growing_pools, why_held
from .queued_slots import KEEPALIVES, closed_limits, login_causes, queue_causes, stalled_causes, without_cause

DEAD_CLIENTS, IDLE_IN_TRANSACTION, POOLER_PAUSED, TRAFFIC = (
    "dead_clients", "idle_in_transaction", "pooler_paused", "traffic",
)  # fmt: skip
NEAR = 0.1  # share of a connection limit: with less free it counts as reached
_IDLE_SHARE = 0.25  # share of the used slots that are idle in transaction
_NO_BACKGROUND: BackgroundReport = {"findings": []}
_NO_CLIENTS: ClientConnections = {"used": 0, "limit": 0}
_NO_POOLER: PoolerReport = {"reachable": False, "why": "not requested"}
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
    plan: EndDict,
    services: Mapping[str, ServiceReport] | None = None,
    floor: int = 2,
    log: LogReport | None = None,
) -> Diagnosis:
    """``plan``: to end sessions, by rules of these numbers, from the look that gave the facts. ``idle`` and
    ``idle_in_transaction``: seconds from which a session counts as leaked, or its transaction as forgotten.

    ``services``: of compose_info, where a compose project uses the database, and ``log``: what they log about their
    pools. ``floor``: sessions that each application keeps.
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
    refused = refused_by(activity) == SLOTS
    refusals = own_refusal(activity)
    logged = logged_refusals(activity, log, pooler)
    lines += [*refusals.lines, *logged.lines]
    causes = [cause for cause in server_causes(activity) if cause.weight > 1]
    causes += login_causes(activity, refused)
    causes += _dead_clients(background, worst, plan) if hit else []
    own_limits: list[Cause] = []
    for connection_limit in hit:
        found = _limit_causes(
            connection_limit,
            activity,
            idle,
            idle_in_transaction,
            share,
            headroom,
            shares,
            plan=plan,
            services=services or {},
            floor=floor,
            refused=refused,
        )
        # A pool that fills the limit of its own role or database is as large as it was made: reported, no incident.
        own_limits += [
            cause
            for cause in found
            if cause.name == FULL_POOL and connection_limit["kind"] != SLOTS and not cause.needs_approval
        ]
        causes += [cause for cause in found if cause not in own_limits]
        if not found and not causes:
            line, reached = without_cause(connection_limit, activity, refused)
            lines.append(line)
            causes += reached if connection_limit["kind"] == SLOTS else []
    lines += [text for cause in own_limits for text in cause.evidence]
    if not hit:  # a pool that gets no slot is a consequence of what fills the slots
        causes += [_pool(pool, activity) for pool in pools]
        own = client_pools(activity, idle_in_transaction, log)
        causes += [ended_by(cause, plan, IDLE_IN_TRANSACTION, [family]) for cause, family in own]
        causes += [] if own else logged_pools(activity, log)
    causes += [*_pooler(pooler, bool(hit)), *refusals.causes, *logged.causes]
    if not hit and not causes:
        lines.append(f"no connection limit is reached: {worst['free']} of {worst['limit']} are free")
        lines += _late_elsewhere(activity)
        lines += closed_limits(activity)
        lines += [why_out_of_reach(beyond)] if (beyond := out_of_reach(plan)) else []
    causes.sort(key=lambda cause: -cause.weight)
    roles = [role for cause in causes if cause.name == IDLE_IN_TRANSACTION for role in cause.detail.get("roles", ())]
    limit = IdleTransactionLimit(idle_in_transaction, activity, plan)
    advice = [
        *(cause.detail["advice"] for cause in (*causes, *own_limits) if "advice" in cause.detail),
        *_findings(background),
        *limit.advice(roles),
        *(text for connection_limit in (hit or [worst]) for text in _pool_sizes(connection_limit, headroom)),
    ]
    role_settings = [*_connection_limits(causes), *limit.settings(roles)]
    return diagnosis(causes, lines, advice, role_settings, plan=plan, unread=unseen(activity))


def _late_elsewhere(activity: ActivityReport) -> list[str]:
    """A lock queue is an incident of its own, also where it fills no limit."""
    late = activity["long_waiters"]
    return (
        [f"{counted(late, 'session waits', 'sessions wait')} too long for locks: run playbooks/db_lock_contention.yml"]
        if late
        else []
    )


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
    plan: EndDict,
    services: Mapping[str, ServiceReport],
    floor: int,
    refused: bool,
) -> list[Cause]:
    """What fills one connection limit. The weight of a cause is the share of the limit that it explains."""
    applications, used = connection_limit["applications"], max(1, connection_limit["used"])
    causes = queue_causes(connection_limit, activity)
    full: list[FullPool] = []
    level = min(
        fair_level(
            [application["sessions"] for application in applications], int(connection_limit["limit"] * (1 - headroom))
        ),
        int(connection_limit["limit"] * share),
    )
    for application in applications:
        own_share = max(floor, shares.get(application["application"], level))
        given = application["application"] in shares
        unused = application["idle_seconds"] if given else application["unused_seconds"]
        old = sum(seconds >= idle for seconds in unused)
        idle_long = sum(seconds >= idle for seconds in application["idle_seconds"])
        excess = application["sessions"] - own_share
        others = [other["sessions"] for other in applications if other is not application]
        size = (
            connection_limit["kind"],
            application["sessions"],
            others,
            application["pooled"],
            application["pools"],
            application["stopped"],
        )
        sound, unclear = why_no_leak(*size), why_unclear(*size, application["one_by_one"]) if old else ""
        if old and not sound and application["may_renew"]:
            sound = unclear = MAY_RENEW
        if excess > 0 and idle_long and not old:
            sound = sound or "they were used for longer than they have been idle, as sessions of a pool are"
        if sound and excess > 0 and idle_long and not given:
            full.append(FullPool(application, unclear or sound, bool(unclear)))
        elif excess > 0 and old:
            ask = "" if given else why_held(connection_limit, application, idle, refused)
            text = (
                f"{application['name']} holds {application['sessions']} of {connection_limit['limit']}, its share"
                f" is {own_share}; {old} of"
                f" them have been idle for {idle:g} s or longer, the oldest for {unused[0]} s: it"
                f" {'may leak' if ask else 'leaks'} connections"
            )
            service = _service_of(application, services)
            if service:
                text += f"; all of its client addresses belong to containers of the service {service}"
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
            leak = Cause(LEAK, min(old, excess) / used, (text,), detail=detail, needs_approval=ask)
            causes.append(ended_by(leak, plan, IDLE, [application["family"]]))
    everywhere = activity["connections"]["connection_limits"][0]["applications"]
    causes += [full_pools(connection_limit, full, headroom, plan, everywhere)] if full else []
    causes += growing_pools(connection_limit, [pool.application for pool in full], idle, everywhere)
    # Most transactions are idle for a moment between two statements; those are work.
    old_ones = [
        (application, sum(seconds >= forgotten for seconds in application["idle_in_transaction_seconds"]))
        for application in applications
    ]
    still = sum(number for dummy, number in old_ones)
    if still and still >= _IDLE_SHARE * used:
        roles = sorted({application["role"] for application, number in old_ones if number})
        families = [application["family"] for application, number in old_ones if number]
        text = f"{still} of {used} sessions are idle in transaction for {forgotten:g} s or longer"
        cause = Cause(IDLE_IN_TRANSACTION, still / used, (text,), detail={"roles": roles})
        causes.append(ended_by(cause, plan, IDLE_IN_TRANSACTION, families))
    causes += stalled_causes(connection_limit)
    causes += _traffic(connection_limit, activity, still, forgotten)
    return causes


def _traffic(
    connection_limit: ConnectionLimitReport, activity: ActivityReport, still: int, forgotten: float
) -> list[Cause]:
    """Sessions that work on half of the used slots or more. ``still``: so many are idle in transaction for longer than
    ``forgotten`` seconds, and use slots also where they are no cause of their own."""
    used = max(1, connection_limit["used"])
    # Those that wait for a state of the server (a missing standby) do no work, and that is a cause of its own.
    active = -sum(state["sessions"] for state in activity["server_states"])
    active += sum(
        application["active"]
        - application["waiting"]
        - application["waiting_in_turn"]
        - application["waiting_for_client"]
        for application in connection_limit["applications"]
    )
    if active < 0.5 * used:
        return []
    text = f"{active} of {used} sessions are active: this is high traffic, and terminating sessions would lose work"
    if 0 < still < _IDLE_SHARE * used:
        text += f"; {counted(still, 'other has', 'others have')} been idle in transaction for {forgotten:g} s or longer"
        text += " (playbooks/db_session_cancel.yml ends one)"
    return [Cause(TRAFFIC, 0.1 + active / used / 10, (text,))]


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


def _dead_clients(background: BackgroundReport, connection_limit: ConnectionLimitReport, plan: EndDict) -> list[Cause]:
    gone = background["processes"]["dead_clients"] if "processes" in background else []
    texts = (
        f"{counted(len(gone), 'session has', 'sessions have')} a dead client connection",
        *(f"{client['who']}: {client['reason']}" for client in gone[:4]),
    )
    weight = 1 + len(gone) / max(1, connection_limit["used"])
    cause = Cause(DEAD_CLIENTS, weight, texts, detail={"advice": KEEPALIVES})
    return [ended_by(cause, plan, DEAD_CLIENTS)] if gone else []


def _pool(pool: PoolReport, activity: ActivityReport) -> Cause:
    free = activity["connections"]["ordinary_free"]
    text = (
        f"the pool {pool['database']}/{pool['user']} of the pooler is exhausted:"
        f" {counted(pool['waiting'], 'client waits', 'clients wait')},"
        f" {pool['active']} of {pool['size']} connections are in use, while PostgreSQL has {free} slots free"
    )
    more = pool["size"] + max(0, free // 2)
    advice = (
        f"raise pool_size of {pool['database']} in pgbouncer.ini, now {pool['size']}, to at most {more}, then"
        " RELOAD on PgBouncer's console; no client is disconnected"
        if more > pool["size"]
        else f"the pooler's pool of {pool['database']} cannot be enlarged: PostgreSQL has {free} slots free"
    )
    return Cause(POOLER, 0.5, (text,), "", {}, {"raise_to": more, "advice": advice})


def _pooler(pooler: PoolerReport, hit: bool) -> list[Cause]:
    """What the pooler itself blocks. Where slots are used up it comes last, since a role can mitigate that."""
    weight = 0.05 if hit else 0.5
    causes = []
    for name, waiting in paused(pooler.get("pools", [])).items():
        text = (
            f"database {name} is paused in the pooler: {counted(waiting, 'client waits', 'clients wait')} until"
            " it is resumed"
        )
        advice = f"one of the pooler's admin_users must resume it on its console: RESUME {name};"
        causes.append(Cause(POOLER_PAUSED, weight + 0.01, (text, advice), "", {}, {"advice": advice}))
    clients = pooler.get("client_connections") or _NO_CLIENTS
    limit, used = clients["limit"], clients["used"]
    if limit and limit - used <= NEAR * limit:
        text = f"{used} of {limit} clients are connected to the pooler (max_client_conn): it refuses further clients"
        advice = (
            f"the administrator of the pooler can raise max_client_conn above {limit} in pgbouncer.ini, then RELOAD on"
            " its console; each client takes one of its file descriptors"
        )
        causes.append(Cause(POOLER_FULL, weight, (text, advice), "", {}, {"advice": advice}))
    return causes


def _connection_limits(causes: Sequence[Cause]) -> list[RoleSetting]:
    """Of roles that would have prevented a leak, for review. None where the sessions are out of reach: a limit does not
    bind a superuser, and a login that may not terminate them may not alter their role."""
    return [
        {"role": cause.detail["role"], "setting": "connection_limit", "value": str(cause.detail["share"])}
        for cause in causes
        if cause.name == LEAK and cause.detail["role"] and cause.detail["alone"] and "advice" not in cause.detail
    ]


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
        f"{application['name']}: {counted(len(application['clients']), 'client')} with up to"
        f" {max(application['clients'].values())} connections each"
        for application in connection_limit["applications"][:4]
        if application["clients"]
    ]
    text = f"pools: at their largest size they need {asked} of {connection_limit['limit']} ({'; '.join(pool_texts)})"
    if asked <= room:
        return [f"{text}, which leaves {connection_limit['limit'] - asked} free"]
    per_client = room // clients
    use = f"Limit each client to about {per_client}, or use" if per_client else f"{clients} clients are too many: use"
    return [f"{text}: more than {room}, the limit less the headroom. {use} a pooler; {_raising(connection_limit)}"]


def _raising(connection_limit: ConnectionLimitReport) -> str:
    """What a higher limit takes."""
    kind, name = connection_limit["kind"], connection_limit["name"]
    if kind == SLOTS:
        return "raising max_connections needs a restart (standbys first) and makes no query faster"
    return f"ALTER {kind.upper()} {plain_identifier(name)} CONNECTION LIMIT raises it, which needs no restart"


def _findings(background: BackgroundReport) -> list[str]:
    return list(background.get("findings", []))
