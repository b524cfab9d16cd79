"""What a site is: its crews of sessions, and the one thing that is wrong with it, if anything. Pure data from a seed.

Times are seconds of a real site; ``SCALE`` makes all of them shorter, the playbooks' limits among them.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from typing import Any

SCALE = float(os.environ.get("PAFAR_SITES_SCALE", "0.25"))
SLOTS = 60  # max_connections of the servers, three of them reserved for superusers
MAINTENANCE = (
    "vacuum", "vacuum full", "analyze", "create index", "create index concurrently", "reindex",
    "reindex concurrently", "copy", "cluster", "refresh",
)  # fmt: skip
FAULTS = (
    "stuck root", "forgotten prepared transaction", "queued DDL", "leaking pool", "runaway statement",
    "forgotten snapshot",
)  # fmt: skip
_CLIENTS = ("requests", "leader that has written", "analyst", "deploy", "window")


@dataclass(frozen=True)
class Crew:
    """Sessions that do the same. ``culprit``: they are what is wrong, and the only ones that may be ended."""

    kind: str
    application: str
    role: str = "app"
    sessions: int = 1
    options: dict[str, Any] = field(default_factory=dict)
    culprit: bool = False


@dataclass(frozen=True)
class Site:
    """``login_db``: what the inventory says, the application's database or ``postgres``."""

    seed: int
    crews: tuple[Crew, ...]
    standby: str = ""  # async, sync
    pooler: str = ""  # session, transaction
    login_db: str = "site"
    fault: str = ""

    @property
    def title(self) -> str:
        """``7 broken (stuck root): 4 pool, 1 dump``."""
        crews = ", ".join(f"{crew.sessions} {crew.kind}{_words(crew)}" for crew in self.crews)
        wishes = ", ".join(word for word in (self.standby and f"{self.standby} standby",
                                             self.pooler and f"pooler in {self.pooler} mode") if word)  # fmt: skip
        name = f"broken ({self.fault})" if self.fault else "healthy"
        return f"{self.seed} {name}: {crews}{f'; {wishes}' if wishes else ''}"


def _words(crew: Crew) -> str:
    """The options that say most about a crew, for the title of its site."""
    chosen = [str(crew.options[name]) for name in ("what", "on", "hold", "how", "ddl", "by") if crew.options.get(name)]
    return f" ({', '.join(chosen)})" if chosen else ""


_NAMES = ("web", "shop-web", "booking", "api", "mailer", "billing", "search", "admin", "puma", "gunicorn", "worker")
_NUMBERED = ("{name}-{n}", "{name}[{pid}]", "{name}-pool-thread-{n}", "{name}@10.0.0.{n}", "{name}-{uuid}")


def healthy(seed: int) -> Site:
    """An ordinary moment of a site where nothing is wrong."""
    dice = random.Random(seed)
    login_db = dice.choice(("site", "site", "postgres"))
    standby = dice.choice(("", "", "", "async", "sync"))
    pooler = dice.choice(("", "", "", "session", "transaction"))
    crews = _pools(dice)
    optional = {
        "leader by session lock": 0.35, "leader by transaction lock": 0.25, "convoy": 0.4, "cursor reader": 0.4,
        "maintenance": 0.45, "dump": 0.2, "base backup": 0.2, "superuser application": 0.25,
        "pooled": 1.0 if pooler else 0,
        "batch": 0.3, "operator": 0.3,
    }  # fmt: skip
    for kind, chance in optional.items():
        if dice.random() < chance:
            crews.append(_optional(kind, dice))
    crews += _in_turn(random.Random(seed * 7919))
    crews = _within(crews, SLOTS - 11)
    return Site(seed, tuple(_with_clients(crews, SLOTS - 11, seed)), standby, pooler, login_db)


def broken(seed: int, fault: str = "") -> Site:
    """The same site with one fault, by turns or as asked."""
    dice = random.Random(seed * 1000003)
    site = healthy(seed)
    fault = fault or FAULTS[seed % len(FAULTS)]
    crews = _within([crew for crew in site.crews if crew.kind not in _CLIENTS], SLOTS - 26)
    crews = _with_clients(crews, SLOTS - (26 if fault == "leaking pool" else 21), seed)
    wrong = _by_new_connections(_fault(fault, dice, crews), random.Random(seed * 6700417))
    return replace(site, crews=(*crews, *wrong), fault=fault)


def _with_clients(crews: list[Crew], slots: int, seed: int) -> list[Crew]:
    """The same, and of the clients that have dice of their own those that still find a slot."""
    kept = list(crews)
    for crew in _clients(random.Random(seed * 15485863)):
        if sum(each.sessions for each in kept) + crew.sessions <= slots:
            kept.append(crew)
    return kept


