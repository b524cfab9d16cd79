# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database is slow: causes with evidence, their mitigation, and whether more replicas would help. Pure."""

from __future__ import annotations

from .._core.text import counted, shortened, span
from .._postgres.activity_report import ActivityReport
from .._postgres.background.backends import ProcessesReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.connection_limits import SLOTS as MAX_CONNECTIONS
from .._postgres.excess.dead_rows import DEAD_ROWS
from .._postgres.excess.excess_plan import RUNNING, EndDict
from .._postgres.excess.handed_over import named_by, out_of_reach
from .._postgres.excess.process_facts import busy_of, copies_of
from .._postgres.indexes.advice import AdviceReport
from .._postgres.indexes.indexes_report import IndexesReport
from .._postgres.indexes.reads import FullRead
from .._postgres.workload.statements import WorkloadReport
from .cause import (
    Cause,
    Detail,
    Diagnosis,
    IdleTransactionLimit,
    Rules,
    diagnosis,
    ended_by,
    joined,
    server_causes,
    unseen,
)
from .client_pool import CLIENT_POOL, client_pools
from .queued_slots import KEEPALIVES
from .slow_statements import LOGINS, SPILL, compilation, is_felt, logins, maintenance_lines, spilled

LOCKS, RUNAWAY, INDEX, FULL_READ, IDLE_IN_TRANSACTION, DEAD_CLIENTS, SLOTS, VACUUM, TRAFFIC, HORIZON = (
    "lock_queue", "runaway_statement", "missing_index", "full_table_read", "idle_in_transaction", "dead_clients",
    "connection_exhaustion", "blocking_vacuum", "traffic", "xmin_horizon",
)  # fmt: skip
_MUCH = 0.15  # of the window's time that one missing index concerns
_MOST, _DEAR = 0.5, 2000.0  # share of the time; the planner's cost: some ten megabytes that are read
_NEAR = 0.1
_OLD_SLOT = 1_000_000  # transactions whose dead rows a slot keeps
_SATURATED = 0.8  # of the host's cores that the database uses
_WIDE = 120
_NO_BACKGROUND: BackgroundReport = {"findings": []}
_NO_PROCESSES: ProcessesReport = {
    "here": False, "why": "not requested", "cores": 1, "sessions": [], "dead_clients": [], "cpu": 0.0, "memory": 0,
    "idle_cores": None, "logging_in": 0,
}  # fmt: skip
_NO_WORKLOAD: WorkloadReport = {
    "available": False, "why": "not requested", "remedy": "", "notes": [], "statements": [], "waits": {},
    "window": {"seconds": None, "lifetime": False, "since": None, "entries": 0, "evictions": 0, "renewed": False,
               "logins": None},
}  # fmt: skip


