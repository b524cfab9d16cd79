# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: announce
short_description: Send the messages of incidents to chat, status page, mail, pager and tracker
version_added: 0.2.0
description:
  - Takes the messages that are due from the outbox of each incident, sends them from the controller, all channels beside
    each other, and keeps in the log what became of each.
  - A message is sent once. Where the connection ended after the request had gone out, the channel is asked for it before
    it is sent again; mail cannot be asked, so that it goes out again under the same Message-ID and the log says so.
  - Nothing is waited for longer than O(budget). What is left is sent by the next run.
  - In check mode every message is returned as it would go out, and nothing is sent.
options:
  channels:
    description: Channels of the site with their settings, by V(slack), V(page), V(mail), V(pager) and V(tracker).
    type: dict
    default: {}
  templates:
    description: Templates of the site in place of those of the collection, by channel and name.
    type: raw
    default: {}
  budget:
    description:
      - Seconds for all channels together, at most nine tenths of O(lease). A channel that is silent for a quarter of them
        is given up for this run, so that with all channels silent it takes a quarter; of a mail server that is silent after it
        has taken a mail all of it is waited for, since a mail cannot be asked for.
    type: float
    default: 80
  public:
    description: Whether the first post on the status page waits for a person, where the channel does not say it itself.
    type: str
    default: ask
    choices: [ask, act]
  soak:
    description: Seconds for which a verification must hold until status page and mail say that it is resolved.
    type: float
    default: 600
  archive_after:
    description: Seconds after the end of an incident until its channel is archived.
    type: float
    default: 86400
  awx_url:
    description: Address of AWX. A plan that a workflow of AWX made is sent with the page on which it is approved.
    type: str
    default: ""
  people:
    description: People of the site, as M(pafar.runbook.oncall_info) has them. Who is paged or takes a role is invited into the
      incident's channel in Slack.
    type: raw
    default: []
  oncall:
    description: Who is on call, as M(pafar.runbook.oncall_info) has it. With it, people are paged and reminded.
    type: raw
    default: {}
  feeds:
    description: Whether feeds are read. If not, and O(oncall) has one, no person is paged and no role is filled.
    type: bool
    default: true
  copies:
    description: Directory of the copies of feeds.
    type: path
    default: ~/.local/state/pafar-runbook/feeds
extends_documentation_fragment:
  - pafar.runbook._outbox
notes:
  - Slack needs the Python library slack_sdk on the controller, and Apprise the library apprise.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Send what is due
  pafar.runbook.announce:
    log: /var/lib/pafar-runbook/incidents
    channels: "{{ runbook_announce }}"
    budget: 80
  delegate_to: "{{ groups['incident_log'][0] | default('localhost') }}"
  run_once: true
"""

RETURN = r"""
messages:
  description:
    - Messages that were taken from the outbox, in order, and what became of each; in check mode as each would go
      out.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &AnnouncedMessage
    incident: {description: "Id of the incident.", type: str}
    key: {description: "Key of the message within the incident.", type: str}
    channel: {description: "Channel it went to.", type: str}
    to:
      description: "Recipient: an address, the channel of a chat, the page with its id, the host of a tracker."
      type: str
    title: {description: "Subject of a mail, title of an issue or of an incident of the page; else empty.", type: str}
    text: {description: "Text as it goes out.", type: str}
    state:
      description: "What became of it: sent, failed, in_doubt, refused, queued, sending, or planned in check mode."
      type: str
    reason:
      description: >-
        Why it was not sent, or what is to be known of it; in check mode what goes with it, as who is invited.
      type: str
differences:
  description: What a status page shows that the log does not say, a sentence each.
  returned: success
  type: list
  elements: str
  sample: []
waiting:
  description: Number of messages that a later run sends.
  returned: success
  type: int
  sample: 0
heads:
  description: Last line of each log that was written, by incident, with C(seq) and C(hash), as
    M(pafar.runbook.incident_event) returns it.
  returned: success
  type: dict
  sample: {"2026-11-23-145635-db_lock_contention": {"seq": 17, "hash": "ab12cd34ef56"}}
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &Head
        seq: {description: "Number of the line; 0 without a line.", type: int}
        hash: {description: "First 12 digits of its SHA-256.", type: str}
lines:
  description: What went out, what did not and why, and what waits, a sentence each; empty if nothing was due.
  returned: success
  type: list
  elements: str
  sample: []
left:
  description: What waits or was refused in earlier runs, incidents that could not be read, and what is wrong with the
    settings, a sentence each.
  returned: success
  type: list
  elements: str
  sample: []
silences:
  description: "What was changed in Alertmanager, and what could not be, a sentence each."
  returned: success
  type: list
  elements: str
"""
