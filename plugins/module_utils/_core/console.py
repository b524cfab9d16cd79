# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of this collection's tasks as the few lines that a tired person reads. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from .text import shortened, span

Line = Tuple[str, str]  # what kind of line, text
PLAIN, GOOD, CARE, BAD, DIM = "plain", "good", "care", "bad", "dim"
_KIND = {"recovered": GOOD, "improved": CARE, "unchanged": BAD, "worse": BAD}
_SHOWN = 12
_TOP, _WIDE = 5, 140
_READINESS = {True: (GOOD, "ready"), False: (BAD, "NOT READY"), None: (CARE, "unknown")}


def of_activity(result: Mapping[str, Any]) -> list[Line]:
    """The tree and the slots; what the login may not see comes first."""
    lines = []
    if result["visibility"] != "full":
        lines.append((CARE, f"{result['redacted']} sessions cannot be seen: the login role lacks pg_monitor"))
    server, slots = result["server"], result["connections"]
    standby = ", a standby" if server["in_recovery"] else ""
    entrance = "" if server["entrance"] == "normal" else f", entered by the {server['entrance']} entrance"
    lines.append(
        (
            DIM,
            f"PostgreSQL {server['version']}{standby}{entrance}; {slots['used']} of {slots['limit']} "
            f"connection slots used, {slots['ordinary_free']} left for ordinary roles",
        )
    )
    if not result["waiters"]:
        return [*lines, (GOOD, "nobody waits for a lock")]
    return [*lines, *((PLAIN, line) for line in result["tree"])]


def of_plan(plan: Mapping[str, Any]) -> list[Line]:
    """Whom to end, whom to spare, and what comes of it."""
    lines = []
    for act in plan["actions"][:_SHOWN]:
        verb = "roll back" if act["action"] == "rollback_prepared" else act["action"]
        lines.append((CARE, f"{verb} {act['who']}: {act['reason']}; frees {act['frees']}"))
        lines.append((DIM, f"    target {act['target']}"))
    lines += [(DIM, f"spare {who.get('who') or who['target']}: {who['reason']}") for who in plan["spared"][:_SHOWN]]
    hidden = max(0, len(plan["actions"]) - _SHOWN) + max(0, len(plan["spared"]) - _SHOWN)
    if hidden:
        lines.append((DIM, f"and {hidden} more, see the result"))
    if not plan["actions"]:
        lines.append((CARE if plan["late"] else GOOD, "nobody is to be ended"))
    lines.append((PLAIN, f"{plan['late']} wait too long; with this plan {plan['leaves']} would"))
    return lines


def of_gate(result: Mapping[str, Any]) -> list[Line]:
    """Open or held, why, and how a person lets this very plan through."""
    word = "gate open" if result["open"] else "gate held"
    kind = GOOD if result["open"] else CARE
    lines = [(kind, f"{word}: {'; '.join(result['reasons'])} (plan {result['digest'][:12]})")]
    exported = result.get("ansible_stats", {}).get("data", {}).get("incident_plan_targets")
    if exported and not result["open"]:
        lines.append((DIM, f"to let exactly this plan through: -e incident_approved_digest={result['digest'][:12]}"))
    return lines


def of_outcome(result: Mapping[str, Any]) -> list[Line]:
    """Who was ended, who was not, how long relief took."""
    lines = [(CARE, f"{entry['action']} {_named(entry)}: {entry['reason']}") for entry in result["ended"]]
    lines += [(BAD, f"signalled, and still there: {entry['target']}") for entry in result["stuck"]]
    lines += [(DIM, f"left alone: {entry['target']}: {entry['reason']}") for entry in result["missed"]]
    if not result["ended"] and not result["stuck"]:
        lines.append((DIM, "nobody was ended"))
    rounds = "1 round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    if result["seconds_to_relief"] is not None:
        seconds = result["seconds_to_relief"]
        lines.append((GOOD, f"relief after {seconds:.2f} s ({rounds})"))
    if result["stopped"]:
        lines.append((BAD, f"stopped: {result['stopped']}"))
    return lines


def _named(entry: Mapping[str, Any]) -> str:
    """A session by its pid; a prepared transaction, which has none, by its name."""
    return f"pid {entry['pid']}" if entry["pid"] else str(entry["who"])


def of_verdict(result: Mapping[str, Any]) -> list[Line]:
    """The answer to the question of the facts, asked again."""
    seconds = result["seconds_to_relief"]
    relief = f"; relief after {seconds:.2f} s" if seconds is not None and seconds < 10 else ""
    relief = relief or (f"; relief after {span(seconds)}" if seconds is not None else "; no relief")
    counted = f"{result['before']} waited too long, {result['after']} do now"
    if result.get("what"):
        counted = f"{result['what']}: {result['before']} before, {result['after']} now"
        relief = f"; {span(seconds)} from the act on" if seconds is not None else ""
    text = f"{result['verdict']}: {counted}{relief}"
    return [(_KIND[result["verdict"]], text)]


