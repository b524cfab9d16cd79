# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_event
short_description: Append events to the incident log
version_added: 0.1.0
description:
  - Appends events to the file of an incident, as one JSON line each, under a lock and in one write.
  - A new file begins with an event of kind V(opened). Evidence is written to a separate file before the event that
    names it and contains its SHA-256.
  - In check mode nothing is written.
  - If the log is on the controller, the action plugin writes it directly, without running a module.
options:
  log:
    description: Directory of the incident log. It is created with mode 0700 if it does not exist.
    type: path
    required: true
  id:
    description: Id of the incident, which is also the name of its file.
    type: str
    required: true
  events:
    description: Events to append, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of event. V(held) means that a plan was not carried out because it needs an approval,
          V(approved) that an operator approved such a plan, V(intended) that an act is about to be carried out.
        type: str
        required: true
        choices: [opened, alert, silence, severity, acknowledged, role, phase, update, message, checklist, action_item, lock,
          written, measured, diagnosed, evidence, held, approved, intended, mitigated, reconciled, verified, noted, handed_over]
      note:
        description: Facts about the event. A field that the kind does not have is refused, see docs/incident-log.md.
        type: dict
        default: {}
  evidence:
    description: Evidence to keep. The event of kind V(evidence) names its file.
    type: dict
  by:
    description: Person or program that caused the events.
    type: str
    default: unknown
  host:
    description: Host that the events are about.
    type: str
    default: ""
  at:
    description: Time of the events by the clock of the writer, in UTC, for example V(2026-11-23T14:56:35.123456Z). Empty uses
      the clock of the log's host. If the two differ by more than 2 s, the event contains the time of the log's host as
      C(logged). The order of events is that of their numbers.
    type: str
    default: ""
  group:
    description: Group that may write what is created here (directory 2770, files 0660, evidence 0640). What exists keeps its
      mode. Empty lets the owner alone write.
    type: str
    default: ""
  opening:
    description: Facts for the V(opened) event of a new incident - V(scenario), V(severity), V(facts), V(alert), V(hosts), V(site),
      V(reported_by), V(where), V(noticed_at), V(text). Another one is refused, and nothing is written; so is a severity that
      is none of V(P0), V(P1), V(P2), V(P3) and V(unknown). V(signs), each with V(severity) and V(text), raise the severity, also
      that of an incident that exists.
    type: dict
    default: {}
  create:
    description: Whether an incident that does not exist is created. If not, nothing is written to it.
    type: bool
    default: true
  join_hosts:
    description: Hosts of the run. With O(join_within), events for an incident that does not exist go to the open one that
      shares most of these hosts and of the targets of the events, if there is one.
    type: list
    elements: str
    default: []
  join_within:
    description: Seconds within which such an incident must have had an event; V(0) joins none. What
      M(pafar.runbook.incident_open) returned as RV(pafar.runbook.incident_open#module:join_within).
    type: float
    default: 0
extends_documentation_fragment:
  - pafar.runbook._attributes
attributes:
  diff_mode:
    support: none
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Record a manual step
  pafar.runbook.incident_event:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-db_lock_contention
    by: ada
    events:
      - kind: noted
        note: {text: The nightly report was moved to the standby.}
"""

RETURN = r"""
path:
  description: The incident's file; empty if nothing was written.
  returned: success
  type: str
  sample: /var/lib/pafar-runbook/incidents/2026-11-23-145635-db_lock_contention.jsonl
opened:
  description: Whether this call created the incident.
  returned: success
  type: bool
  sample: true
evidence:
  description: File name, bytes and SHA-256 of the evidence, or null.
  returned: success
  type: dict
  sample: {"file": "2026-11-23-145635.evidence/001-db1.json", "bytes": 5120, "sha256": "9f86d081884c7d65"}
  contains: &EvidenceFile
    file: {description: "Name of the file, within the directory of the log.", type: str}
    bytes: {description: "Size in bytes.", type: int}
    sha256: {description: "Its SHA-256.", type: str}
intended:
  description: Time of the event of kind V(intended) that was written, by which the outcome refers to it; empty otherwise.
  returned: success
  type: str
  sample: "2026-11-23T14:56:35.123456Z"
head:
  description: Last line of the log afterwards, with C(seq) and C(hash). Keep it elsewhere to check the log with
    M(pafar.runbook.incident_verify).
  returned: success
  type: dict
  sample: {"seq": 17, "hash": "ab12cd34ef56"}
  contains: &Head
    seq: {description: "Number of the line; 0 without a line.", type: int}
    hash: {description: "First 12 digits of its SHA-256.", type: str}
id:
  description: "Id of the incident that was written to."
  returned: success
  type: str
joined:
  description: "Whether that is another incident than the one that was asked for, since another run had opened one with the same scope in the meantime."
  returned: success
  type: bool
why:
  description: "How it was chosen, if it is another incident than the one that was asked for; empty otherwise."
  returned: success
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import RECORD_ARGS, record


def work(module: AnsibleModule) -> dict[str, Any]:
    return record(module.params, module.check_mode)


def main() -> None:
    finish(AnsibleModule(argument_spec=RECORD_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
