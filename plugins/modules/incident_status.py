# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_status
short_description: Where the open incidents stand
version_added: 0.2.0
description:
  - Returns every open incident with its phase, severity, who leads, the last acts with their outcomes, and the plans that
    are held; or one incident with its timeline and the first break of its log.
  - Everything is computed from the log. The status of incidents that have ended (phase V(resolved) or V(closed)) is kept in
    the file C(.index.json) beside the logs. The file is a cache; an entry counts only while the log has the same size and
    the same last line, and the file may be deleted at any time.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident to show as a whole. Empty shows all that are open.
    type: str
    default: ""
  closed:
    description: Whether incidents that have ended are shown too.
    type: bool
    default: false
  index:
    description: Whether the index is read and written. In check mode it is read only.
    type: bool
    default: true
  hours:
    description: Business hours of the site, by which an answer to a P3 is due, with C(zone) (required if
      anything is given, such as V(Europe/Berlin)), C(ends) (default V(17:00)), C(starts) (of a day that ends after
      midnight), C(days) (default V(mon) to V(fri)) and C(holidays) (dates). Without any of them they are those of UTC.
      Those that are misspelt are named in RV(lines), and those of UTC count.
    type: raw
    default: {}
  public_every:
    description: Minutes within which people outside are updated, by severity; one that is not there has 30 (P0), 60 (P1) or
      240 (P2), and 0 is no deadline.
    type: raw
    default: {}
  public_scenarios:
    description: Scenarios that face customers, of which the first update outside is due without another one before it. To
      one that is not there the status page is not applicable, unless something was said to the public.
    type: list
    elements: str
    default: []
  soak:
    description: Seconds for which a verification must hold until the recovery counts as verified.
    type: float
    default: 600
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What is open
  pafar.runbook.incident_status:
    log: /var/lib/pafar-runbook/incidents
  register: status
"""

RETURN = r"""
incidents:
  description: The incidents, the one with the newest event first.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &IncidentStatus
    id: {description: "Id of the incident.", type: str}
    opened_at: {description: "Time of its first event (UTC, ISO 8601).", type: str}
    last_at: {description: "Time of its last event (UTC, ISO 8601).", type: str}
    scenario: {description: "What kind of incident it is.", type: str}
    phase:
      description: "Phase that was set last: open, acknowledged, identified, monitoring, resolved or closed."
      type: str
    severity: {description: "P0 to P3, or unknown.", type: str}
    by: {description: "Person or program that opened it.", type: str}
    lead: {description: "The incident commander; empty if there is none.", type: str}
    roles: {description: "Persons, by role.", type: dict}
    acknowledged_at: {description: "Time of the first acknowledgement; empty without one.", type: str}
    acknowledged_by: {description: "Person who acknowledged it.", type: str}
    hosts: {description: "Hosts that its events are about.", type: list, elements: str}
    causes: {description: "Causes of the last diagnosis, the heaviest first.", type: list, elements: str}
    acts:
      description: "The last acts, the newest last."
      type: list
      elements: dict
      contains: &ActRow
        seq: {description: "Number of the event.", type: int}
        at: {description: "Time of the event (UTC, ISO 8601).", type: str}
        host: {description: "Inventory name of the host.", type: str}
        mitigation: {description: "Name of the mitigation.", type: str}
        done: {description: "What was done, a sentence each.", type: list, elements: str}
        outcome: {description: "Outcome that was verified; empty without one.", type: str}
        seconds_to_recovery:
          description: "Seconds from the act to the recovery; null where it was not verified."
          type: float
    held:
      description: "Plans that are held and wait for an approval."
      type: list
      elements: dict
      contains: &HeldRow
        at: {description: "Time of the event (UTC, ISO 8601).", type: str}
        host: {description: "Inventory name of the host.", type: str}
        mitigation: {description: "Name of the mitigation.", type: str}
        digest: {description: "Digest of the plan.", type: str}
        actions: {description: "Its actions, a sentence each.", type: list, elements: str}
        reasons: {description: "Why the gate held it.", type: list, elements: str}
    unfinished: {description: "Number of acts without an outcome.", type: int}
    notes: {description: "Number of notes.", type: int}
    events: {description: "Number of events.", type: int}
    torn: {description: "Number of lines that could not be read.", type: int}
    head:
      description: "Last line of the log."
      type: dict
      contains: &Head
        seq: {description: "Number of the line; 0 without a line.", type: int}
        hash: {description: "First 12 digits of its SHA-256.", type: str}
    overdue: {description: "What is overdue, a sentence each.", type: list, elements: str}
closed:
  description: Number of incidents that have ended.
  returned: success
  type: int
  sample: 12
cached:
  description: Number of incidents whose status was taken from the index.
  returned: success
  type: int
  sample: 12
timeline:
  description: Timeline of the incident O(id), in lines.
  returned: success
  type: list
  elements: str
  sample: []
first_break:
  description: First place at which the log of the incident O(id) is not what was written; null if there is none.
  returned: success
  type: dict
  sample: null
  contains: &Break
    line: {description: "Line, from 1; 0 if it is no line of the log.", type: int}
    seq: {description: "Number of the event.", type: int}
    evidence: {description: "Evidence file that differs; empty where the log itself does.", type: str}
    what: {description: "What is wrong.", type: str}
checklist:
  description: Checklist of the incident O(id), with what ticked each item.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &ChecklistItem
    item: {description: "Name of the item.", type: str}
    text: {description: "The item, in words.", type: str}
    state:
      description: "V(done), V(waived), V(open) or V(not_applicable). What no fact and no person shows is open."
      type: str
    by: {description: "Number of the event that ticked it, and the person.", type: str}
    after: {description: "Whether it belongs to the half that follows the incident.", type: bool}
unread:
  description: Files that could not be read, with the reason.
  returned: success
  type: list
  elements: str
  sample: []
lines:
  description: The result in lines.
  returned: success
  type: list
  elements: str
  sample: ["no incident is open", "12 incidents have ended"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import incident_status


def work(module: AnsibleModule) -> dict[str, Any]:
    return {"changed": False, **incident_status(**module.params, check_mode=module.check_mode)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True},
            "id": {"type": "str", "default": ""},
            "closed": {"type": "bool", "default": False},
            "index": {"type": "bool", "default": True},
            "hours": {"type": "raw", "default": {}},
            "public_every": {"type": "raw", "default": {}},
            "public_scenarios": {"type": "list", "elements": "str", "default": []},
            "soak": {"type": "float", "default": 600},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
