# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_role_settings
short_description: Set timeouts and connection limits on PostgreSQL roles
version_added: 0.2.0
description:
  - Sets timeouts and connection limits with C(ALTER ROLE ... SET) and C(ALTER ROLE ... CONNECTION LIMIT), in one
    transaction, and returns how to undo them.
  - The settings apply to new sessions. Existing sessions keep their values.
  - Superusers and roles that run backups or replication are excluded. A setting is also excluded if its present value,
    set for the role, for the server or by C(ALTER DATABASE) for all roles of a database, is stricter. Times are
    compared as times, so V(2min) equals V(120s).
  - A role that does not log in (C(NOLOGIN)) is excluded, since the roles that are members of it do not inherit its
    settings.
  - In check mode the module returns the same plan, with the statements, and changes nothing.
options:
  settings:
    description:
      - Settings, each with C(role), C(setting) and C(value).
      - A setting is C(idle_in_transaction_session_timeout), C(idle_session_timeout), C(statement_timeout),
        C(lock_timeout), C(transaction_timeout), C(client_connection_check_interval) or C(connection_limit).
      - A value is a time like V(30s), or a number for C(connection_limit). An empty value resets the setting of the
        role.
      - With C(loosen) true, the value may replace a stricter one. An undo needs that.
    type: list
    elements: dict
    required: true
  only:
    description:
      - Approved targets, from C(actions) of an earlier RV(plan). Nothing else is set. An empty list approves nothing.
    type: list
    elements: str
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
"""

EXAMPLES = r"""
- name: Limit the time idle in transaction and the connections of a role
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
    - An action has C(who), the role and the setting with its present value and the value to set.
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
not_done:
  description:
    - Approved targets that had changed before their action, with C(target) and C(reason). Nothing was done to them.
    - Always empty, since all settings are set in one transaction.
  returned: success
  type: list
  elements: dict
  sample: []
before:
  description:
    - State before the act.
    - Settings of each role in O(settings), by role and setting.
  returned: success
  type: dict
  sample: {"shop": {}}
after:
  description:
    - State after the act. Equal to RV(before) in check mode and where nothing was done.
    - Read from the catalog after the act.
  returned: success
  type: dict
  sample: {"shop": {"idle_in_transaction_session_timeout": "5min"}}
remaining:
  description:
    - Number of problems that remain after the act. In check mode, the number before the act.
    - It is the number of settings that do not have the requested value.
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
    - The options contain the values before the act.
  returned: success
  type: dict
  sample: {"reversible": true, "module": "pg_role_settings", "options": {"settings": []}}
evidence:
  description:
    - What the act destroys or changes, in its state before the act.
    - Settings of each role in O(settings), by role and setting.
  returned: success
  type: dict
  sample: {}
statements:
  description: SQL statements of the plan, for review.
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
    for setting in module.params["settings"]:
        if (
            not setting.get("role")
            or not setting.get("setting")
            or set(setting) - {"role", "setting", "value", "loosen"}
        ):
            raise InputError(
                f"settings: each needs role, setting and value; {setting} lacks one of them or has an unknown key."
                " Nothing was done."
            )
        value = setting.get("value")
        loosen = str(setting.get("loosen") or "").lower() in ("true", "yes", "1")
        role_settings.append(
            normal(str(setting["role"]), str(setting["setting"]), "" if value is None else str(value), loosen)
        )
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
