# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database is slow: causes with evidence, their mitigation, and whether more replicas would help. Pure."""

from __future__ import annotations

from .._core.text import shortened, span
from .._postgres.activity_report import ActivityReport
from .._postgres.background.backends import ProcessesReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.connection_limits import SLOTS as MAX_CONNECTIONS
from .._postgres.indexes.indexes_report import IndexesReport
from .._postgres.workload.statements import WorkloadReport
from .cause import BusySession, Cause, Diagnosis, Rules, diagnosis, idle_transaction_settings, server_causes

LOCKS, RUNAWAY, INDEX, IDLE_IN_TRANSACTION, DEAD_CLIENTS, SLOTS, SPILL, VACUUM, TRAFFIC = (
    "lock_queue", "runaway_statement", "missing_index", "idle_in_transaction", "dead_clients",
    "connection_exhaustion", "spilled_files", "blocking_vacuum", "traffic",
)  # fmt: skip
_BUSY, _BUSY_SHARE = 0.5, 0.15  # cores of one session, or that part of the host's, where many share few
_MUCH = 0.15  # of the window's time that one missing index concerns
_NEAR = 0.1
_SATURATED = 0.8  # of the host's cores that the database uses
_WIDE = 120
_NO_BACKGROUND: BackgroundReport = {"findings": []}
_NO_PROCESSES: ProcessesReport = {
    "here": False, "why": "not asked for", "cores": 1, "sessions": [], "dead_clients": [], "cpu": 0.0, "memory": 0,
}  # fmt: skip
_NO_WORKLOAD: WorkloadReport = {
    "available": False, "why": "not asked for", "remedy": "", "notes": [], "statements": [], "waits": {},
    "window": {"seconds": None, "lifetime": False, "since": None, "entries": 0, "evictions": 0, "renewed": False},
}  # fmt: skip
_OLD = 1000  # transactions whose dead rows are kept


def diagnose_performance(
    activity: ActivityReport, indexes: IndexesReport, min_running: float, idle_in_transaction: float
) -> Diagnosis:
    """``min_running`` and ``idle_in_transaction``: seconds from which a statement counts as runaway, and a transaction
    as forgotten.
    """
    background, workload = activity.get("background") or _NO_BACKGROUND, indexes["workload"] or _NO_WORKLOAD
    processes = background.get("processes") or _NO_PROCESSES
    causes = [
        *server_causes(activity),
        *_locks(activity, workload),
        *_runaways(activity, processes, min_running),
        *_index(indexes, workload),
        *_idle_in_transaction(activity, background, idle_in_transaction),
        *_dead_clients(processes),
        *_slots(activity),
        *_background(background),
    ]
    at_work = sum(workload["waits"].values())
    lines = [f"{at_work:g} active sessions on average ({_waits(workload)})"]
    if processes["here"]:
        lines.append(f"the database uses {processes['cpu']:.2f} of {processes['cores']} cores of its host")
    lines += [
        f"maintenance runs for {span(session['seconds_in_state'])}: {session['maintenance']} by {session['pid']}"
        f" {session['user']}"
        f"@{session['database']} {session['application']}; it is left alone"
        for session in activity["activity"]["long_running"]
        if session["maintenance"] and session["seconds_in_state"] >= min_running
    ]
    top = workload["statements"][:3]
    lines += [f"{statement['share']:.0%} of the time: {shortened(statement['statement'], _WIDE)}" for statement in top]
    saturated = processes["here"] and processes["cpu"] >= _SATURATED * processes["cores"]
    if saturated and not causes:
        text = (
            f"the database uses {processes['cpu']:.1f} of {processes['cores']} cores, and no single statement dominates"
        )
        causes.append(Cause(TRAFFIC, 0.1, (text,)))
    causes.sort(key=lambda cause: -cause.weight)
    advice = [
        *(cause.detail["advice"] for cause in causes if "advice" in cause.detail),
        *(f"{index['statement']}  -- {index['why']}" for index in indexes["advice"][:3] if index["statement"]),
        *background["findings"],
    ]
    roles = [role for cause in causes if cause.name == IDLE_IN_TRANSACTION for role in cause.detail["roles"]]
    role_settings = idle_transaction_settings(roles, idle_in_transaction)
    return diagnosis(causes, lines, advice, role_settings, _scale(activity, causes, saturated))