def diagnose_performance(
    activity: ActivityReport, indexes: IndexesReport, min_running: float, idle_in_transaction: float, plan: EndDict
) -> Diagnosis:
    """``plan``: to end sessions, by rules of these numbers, from the look that gave the facts. ``min_running`` and
    ``idle_in_transaction``: seconds from which a statement counts as runaway, and a transaction as forgotten.
    """
    background, workload = activity.get("background") or _NO_BACKGROUND, indexes["workload"] or _NO_WORKLOAD
    processes = background.get("processes") or _NO_PROCESSES
    causes = [
        *server_causes(activity),
        *_locks(activity, workload),
        *_runaways(activity, processes, plan),
        *_index(indexes, workload),
        *_full_reads(indexes, workload),
        *_idle_in_transaction(activity, idle_in_transaction, plan),
        *_dead_clients(processes, plan),
        *_slots(activity),
        *compilation(workload),
        *joined([*spilled(workload), *_background(background)]),
        *logins(workload, processes["cores"] if processes["here"] else None),
        *_horizon(activity, background, idle_in_transaction),
    ]
    at_work = sum(workload["waits"].values())
    lines = [f"{at_work:g} active sessions on average ({_waits(workload)})"]
    if processes["here"]:
        lines.append(f"the database uses {processes['cpu']:.2f} of {processes['cores']} cores of its host")
    lines += maintenance_lines(activity, min_running)
    lines += _waiting_alone(activity)
    lines += _pins(activity, min_running)
    top = workload["statements"][:3]
    lines += [f"{statement['share']:.0%} of the time: {shortened(statement['statement'], _WIDE)}" for statement in top]
    saturated = processes["here"] and processes["cpu"] >= _SATURATED * processes["cores"]
    if saturated and not causes:
        text = (
            f"the database uses {processes['cpu']:.1f} of {processes['cores']} cores, and no single statement dominates"
        )
        causes.append(Cause(TRAFFIC, 0.1, (text,)))
    causes.sort(key=lambda cause: -cause.weight)
    roles = [role for cause in causes if cause.name == IDLE_IN_TRANSACTION for role in cause.detail["roles"]]
    limit = IdleTransactionLimit(idle_in_transaction, activity, plan)
    advice = [
        *(cause.detail["advice"] for cause in causes if "advice" in cause.detail),
        *(
            f"{index['statement']}{_in_database(index['database'], indexes)}  -- {index['why']}"
            for index in indexes["advice"][:3]
            if index["statement"]
        ),
        *_invalid(indexes),
        *_left_alone(activity, idle_in_transaction, plan),
        *limit.advice(roles),
        *background["findings"],
    ]
    scale = _scale(activity, causes, saturated)
    return diagnosis(causes, lines, advice, limit.settings(roles), scale, plan, unseen(activity))


def _waits(workload: WorkloadReport) -> str:
    return ", ".join(f"{number:g} {kind}" for kind, number in workload["waits"].items()) or "none"


def _locks(activity: ActivityReport, workload: WorkloadReport) -> list[Cause]:
    if not activity["requests_waiting"]:
        return []
    share = workload["waits"].get("Lock", 0) / max(1.0, sum(workload["waits"].values()))
    waiting = activity["waiters"] - activity["waiters_by_design"]
    text = (
        f"{counted(waiting, 'session waits', 'sessions wait')} for locks, the longest for"
        f" {activity['longest_wait']:g} s"
    )
    # A lock queue hides every other cause, so it comes first.
    return [Cause(LOCKS, 1 + share, (text, *activity["tree"][1:4]), "unblock_sessions")]


def _waiting_alone(activity: ActivityReport) -> list[str]:
    """Late waiters on which no request depends: an index build waits for old transactions as long as they last."""
    late = activity["long_waiters"]
    if not late or activity["requests_waiting"]:
        return []
    waits = "1 session waits" if late == 1 else f"{late} sessions wait"
    return [
        f"{waits} for locks, the longest for {activity['longest_wait']:g} s, and no request of the application is known"
        " to depend on that (maintenance, a backup, replication, a change of a table, an operator's tool, standbys of a"
        " leader); run playbooks/db_lock_contention.yml --check to see what they wait for"
    ]


def _runaways(activity: ActivityReport, processes: ProcessesReport, plan: EndDict) -> list[Cause]:
    """Statements that run long and use a core: measured, where the processes can be seen."""
    named = set(named_by(plan, RUNNING)) | {item["target"] for item in out_of_reach(plan)}
    running = {session["target"]: session for session in activity["activity"]["long_running"]}
    statements = {session["pid"]: session["statement"] for session in running.values()}
    uses, cores = processes["sessions"], processes["cores"]
    busy = [
        use
        for use in (*busy_of(uses, cores), *copies_of(uses, cores, statements))
        if use["target"] in named and use["target"] in running
    ]
    if not busy:
        return []
    texts = tuple(
        f"{use['who']} has run for {span(running[use['target']]['seconds_in_state'])}, uses {use['cpu']:.2f} cores:"
        f" {shortened(running[use['target']]['statement'], _WIDE)}"
        for use in busy
    )
    weight = 0.4 + 0.6 * sum(use["cpu"] for use in busy) / max(1, processes["cores"])
    return [ended_by(Cause(RUNAWAY, weight, texts), plan, RUNNING)]


