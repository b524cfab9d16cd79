# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Signs in what each host's survey shows. A proposal rests on facts that are named; a person decides. Pure."""

from __future__ import annotations

from typing import Callable, Collection, Iterator, Mapping, TypeVar

from .._compose.acts.falls import FALLS
from .._compose.health import STARTING, UNCHECKED, UNKNOWN
from .._compose.project_report import STOPPED, ContainerReport, ServiceReport
from .._core.text import counted, shortened, some, span
from .._endpoints.endpoint import DEGRADED, DOWN, FLAPPING, UP, ProbeReport
from .._endpoints.reached import serves_reads, unasked_of, unknown_of
from .._postgres.server_states import DISK_FULL, ServerState
from .._resources.resource_report import outside_of
from .._system.counters import NO_ANSWER, READ_ONLY
from .._system.managed_host import is_away, is_ours, why_unreached
from .._system.sockets import limits_reached
from .prometheus_signs import PrometheusResult
from .sign import ENGINE_ERRORS, FEW_SLOTS, FULL, NEARLY, P0, P1, P2, P3, WAITERS, Importance, Sign, none_reached
from .survey_report import Answer, DatabasePart, LogsPart, ReachedPart, ResourcesPart, ServicesPart, Survey, SurveyParts

P = TypeVar("P", bound=Answer)

_SHORT_MEMORY, _BUSY = 0.05, 0.95
_MANY = 10  # errors of one new kind
_FRESH = 2 * 3600.0  # seconds for which a change is a likely cause
_WIDE = 140
# A driver that is not installed, a password that is wrong: that we cannot look says nothing of what we look at.
_OUR_OWN = ("DriverMissing", "LoginRefused", "PrivilegeError", "InputError")
# A server that answers was reached: the network is not where to look, and no playbook makes it start faster.
_OF_REFUSALS = {"NoSlotLeft": "db_connection_exhaustion", "ServerNotReady": ""}
# The same of a server that a probe asked, by its SQLSTATE.
_OF_SQLSTATES = {"53300": "db_connection_exhaustion", "53100": "disk_space"}
_WORST_FIRST = (DOWN, FLAPPING, DEGRADED)
_OF_STATES = {DISK_FULL: "disk_space"}
_OUTSIDE = ("stripe", "maps")  # that they answer does not make anything of ours well


def signs_of_all(surveys: Mapping[str, Survey], importance: Importance) -> list[Sign]:
    """What every host's survey shows, and what they show together."""
    signs = [sign for host, survey in surveys.items() for sign in signs_of(host, survey, importance)]
    if surveys and all(survey.get("unreachable") and is_away(_why(survey)) for survey in surveys.values()):
        signs.append(none_reached(len(surveys)))
    return signs


def _why(survey: Survey) -> str:
    why = str(survey.get("msg") or "it gave no answer")
    return why_unreached(why) if survey.get("unreachable") else why.rstrip(".")


def signs_of(host: str, survey: Survey, importance: Importance) -> list[Sign]:
    """Everything that one host's survey shows. A part that could not be examined is a sign too."""
    if not examined(survey):
        why, away = _why(survey), bool(survey.get("unreachable"))
        failed = "reached" if away and is_away(why) else "examined"
        severity = P2 if survey.get("error") in _OUR_OWN or (away and is_ours(why)) else P1
        return [Sign(severity, f"{host} could not be {failed}: {why}", host)]
    signs = _engine(host, survey)
    engine_failed = bool(signs)

    def part(name: str, content: P | None, read: Callable[[str, P, Importance], list[Sign]]) -> list[Sign]:
        if not content:
            return []
        if "trouble_reading" not in content:
            return read(host, content, importance)
        return [] if engine_failed and content.get("error") in ENGINE_ERRORS else [_unread(host, name, content)]

    signs += part("services", survey.get("services"), _services)
    signs += part("reached", survey.get("reached"), _reached)
    signs += part("resources", survey.get("resources"), _resources)
    signs += part("database", survey.get("database"), _database)
    signs += part("logs", survey.get("logs"), _logs)
    changes = survey.get("changes")
    lately = changes["changes"] if changes and "trouble_reading" not in changes else []
    young = [change for change in lately if change["age"] < _FRESH and change["deploys"]]
    # Without its engine nothing can be rolled back, whatever was deployed.
    if (
        young
        and not engine_failed
        and any(sign.severity in (P0, P1) or sign.scenario == "service_restart" for sign in signs)
    ):
        text = f"changed {span(young[0]['age'])} ago: {young[0]['what']}"
        signs.append(Sign(P3, text, host, "release_rollback", 1.6))
    return signs


