# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_verify
short_description: Check an incident log and its evidence for changes
version_added: 0.2.0
description:
  - Reads the log of an incident and its evidence files, and names the first place at which they are not what was written.
    A line can be edited, removed, inserted, repeated or moved, and an evidence file changed or missing.
  - Each line contains its number, the SHA-256 of the line before it, and a checksum of its own text. A person who may
    write the file can write a new chain. Only a head that is kept elsewhere shows that, and only such a head shows that
    lines at the end were removed. Heads are printed with every record, and returned by M(pafar.runbook.incident_event).
  - Lines that a version before 0.2.0 wrote have no place in the chain and are not checked.
options:
  log:
    description: Directory of the incident log.
    type: path
    required: true
  id:
    description: Id of the incident. Empty checks all incidents of the log.
    type: str
    default: ""
  heads:
    description: Heads of the incident that were kept elsewhere, for example V(17:ab12cd34ef56) (number and first digits of
      the hash). Needs O(id).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Check an incident against the head that was posted in the channel
  pafar.runbook.incident_verify:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-db_lock_contention
    heads: ["17:ab12cd34ef56"]
  register: verified
  failed_when: verified.broken + verified.unread | length > 0
"""

RETURN = r"""
incidents:
  description:
    - Each incident by its id, with C(head) (C(seq) and C(hash) of the last line), C(lines), C(chained) (lines with a place
      in the chain), C(torn) (interrupted writes, which are no break), C(not_checked) (lines of a version without a
      chain), C(evidence_files) and C(first_break).
    - C(first_break) is null, or has C(line) (from 1; 0 if it is no line of the log), C(seq), C(evidence) (the file that
      differs; empty where the log itself does) and C(what) (what is wrong).
  returned: success
  type: dict
  sample: {}
  contains:
    "<name>":
      description: "Each entry, by name."
      type: dict
      contains: &Verification
        head:
          description: "Last line of the log."
          type: dict
          contains: &Head
            seq: {description: "Number of the line; 0 without a line.", type: int}
            hash: {description: "First 12 digits of its SHA-256.", type: str}
        lines: {description: "Number of lines.", type: int}
        chained: {description: "Lines with a place in the chain.", type: int}
        torn: {description: "Lines that an interrupted write left incomplete. They are no break.", type: int}
        not_checked: {description: "Lines of a version without a chain.", type: int}
        evidence_files: {description: "Evidence files that the log names.", type: int}
        first_break:
          description: "First place at which the log is not what was written; null if there is none."
          type: dict
          contains: &Break
            line: {description: "Line, from 1; 0 if it is no line of the log.", type: int}
            seq: {description: "Number of the event.", type: int}
            evidence: {description: "Evidence file that differs; empty where the log itself does.", type: str}
            what: {description: "What is wrong.", type: str}
broken:
  description: Ids of the incidents that are not what was written.
  returned: success
  type: list
  elements: str
  sample: []
unread:
  description: Incidents that could not be read and are not verified, with the reason, a sentence each. The others are
    verified all the same. An incident that is named with O(id) and cannot be read is an error.
  returned: success
  type: list
  elements: str
  sample: []
lines:
  description: The result in sentences, the breaks first.
  returned: success
  type: list
  elements: str
  sample: ["2026-11-23-145635-db_lock_contention: 9 lines, 1 evidence files, head 9:ab12cd34ef56"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return {"changed": False, **verify(params["log"], params["id"], params["heads"])}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True},
            "id": {"type": "str", "default": ""},
            "heads": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