def _clients(dice: random.Random) -> list[Crew]:
    """Requests on new connections, leaders that have written, reports beside short DDL, operators' tools."""
    crews = []
    options: dict[str, Any]
    if dice.random() < 0.35:
        options = {
            "on": dice.choice(("", "row", "for update", "advisory")), "every": dice.choice((2, 4)),
            dice.choice(("lock_timeout", "statement_timeout")): dice.choice((0, 5, 10)),
        }  # fmt: skip
        crews.append(Crew("requests", dice.choice(("", "", "php-fpm")), "app", dice.randint(3, 6), options))
    if dice.random() < 0.3:
        options = {
            "on": dice.choice(("advisory", "row")), "heartbeat": dice.choice((0.5, 2)),
            "writes on": dice.random() < 0.5, "numbered": dice.random() < 0.5,
        }  # fmt: skip
        crews.append(Crew("leader that has written", "quartz", sessions=dice.randint(2, 4), options=options))
    if dice.random() < 0.3:
        # Where none gives way, all who read the table wait for seconds: no site with short timeouts does that.
        patience = 2 if crews and crews[0].kind == "requests" else dice.choice((2, 0))
        options = {"on": dice.choice(("select", "cursor")), "longest": 20 if patience else 12}
        crews.append(Crew("analyst", dice.choice(("metabase", "report")), sessions=dice.randint(1, 3), options=options))
        crews.append(Crew("deploy", dice.choice(("flyway", "psql", "rails")), options={"lock_timeout": patience}))
    if dice.random() < 0.3:
        name = dice.choice(("DBeaver 24.1.0 - SQLEditor <Script-1.sql>", "psql", "pgAdmin 4 - CONN:4711", "DataGrip"))
        options = {"on": dice.choice(("", "looks", "mends"))}
        crews.append(Crew("window", name, "loader", dice.randint(1, 3), options))
    return crews


def _by_new_connections(crews: list[Crew], dice: random.Random) -> list[Crew]:
    """At some sites those who suffer open a connection for each request, and give up before any wait is long."""
    if dice.random() > 0.35:
        return crews
    options: dict[str, Any] = {
        "statement_timeout": 0, dice.choice(("lock_timeout", "statement_timeout")): dice.choice((2, 3, 5)),
        "take": dice.choice(("update", "for update")), "by": "new connections",
    }  # fmt: skip
    return [
        replace(crew, application=dice.choice((crew.application, "")), options={**crew.options, **options})
        if crew.kind == "sufferers"
        else crew
        for crew in crews
    ]


def _in_turn(dice: random.Random) -> list[Crew]:
    """Elections by a row or a table, with any number of standbys or by polls; a slow convoy of several applications."""
    crews = []
    if dice.random() < 0.3:
        options = {"on": dice.choice(("row", "table")), "heartbeat": dice.choice((0.5, 2, 5)), "numbered": True}
        crews.append(Crew("leader by row", "node", sessions=dice.randint(2, 7), options=options))
    if dice.random() < 0.15:
        crews.append(Crew("polled leader", "agent", sessions=dice.randint(2, 4), options={"heartbeat": 1}))
    if dice.random() < 0.2:
        options = {"on": "slow row", "hold": dice.choice((5.5, 7, 9)), "lock_timeout": 0}
        names = dice.sample(("billing-run", "exporter", "sync", "importer"), dice.randint(2, 3))
        crews += [Crew("convoy", name, sessions=dice.randint(2, 3), options=dict(options)) for name in names]
    return crews


def _pools(dice: random.Random) -> list[Crew]:
    """One to four pools: small ones, equal ones, one at its role's limit, with names that may differ in digits."""
    form = dice.choice(("mixed", "mixed", "equal", "at its limit"))
    number = dice.randint(1, 4)
    size = dice.randint(3, 9)
    pools = []
    for place, name in enumerate(dice.sample(_NAMES, number)):
        options = {
            "busy": dice.choice((0.0, 0.2, 0.5)),
            "every": dice.choice((0.5, 2, 10)),
            "naming": dice.choice(("", "", *_NUMBERED)),
            "statement_timeout": dice.choice((0, 0, 2, 5)),
            "limit": form == "at its limit" and place == 0,
        }
        pools.append(
            Crew("pool", name, f"svc{place}", size if form != "mixed" else dice.choice((2, 4, 8, 15)), options)
        )
    return pools


