# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last screen of a run: outcomes, what changed, the incident, what is held and why, the next command. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence, TypedDict

from .._core.console import BAD, CARE, GOOD, PLAIN, Line
from .._core.gate import PastGate
from .._core.text import first_sentence, printable, some, span
from .invocation import Invocation, command

_DIAGNOSIS = {"causes", "mitigation", "rules"}  # keys of what the module diagnosis returns
_SHORT = 12  # characters of a digest
_SHOWN = 4  # acts, or held plans, that are named
_NOTHING = "nothing to do"  # begin of the reason of a plan without an action where none is needed
_NO_INCIDENT = (
    "preflight", "incidents", "incident_ack", "incident_action", "incident_checklist", "incident_close",
    "incident_note", "incident_postmortem", "incident_report", "incident_resolve", "incident_role", "incident_severity",
    "incident_status", "incident_update", "incident_verify", "menu", "game_day",
)  # fmt: skip


class RunReport(TypedDict):
    """What run_summary returns. ``unmatched``: approved digests that are of no plan of the run; ``workflow``: where its
    plans are approved, if it is a job of a workflow of AWX; ``held_plans``: these plans, in lines."""

    unmatched: list[str]
    workflow: str
    held_plans: list[str]


@dataclass
class Story:
    """What a run did on one host. ``outcomes``: in words, the last one last; ``left``: how many still have the
    problem after an act that helped; ``done``: the acts, in words; ``causes``: of the last diagnosis, by name, if its
    playbook has no act for them; ``unexplained``: it found none; ``states``: of the database's server, those that
    refuse writes or make sessions wait; ``undoes``: it undid an act, and undoing that is no step that is proposed."""

    host: str
    gates: list[PastGate] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    left: int = 0
    done: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    unexplained: bool = False
    states: list[str] = field(default_factory=list)
    reversible: bool = False
    undoes: bool = False
    failed: bool = False
    reached: bool = True

    def add(self, result: Mapping[str, Any]) -> None:
        """Take what a result of one of this collection's modules says."""
        if "kept" in result and "outcome" in result:
            self.outcomes.append(_outcome(result))
            self.left = int(result["after"]) if result["outcome"] == "improved" else 0
        if result.keys() >= _DIAGNOSIS:
            causes = [] if result["mitigation"] else result["causes"]
            self.causes = [str(each["cause"]).replace("_", " ") for each in causes]
            self.unexplained = not result["causes"]
        facts = result["facts"] if isinstance(result.get("facts"), Mapping) else result
        if "server_states" in facts:
            states = [each for each in facts["server_states"] if each["refuses"] or each["sessions"]]
            self.states = [str(each["cause"]).replace("_", " ") for each in states]
        acted = [f"{each['action']} {each['who']}" for each in result.get("acted_on") or () if "who" in each]
        done = [str(each) for each in result.get("done") or ()] or acted
        self.done += done
        if done:
            self.reversible = bool((result.get("undo") or {}).get("reversible"))

    @property
    def held(self) -> list[PastGate]:
        return [gate for gate in self.gates if gate["planned"] and not gate["open"]]

    @property
    def stuck(self) -> list[str]:
        """Why no plan does what is to be done, each reason once; an alternative that may be approved is one of them."""
        gates = [gate for gate in self._empty if not gate["reasons"][0].startswith(_NOTHING)]
        return list(dict.fromkeys(reason for gate in gates for reason in gate["reasons"]))

    @property
    def idle(self) -> list[str]:
        """Why nothing is to be done, by the plans that have no action, each reason once."""
        reasons = [gate["reasons"][0] for gate in self._empty if gate["reasons"][0].startswith(_NOTHING)]
        return list(dict.fromkeys(filter(None, (reason[len(_NOTHING) :].lstrip(": ") for reason in reasons))))

    @property
    def unmet(self) -> list[str]:
        """Causes for which nothing was done, or is planned, each once."""
        acts = self.outcomes or self.done or any(gate["planned"] or gate["open"] for gate in self.gates)
        return [] if acts else list(dict.fromkeys([*self.causes, *self.states]))

    @property
    def _empty(self) -> list[PastGate]:
        return [gate for gate in self.gates if gate["reasons"] and not gate["planned"] and not gate["open"]]


@dataclass(frozen=True)
class Run:
    """``path``: of the incident's file, empty if nothing was written; ``head``: of its log; ``joined``: it existed
    before; ``broken``: where the log is not what was written; ``unwritten``: the message that says why something
    that the run did is not in it; ``proposed``: what a triage names; ``workflow``: where
    its plans are approved, if it is a job of a workflow of AWX; ``held_plans``: these plans, in lines. AWX's own
    message of an approval cannot show a plan, so that the end of the job's output does."""

    call: Invocation
    stories: Sequence[Story]
    check: bool = False
    path: str = ""
    head: str = ""
    joined: bool = False
    broken: str = ""
    unwritten: str = ""
    proposed: str = ""
    severity: str = ""
    workflow: str = ""
    held_plans: Sequence[str] = ()