def _index(indexes: IndexesReport, workload: WorkloadReport) -> list[Cause]:
    advised = [
        index for index in indexes["advice"] if index["kind"] == "statement" and (index["statement"] or index["steps"])
    ]
    whole = sum(statement["seconds"] for statement in workload["statements"]) or 1.0
    if not advised or advised[0]["seconds"] < _MUCH * whole:
        return []
    first = advised[0]
    share = min(1.0, first["seconds"] / whole)
    if not (is_felt(first["seconds"], first["statements"], workload) or _is_dear(first, share)):
        return []
    proof = 1.0 if first["proved"] else 0.5
    table = f"{first['schema']}.{first['table']}{_in_database(first['database'], indexes)}"
    if not first["statement"]:  # a partitioned table: several statements, in their order
        text = f"{share:.0%} of the time is spent reading {table} without an index on ({', '.join(first['columns'])})"
        detail: Detail = {"proved": first["proved"], "advice": f"{text}: {'; '.join(first['steps'])}"}
        return [Cause(INDEX, share * proof, (text, first["why"], *first["steps"][:3]), "", {}, detail)]
    text = f"{share:.0%} of the time is spent reading {table} without an index: {first['statement']}"
    rules: Rules = {
        "schema": first["schema"],
        "table": first["table"],
        "columns": first["columns"],
        "name": first["name"],
        "database": first["database"],
    }
    return [Cause(INDEX, share * proof, (text, first["why"]), "build_index", rules, {"proved": first["proved"]})]


def _in_database(database: str, indexes: IndexesReport) -> str:
    return "" if database == indexes["server"]["database"] else f" in the database {database}"


def _is_dear(advice: AdviceReport, share: float) -> bool:
    """Whether a statement has most of the time for ten times the work that it would be with the index, as the planner
    proves. A fast and idle host reads a large table within milliseconds; the work is the same on any."""
    before, after = advice["cost_before"] or 0.0, advice["cost_after"] or 0.0
    return advice["proved"] and share >= _MOST and before >= _DEAR and before >= 10 * after


def _full_reads(indexes: IndexesReport, workload: WorkloadReport) -> list[Cause]:
    """Tables that are read from end to end, again and again, without advice that explains it."""
    reads = [
        read
        for read in indexes["full_reads"]
        if read["share"] >= _MUCH and is_felt(read["seconds"], [read["statement"]], workload)
    ]
    if not reads:
        return []
    texts = [
        f"{read['schema']}.{read['table']}{_in_database(read['database'], indexes)} ({read['rows']:,} rows) is read"
        f" as a whole {read['passes']:g} times in the window{_by_statement(read)}"
        for read in reads
    ]
    first = reads[0]
    detail: Detail = {"advice": f"{first['schema']}.{first['table']}: {first['why']}"}
    return [Cause(FULL_READ, 0.5 * min(1.0, first["share"]), (texts[0], first["why"], *texts[1:]), "", {}, detail)]


def _by_statement(read: FullRead) -> str:
    return f" by {shortened(read['statement'], _WIDE)} ({read['share']:.0%} of the time)" if read["statement"] else ""


def _invalid(indexes: IndexesReport) -> list[str]:
    return [
        f"invalid index {index['index']} of {index['table']}{_in_database(index['database'], indexes)}: {index['why']};"
        f" {index['statement']}"
        for index in indexes["invalid"][:3]
    ]