def _optional(kind: str, dice: random.Random) -> Crew:  # noqa: PLR0911
    if kind == "leader by session lock":
        busy = dice.choice((False, True))
        return Crew(
            kind, "scheduler", sessions=dice.randint(2, 5), options={"busy": busy, "numbered": dice.random() < 0.5}
        )
    if kind == "leader by transaction lock":
        return Crew(kind, "cron-leader", sessions=dice.randint(2, 4), options={"heartbeat": dice.choice((0.5, 2))})
    if kind == "convoy":
        on = dice.choice(("row", "table", "advisory"))
        options = {"on": on, "hold": dice.choice((0.2, 0.5, 1, 3)), "lock_timeout": dice.choice((0, 0, 10))}
        return Crew(kind, "seat-sale", sessions=dice.randint(4, 9), options=options)
    if kind == "cursor reader":
        return Crew(kind, dice.choice(("report", "export", "")), options={"think": dice.choice((0.5, 1, 3))})
    if kind == "maintenance":
        what = dice.choice(MAINTENANCE)
        name = dice.choice(("vacuumdb", "psql", "cron", "reindexdb", "pg_restore", "", "nightly"))
        return Crew(kind, name, "loader", options={"what": what})
    if kind == "dump":
        return Crew(kind, dice.choice(("pg_dump", "nightly", "backup.sh")), "loader")
    if kind == "base backup":
        return Crew(kind, dice.choice(("pg_basebackup", "barman", "copy")), "oncall")
    if kind == "superuser application":
        options = {"busy": 0.5, "every": 1, "naming": "", "statement_timeout": 0, "limit": False}
        return Crew("pool", "gunicorn", "boss", dice.randint(2, 6), options)
    if kind == "pooled":
        return Crew(kind, "pooled-web", "app", dice.randint(4, 12), {"every": dice.choice((0.5, 5))})
    if kind == "batch":
        return Crew(kind, dice.choice(("batch", "invoices")), options={"step": dice.choice((0.5, 2)), "for": 120})
    return Crew("operator", "psql", "loader", options={"in_transaction": False})


def _fault(fault: str, dice: random.Random, crews: list[Crew]) -> list[Crew]:
    """What is wrong, and who suffers by it."""
    impatient = {"statement_timeout": dice.choice((0, 5))}
    sufferers = Crew("sufferers", "checkout", "app", dice.randint(6, 10), impatient)
    if fault == "stuck root":
        how = dice.choice(("row", "table", "for update", "savepoint"))
        return [
            Crew("stuck root", dice.choice(("worker", "checkout", "psql")), options={"how": how}, culprit=True),
            sufferers,
        ]
    if fault == "forgotten prepared transaction":
        return [
            Crew("prepared", "coordinator", options={"gid": f"order-{dice.randint(1, 999)}"}, culprit=True),
            sufferers,
        ]
    if fault == "queued DDL":
        ddl = dice.choice(("ALTER TABLE ledger ADD COLUMN note text", "TRUNCATE ledger", "DROP INDEX ledger_n",
                           "CREATE INDEX ledger_t ON ledger (t)"))  # fmt: skip
        return [
            Crew("long reader", dice.choice(("report", "export")), options={"on": "ledger", "writes": "CREATE" in ddl}),
            Crew("ddl", dice.choice(("migration", "flyway", "psql")), options={"ddl": ddl}, culprit=True),
            Crew("sufferers", "ledger-web", "app", sufferers.sessions, {**impatient, "on": "ledger"}),
        ]
    if fault == "leaking pool":
        used = sum(crew.sessions for crew in crews)
        naming = dice.choice(("", *_NUMBERED))
        return [Crew("leak", "leaky", "app", SLOTS - 3 - used, {"naming": naming, "fill": True}, culprit=True)]
    if fault == "runaway statement":
        return [Crew("runaway", dice.choice(("bi", "metabase", "psql")), options={}, culprit=True)]
    return [Crew("forgotten snapshot", dice.choice(("notebook", "worker")), culprit=True), Crew("writer", "writer")]


def _within(crews: list[Crew], slots: int) -> list[Crew]:
    """So many that all of them find a slot; pools give way first."""
    used = sum(crew.sessions for crew in crews)
    kept = []
    for crew in crews:
        fewer = crew
        if used > slots and crew.kind == "pool":
            less = min(crew.sessions - 2, used - slots)
            if less > 0:
                fewer, used = replace(crew, sessions=crew.sessions - less), used - less
        kept.append(fewer)
    while sum(crew.sessions for crew in kept) > slots:
        kept.pop()
    return kept