def last_lines(run: Run) -> list[Line]:
    """Six lines at the most, each of which may wrap, after the plans of a workflow. Hosts that failed are first, each
    in the order of names."""
    if run.call.name in _NO_INCIDENT or not run.stories:
        return []
    run = replace(run, stories=sorted(run.stories, key=_place))
    failed = any(story.failed or not story.reached for story in run.stories)
    held = [(story, gate) for story in run.stories for gate in story.held]
    kind = BAD if failed else CARE if held or any(story.stuck or story.unmet for story in run.stories) else GOOD
    lines = [(PLAIN, text) for text in run.held_plans]
    lines += [(kind, f"outcome: {_outcomes(run)}"), (PLAIN, f"changed: {_changed(run)}")]
    if run.path:
        head = f", head {run.head}" if run.head else ""
        lines.append((PLAIN, f"incident: {run.call.incident}{' (joined)' if run.joined else ''}, log {run.path}{head}"))
    if run.broken:
        lines.append((BAD, f"the log of the incident was changed: {run.broken}"))
    if run.unwritten:
        why = printable(first_sentence(run.unwritten))
        text = f'not in the incident log: what "Print what could not be written" shows above; keep it. {why}.'
        lines.append((BAD, text))
    if held:
        lines.append((CARE, f"held: {'; '.join(_held(story, gate) for story, gate in held[:_SHOWN])}"))
    return [*lines, (PLAIN, f"next: {_next(run)}")]


def undoes(facts: Mapping[str, Any]) -> bool:
    """Whether a run undoes an act on a host, by its facts: directly, or by a plan that was held and is approved."""
    return bool(facts.get("incident_undoable")) or any(plan.get("undoes") for plan in facts.get("incident_held") or ())


def _place(story: Story) -> tuple[bool, str]:
    """Results come in another order in each run."""
    return story.reached and not story.failed, story.host


def _outcome(result: Mapping[str, Any]) -> str:
    seconds = result.get("seconds_to_recovery")
    after = f" after {span(float(seconds))}" if isinstance(seconds, (int, float)) else ""
    return f"{result['outcome']}{after} ({result['before']} before, {result['after']} now)"


def _outcomes(run: Run) -> str:
    """By host; hosts with one outcome together."""
    if run.severity:
        return f"proposed severity {run.severity}"
    hosts: dict[str, list[str]] = {}
    for story in run.stories:
        hosts.setdefault(_of_host(story, run.check), []).append(story.host)
    return "; ".join(f"{some(names)} {words}" for words, names in hosts.items())


def _of_host(story: Story, check: bool) -> str:
    if not story.reached:
        return "was not reached"
    if story.failed:
        return f"failed, see its message{', after: ' + story.outcomes[-1] if story.outcomes else ''}"
    parts = story.outcomes[-1:]
    if check and not story.outcomes and any(gate["open"] for gate in story.gates):
        parts.append("has a plan that would be carried out")
    if story.held:
        parts.append("has a plan that is held")
    return " and ".join(parts) or _idle(story)


def _idle(story: Story) -> str:
    """Of a host on which nothing was done and nothing is held: no plan that helps is not the same as no need of one."""
    if story.stuck:
        return f"has no plan: {'; '.join(story.stuck)}"
    if story.unmet:
        return f"has no act for what was found ({', '.join(story.unmet)}): see above"
    if story.unexplained and not story.idle:
        return "did nothing: no cause was found among those that are looked for"
    return f"has nothing to do{': ' if story.idle else ''}{'; '.join(story.idle)}"


def _changed(run: Run) -> str:
    done = [f"{story.host}: {each}" if len(run.stories) > 1 else each for story in run.stories for each in story.done]
    return "; ".join(done[:_SHOWN]) + (f"; and {len(done) - _SHOWN} more" if len(done) > _SHOWN else "") or (
        "nothing (--check)" if run.check else "nothing"
    )


def _held(story: Story, gate: PastGate) -> str:
    return f"{story.host} {gate['mitigation']}, plan {gate['digest'][:_SHORT]}: {'; '.join(gate['reasons'][:2])}"


def _next(run: Run) -> str:
    call = run.call
    with_plan = replace(call, hosts=",".join(story.host for story in run.stories if story.held))
    gates = [gate for story in run.stories for gate in story.gates]
    held = [gate["digest"][:_SHORT] for story in run.stories for gate in story.held]
    incident = f"-e incident_id={call.incident}"
    # Without the approval that was typed these would have no plan to go on with.
    of_plan = call.name in ("undo", "approve")
    failed = any(story.failed for story in run.stories)
    if failed and of_plan and not (run.joined or run.path):
        return command(call, "incidents")  # none was named, or one that does not exist
    if failed and not (run.path and of_plan):
        return command(call, call.name, "--check", "--diff", approved=of_plan or not call.name)
    if held and run.path and not run.check and run.workflow:
        return f"to approve exactly this plan: {run.workflow}"
    if held and run.path and not run.check:
        return f"to approve: {command(with_plan, 'approve', incident, _approval(held))}"
    if held:
        # The run that follows makes the other plans again, too.
        matched = [digest for gate in gates if gate["open"] and gate["approved"] for digest in gate["matched"]]
        return f"to approve: {command(call, call.name, _approval([*matched, *held]))}"
    if run.proposed:
        return command(call, run.proposed, "--check", "--diff")
    if run.check and any(gate["open"] for gate in gates):
        return command(call, call.name, approved=of_plan or any(gate["open"] and gate["approved"] for gate in gates))
    if run.path:
        return _after(run, of_plan)
    return command(call, "triage") if call.name != "triage" else "nothing is to be done"


def _after(run: Run, of_plan: bool) -> str:
    """The next command after a run that wrote to its incident, without a plan that waits."""
    call, incident = run.call, f"-e incident_id={run.call.incident}"
    if any(story.reversible and not story.undoes for story in run.stories):
        hosts = ",".join(story.host for story in run.stories if story.reversible)
        return f"to undo: {command(replace(call, hosts=hosts), 'undo', incident)}"
    if not of_plan and any(story.left for story in run.stories):
        return command(call, call.name, "--check", "--diff")
    return command(call, "incidents", incident)


def _approval(digests: Sequence[str]) -> str:
    return f"-e incident_approved_digest={','.join(dict.fromkeys(digests))}"
