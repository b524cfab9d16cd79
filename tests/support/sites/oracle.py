"""Who may be ended at a site, and whether the cause was named: from the server's log and the events. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support.sites.description import Crew, Site

_ENDED = re.compile(
    r"^(\d+)\|(.*)\|(\w+)\| (?:FATAL|ERROR): +(terminating connection due to administrator command"
    r"|canceling statement due to user request|canceling autovacuum task|canceling wait for synchronous replication)"
)
_CLAIMS = ("diagnosed", "held", "mitigated")


@dataclass(frozen=True)
class Seen:
    """``pids``: the crew of each session. ``lines``: what each playbook printed here. ``failed``: who failed."""

    events: list[Mapping[str, Any]]
    log: list[str]
    pids: Mapping[int, Crew]
    lines: Mapping[str, list[str]]
    failed: list[str]


def judge(site: Site, seen: Seen) -> list[str]:
    """What is wrong with what the playbooks did; nothing where they were right."""
    ended = [found.groups() for found in map(_ENDED.match, seen.log) if found]
    wrong = []
    for pid, name, dummy, how in ended:
        crew = seen.pids.get(int(pid))
        if crew is None or not crew.culprit:
            wrong.append(f"an innocent was ended: {crew.kind if crew else 'another'} {name} ({how})")
    wrong += [f"{name} failed: {_last(seen.lines[name])}" for name in seen.failed if not site.fault]
    claims = [event for event in seen.events if event["kind"] in _CLAIMS]
    if not site.fault:
        return wrong + [f"invented: {event['kind']} {_short(event)}" for event in claims]
    culprits = {pid: crew for pid, crew in seen.pids.items() if crew.culprit}
    if not any(_names(json.dumps(event), culprits) for event in claims):
        wrong.append(f"the cause is not named: {[_short(event) for event in claims] or 'nothing was claimed'}")
    relieved = [pid for pid, dummy, dummy2, dummy3 in ended if int(pid) in culprits]
    if not relieved and not any(_held(event, culprits) for event in claims):
        wrong.append("neither relieved nor held with a plan of the culprits")
    return wrong


def _names(text: str, culprits: Mapping[int, Crew]) -> bool:
    """The session's pid, the application of a crew of several, the name of a prepared transaction."""
    for pid, crew in culprits.items():
        if re.search(rf"\b{pid}\b", text) or (crew.options.get("gid", "\x00") in text):
            return True
        if crew.kind == "leak" and crew.application in text:
            return True
    return False


def _held(event: Mapping[str, Any], culprits: Mapping[int, Crew]) -> bool:
    """A plan that is held for approval, and that names culprits only."""
    if event["kind"] != "held":
        return False
    plan = event["note"]["plan"]
    named = list(plan["actions"]) or list(plan["excluded"])
    return bool(named) and all(_names(json.dumps(one), culprits) for one in named)


def _short(event: Mapping[str, Any]) -> str:
    note = event["note"]
    text = note.get("lines") or note.get("cause") or note.get("plan", {}).get("actions") or note
    return json.dumps(text)[:300]


def _last(lines: list[str]) -> str:
    return lines[-1].strip()[:200] if lines else "it said nothing"
