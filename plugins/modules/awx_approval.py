# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: awx_approval
short_description: Who approved in a workflow of AWX, and whether that is another person than the one who asked
version_added: 0.2.0
description:
  - Asks the API of AWX for the approval that leads to O(job), for its outcome and for the user who gave it. The variables of a job
    name only who started the workflow.
  - With O(four_eyes) an approval counts only if it is of another person of O(people) than those who asked, also for a superuser. A
    user who belongs to no person, or to several, is refused, since the user may be a second account of the same person.
  - Fails where AWX cannot be asked or does not say. Run it on the controller, in a job with a credential for AWX.
options:
  job:
    description: Id of the job of AWX that this is (C(awx_job_id)).
    type: int
    default: 0
  workflow:
    description: Id of its workflow (C(awx_workflow_job_id)). With V(0) O(by) is the person who approves, and AWX is not asked.
    type: int
    default: 0
  by:
    description: Who has started this run.
    type: str
    default: ""
  requesters:
    description: Who made the plans that are approved. Not used in a workflow that no person has started.
    type: list
    elements: str
    default: []
  people:
    description: People of the site, each with C(name), C(awx_user) and more, as in C(runbook_people).
    type: list
    elements: dict
    default: []
  four_eyes:
    description: Whether the approval must be another person's.
    type: bool
    default: false
  require:
    description: Whether the module fails for an approval that does not count. If not, it describes the whole workflow.
    type: bool
    default: true
  host:
    description: Address of AWX. By default E(CONTROLLER_HOST), as AWX sets it for a credential.
    type: str
  token:
    description: Its token. By default E(CONTROLLER_OAUTH_TOKEN).
    type: str
  username:
    description: User of AWX, where there is no token. By default E(CONTROLLER_USERNAME).
    type: str
  password:
    description: Password of the user. By default E(CONTROLLER_PASSWORD).
    type: str
  verify_ssl:
    description: Whether the certificate is verified. By default E(CONTROLLER_VERIFY_SSL), else it is.
    type: bool
  timeout:
    description: Seconds for each answer of AWX.
    type: float
    default: 10
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Refuse an approval of the person who asked for it
  pafar.runbook.awx_approval:
    job: "{{ awx_job_id }}"
    workflow: "{{ awx_workflow_job_id }}"
    people: "{{ runbook_people }}"
    four_eyes: true
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
approved:
  description: Whether the approval counts.
  returned: success
  type: bool
  sample: true
state:
  description:
    - Outcome of the approval. C(approved), C(denied), C(timed_out), C(pending), C(canceled), C(not_asked) where the plan holds nothing,
      C(none), or AWX's own word.
  returned: success
  type: str
  sample: approved
approver:
  description: User of AWX who approved or denied, or O(by) where there is no workflow; empty if AWX does not say.
  returned: success
  type: str
  sample: bob
person:
  description: Name of the person who has this user; empty if that is not known.
  returned: success
  type: str
  sample: Bob Berg
requesters:
  description: Users who asked for the approval; empty where a webhook has started the workflow.
  returned: success
  type: list
  elements: str
  sample: [ada]
workflow:
  description: Id of the workflow; 0 without one.
  returned: success
  type: int
  sample: 41
jobs:
  description: Ids of the jobs of the workflow that ran before the approval.
  returned: success
  type: list
  elements: int
  sample: [42]
refusal:
  description: Why the approval does not count; empty if it does.
  returned: success
  type: str
  sample: ""
lines:
  description: What became of the approvals, and of the jobs that failed, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["the approval 'Approve the plan' was approved by bob"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._awx.io.asked import approval_report
from ansible_collections.pafar.runbook.plugins.module_utils._awx.options import AWX_APPROVAL_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish


def work(module: AnsibleModule) -> dict[str, Any]:
    return {"changed": False, **approval_report(module.params)}


def main() -> None:
    finish(AnsibleModule(argument_spec=AWX_APPROVAL_ARGS, supports_check_mode=True), work)


if __name__ == "__main__":
    main()