def _waits(workload: WorkloadReport) -> str:
    return ", ".join(f"{number:g} {kind}" for kind, number in workload["waits"].items()) or "none"


def _locks(activity: ActivityReport, workload: WorkloadReport) -> list[Cause]:
    if not activity["long_waiters"]:
        return []
    share = workload["waits"].get("Lock", 0) / max(1.0, sum(workload["waits"].values()))
    waiting = activity["waiters"] - activity["waiters_by_design"]
    text = f"{waiting} sessions wait for locks, the longest for {activity['longest_wait']:g} s"
    # A lock queue hides every other cause, so it comes first.
    return [Cause(LOCKS, 1 + share, (text, *activity["tree"][1:4]), "unblock_sessions")]


def _runaways(activity: ActivityReport, processes: ProcessesReport, min_running: float) -> list[Cause]:
    """Statements that run long and use a core: measured, where the processes are visible."""
    # Maintenance is expected to run long and to use its share of the cores.
    running = {
        session["pid"]: session for session in activity["activity"]["long_running"] if not session["maintenance"]
    }
    protected = {session["pid"] for session in activity["activity"]["protected"]}
    least = min(_BUSY, _BUSY_SHARE * max(1, processes["cores"]))
    busy = [
        session
        for session in processes["sessions"]
        if session["cpu"] >= least and session["pid"] in running and session["pid"] not in protected
        if running[session["pid"]]["seconds_in_state"] >= min_running
    ]
    if not busy:
        return []
    texts = tuple(
        f"{session['who']} uses {session['cpu']:.2f} cores for {span(running[session['pid']]['seconds_in_state'])}:"
        f" {shortened(running[session['pid']]['statement'], _WIDE)}"
        for session in busy
    )
    weight = 0.4 + 0.6 * sum(session["cpu"] for session in busy) / max(1, processes["cores"])
    kept: list[BusySession] = [
        {"pid": session["pid"], "cpu": session["cpu"], "target": session["target"]} for session in busy
    ]
    return [Cause(RUNAWAY, weight, texts, "end_sessions", {"busy": kept, "min_running": min_running})]


def _index(indexes: IndexesReport, workload: WorkloadReport) -> list[Cause]:
    advised = [index for index in indexes["advice"] if index["kind"] == "statement" and index["statement"]]
    whole = sum(statement["seconds"] for statement in workload["statements"]) or 1.0
    if not advised or advised[0]["seconds"] < _MUCH * whole:
        return []
    first = advised[0]
    share = min(1.0, first["seconds"] / whole)
    text = f"{share:.0%} of the time reads {first['schema']}.{first['table']} without an index: {first['statement']}"
    rules: Rules = {
        "schema": first["schema"],
        "table": first["table"],
        "columns": first["columns"],
        "name": first["name"],
    }
    proof = 1.0 if first["proved"] else 0.5
    return [Cause(INDEX, share * proof, (text, first["why"]), "build_index", rules, {"proved": first["proved"]})]


