# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_postmortem
short_description: Write the post-mortem of an incident from its log
version_added: 0.2.0
description:
  - Makes the pages of a post-mortem from the log of one incident and from nothing else, as Markdown and as one HTML file
    that loads nothing and runs no script. Runs on the host of the incident log and writes into the folder
    C(<id>.postmortem) beside it. Each figure and time on the page cites the event that holds it.
  - What people write is recorded as an event of kind C(written) (M(pafar.runbook.incident_event)) with C(section) and
    C(text), so that it is on every later page with each of its characters. The sections are C(summary), C(impact),
    C(detection), C(surprised), C(contributing_factors), C(went_well), C(went_badly), C(lucky), C(lessons) and
    C(communication); the section C(public) is for the public page. The section C(status) sets the status (C(draft),
    C(in review) or C(done)), and C(impact_began) the time at which the impact began. A passage of another section has a
    section of its own on the page.
  - For an incident of severity P0 or P1, also writes an invitation to its review (C(review.ics)), within 3 days or within 5
    business days. The module sends nothing.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident.
    type: str
    required: true
  views:
    description: Pages to write. V(public) has only the words of O(public_words), passages of the section C(public), updates
      to the public, times, and the figures that O(public_requests) names.
    type: list
    elements: str
    choices: [internal, public]
    default: [internal]
  public_words:
    description: What the public page calls an incident, by its scenario. The default is V(An incident).
    type: dict
    default: {}
  public_requests:
    description: What the public page calls a kind of requests, by the name of its objective. The page has the figures of these
      kinds; without any it has none.
    type: dict
    default: {}
  heads:
    description: Heads of the incident that were kept elsewhere, as in M(pafar.runbook.incident_verify).
    type: list
    elements: str
    default: []
  group:
    description: Group that may read and write the files. Empty means the owner alone.
    type: str
    default: ""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - Returns the facts and the paths, and writes nothing.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.incident_verify
  - module: pafar.runbook.incident_report
"""

EXAMPLES = r"""
- name: Write both pages
  pafar.runbook.incident_postmortem:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-db_lock_contention
    views: [internal, public]
    public_words: {db_lock_contention: Bookings were slow}
    public_requests: {bookings: Requests for bookings}
  register: postmortem
"""

RETURN = r"""
paths:
  description: Files of the post-mortem, also in check mode, which does not write them.
  returned: success
  type: list
  elements: str
lines:
  description: The result in sentences; first, whether the log does not verify.
  returned: success
  type: list
  elements: str
severity:
  description: Last severity that is known.
  returned: success
  type: str
  sample: P1
status:
  description: Status of the post-mortem, V(draft), V(in review) or V(done).
  returned: success
  type: str
  sample: draft
first_break:
  description: First place at which the log or its evidence is not what was written; empty if there is none.
  returned: success
  type: str
milestones:
  description: Times of the incident by name. A time that the log does not hold is empty.
  returned: success
  type: dict
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &MilestoneReport
        at: {description: "Time (UTC); empty if missing.", type: str}
        source: {description: "What it was taken from.", type: str}
        sure: {description: "How sure it is: recorded, reported or estimated.", type: str}
        events: {description: "Numbers of the events that hold it.", type: list, elements: int}
durations:
  description: Durations between the times, by name. A duration that is not known is null.
  returned: success
  type: dict
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &DurationReport
        seconds: {description: "Seconds; null if one end is missing.", type: float}
        events: {description: "Numbers of the events that hold both ends.", type: list, elements: int}
proposals:
  description: Changes that the incident suggests, each by a rule.
  returned: success
  type: list
  elements: dict
  contains: &ProposalReport
    rule: {description: "Name of the rule.", type: str}
    subject: {description: "What it is about, by which the same proposal is recognised in another incident.", type: str}
    text: {description: "The proposal.", type: str}
    events: {description: "Numbers of the events that it rests on.", type: list, elements: int}
action_items:
  description: Work that remains, as its events leave it.
  returned: success
  type: list
  elements: dict
  contains: &ActionItem
    key: {description: "Key by which later events refer to it.", type: str}
    text: {description: "What is to be done.", type: str}
    owner: {description: "Who does it; empty if unknown.", type: str}
    due: {description: "Date until which it is due; empty if unknown.", type: str}
    state: {description: "Its last state.", type: str}
    open: {description: "Whether it is not done.", type: bool}
    events: {description: "Numbers of its events.", type: list, elements: int}
to_write:
  description: Sections that need a passage and have none.
  returned: success
  type: list
  elements: str
measured:
  description: "What is to be measured with M(pafar.runbook.incident_impact_info), and whether it was."
  returned: success
  type: dict
  contains: &MeasuredReport
    since: {description: "Beginning of the incident; empty if the log holds none.", type: str}
    until: {description: "End of the incident, the verified recovery if there is one.", type: str}
    began_is_written: {description: "Whether a person wrote the beginning.", type: bool}
    event: {description: "Number of the event of the last measurement; 0 without one.", type: int}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.io.pages import write_postmortem
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.options import POSTMORTEM_ARGS


def work(module: AnsibleModule) -> dict[str, Any]:
    return write_postmortem(module.params, module.check_mode)


def main() -> None:
    finish(AnsibleModule(argument_spec=POSTMORTEM_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