def unread_of(surveys: Mapping[str, Survey], prometheus: PrometheusResult) -> list[str]:
    """What a proposal rests on and could not be examined, a sentence each: hosts, parts of them, what is in a part."""
    unread = []
    for host, survey in surveys.items():
        if not examined(survey):
            unread.append(f"{host} could not be examined")
            continue
        unread += [f"{host}: {text}" for text in _unread_parts(survey)]
    if prometheus and "alerts" not in prometheus:
        unread.append("Prometheus could not be asked")
    unread += prometheus.get("unread", ())
    for row in prometheus.get("series", ()):
        if row["problem"] or (row["value"] is None and not row.get("infinite")):
            unread.append(f"{row['name']}: {row['problem'] or 'the query gives no value'}")
    return unread


def _unread_parts(survey: Survey) -> Iterator[str]:
    parts: dict[str, Answer | None] = {
        "services": survey.get("services"),
        "endpoints": survey.get("reached"),
        "resources": survey.get("resources"),
        "the database": survey.get("database"),
        "logs": survey.get("logs"),
        "changes": survey.get("changes"),
    }
    yield from (f"{name} could not be examined" for name, part in parts.items() if part and "trouble_reading" in part)
    services, reached, database = survey.get("services"), survey.get("reached"), survey.get("database")
    logs, changes = survey.get("logs"), survey.get("changes")
    if services and "trouble_reading" not in services and not services["project"]["readable"]:
        yield "the compose files could not be read"
    if reached and "trouble_reading" not in reached:
        yield from unknown_of(reached["matrix"])
        # A database that was asked by a login shows more than its answer to a probe; nothing else does.
        asked = ("postgres",) if database and "trouble_reading" not in database else ()
        yield from unasked_of([row for row in reached["matrix"] if row["kind"] not in asked])
    if database and "trouble_reading" not in database and database["visibility"] != "full":
        yield f"{counted(database['redacted'], 'session')} cannot be seen"
    if logs and "trouble_reading" not in logs:
        left_out = [source["source"] for source in logs["sources"] if source["problem"] or source["left_out"]]
        if left_out:
            yield f"not every log was read ({some(left_out)})"
    if changes and "trouble_reading" not in changes:
        yield from changes["unknown"]


def examined(survey: Survey) -> bool:
    """Whether there was an answer at all."""
    return any(part in survey for part in SurveyParts.__annotations__)


def _engine(host: str, survey: Survey) -> list[Sign]:
    """An engine that does not answer: containers keep running without it, so it counts what is known to be healthy."""
    services = survey.get("services")
    if not services or services.get("error") not in ENGINE_ERRORS:
        return []
    reached, database = survey.get("reached"), survey.get("database")
    rows = reached["matrix"] if reached and "trouble_reading" not in reached else []
    well = [row["target"] for row in rows if row["state"] == UP and row["judge"] not in _OUTSIDE]
    if database and "trouble_reading" not in database:
        well.append("the database")
    known = f"{well[0]} answers still" if well else "nothing is known to be healthy there"
    why = str(services["trouble_reading"]).rstrip(".")
    return [Sign(P1 if well else P0, f"the engine could not be asked, {known}: {why}", host, "", 2.0)]


