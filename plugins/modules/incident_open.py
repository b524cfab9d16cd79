# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_open
short_description: Name the incident of a run, or join an open one
version_added: 0.2.0
description:
  - Returns the id of the incident that a run belongs to. Nothing is written; the file begins with the first event.
  - If O(id) is empty and an incident is open that shares hosts with the run and had an event within O(join_within), the run
    joins it. Of several it takes the one that shares most, and of equal ones the newest.
  - An incident is open until its phase is V(resolved) or V(closed).
  - Of an incident that exists it also returns the acts without an outcome and the first break of its log. An act whose run
    is active on this controller is not one to complete. A run of another controller cannot be asked, so that its act counts
    as under way for 10 minutes.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident. V(new) opens another one in any case. Blanks around it, and capitals where only one incident
      has the name but for these, count for nothing. What can be no id is refused before anything is done.
    type: str
    default: ""
  scenario:
    description: What kind of incident it is, part of a new id.
    type: str
    default: incident
  hosts:
    description: Hosts of the run.
    type: list
    elements: str
    default: []
  join_within:
    description: Seconds within which an open incident must have had an event to be joined; V(0) joins none.
    type: float
    default: 14400
  site:
    description: Name of the site. An incident that another site has opened is never joined; empty compares none.
    type: str
    default: ""
  workflow:
    description: Id of a workflow of AWX. Without O(id), or with V(new), the incident is the one that holds a plan of this workflow.
    type: int
    default: 0
  alert:
    description: Scenario of the alert that has started the run. If O(scenario) is V(triage), it joins the open incident of a triage
      that was started for the same scenario.
    type: str
    default: ""
  severity:
    description: Severity that the run is given, V(P0) to V(P3) or V(unknown). Another word is refused before anything is done.
    type: str
    default: ""
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: The open incident of these hosts, or a new one
  pafar.runbook.incident_open:
    log: /var/lib/pafar-runbook/incidents
    scenario: db_lock_contention
    hosts: "{{ ansible_play_hosts_all }}"
  register: opening
"""

RETURN = r"""
id:
  description: Id of the incident.
  returned: success
  type: str
  sample: 2026-11-23-145635-db_lock_contention-06f2a1
joined:
  description: Whether the incident existed before.
  returned: success
  type: bool
  sample: true
why:
  description: How it was chosen.
  returned: success
  type: str
  sample: it is open, shares db1, its last event was 12 min ago; incident_id=new opens another one
others:
  description: Other open incidents that share hosts with the run.
  returned: success
  type: list
  elements: str
  sample: []
unfinished:
  description: Acts of the incident that have no outcome, since their run was cut off.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &Intent
    at: {description: "Time of the event (UTC, ISO 8601), by which the outcome refers to it.", type: str}
    host: {description: "Inventory name of the host.", type: str}
    mitigation: {description: "Role that was about to act.", type: str}
    verb: {description: "C(verb) of the plan.", type: str}
    digest: {description: "C(digest) of the plan.", type: str}
    actions:
      description: "Actions that the gate allowed, with C(action), C(target), C(who) and C(reason)."
      type: list
      elements: dict
    up_to:
      description: "Largest number of sessions that all rounds together may terminate; 0 without rounds."
      type: int
    seen_at: {description: "Time of the plan by the clock of the server; empty if it has none.", type: str}
    undo: {description: "How to undo the act.", type: dict}
    options: {description: "Options of the module that made the plan, without secrets.", type: dict}
    by: {description: "Who started its run.", type: str}
    run: {description: "Process of its run, on its controller; empty in logs of older versions.", type: str}
    undoes: {description: "Time of the act that it was to undo; empty if it was none.", type: str}
    found:
      description: "What an earlier run saw of it, in lines, if that left a target unknown."
      type: list
      elements: str
    seconds_ago: {description: "Seconds since the event.", type: float}
under_way:
  description: Acts of the incident that have no outcome and whose run is active, or may be.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *Intent
head:
  description: Last line of the log.
  returned: success
  type: dict
  sample: {"seq": 17, "hash": "ab12cd34ef56"}
  contains: &Head
    seq: {description: "Number of the line; 0 without a line.", type: int}
    hash: {description: "First 12 digits of its SHA-256.", type: str}
first_break:
  description: First place at which the log or its evidence is not what was written; null if there is none.
  returned: success
  type: dict
  sample: null
  contains: &Break
    line: {description: "Line, from 1; 0 if it is no line of the log.", type: int}
    seq: {description: "Number of the event.", type: int}
    evidence: {description: "Evidence file that differs; empty where the log itself does.", type: str}
    what: {description: "What is wrong.", type: str}
problem:
  description: Why the log could not be read; empty if it could.
  returned: success
  type: str
  sample: ""
join_within:
  description: Seconds to pass on with the first event, so that it joins an incident that another run has opened in the
    meantime; 0 joins none.
  returned: success
  type: float
  sample: 14400
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import OPEN_ARGS, opening


def work(module: AnsibleModule) -> dict[str, Any]:
    return {"changed": False, **opening(module.params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=OPEN_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
