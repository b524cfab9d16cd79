# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_info
short_description: Read one incident from the incident log, or list all of them
version_added: 0.1.0
description:
  - Reads the events of one incident, the acts without an outcome, the plans that are held, and the last act on a host that
    can be undone. Without an id it lists the incidents of the log.
  - Nothing is written.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident. Empty lists the incidents.
    type: str
    default: ""
  host:
    description: >-
      Inventory name of the host whose acts are considered for RV(undoable). Empty considers none; with O(approved_digest) or
      O(workflow) plans are asked for, and no act.
    type: str
    default: ""
  approved_digest:
    description: Digest of the plan that an operator approves, or its first characters. Several are separated by commas.
    type: str
    default: ""
  workflow:
    description: Id of a workflow of AWX. RV(approved) then has the plans that this workflow made, of each mitigation the last one, or
      with O(approved_digest) those among them.
    type: int
    default: 0
  last:
    description: Number of incidents to list.
    type: int
    default: 20
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Read the incident and its last act that can be undone
  pafar.runbook.incident_info:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-service_scale
    host: web1
  register: incident
"""

RETURN = r"""
events:
  description: The events in order, with C(at), C(kind), C(by), C(host) and C(note).
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &EventReport
    seq:
      description: "Number of the event within the incident; in logs of versions that had none its place."
      type: int
    at: {description: "Time of the event (UTC, ISO 8601).", type: str}
    kind: {description: "Kind of the event.", type: str}
    by: {description: "Cause, or the person or program that acted.", type: str}
    host: {description: "Host that the event is about.", type: str}
    note: {description: "Facts; the keys depend on the kind of event.", type: dict}
    logged:
      description: "Time by the clock of the log's host, where it differs from C(at) by more than 2 s; else empty."
      type: str
torn:
  description: Number of lines that could not be read.
  returned: success
  type: int
  sample: 0
undoable:
  description:
    - Last act on the host that can be undone, with C(at), C(mitigation), C(module) and C(options); empty if there is
      none.
  returned: success
  type: dict
  sample: {"at": "2026-11-23T14:56:35.123456Z", "mitigation": "scale_services", "module": "compose_scale", "options": {}}
  contains: &Undoable
    reversible: {description: "Whether the act can be undone.", type: bool}
    why: {description: "Why the act cannot be undone.", type: str}
    at: {description: "Time of the act (UTC, ISO 8601).", type: str}
    by: {description: "Person or program that did it.", type: str}
    mitigation: {description: "Role that carried out the act.", type: str}
    variables: {description: "Variables of the role by which it is undone.", type: dict}
why_not:
  description: Why no act can be undone; empty otherwise.
  returned: success
  type: str
  sample: ""
unfinished:
  description:
    - Acts that were about to be carried out, on any host, and have no outcome, since their run was cut off or their act
      failed after it had begun. The role P(pafar.runbook.incident#role) completes them.
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
held:
  description: "Plans that a gate held, the oldest first."
  returned: success
  type: list
  elements: dict
  contains: &HeldPlan
    at: {description: "Time of the event (UTC, ISO 8601).", type: str}
    by: {description: "Person or program that made the plan.", type: str}
    host: {description: "Inventory name of the host.", type: str}
    mitigation: {description: "Name of the mitigation.", type: str}
    role: {description: "Role that carries it out.", type: str}
    digest: {description: "Digest of the plan.", type: str}
    targets: {description: "Targets of the plan.", type: list, elements: str}
    actions: {description: "Its actions, a sentence each.", type: list, elements: str}
    reasons: {description: "Why the gate held it.", type: list, elements: str}
    variables: {description: "Variables of the role by which the plan was made.", type: dict}
    alternative: {description: "Whether it is an alternative to another plan.", type: bool}
    made_in:
      description: "Where the plan was made."
      type: dict
      contains: &MadeIn
        workflow: {description: "Workflow of AWX that made it; 0 without one.", type: int}
        job: {description: "Job of AWX that made it; 0 without one.", type: int}
    pending:
      description: >-
        Whether no later event is of the same mitigation and host, and no workflow of AWX ended without approving it.
      type: bool
    undoes: {description: "Time of the act that the plan undoes; empty if it undoes none.", type: str}
    fixed: {description: "Variables by which the act is undone; empty if the plan undoes none.", type: dict}
    outdated: {description: "Why the act can no longer be undone by this plan; empty otherwise.", type: str}
incidents:
  description: "Incidents of the log, the one that was written last first, if O(id) is empty."
  returned: success
  type: list
  elements: dict
  contains: &IncidentSummary
    id: {description: "Id of the incident.", type: str}
    opened_at: {description: "Time of its first event (UTC, ISO 8601).", type: str}
    last_at: {description: "Time of its last event (UTC, ISO 8601).", type: str}
    scenario: {description: "What kind of incident it is.", type: str}
    severity: {description: "P0 to P3, or unknown.", type: str}
    by: {description: "Person or program that opened it.", type: str}
    hosts: {description: "Hosts that its events are about.", type: list, elements: str}
    state: {description: "Outcome of the last act, or what the last event says.", type: str}
    held: {description: "Digests of the plans that are held.", type: list, elements: str}
    unfinished: {description: "Number of acts without an outcome.", type: int}
lines:
  description: "The timeline of the incident, or the list of incidents, in lines."
  returned: success
  type: list
  elements: str
approved:
  description: "Plans of O(host) that were held and have one of O(approved_digest), of each the newest."
  returned: success
  type: list
  elements: dict
  contains: *HeldPlan
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.history import history


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return {
        "changed": False,
        **history(
            params["log"], params["id"], params["host"], params["approved_digest"], params["last"], params["workflow"]
        ),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True},
            "id": {"type": "str", "default": ""},
            "host": {"type": "str", "default": ""},
            "approved_digest": {"type": "str", "default": ""},
            "workflow": {"type": "int", "default": 0},
            "last": {"type": "int", "default": 20},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
