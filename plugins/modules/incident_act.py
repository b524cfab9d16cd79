# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_act
short_description: Acknowledge an incident, set its severity, hand over a role, resolve it, close it
version_added: 0.2.0
description:
  - Appends the event of an act by a person to an incident that exists. Without O(id) it takes the only open incident
    that shares hosts with O(hosts); where there are several, it fails.
  - An act that the log does not bear out is refused with the reason. Where that is left to a person, O(reason) overrules
    it and is in the event.
  - In check mode nothing is written.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident.
    type: str
    default: ""
  act:
    description:
      - V(acknowledge) says that O(by) works on it. V(severity) sets O(severity), with a reason.
      - V(take_role) takes O(role) for O(person) (default O(by)); one that is held needs a reason. V(offer_role) offers it to
        O(person), with a note that is made from the log; it moves with V(accept_role). V(leave_role) leaves it empty.
      - V(update) keeps what is said to the people of the site, and the time of the next update by the severity.
      - V(identify) needs a diagnosis, V(monitor) an act, V(resolve) a verification of each act with the outcome recovered,
        since the incident was opened for the last time; else each needs a reason. V(reopen) needs a reason.
      - V(report) opens an incident for what users reported and no alert saw, with the action item that an alert is missing; it
        is added as a note where an incident of O(hosts) is open, unless O(id) is V(new).
      - V(close) needs an incident that is resolved, and a checklist whose half after the incident is done or waived. V(check)
        ticks O(item), V(waive) waives it with a reason.
    type: str
    required: true
    choices: [acknowledge, severity, take_role, offer_role, accept_role, leave_role, update, identify, monitor, resolve, reopen,
      close, check, waive, report]
  text:
    description: What is said, for V(acknowledge), V(update), V(check) and V(report).
    type: str
    default: ""
  reason:
    description: Why, where a person overrules what the log says.
    type: str
    default: ""
  severity:
    description: Severity to set, V(P0) to V(P3). That of a report may be V(unknown) or empty. Another word is refused.
    type: str
    default: ""
  role:
    description: Role to take, offer, accept or leave.
    type: str
    default: ""
    choices: ["", incident_commander, technical_lead, communications_lead]
  person:
    description: Person who takes the role, or who is offered it, by name, mail, login or user of AWX. One that is not in
      O(people) needs a reason, and so does a role that O(by) takes, accepts or leaves in the name of another person.
    type: str
    default: ""
  item:
    description: Item of the checklist, as M(pafar.runbook.incident_status) names it; several with commas.
    type: str
    default: ""
  audience:
    description: Audience of an V(update); V(public) is the status page.
    type: str
    default: inside
    choices: [inside, public]
  status:
    description:
      - State of the status page that an V(update) to the public sets; empty keeps the present one.
      - One that the log does not reach needs O(reason), V(identified) without a diagnosis and V(monitoring) without an act
        that helped and without a recovery.
    type: str
    default: ""
    choices: ["", investigating, identified, monitoring]
  alerts:
    description: Alerts that belong to the incident, for V(acknowledge), as Alertmanager's webhook has them, or the labels of each
      alone.
    type: list
    elements: dict
    default: []
  reported_by:
    description: Reporter of a V(report), as a customer, the support or a name.
    type: str
    default: ""
  where:
    description: Where users saw it, as a page, a region or an application.
    type: str
    default: ""
  noticed_at:
    description: Time (UTC) at which users first noticed what a V(report) says, as 14:20 or 2026-11-23T14:20:00Z.
    type: str
    default: ""
  people:
    description: People of the site, as C(runbook_people). A login or a user of AWX that is of one of them acts under that
      name.
    type: raw
    default: []
  by:
    description: Person who acts.
    type: str
    default: unknown
  hosts:
    description: Hosts by which the open incident is found.
    type: list
    elements: str
    default: []
  join_within:
    description: Seconds within which the open incident must have had an event.
    type: float
    default: 14400
  site:
    description: Name of the site. An incident that another site has opened is never joined; empty compares none.
    type: str
    default: ""
  at:
    description: Time of the event by the clock of the writer, as for M(pafar.runbook.incident_event).
    type: str
    default: ""
  group:
    description: Group that may write what is created here, as for M(pafar.runbook.incident_event).
    type: str
    default: ""
  public_every:
    description: Minutes within which people outside are updated, by severity; one that is not there has 30 (P0), 60 (P1) or
      240 (P2), and 0 is no deadline.
    type: raw
    default: {}
  public_scenarios:
    description: Scenarios that face customers, of which an update outside is due, as a hand-over says.
    type: list
    elements: str
    default: []
  hours:
    description: Business hours of the site, as for M(pafar.runbook.incident_status).
    type: raw
    default: {}
  soak:
    description: Seconds for which the verifications must hold, for V(resolve), unless there is a O(reason).
    type: float
    default: 600.0
extends_documentation_fragment:
  - pafar.runbook._attributes
attributes:
  diff_mode:
    support: none
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Acknowledge
  pafar.runbook.incident_act:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-db_lock_contention-06f2a1
    act: acknowledge
    by: ada
"""

RETURN = r"""
id:
  description: Id of the incident.
  returned: success
  type: str
  sample: 2026-11-23-145635-db_lock_contention-06f2a1
events:
  description: The events that were appended, or would be in check mode, with C(kind) and C(note).
  returned: success
  type: list
  elements: dict
  sample: [{"kind": "acknowledged", "note": {}}]
  contains: &NewEvent
    kind: {description: "Kind of the event.", type: str}
    note: {description: "Facts about the event.", type: dict}
lines:
  description: The incident and the events for a person, in lines.
  returned: success
  type: list
  elements: str
  sample: ["incident 2026-11-23-145635-db_lock_contention-06f2a1", "acknowledged (by ada)"]
path:
  description: The incident's file; empty if nothing was written.
  returned: success
  type: str
  sample: /var/lib/pafar-runbook/incidents/2026-11-23-145635-db_lock_contention-06f2a1.jsonl
head:
  description: Last line of the log afterwards, with C(seq) and C(hash).
  returned: success
  type: dict
  sample: {"seq": 17, "hash": "ab12cd34ef56"}
  contains: &Head
    seq: {description: "Number of the line; 0 without a line.", type: int}
    hash: {description: "First 12 digits of its SHA-256.", type: str}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.person_act import act_of_person
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.options import ACT_ARGS


def work(module: AnsibleModule) -> dict[str, Any]:
    return act_of_person(module.params, module.check_mode)


def main() -> None:
    finish(AnsibleModule(argument_spec=ACT_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
