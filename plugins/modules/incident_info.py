# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: incident_info
short_description: Read one incident from the incident log
version_added: 0.1.0
description:
  - Reads the events of one incident, and which act of a host is the last that can be taken back.
options:
  log:
    description: Folder of the incident log.
    type: path
    required: true
  id:
    description: The incident's id.
    type: str
    required: true
  host:
    description: Name of the host in the inventory whose acts are meant.
    type: str
    default: ""
extends_documentation_fragment:
  - pafar.runbook._attributes.info
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: What was done, and what of it can be taken back
  pafar.runbook.incident_info:
    log: /var/lib/pafar-runbook/incidents
    id: 2026-11-23-145635-service_scale
    host: web1
  register: incident
"""

RETURN = r"""
events:
  description: The events in order, with C(at), C(kind), C(by), C(host) and C(note).
  returned: success
  type: list
  elements: dict
  sample: []
  contains: &EventReport
    at: {description: "Time.", type: str}
    kind: {description: "Kind.", type: str}
    by: {description: "Cause, or the person or program that acted.", type: str}
    host: {description: "Host that the event is about.", type: str}
    note: {description: "Facts; the keys depend on the kind of event.", type: dict}
torn:
  description: Lines that could not be read.
  returned: success
  type: int
  sample: 0
undoable:
  description:
    - The last act of the host that can be taken back, with C(at), C(mitigation), C(module) and C(options); empty if there
      is none.
  returned: success
  type: dict
  sample: {"at": "2026-11-23T14:56:35.123456Z", "mitigation": "scale_services", "module": "compose_scale", "options": {}}
  contains: &Undoable
    reversible: {description: "Whether the act can be undone.", type: bool}
    why: {description: "Reason.", type: str}
    at: {description: "Time.", type: str}
    mitigation: {description: "Role that carried out the act.", type: str}
why_not:
  description: Why there is none.
  returned: success
  type: str
  sample: ""
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.history import history


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    return {"changed": False, **history(params["log"], params["id"], params["host"])}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "log": {"type": "path", "required": True},
            "id": {"type": "str", "required": True},
            "host": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