def _unread(host: str, part: str, content: Answer) -> Sign:
    why = str(content["trouble_reading"])
    if part != "database" or content.get("error") in _OUR_OWN:
        return Sign(P2, f"{part} could not be examined: {why}", host)
    scenario = _OF_REFUSALS.get(str(content.get("error")), "network_connectivity")
    return Sign(P1, f"the database could not be asked: {why}", host, scenario, 2.0)


def _services(host: str, part: ServicesPart, importance: Importance) -> list[Sign]:
    if not part["services"]:
        return [Sign(P0, f"no container of any service is left: {part['problem'][0]}", host)]
    signs = []
    nothing = not any(map(_may_serve, part["services"].values()))
    for name, report in part["services"].items():
        signs += _set_apart(host, name, report, importance)
        if report["maybe_tool"]:
            signs.append(Sign(importance.services.get(name, P3), f"{name}: {report['notes'][0]}", host))
            continue
        unhealthy = [container for container in report["containers"] if container["problem"]]
        gone = (report["wanted"] or 0) - len(report["containers"])
        missing = gone > 0 or bool(not report["containers"] and report["notes"])
        if not (unhealthy or missing):
            continue
        text = f"{unhealthy[0]['name']} {unhealthy[0]['problem']}" if unhealthy else f"{name} has no container"
        if not unhealthy and report["containers"]:
            text = f"{name} lacks {gone} of {report['wanted']} replicas"
        if report["healthy"]:
            text += f"; {report['healthy']} of {len(report['containers'])} are healthy"
        severity = P2 if report["healthy"] + report["unknown"] else importance.services.get(name, P1)
        if nothing:
            text += "; no service is healthy there"
            severity = P0 if severity == P1 else severity  # what the site calls minor is minor also alone
        # A restart takes the containers that there are; where there is none, new ones are made.
        scenario = "service_restart" if unhealthy else "service_scale"
        waits = next((container["waits_for"] for container in unhealthy if container["waits_for"]), "")
        text += f"; look first at what it waits for: it {waits}" if waits else ""
        if unhealthy and all(c["waits_for"] or c["problem"].startswith(FALLS) for c in unhealthy):
            scenario = ""  # which no restart helps
        signs.append(Sign(severity, text, host, scenario, 1.5))
    return [*signs, *_none_runs(host, part, importance, min((sign.severity for sign in signs), default=P3))]


def _may_serve(report: ServiceReport) -> bool:
    """Whether any of its containers is healthy, or may be: of one that has not passed its check yet it is not known."""
    starting = any(
        container["state"] == "running" and container["health"] == STARTING and not container["problem"]
        for container in report["containers"]
    )
    return bool(report["healthy"] + report["unknown"]) or starting


def _none_runs(host: str, part: ServicesPart, importance: Importance, severity: str) -> list[Sign]:
    """Where nothing runs at all and nothing is wrong with any container: jobs that are done, or a whole outage.

    Each that was stopped or paused on purpose is no problem by itself; that none of them runs is one for the users,
    unless a person knows that it is meant. ``severity``: of what is a sign by itself.
    """
    if any(report["running"] for report in part["services"].values()):
        return []
    apart = {name: list(filter(_is_apart, report["containers"])) for name, report in part["services"].items()}
    usual = min((importance.services.get(name, P1) for name, containers in apart.items() if containers), default=P3)
    if usual < severity:
        containers = [container for each in apart.values() for container in each]
        stopped = any(container["state"] != "paused" for container in containers)
        again = ["playbooks/container_start_stop.yml starts what was stopped by its name"] if stopped else []
        paused = any(container["state"] == "paused" for container in containers)
        again += ["`docker unpause` lets what is paused continue"] if paused else []
        text = (
            "no service of the project runs at all (stopped or paused on purpose:"
            f" {some([container['name'] for container in containers])}); whether that is a maintenance is unknown."
            f" {', '.join(again)}"
        )
        return [Sign(usual, text, host)]
    return _all_ended(host, part) if severity == P3 else []