def of_record(result: Mapping[str, Any]) -> list[Line]:
    """Where the incident and its evidence are kept."""
    kept = result.get("evidence")
    if kept:
        text = f"evidence kept before the act: {kept['file']} ({kept['bytes']} bytes, sha256 {kept['sha256'][:12]})"
        return [(DIM, text)]
    return [(DIM, f"incident log: {result['path']}")]


def of_services(result: Mapping[str, Any]) -> list[Line]:
    """How many of the project's services are well, and what is wrong with the others."""
    services = result["services"]
    running = sum(one["running"] for one in services.values())
    healthy = sum(one["healthy"] for one in services.values())
    lines = [
        (DIM, f"{result['project']['name']}: {len(services)} services, {running} containers run, {healthy} are well")
    ]
    if not result["project"]["readable"]:
        lines.append((CARE, result["project"]["why_unreadable"]))
    lines += [(CARE, text) for text in result["trouble"][:_SHOWN]]
    for service in services.values():
        for one in service["containers"]:
            if one["trouble"] and one["log"]:
                lines += [(DIM, f"    {one['name']} said: {line[:160]}") for line in one["log"][-3:]]
    if not result["trouble"]:
        lines.append((GOOD, "everything is well"))
    return lines


def of_resources(result: Mapping[str, Any]) -> list[Line]:
    """What is short, or that nothing is."""
    host = result["host"]
    text = f"{host['cores']} cores {host['cpu_used']:.0%} busy, {host['memory']['available'] // 2**20} MiB available"
    lines = [(DIM, f"{text}, {len(result['containers'])} containers")]
    return lines + [(CARE, one) for one in result["pressing"][:_SHOWN]]


def of_offenders(result: Mapping[str, Any]) -> list[Line]:
    """Who is behind it, and what a person should know."""
    lines = [(CARE if result["services"] or result["sessions"] else DIM, one) for one in result["lines"][:_SHOWN]]
    return lines + [(PLAIN, f"advice: {one}") for one in result["advice"][:_SHOWN]]


def of_act_plan(plan: Mapping[str, Any]) -> list[Line]:
    """What would be done to which replica, session or service."""
    lines = []
    for act in plan["actions"][:_SHOWN]:
        lines.append((CARE, f"{act['action'].replace('_', ' ')} {act.get('who') or act['target']}: {act['reason']}"))
        lines.append((DIM, f"    target {act['target']}"))
    lines += [(DIM, f"spare {who.get('who') or who['target']}: {who['reason']}") for who in plan["spared"][:_SHOWN]]
    hidden = max(0, len(plan["actions"]) - _SHOWN) + max(0, len(plan["spared"]) - _SHOWN)
    if hidden:
        lines.append((DIM, f"and {hidden} more, see the result"))
    if not plan["actions"]:
        lines.append((CARE if plan["late"] else GOOD, plan["nothing"] or "nothing is to be done"))
    return lines


def of_act(result: Mapping[str, Any]) -> list[Line]:
    """What was done, how long it took, and whether it can be taken back."""
    lines = [(CARE, text) for text in result["done"][:_SHOWN]]
    if len(result["done"]) > _SHOWN:
        lines.append((CARE, f"and {len(result['done']) - _SHOWN} more in the same way"))
    lines += [(DIM, f"left alone, it has changed since: {target}") for target in result.get("missed", [])]
    if result["done"] and result["seconds"] is not None:
        lines.append((GOOD if not result["left"] else BAD, f"done in {result['seconds']:.1f} s"))
    if result.get("next_up") and result["done"]:
        lines.append((DIM, f"the next `up`: {result['next_up']}"))
    if result["done"] and result["undo"].get("reversible"):
        lines.append((DIM, "can be taken back: playbooks/undo.yml with this incident's id"))
    return lines or [(DIM, "nothing was done")]


def of_undoable(result: Mapping[str, Any]) -> list[Line]:
    """The act that can be taken back, or why there is none."""
    found = result["undoable"]
    if not found:
        return [(CARE, f"nothing can be taken back: {result['why_not']}")]
    return [(PLAIN, f"the last act that can be taken back is {found['mitigation']} of {found['at']}")]


def of_statements(result: Mapping[str, Any]) -> list[Line]:
    """What the server spends its time on, the most first; or why nobody can say."""
    window = result["window"]
    lines = [(CARE, f"{result['why']}; to cure it: {result['cure']}")] if not result["available"] else []
    about = f"in the last {window['seconds']:g} s" if not window["lifetime"] else "since the counters began, not now"
    waits = ", ".join(f"{number:g} {kind}" for kind, number in result["waits"].items())
    lines.append((DIM, f"{len(result['statements'])} statements {about}; sessions at work: {waits or 'none'}"))
    for one in result["statements"][:_TOP]:
        locked = f", {one['lock_share']:.0%} of it waiting for locks" if one["lock_share"] else ""
        mean = f", {one['mean_ms']:g} ms each" if one["mean_ms"] is not None else ""
        runs = f", {len(one['running'])} running" if one["running"] else ""
        text = f"{one['share']:.0%} ({one['seconds']:.1f} s{mean}{locked}{runs}): {shortened(one['statement'], _WIDE)}"
        lines.append((PLAIN, text))
    return lines + [(CARE, note) for note in result["notes"]]


