# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_role_settings
short_description: Set timeouts and connection limits on PostgreSQL roles
version_added: 0.1.0
description:
  - Sets C(ALTER ROLE ... SET) and C(ALTER ROLE ... CONNECTION LIMIT), all guards or none, and says how to take them back.
  - Binds sessions that begin from now on; those that are there keep what they have.
  - A superuser, and a role that makes backups or replicates, is spared. So is a role whose present value is stricter,
    its own or that of the server; times are compared as times, so V(2min) is V(120s).
  - In check mode it returns the very plan, with the statements, and changes nothing.
options:
  settings:
    description:
      - What to set, each with C(role), C(setting) and C(value). Settings are C(idle_in_transaction_session_timeout),
        C(idle_session_timeout), C(statement_timeout), C(lock_timeout), C(transaction_timeout),
        C(client_connection_check_interval) and C(connection_limit). A value is a time like V(30s), for
        C(connection_limit) a number; an empty one takes the role's own setting away. With C(loosen) it may also replace a
        stricter one, as the way back does.
    type: list
    elements: dict
    required: true
  only:
    description: Approved targets, as a former plan named them. Nothing else is set. An empty list approves nothing.
    type: list
    elements: str
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Transactions that are forgotten end by themselves
  pafar.runbook.pg_role_settings:
    login_host: db1.example.org
    login_user: admin
    settings:
      - {role: shop, setting: idle_in_transaction_session_timeout, value: 5min}
      - {role: feed, setting: connection_limit, value: "10"}
"""

RETURN = r"""
plan:
  description:
    - Planned actions and excluded targets, with reasons. C(verb), C(digest) (SHA-256 over verb, actions and targets),
      C(actions), C(excluded) (each with C(target) and C(reason)), C(what) (what is counted), C(affected_before) (count
      before the act), C(affected_after) (count that the plan expects to remain), C(no_action_reason) (why there is
      nothing to do).
    - An action has C(who), with the value before and the value to set.
  returned: success
  type: dict
  sample: {"verb": "guard_role", "digest": "9f86d081884c7d65", "actions": [], "excluded": [], "affected_before": 0, "affected_after": 0}
done:
  description:
    - Actions that were carried out, a sentence each. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: ["set shop: idle_in_transaction_session_timeout not set -> 5min"]
missed:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
    - Always empty, since the guards are set all or none.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - The settings of each role that O(settings) names.
  returned: success
  type: dict
  sample: {"shop": {}}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
    - Read from the catalog again.
  returned: success
  type: dict
  sample: {"shop": {"idle_in_transaction_session_timeout": "5min"}}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - Counts guards that are still to be set.
  returned: success
  type: int
  sample: 0
seconds:
  description:
    - Duration of the act in seconds. Null in check mode and where nothing was done.
  returned: success
  type: float
  sample: 0.01
undo:
  description:
    - How to undo the act. C(reversible), and C(module) and C(options), or C(why) the act cannot be undone.
    - The options hold the values from before.
  returned: success
  type: dict
  sample: {"reversible": true, "module": "pg_role_settings", "options": {"settings": []}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - The settings of these roles.
  returned: success
  type: dict
  sample: {}
statements:
  description: The statements that set them, for review.
  returned: success
  type: list
  elements: str
  sample: ["ALTER ROLE shop SET idle_in_transaction_session_timeout = '5min'"]
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._core.module import finish
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.role_settings import apply_role_settings
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.io.server import connect
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS, login_of
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.role_settings import normal


def work(module: AnsibleModule) -> dict[str, Any]:
    role_settings = []
    for one in module.params["settings"]:
        if not one.get("role") or not one.get("setting") or set(one) - {"role", "setting", "value", "loosen"}:
            raise InputError(f"guards: each needs role, setting and value; {one} is none. Nothing was done.")
        value = one.get("value")
        loosen = str(one.get("loosen") or "").lower() in ("true", "yes", "1")
        role_settings.append(normal(str(one["role"]), str(one["setting"]), "" if value is None else str(value), loosen))
    with connect(login_of(module.params)) as postgres:
        return apply_role_settings(postgres, role_settings, module.params["only"], module.check_mode)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            "settings": {"type": "list", "elements": "dict", "required": True},
            "only": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