def _is_apart(container: ContainerReport) -> bool:
    """Whether a person or a job, and not its own end, is why it does not run."""
    return container["state"] == "paused" or (container["state"] == "exited" and container["note"].startswith(STOPPED))


def _all_ended(host: str, part: ServicesPart) -> list[Sign]:
    """Where each has ended without an error, and none was set apart."""
    containers = [container for report in part["services"].values() for container in report["containers"]]
    ended = [container for container in containers if container["state"] == "exited" and _may_be_job(container)]
    if not ended:
        return []
    names = some([container["name"] for container in ended])
    text = (
        f"no container of any service runs: {names} ended without an error; whether these are jobs, or services that"
        " are to run, is unknown. playbooks/container_start_stop.yml starts them by their names"
    )
    return [Sign(P2 if any(container["note"] for container in ended) else P3, text, host)]


def _may_be_job(container: ContainerReport) -> bool:
    """Whether the engine does not start it again, once it has ended well."""
    return container["restart_policy"] in ("no", "on-failure")


def _set_apart(host: str, name: str, report: ServiceReport, importance: Importance) -> list[Sign]:
    """Containers that are no problem and not healthy: paused or stopped on purpose, or of a health that is unknown.

    They are P3, unless the site gives a severity to a service of which none is left that serves. One that has ended
    well though it has a health check, and of which none is left, is P2: a service, or a job.
    """
    severity = importance.services.get(name)
    if report["healthy"] + report["unknown"]:
        severity = P3
    signs = []
    for container in report["containers"]:
        unsure = container["state"] == "running" and container["health"] in (UNKNOWN, STARTING)
        ended = container["state"] == "exited" and _may_be_job(container)
        usual = P2 if ended and container["health"] != UNCHECKED else P3
        if container["note"]:
            text = f"{container['name']} {container['note']}"
            signs.append(Sign(P3 if unsure else severity or usual, text, host))
    return signs


def _reached(host: str, part: ReachedPart, importance: Importance) -> list[Sign]:
    signs = []
    up = {row["kind"] for row in part["matrix"] if row["state"] == UP}
    for target in dict.fromkeys(row["target"] for row in part["matrix"]):
        rows = [row for row in part["matrix"] if row["target"] == target]
        bad = [row for row in rows if row["state"] in (DOWN, FLAPPING, DEGRADED)]
        if not bad:
            continue
        at_worst = importance.targets.get(target, P1)
        fails = [
            (max(P2, at_worst) if _is_partial(row, up) else at_worst, _WORST_FIRST.index(row["state"]), row)
            for row in bad
        ]
        severity, _rank, row = min(fails, key=lambda fail: fail[:2])
        text = f"{target} is {row['state']} from {row['source']} ({row['layer']}): {row['why']}"
        text += f"; no other {row['kind']} is up for writes" if serves_reads(row) and row["kind"] not in up else ""
        signs.append(Sign(severity, text, host, _scenario_of(row), 1.8))
    return signs


def _is_partial(row: ProbeReport, up: Collection[str]) -> bool:
    """Whether some of its work is done: not of a database that refuses writes, whatever else it still answers, and not
    of a standby or a replica that may have been given to writers. ``up``: kinds of which a target is up."""
    protocol = row["layers"].get("protocol")
    if serves_reads(row):
        return row["kind"] in up
    return row["state"] != DOWN and not (protocol and protocol.get("refuses_writes"))


def _scenario_of(row: ProbeReport) -> str:
    """The playbook for a row; none for a database that answers, since the network is not where to look then. One that
    gives no answer, and another process in its place, may be a matter of the network."""
    protocol = row["layers"].get("protocol")
    if row["layer"] == "protocol" and row["kind"] in ("postgres", "redis") and protocol and protocol["ok"]:
        if protocol.get("sqlstate"):
            return _OF_SQLSTATES.get(protocol["sqlstate"], "")
        if row["state"] == DEGRADED or protocol.get("refuses_writes"):
            return ""
    payments = row["judge"] in ("stripe", "webhook")
    return "payment_outage" if payments and row["layer"] not in ("dns", "tcp") else "network_connectivity"


