# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database is slow: why, ranked with evidence, what relieves it, and whether more replicas would help. Pure."""

from __future__ import annotations

from .._core.text import shortened, span
from .._postgres.activity_report import ActivityReport
from .._postgres.background.backends import ProcessesReport
from .._postgres.background.background_report import BackgroundReport
from .._postgres.indexes.indexes_report import IndexesReport
from .._postgres.workload.statements import WorkloadReport
from .cause import BusySession, Cause, Diagnosis, Rules, diagnosis, idle_transaction_guards, server_causes

LOCKS, RUNAWAY, INDEX, FORGOTTEN, VANISHED, SLOTS, SPILL, VACUUM, TRAFFIC = (
    "lock_queue", "runaway_statement", "missing_index", "forgotten_transaction", "dead_clients",
    "connection_exhaustion", "spilled_files", "vacuum_in_the_way", "traffic",
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
    """``min_running`` and ``idle_in_transaction``: seconds from which a statement runs away, and one is forgotten."""
    background, workload = activity.get("background") or _NO_BACKGROUND, indexes["workload"] or _NO_WORKLOAD
    processes = background.get("processes") or _NO_PROCESSES
    found = [
        *server_causes(activity),
        *_locks(activity, workload),
        *_runaways(activity, processes, min_running),
        *_index(indexes, workload),
        *_forgotten(activity, background, idle_in_transaction),
        *_dead_clients(processes),
        *_slots(activity),
        *_background(background),
    ]
    at_work = sum(workload["waits"].values())
    lines = [f"{at_work:g} sessions at work on average ({_waits(workload)})"]
    if processes["here"]:
        lines.append(f"the database uses {processes['cpu']:.2f} of {processes['cores']} cores of its host")
    lines += [
        f"maintenance at work for {span(one['seconds_in_state'])}: {one['maintenance']} by {one['pid']} {one['user']}"
        f"@{one['database']} {one['application']}; it is left alone"
        for one in activity["activity"]["long_running"]
        if one["maintenance"] and one["seconds_in_state"] >= min_running
    ]
    top = workload["statements"][:3]
    lines += [f"{one['share']:.0%} of the time: {shortened(one['statement'], _WIDE)}" for one in top]
    saturated = processes["here"] and processes["cpu"] >= _SATURATED * processes["cores"]
    if saturated and not found:
        text = (
            f"the database uses {processes['cpu']:.1f} of {processes['cores']} cores, and no one statement stands out"
        )
        found.append(Cause(TRAFFIC, 0.1, (text,)))
    found.sort(key=lambda one: -one.weight)
    advice = [
        *(one.detail["advice"] for one in found if "advice" in one.detail),
        *(f"{one['statement']}  -- {one['why']}" for one in indexes["advice"][:3] if one["statement"]),
        *background["findings"],
    ]
    roles = [role for one in found if one.name == FORGOTTEN for role in one.detail["roles"]]
    role_settings = idle_transaction_guards(roles, idle_in_transaction)
    return diagnosis(found, lines, advice, role_settings, _scale(activity, found, saturated))


def _waits(workload: WorkloadReport) -> str:
    return ", ".join(f"{number:g} {kind}" for kind, number in workload["waits"].items()) or "none"


def _locks(activity: ActivityReport, workload: WorkloadReport) -> list[Cause]:
    if not activity["long_waiters"]:
        return []
    share = workload["waits"].get("Lock", 0) / max(1.0, sum(workload["waits"].values()))
    waiting = activity["waiters"] - activity["waiters_by_design"]
    text = f"{waiting} sessions wait for locks, the longest for {activity['longest_wait']:g} s"
    # A queue hides everything behind it, so it goes first.
    return [Cause(LOCKS, 1 + share, (text, *activity["tree"][1:4]), "unblock_sessions")]


def _runaways(activity: ActivityReport, processes: ProcessesReport, min_running: float) -> list[Cause]:
    """Statements that run long and use a core: measured, where the processes can be seen."""
    # Maintenance takes its time and its share of the cores by nature.
    running = {one["pid"]: one for one in activity["activity"]["long_running"] if not one["maintenance"]}
    protected = {one["pid"] for one in activity["activity"]["protected"]}
    least = min(_BUSY, _BUSY_SHARE * max(1, processes["cores"]))
    busy = [
        one
        for one in processes["sessions"]
        if one["cpu"] >= least and one["pid"] in running and one["pid"] not in protected
        if running[one["pid"]]["seconds_in_state"] >= min_running
    ]
    if not busy:
        return []
    texts = tuple(
        f"{one['who']} uses {one['cpu']:.2f} cores for {span(running[one['pid']]['seconds_in_state'])}:"
        f" {shortened(running[one['pid']]['statement'], _WIDE)}"
        for one in busy
    )
    weight = 0.4 + 0.6 * sum(one["cpu"] for one in busy) / max(1, processes["cores"])
    kept: list[BusySession] = [{"pid": one["pid"], "cpu": one["cpu"], "target": one["target"]} for one in busy]
    return [Cause(RUNAWAY, weight, texts, "end_sessions", {"busy": kept, "min_running": min_running})]


def _index(indexes: IndexesReport, workload: WorkloadReport) -> list[Cause]:
    advised = [one for one in indexes["advice"] if one["kind"] == "statement" and one["statement"]]
    whole = sum(one["seconds"] for one in workload["statements"]) or 1.0
    if not advised or advised[0]["seconds"] < _MUCH * whole:
        return []
    first = advised[0]
    share = min(1.0, first["seconds"] / whole)
    text = (
        f"{share:.0%} of the time reads {first['schema']}.{first['table']} for want of an index: {first['statement']}"
    )
    rules: Rules = {
        "schema": first["schema"],
        "table": first["table"],
        "columns": first["columns"],
        "name": first["name"],
    }
    proof = 1.0 if first["proved"] else 0.5
    return [Cause(INDEX, share * proof, (text, first["why"]), "build_index", rules, {"proved": first["proved"]})]


def _forgotten(activity: ActivityReport, background: BackgroundReport, seconds: float) -> list[Cause]:
    """Transactions in which nothing happens: they hold locks and keep dead rows."""
    protected = {one["pid"] for one in activity["activity"]["protected"]}
    old = [one for one in activity["activity"]["idle_in_transaction"] if one["seconds_in_state"] >= seconds]
    old = [one for one in old if one["pid"] not in protected]
    if not old:
        return []
    holders = background["wraparound"]["holders"] if "wraparound" in background else []
    kept = {holder["pid"]: holder["age"] for holder in holders}
    texts = tuple(
        f"{one['pid']} {one['user']}@{one['database']} {one['application']}: {one['state']} for"
        f" {span(one['seconds_in_state'])}"
        + (f", keeps the dead rows of {kept[one['pid']]:,} transactions" if kept.get(one["pid"]) else "")
        for one in old[:4]
    )
    roles = sorted({one["user"] for one in old})
    if not any(kept.get(one["pid"], 0) >= _OLD for one in old):
        # It keeps neither rows nor anybody: untidy, and not what makes the server slow. It is nobody's to end.
        advice = (
            f"{len(old)} idle in a transaction for {span(seconds)} or longer, which slows nobody down: whoever owns"
            f" {', '.join(str(one['pid']) for one in old[:4])} should commit"
        )
        return [Cause(FORGOTTEN, 0.1, texts, "", {}, {"roles": [], "advice": advice})]
    rules: Rules = {"idle_in_transaction": seconds}
    weight = 0.3 + min(0.3, len(old) / 20)
    return [Cause(FORGOTTEN, weight, texts, "end_sessions", rules, {"roles": roles})]


def _dead_clients(processes: ProcessesReport) -> list[Cause]:
    gone = processes["dead_clients"]
    texts = tuple(f"{one['who']}: {one['reason']}" for one in gone[:4])
    return [Cause(VANISHED, 0.3, texts, "end_sessions", {"dead_clients": list(gone)})] if gone else []


def _slots(activity: ActivityReport) -> list[Cause]:
    hit = [one for one in activity["connections"]["connection_limits"] if one["free"] <= _NEAR * one["limit"]]
    text = "connections are used up: playbooks/db_connection_exhaustion.yml is the runbook for that"
    return [Cause(SLOTS, 0.9, (text,))] if hit else []


def _background(background: BackgroundReport) -> list[Cause]:
    found = []
    spilling = background["spill"]["sessions"] if "spill" in background else []
    spilled = sum(session["bytes"] for session in spilling)
    if spilled >= 2**28:
        who = spilling[0]
        text = f"{spilled // 2**20:,} MiB are spilled to temporary files, most by {who['who']}: it needs more work_mem"
        found.append(Cause(SPILL, 0.25, (text,)))
    vacuums = background["autovacuum"]["vacuums"] if "autovacuum" in background else []
    holding = [vacuum for vacuum in vacuums if vacuum["holds_up"]]
    if holding:
        text = f"a vacuum (pid {holding[0]['pid']}) holds up {holding[0]['holds_up']}: {holding[0]['doing']}"
        found.append(Cause(VACUUM, 0.25, (text,)))
    return found


def _scale(activity: ActivityReport, causes: list[Cause], saturated: bool) -> str:
    """What more replicas of the services would do. They bring more sessions to the same database."""
    why = {
        LOCKS: "they would only lengthen the lock queue",
        SLOTS: "they would ask for connections that there are not",
        INDEX: "each would read the same table from end to end",
        RUNAWAY: "one statement uses what they would need",
    }
    if any(state["sessions"] for state in activity["server_states"]):
        return "more replicas would make it worse: their commits would wait for the same standby"
    first = next((one.name for one in causes if one.name in why), "")
    if first:
        return f"more replicas would make it worse: {why[first]}"
    if saturated:
        return "more replicas would make it worse: the database's cores are used up; scale the database, or ask it less"
    free = activity["connections"]["ordinary_free"]
    return f"the database has room ({free} slots free): if the services are short, more replicas can help"