def _idle_in_transaction(activity: ActivityReport, seconds: float, plan: EndDict) -> list[Cause]:
    """Transactions in which nothing happens and that hold others back; pools that are full of them."""
    sitting = {session["pid"]: session for session in activity["activity"]["idle_in_transaction"]}
    old = {pid: session for pid, session in sitting.items() if session["seconds_in_state"] >= seconds}
    items = (*plan["actions"], *plan["excluded"])
    holding = {
        item["pid"]: item
        for item in items
        if item.get("rule") == IDLE_IN_TRANSACTION or (item.get("out_of_reach") and item["pid"] in old)
    }
    found = []
    if holding:
        texts = tuple(f"{item['who']}: {item['reason']}" for item in list(holding.values())[:4])
        roles = sorted({old[pid]["user"] for pid in holding if pid in old})
        cause = Cause(IDLE_IN_TRANSACTION, 0.3 + min(0.3, len(holding) / 20), texts, detail={"roles": roles})
        found.append(ended_by(cause, plan, IDLE_IN_TRANSACTION))
    return [*found, *(cause for cause, dummy in client_pools(activity, seconds))]


def _left_alone(activity: ActivityReport, seconds: float, plan: EndDict) -> list[str]:
    """Transactions that keep neither rows nor sessions back: no cause of slowness, and left alone."""
    holding = {item["pid"] for item in (*plan["actions"], *plan["excluded"]) if "pid" in item}
    protected = {session["pid"] for session in activity["activity"]["protected"]}
    left = [
        session
        for session in activity["activity"]["idle_in_transaction"]
        if session["seconds_in_state"] >= seconds and session["pid"] not in holding | protected
    ]
    if not left or client_pools(activity, seconds):
        return []
    who = ", ".join(f"{session['pid']} {session['user']} {session['application']}".rstrip() for session in left[:4])
    return [
        f"{len(left)} sessions idle in transaction for {span(seconds)} or longer affect no other session, so that no"
        f" action is planned: {who}; their application should commit"
    ]


def _dead_clients(processes: ProcessesReport, plan: EndDict) -> list[Cause]:
    gone = processes["dead_clients"]
    texts = tuple(f"{client['who']}: {client['reason']}" for client in gone[:4])
    cause = Cause(DEAD_CLIENTS, 0.3, texts, detail={"advice": KEEPALIVES})
    return [ended_by(cause, plan, DEAD_CLIENTS)] if gone else []


def _pins(activity: ActivityReport, seconds: float) -> list[str]:
    """Waits for a page that a cursor keeps pinned: no lock table has them, nor who keeps it."""
    lists = activity["activity"]
    waits = [
        session
        for session in lists["other_waits"]
        if session["wait"].startswith(("BufferPin/", "Buffer/")) and session["seconds_in_state"] >= seconds
    ]
    suspects = ", ".join(
        f"{session['pid']} {session['user']} {session['application']}".rstrip() for session in lists["pin_suspects"][:4]
    )
    which = f"; open transactions, of which one may keep it: {suspects}" if suspects else ""
    return [
        f"{waits[0]['pid']} {waits[0]['user']}@{waits[0]['database']} {waits[0]['application']} waits for a pinned page"
        f" (its statement has run for {span(waits[0]['seconds_in_state'])}){which}"
        for dummy in waits[:1]
    ]


def _slots(activity: ActivityReport) -> list[Cause]:
    """Slots of the whole server. A full limit of one role or one database refuses its own logins and slows no query."""
    hit = [
        connection_limit
        for connection_limit in activity["connections"]["connection_limits"]
        if connection_limit["kind"] == MAX_CONNECTIONS and connection_limit["free"] <= _NEAR * connection_limit["limit"]
    ]
    text = "all connection slots of the server are in use, or nearly: run playbooks/db_connection_exhaustion.yml"
    return [Cause(SLOTS, 0.9, (text,))] if hit else []