def _resources(host: str, part: ResourcesPart, dummy: Importance) -> list[Sign]:
    signs = []
    figures = part["host"]
    for mount in figures["read_only_after_errors"]:  # which no playbook mitigates
        signs.append(Sign(P1, f"{mount} {READ_ONLY}", host, "", 2.5))
    signs += [Sign(P2, f"{mount} {NO_ANSWER}", host, "", 2.0) for mount in figures["not_answering"]]
    for disk in figures["filesystems"]:
        share = max(disk["used_share"], disk["inodes_used_share"] or 0.0)
        if share >= NEARLY:
            severity = P1 if share >= FULL else P2
            signs.append(Sign(severity, f"{disk['mount']} is {share:.0%} full", host, "disk_space", 3 * share))
    if figures["memory"]["available_share"] < _SHORT_MEMORY:
        text = f"{figures['memory']['available_share']:.0%} of the memory are available"
        signs.append(Sign(P2, text, host, "high_memory", 1.3))
    if figures["cpu_used"] >= _BUSY and figures["load_per_core"][0] >= 1:  # not by looking alone
        signs.append(Sign(P2, f"the cores are {figures['cpu_used']:.0%} busy", host, "high_cpu", 1.0))
    for share, text in limits_reached(figures["network"], NEARLY):  # which no playbook mitigates
        signs.append(Sign(P1 if share >= FULL else P2, text, host, "", 2.0))
    for container in part["containers"]:
        if container["oom_recent"]:
            text = (
                f"the kernel killed {counted(container['oom_recent'], 'process', 'processes')} of"
                f" {container['name']} (out of memory){outside_of(container)}"
            )
            signs.append(Sign(P2, text, host, "high_memory", 1.7))
    return signs


def _database(host: str, part: DatabasePart, dummy: Importance) -> list[Sign]:
    signs, slots = [], part["connections"]
    waiting = part["requests_waiting"]
    if waiting >= WAITERS:
        text = (
            f"{counted(waiting, 'session waits', 'sessions wait')} for locks, the longest for"
            f" {part['longest_wait']:g} s"
        )
        signs.append(Sign(P1, text, host, "db_lock_contention", 2.5))
    if slots["ordinary_free"] <= FEW_SLOTS * slots["limit"]:
        text = f"{slots['used']} of {slots['limit']} connection slots are used"
        signs.append(Sign(P1, text, host, "db_connection_exhaustion", 2.2 if waiting < WAITERS else 1.0))
    signs += [sign_of_state(host, state) for state in part["server_states"]]
    busy = part["activity"]["long_running"]
    if busy:
        oldest = max(statement["seconds_in_state"] for statement in busy)
        text = f"{counted(len(busy), 'statement runs', 'statements run')} for long, the oldest for {oldest:g} s"
        signs.append(Sign(P2, text, host, "db_performance_degradation", 1.2))
    return signs


def sign_of_state(host: str, state: ServerState) -> Sign:
    """Writes that are refused are an outage, whatever else still answers."""
    severity = P0 if state["refuses"] else P1 if state["sessions"] else P2
    scenario = _OF_STATES.get(state["cause"], "db_performance_degradation")
    return Sign(severity, state["text"], host, scenario, 2.8 if state["refuses"] else 2.6)


def _logs(host: str, part: LogsPart, dummy: Importance) -> list[Sign]:
    signs = []
    for signature in part["signatures"]:
        if signature["new"] and signature["level"] in ("error", "critical") and signature["count"] >= _MANY:
            text = f"{signature['count']} errors of a new kind: {shortened(signature['text'], _WIDE)}"
            signs.append(Sign(P2, text, host, "release_rollback", 1.0))
    return signs