def of_indexes(result: Mapping[str, Any]) -> list[Line]:
    """A build at work with how far it is, else the advice with its statements."""
    if result["building"]:
        return [(PLAIN, _progress(one)) for one in result["building"]]
    lines = []
    for one in result["advice"][:_TOP]:
        lines.append((CARE if one["proved"] else PLAIN, one["statement"] or f"{one['schema']}.{one['table']}"))
        lines.append((DIM, f"    {one['why']}; about {one['size_bytes'] // 2**20} MiB"))
    for kind in ("invalid", "duplicates", "unused"):
        lines += [(DIM, f"{one['index']}: {one['why']}") for one in result[kind][:3]]
    return lines + [(DIM, note) for note in result["notes"][:_TOP]]


def _progress(one: Mapping[str, Any]) -> str:
    share = f", {one['share_done']:.0%}" if one["share_done"] is not None else ""
    behind = f", behind pid {one['waits_for']}" if one["waits_for"] else ""
    return f"index of {one['table']}: {one['phase']}{share}{behind}"


def of_diagnosis(result: Mapping[str, Any]) -> list[Line]:
    """The causes with their evidence, then what a person should know."""
    lines = [(CARE if result["cause"] else GOOD, one) for one in result["lines"][:_SHOWN]]
    for one in result["causes"][:1]:
        lines += [(DIM, f"    {text}") for text in one["evidence"][1:4]]
    lines += [(PLAIN, f"advice: {one}") for one in result["advice"][:_SHOWN]]
    lines += [
        (DIM, f"a guard against it: role {one['role']}, {one['setting']} = {one['value']}") for one in result["guards"]
    ]
    return [*lines, (PLAIN, result["scale"])] if result["scale"] else lines


def of_preflight(result: Mapping[str, Any]) -> list[Line]:
    """A table: ready or not, what was found, and under what is not ready its cure."""
    lines = []
    for one in result["checks"]:
        kind, word = _READINESS[one["ready"]]
        lines.append((kind, f"{word:<9} {one['check']}: {one['found']}"))
        if one["cure"]:
            lines.append((PLAIN, f"          cure: {one['cure']}"))
    return lines


def of_explained(result: Mapping[str, Any]) -> list[Line]:
    """What holds space and is not freed here, with its cure; what could not be looked at."""
    lines = []
    for one in result["explained"][:_TOP]:
        lines.append((CARE, one["what"]))
        lines.append((PLAIN, f"    cure: {one['cure']}"))
    return lines + [(DIM, note) for note in result["notes"][:_SHOWN]]


def of_log(result: Mapping[str, Any]) -> list[Line]:
    """How many kinds of error there are, the new ones first, and what was not read."""
    number, sources = len(result["entries"]), len(result["sources"])
    found = [(DIM, f"{number} records of {sources} logs, {result['scanned_bytes'] // 1024:,} KiB read")]
    for one in result["signatures"][:_TOP]:
        kind = CARE if one["new"] else PLAIN
        found.append((kind, f"{one['count']}x {'new: ' if one['new'] else ''}{shortened(one['text'], _WIDE)}"))
    return found + [(CARE, f"{one['source']}: {one['trouble']}") for one in result["sources"] if one["trouble"]][:_TOP]


def of_probes(result: Mapping[str, Any]) -> list[Line]:
    """What fails, and in which layer first; that all else is well."""
    number = len(result["matrix"])
    lines = [(CARE, text) for text in result["lines"][:_SHOWN]]
    return [
        *lines,
        (
            GOOD if result["well"] else DIM,
            f"{sum(one['state'] == 'up' for one in result['matrix'])} of {number} ways are well",
        ),
    ]


def of_triage(result: Mapping[str, Any]) -> list[Line]:
    """How severe, by what, and what to run next."""
    severity = result["severity"]
    lines = [({"P0": BAD, "P1": BAD, "P2": CARE}.get(severity, GOOD), f"proposed severity {severity}")]
    for one in result["signs"][:_SHOWN]:
        where = f"{one['host']}: " if one["host"] else ""
        lines.append((CARE if one["severity"] != "P3" else DIM, f"{one['severity']} {where}{one['text']}"))
    if result["next"]:
        lines.append((PLAIN, f"next: ansible-playbook {result['next']} --check --diff"))
    return lines