def _idle_in_transaction(activity: ActivityReport, background: BackgroundReport, seconds: float) -> list[Cause]:
    """Sessions idle in transaction: they hold locks and keep dead rows."""
    protected = {session["pid"] for session in activity["activity"]["protected"]}
    old = [session for session in activity["activity"]["idle_in_transaction"] if session["seconds_in_state"] >= seconds]
    old = [session for session in old if session["pid"] not in protected]
    if not old:
        return []
    holders = background["wraparound"]["holders"] if "wraparound" in background else []
    kept = {holder["pid"]: holder["age"] for holder in holders}
    texts = tuple(
        f"{session['pid']} {session['user']}@{session['database']} {session['application']}: {session['state']} for"
        f" {span(session['seconds_in_state'])}"
        + (f", keeps the dead rows of {kept[session['pid']]:,} transactions" if kept.get(session["pid"]) else "")
        for session in old[:4]
    )
    roles = sorted({session["user"] for session in old})
    if not any(kept.get(session["pid"], 0) >= _OLD for session in old):
        # It keeps no dead rows and blocks no session: it does not slow the server, and is not terminated.
        advice = (
            f"{len(old)} idle in transaction for {span(seconds)} or longer, which slows no other session: the owner of"
            f" {', '.join(str(session['pid']) for session in old[:4])} should commit"
        )
        return [Cause(IDLE_IN_TRANSACTION, 0.1, texts, "", {}, {"roles": [], "advice": advice})]
    rules: Rules = {"idle_in_transaction": seconds}
    weight = 0.3 + min(0.3, len(old) / 20)
    return [Cause(IDLE_IN_TRANSACTION, weight, texts, "end_sessions", rules, {"roles": roles})]


def _dead_clients(processes: ProcessesReport) -> list[Cause]:
    gone = processes["dead_clients"]
    texts = tuple(f"{client['who']}: {client['reason']}" for client in gone[:4])
    return [Cause(DEAD_CLIENTS, 0.3, texts, "end_sessions", {"dead_clients": list(gone)})] if gone else []


def _slots(activity: ActivityReport) -> list[Cause]:
    """Slots of the whole server. A full limit of one role or one database refuses its own logins and slows no query."""
    hit = [
        connection_limit
        for connection_limit in activity["connections"]["connection_limits"]
        if connection_limit["kind"] == MAX_CONNECTIONS and connection_limit["free"] <= _NEAR * connection_limit["limit"]
    ]
    text = "connections are used up: run playbooks/db_connection_exhaustion.yml"
    return [Cause(SLOTS, 0.9, (text,))] if hit else []


def _background(background: BackgroundReport) -> list[Cause]:
    causes = []
    spilling = background["spill"]["sessions"] if "spill" in background else []
    spilled = sum(session["bytes"] for session in spilling)
    if spilled >= 2**28:
        who = spilling[0]
        text = f"{spilled // 2**20:,} MiB are in temporary files, most by {who['who']}: it needs more work_mem"
        causes.append(Cause(SPILL, 0.25, (text,)))
    vacuums = background["autovacuum"]["vacuums"] if "autovacuum" in background else []
    holding = [vacuum for vacuum in vacuums if vacuum["holds_up"]]
    if holding:
        text = f"a vacuum (pid {holding[0]['pid']}) blocks {holding[0]['holds_up']}: {holding[0]['doing']}"
        causes.append(Cause(VACUUM, 0.25, (text,)))
    return causes


def _scale(activity: ActivityReport, causes: list[Cause], saturated: bool) -> str:
    """What more replicas of the services would do. They open more sessions in the same database."""
    why = {
        LOCKS: "they would only lengthen the lock queue",
        SLOTS: "they would need connections, and none are free",
        INDEX: "each would scan the same whole table",
        RUNAWAY: "one statement uses the CPU that they would need",
    }
    if any(state["sessions"] for state in activity["server_states"]):
        return "more replicas would make it worse: their commits would wait for the same standby"
    first = next((cause.name for cause in causes if cause.name in why), "")
    if first:
        return f"more replicas would make it worse: {why[first]}"
    if saturated:
        return (
            "more replicas would make it worse: the database's cores are used up; scale the database or reduce its load"
        )
    free = activity["connections"]["ordinary_free"]
    return f"the database has {free} free slots: if the services lack capacity, more replicas can help"
