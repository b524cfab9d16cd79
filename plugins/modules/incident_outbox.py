# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_outbox
short_description: Take the messages of incidents that are due, so that they can be sent
version_added: 0.2.0
description:
  - Reads the events of an incident, queues the messages that they call for and that are not in its log yet, and takes
    those that may be sent now. Both are events of the kind C(message), written under the lock of the log, so that of two
    runs at once each message is taken by one.
  - A message that another run has taken and of which no more is known after O(lease) is returned with C(asks). The
    channel must be asked for it before it is sent.
  - M(pafar.runbook.announce) runs it on the log's host. In check mode nothing is written.
options:
  settings:
    description: Settings of each channel without what is secret, as M(pafar.runbook.announce) has them.
    type: dict
    default: {}
  channels:
    description: Channels whose messages are taken; without it all of O(settings). Messages of the others are queued.
    type: list
    elements: str
  answerers:
    description: Who is on call now, each with C(step), C(person), C(slack), C(mail) and C(why), and
      optionally C(since), C(until), C(before), C(before_slack) and C(before_mail). Without them no person is paged.
    type: list
    elements: dict
    default: []
  people:
    description: People of the site, who are invited into an incident's channel when they are paged or take a role, each with
      C(name) and C(slack), and optionally C(login) and C(awx_user).
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - pafar.runbook._outbox
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: none
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What would be sent of the open incidents
  pafar.runbook.incident_outbox:
    log: /var/lib/pafar-runbook/incidents
    settings: {slack: {standing_channel: pafar-incidents, channel_from: P2, invite: [], links: {}, archive_after: 86400}}
  check_mode: true
"""

RETURN = r"""
incidents:
  description: Incidents with messages or silences that are due, with what is to be sent and what waits.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &OutboxOfIncident
    id: {description: "Id of the incident.", type: str}
    messages:
      description: "Messages that were taken to send, in order."
      type: list
      elements: dict
      contains: &TakenMessage
        key: {description: "Key of the message within the incident.", type: str}
        channel: {description: "Channel it goes to.", type: str}
        lane: {description: "Part of the channel within which order holds, as a recipient.", type: str}
        thing:
          description: "What it is a state of, of which only the newest is sent; empty for what is said once."
          type: str
        audience: {description: "Audience: inside, stakeholders or public.", type: str}
        template: {description: "Name of its template.", type: str}
        values: {description: "Values of the template, without secrets.", type: dict}
        asks:
          description: "Whether it may have arrived before, so that the channel is asked for it first."
          type: bool
        tries: {description: "How often it was sent, this one included.", type: int}
        claim: {description: "Number of this run among those that took it.", type: int}
        reason: {description: "What became of the last try.", type: str}
    references: {description: "What the other sides called the messages that were sent, by key.", type: dict}
    path: {description: "The incident's file; empty if nothing was written.", type: str}
    head:
      description: "Last line of that file afterwards, as M(pafar.runbook.incident_event) returns it."
      type: dict
      contains: &Head
        seq: {description: "Number of the line; 0 without a line.", type: int}
        hash: {description: "First 12 digits of its SHA-256.", type: str}
    waiting: {description: "Number of messages that stay for a later run.", type: int}
    lines: {description: "Messages that are not delivered, a sentence each.", type: list, elements: str}
    silencing:
      description: "What the log says about the alerts of the incident and their silences."
      type: dict
      contains: &Silencing
        acknowledged_at:
          description: "Time (UTC) of the last acknowledgement since it was opened or reopened; empty if there is none."
          type: str
        acknowledged_by: {description: "Person of that acknowledgement.", type: str}
        is_open: {description: "Whether the incident is open.", type: bool}
        due: {description: "Whether Alertmanager has to be asked.", type: bool}
        scenario: {description: "Scenario of the incident, which the label scenario of its alerts names.", type: str}
        alerts:
          description: "Alerts of the incident, with their last known state."
          type: list
          elements: dict
          contains: &IncidentAlert
            alertname: {description: "Name of the alert.", type: str}
            fingerprint: {description: "Fingerprint, which depends on its labels alone.", type: str}
            status: {description: "firing or resolved, as it was known last.", type: str}
            labels: {description: "Labels, without those that look like a secret.", type: dict}
            by_labels: {description: "Whether a person named it, by all of its labels or by some.", type: bool}
        silenced:
          description: "Name of the alert of each silence that was made and not expired, by its id."
          type: dict
        expired: {description: "Ids of silences that a run expired.", type: list, elements: str}
        hosts: {description: "Hosts of the incident.", type: list, elements: str}
        rivals:
          description: "Ids of other open incidents of this scenario that no person has acknowledged."
          type: list
          elements: str
    components: {description: "States that other incidents have on the status page, by component.", type: dict}
    on_page: {description: "States that its own last post on the status page has set, by component.", type: dict}
ended_on_page:
  description: What older incidents, whose end the status page took, have there, by incident.
  returned: success
  type: dict
  sample: {"2026-11-03-101500-disk_space-0c4e11": {"references": ["p3qh1v8w2k"], "components": {"8kbf7d35c070": ["partial_outage", "operational"]}}}
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &EndedOnPage
        references: {description: "References of the incident on the page.", type: list, elements: str}
        components:
          description: "States that its posts have set and that no other incident has now, by component."
          type: dict
lines:
  description: Incidents that could not be read, a sentence each.
  returned: success
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.options import OUTBOX_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> dict[str, Any]:
    return {"changed": False, **take_messages(module.params, module.check_mode)}


def main() -> None:
    finish(AnsibleModule(argument_spec=OUTBOX_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
