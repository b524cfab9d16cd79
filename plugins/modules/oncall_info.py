# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: oncall_info
short_description: Who is on call, until when, and where no person will be
version_added: 0.2.0
description:
  - Answers for each step of O(oncall) who is on call at a moment, until when, and from which rotation or feed; or that no person
    is, with the reason. It also returns the gaps of the next O(ahead) days, and the times at which a feed has two people.
  - A rotation is in local wall time, so that each change is at the hour that is written, whatever the clocks do.
  - The last good copy of a feed is kept. It is used, with its age, where the feed cannot be read.
  - Run it on the controller. A calendar needs the Python libraries icalendar and recurring-ical-events there.
options:
  people:
    description:
      - People of the site, each with C(name), at least one of C(slack), C(mail) and C(phone), and optionally C(awx_user),
        C(login) and C(zone).
    type: raw
    default: []
  oncall:
    description:
      - Steps C(primary), C(secondary) and C(escalation), each with one of C(layers), C(ical) and C(shifts).
      - C(layers) is a list of rotations with C(people) (by name, mail, login or id), C(starts) (date), C(zone),
        C(hand_over) (09:00), C(turn) in days (7), C(hours) (a list of C(days), C(from), C(until)) and C(overrides) (a list of
        C(from), C(until), C(person)). The first layer that has a person at a moment counts.
      - C(ical) is the file or address of a calendar, whose events name a person by the attendee or in the summary.
      - C(shifts) is the file or address of JSON, with the JMESPath expressions C(rows), C(start), C(end) and C(person).
      - C(zone) of a step is that of times of a feed that have none, and of layers that have none. A layer without any is in
        UTC, and that is returned as a problem.
      - C(headers) are sent to an address, and to no other one to which it redirects. In an address C({since}), C({until}),
        C({since_date}) and C({until_date}) are replaced. Addresses but for their host, and the values of headers, are never shown.
    type: raw
    default: {}
  at:
    description: Moment such as C(2026-11-23T14:56Z), in UTC without an offset; empty is now.
    type: str
    default: ""
  ahead:
    description: Days in which gaps and overlaps are looked for.
    type: float
    default: 30
  copies:
    description: Directory of the copies of feeds.
    type: path
    default: ~/.local/state/pafar-runbook/feeds
  timeout:
    description: Seconds for all feeds together, which are read beside each other. One that is not read by then is answered from
      its copy.
    type: float
    default: 10
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Who is on call
  pafar.runbook.oncall_info:
    people: "{{ runbook_people }}"
    oncall: "{{ runbook_oncall }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
at:
  description: Moment that the answer is of (UTC, ISO 8601).
  returned: success
  type: str
  sample: "2026-11-23T14:56:35.000000Z"
steps:
  description: For each step of the escalation who is on call, until when and from which layer.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &OnCallRow
    step: {description: "C(primary), C(secondary) or C(escalation).", type: str}
    person: {description: "Person who is on call; empty for no person.", type: str}
    until:
      description: "End of the person's time (UTC), over shifts that follow each other; empty for no person."
      type: str
    layer: {description: "Layer of the rotation.", type: str}
    source: {description: "C(rotation), or the file of the feed, or the host of its address.", type: str}
    ways: {description: "Ways by which the person can be reached.", type: list, elements: str}
    age:
      description: "Seconds of the copy that stands for a feed that could not be read; 0 for what was just read."
      type: float
    why: {description: "Why no person is on call, or what is wrong with the person; else empty.", type: str}
gaps:
  description: Times of the next O(ahead) days in which no person is on call, by step.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &Uncovered
    step: {description: "C(primary), C(secondary) or C(escalation).", type: str}
    start: {description: "Beginning of the time (UTC).", type: str}
    end: {description: "End of the time (UTC).", type: str}
    people: {description: "The two people; empty for no person.", type: list, elements: str}
overlaps:
  description: Times of the next O(ahead) days for which two shifts of a step name different people.
  returned: success
  type: list
  elements: dict
  sample: []
  contains: *Uncovered
problems:
  description: What is wrong with the people, the layers and the feeds, a sentence each.
  returned: success
  type: list
  elements: str
  sample: []
lines:
  description: The answer for a person, in lines.
  returned: success
  type: list
  elements: str
  sample: ["primary: ada until 2026-11-30 08:00 UTC (week), by slack, phone"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.io.load import oncall_report
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.options import ONCALL_ARGS, mark_secrets


def work(module: AnsibleModule) -> dict[str, Any]:
    mark_secrets(module)
    return {"changed": False, **oncall_report(module.params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=ONCALL_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