def _background(background: BackgroundReport) -> list[Cause]:
    causes = []
    # An index build sorts more than fits into its memory, as a rule.
    spilled_by = background["spill"]["sessions"] if "spill" in background else []
    spilling = [session for session in spilled_by if not session["maintenance"]]
    size = sum(session["bytes"] for session in spilling)
    if size >= 2**28:
        who = spilling[0]
        text = f"{size // 2**20:,} MiB are in temporary files, most by {who['who']}: it needs more work_mem"
        causes.append(Cause(SPILL, 0.25, (text,)))
    vacuums = background["autovacuum"]["vacuums"] if "autovacuum" in background else []
    holding = [vacuum for vacuum in vacuums if vacuum["holds_up"]]
    if holding:
        text = f"a vacuum (pid {holding[0]['pid']}) blocks {holding[0]['holds_up']}: {holding[0]['doing']}"
        causes.append(Cause(VACUUM, 0.25, (text,)))
    return causes


def _horizon(activity: ActivityReport, background: BackgroundReport, seconds: float) -> list[Cause]:
    """What keeps dead rows and is no session: no timeout ends it, and no list of sessions shows it. A prepared
    transaction counts like a session idle in transaction, a slot from a million transactions on: its standby may be
    away for a while."""
    prepared = {transaction["gid"]: transaction for transaction in activity["prepared"]}
    found = []
    for holder in background["wraparound"]["holders"] if "wraparound" in background else []:
        keeps = f"holds back the xmin horizon by {holder['age']:,} transactions: vacuum cannot remove the dead rows"
        transaction = prepared.get(holder["who"]) if holder["kind"] == "prepared transaction" else None
        since = (transaction["seconds"] or 0.0) if transaction else 0.0
        if transaction and since >= seconds and holder["age"] >= DEAD_ROWS:
            gid = holder["who"].replace("'", "''")
            text = f"prepared transaction {holder['who']} of {transaction['owner']}, for {span(since)}, {keeps}"
            advice = (
                f"its coordinator must end the prepared transaction {holder['who']}; if that is lost, in database"
                f" {transaction['database']}: COMMIT PREPARED '{gid}' or ROLLBACK PREPARED '{gid}'"
            )
        elif holder["kind"] == "replication slot" and holder["age"] >= _OLD_SLOT:
            text = f"replication slot {holder['who']} {keeps} (those of the catalogs, if it is a logical slot)"
            advice = (
                f"start the consumer of the slot {holder['who']} again, or end the long query of its standby; if it"
                " will not come back: pg_drop_replication_slot"
            )
        elif holder["kind"] == "standby" and holder["age"] >= _OLD_SLOT:
            text = f"a query on the standby of {holder['who']} {keeps}"
            advice = (
                "end the oldest transaction on that standby (playbooks/db_session_cancel.yml there), not its walsender"
                " here: hot_standby_feedback asks for the rows again as soon as it is connected"
            )
        else:
            continue
        found.append(Cause(HORIZON, 0.3, (text, advice), "", {}, {"advice": advice}))
    return found[:1]


def _scale(activity: ActivityReport, causes: list[Cause], saturated: bool) -> str:
    """What more replicas of the services would do. They open more sessions in the same database, so that they are never
    advised here: where no cause is known, the answer is that it is not known."""
    why = {
        LOCKS: "they would only lengthen the lock queue",
        SLOTS: "they would need connections, and none are free",
        INDEX: "each would scan the same whole table",
        FULL_READ: "each would scan the same whole table",
        RUNAWAY: "one statement uses the CPU that they would need",
        CLIENT_POOL: "each would fill its own pool in the same way",
        LOGINS: "they would open still more sessions",
    }
    states = activity["server_states"]
    if any(state["refuses"] for state in states):
        return "more replicas would not help: the database refuses writes"
    if any(state["sessions"] for state in states):
        return "more replicas would make it worse: their sessions would wait for the same reason"
    first = next((cause.name for cause in causes if cause.name in why), "")
    if first:
        return f"more replicas would make it worse: {why[first]}"
    if saturated:
        return "more replicas would make it worse: all cores of the database are in use; scale it or reduce its load"
    free = activity["connections"]["ordinary_free"]
    what = "the causes above do not show it" if causes else "no cause was found among those that are looked for"
    return f"whether more replicas would help is not known: {what} ({free} slots of the database are free)"
