"""Who may be ended at a site, and whether the cause was named: from the server's log and the events alone. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from support.sites.description import Crew, Site

_ENDED = re.compile(
    r"^(\d+)\|(.*)\|(\w+)\| (?:FATAL|ERROR|WARNING): +(terminating connection due to administrator command"
    r"|canceling statement due to user request|canceling autovacuum task|canceling wait for synchronous replication)"
)
_CLAIMS = ("diagnosed", "held", "mitigated")


@dataclass(frozen=True)
class Run:
    """``crews``: by the pid of each session. ``lines``: what each playbook printed. ``failed``: those that failed."""

    events: list[Mapping[str, Any]]
    log: list[str]
    crews: Mapping[int, Crew]
    lines: Mapping[str, list[str]]
    failed: list[str]


def ended_by_the_server(log: Iterable[str]) -> list[tuple[int, str, str]]:
    """Sessions that were ended or cancelled from outside: pid, application and the server's words."""
    return [(int(match[1]), match[2], match[4]) for match in map(_ENDED.match, log) if match]


def judge(site: Site, run: Run) -> list[str]:
    """What is wrong with what the playbooks did; nothing where they were right."""
    ended = ended_by_the_server(run.log)
    wrong = []
    for pid, name, how in ended:
        crew = run.crews.get(pid)
        if crew is None or not crew.culprit:
            wrong.append(f"an innocent was ended: {crew.kind if crew else 'another'} {name} ({how})")
    claims = [event for event in run.events if event["kind"] in _CLAIMS]
    if not site.fault:
        wrong += [f"{name} failed: {_last(run.lines[name])}" for name in run.failed]
        invented = [event for event in claims if not _is_true(event, site)]
        return wrong + [f"invented: {event['kind']} {_short(event)}" for event in invented]
    culprits = {pid: crew for pid, crew in run.crews.items() if crew.culprit}
    if not any(_names(json.dumps(event), culprits) for event in claims):
        wrong.append(f"the cause is not named: {[_short(event) for event in claims] or 'nothing was claimed'}")
    relieved = any(pid in culprits for pid, dummy, dummy2 in ended) or _rolled_back(claims, culprits)
    if not relieved and not any(_held(event, culprits) for event in claims):
        wrong.append("neither relieved nor held with a plan of the culprits")
    return wrong


def _is_true(event: Mapping[str, Any], site: Site) -> bool:
    """Whether a claim is of what is there: sessions that take turns for so long wait for long, and none is to be ended
    for it."""
    slow = any(crew.options.get("on") == "slow row" for crew in site.crews)
    causes = {cause["cause"] for cause in event["note"].get("causes") or ()}
    return slow and event["kind"] == "diagnosed" and causes == {"convoy"}


def _names(text: str, culprits: Mapping[int, Crew]) -> bool:
    """The session's pid, the application of a crew of several, the name of a prepared transaction."""
    for pid, crew in culprits.items():
        if re.search(rf"\b{pid}\b", text) or (crew.options.get("gid", "\x00") in text):
            return True
        if crew.kind == "leak" and crew.application in text:
            return True
    return False


def _rolled_back(claims: Sequence[Mapping[str, Any]], culprits: Mapping[int, Crew]) -> bool:
    """Whether a prepared transaction was rolled back, which the server's log does not say."""
    if not any(crew.kind == "prepared" for crew in culprits.values()):
        return False
    return any(event["kind"] == "mitigated" and _names(json.dumps(event), culprits) for event in claims)


def _held(event: Mapping[str, Any], culprits: Mapping[int, Crew]) -> bool:
    """A plan that is held for approval, and that names culprits only."""
    if event["kind"] != "held":
        return False
    plan = event["note"]["plan"]
    targets = list(plan["actions"]) or list(plan["excluded"])
    return bool(targets) and all(_names(json.dumps(target), culprits) for target in targets)


def _short(event: Mapping[str, Any]) -> str:
    note = event["note"]
    if note.get("causes"):
        return json.dumps([[cause["cause"], *cause["evidence"]] for cause in note["causes"]])[:600]
    return json.dumps(note.get("plan", {}).get("actions") or note)[:600]


def _last(lines: list[str]) -> str:
    return lines[-1].strip()[:300] if lines else "it printed nothing"
