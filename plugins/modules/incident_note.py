# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_note
short_description: Record what a person did by hand
version_added: 0.2.0
description:
  - Appends an event of kind V(noted) to an incident that exists. Without O(id) it takes the only open
    incident that shares hosts with O(hosts); where there is none, or several, it fails.
  - In check mode nothing is written.
  - If the log is on the controller, the action plugin writes it directly, without running a module.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident.
    type: str
    default: ""
  text:
    description: What was done or seen, at most 10000 characters.
    type: str
    required: true
  done_at:
    description: When it was done, if that was before. A time of day such as V(14:56) is in UTC and means the last time it
      was that; a date with a time such as V(2026-11-23T14:56:35Z) may have another offset. It is kept as C(done_at) beside
      the time of the event, which is when it was written.
    type: str
    default: ""
  by:
    description: Person who did it.
    type: str
    default: unknown
  host:
    description: Host that it is about.
    type: str
    default: ""
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
extends_documentation_fragment:
  - pafar.runbook._attributes
attributes:
  diff_mode:
    support: none
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What was done before the playbooks ran
  pafar.runbook.incident_note:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-db_lock_contention-06f2a1
    by: ada
    text: Moved the nightly report to the standby.
    done_at: "14:40"
"""

RETURN = r"""
path:
  description: The incident's file; empty if nothing was written.
  returned: success
  type: str
  sample: /var/lib/pafar-runbook/incidents/2026-11-23-145635-db_lock_contention-06f2a1.jsonl
id:
  description: Id of the incident.
  returned: success
  type: str
  sample: 2026-11-23-145635-db_lock_contention-06f2a1
head:
  description: Last line of the log afterwards, with C(seq) and C(hash).
  returned: success
  type: dict
  sample: {"seq": 17, "hash": "ab12cd34ef56"}
  contains: &Head
    seq: {description: "Number of the line; 0 without a line.", type: int}
    hash: {description: "First 12 digits of its SHA-256.", type: str}
joined:
  description: "Whether that is another incident than the one that was asked for, since another run had opened one with the same scope in the meantime."
  returned: success
  type: bool
opened:
  description: "Whether this call created the incident."
  returned: success
  type: bool
evidence:
  description: "File name, bytes and SHA-256 of the evidence, or null."
  returned: success
  type: dict
  contains: &EvidenceFile
    file: {description: "Name of the file, within the directory of the log.", type: str}
    bytes: {description: "Size in bytes.", type: int}
    sha256: {description: "Its SHA-256.", type: str}
intended:
  description: "Time of the event of kind V(intended) that was written; empty otherwise."
  returned: success
  type: str
why:
  description: "How it was chosen, if it is another incident than the one that was asked for; empty otherwise."
  returned: success
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import NOTE_ARGS, note


def work(module: AnsibleModule) -> dict[str, Any]:
    return note(module.params, module.check_mode)


def main() -> None:
    finish(AnsibleModule(argument_spec=NOTE_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
