# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: pg_end_sessions
short_description: End the sessions of PostgreSQL whose statement runs away with the CPU
version_added: 0.1.0
description:
  - Cancels the statements of sessions that were measured as busy from outside, and terminates those that go on. Never by
    a signal to the process, which may take the whole server down.
  - Each act carries its guard in the same statement. The session is ended only if it still runs the very statement that
    the plan saw.
  - In check mode it returns the very plan and changes nothing.
options:
  busy:
    description:
      - Sessions that were measured, with C(pid) (as the database knows it) and C(cpu) (cores), as
        M(pafar.runbook.offenders) returns them. All others are left alone.
    type: list
    elements: dict
    required: true
  min_running:
    description: Seconds for which a statement must have run.
    type: float
    default: 10.0
  max_sessions:
    description: Most sessions to end. At least 1.
    type: int
    default: 3
  only:
    description: Approved targets, as a former plan named them. Nobody else is ended. An empty list approves nobody.
    type: list
    elements: str
  grace:
    description: Seconds that a cancelled statement gets to end before its session is terminated.
    type: float
    default: 2.0
  timeout:
    description: Seconds to wait for a terminated session to be gone before it is reported as stuck.
    type: float
    default: 5.0
extends_documentation_fragment:
  - pafar.runbook._postgres
  - pafar.runbook._mercy
  - pafar.runbook._attributes
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.offenders
"""

EXAMPLES = r"""
- name: End the statements that run away
  pafar.runbook.pg_end_sessions:
    login_host: db1.example.org
    busy: "{{ behind.sessions }}"
"""

RETURN = r"""
plan:
  description:
    - Whom to end and whom to spare. C(verb), C(digest), C(actions) with C(target), C(reason), C(action), C(who) and
      C(pid), C(spared), C(late) (statements that run away), C(leaves), C(nothing).
  returned: success
  type: dict
  sample: {"verb": "end_sessions", "digest": "9f86d081884c7d65", "actions": [], "spared": [], "late": 0, "leaves": 0}
ended:
  description: Sessions whose statement was ended, and how.
  returned: success
  type: list
  elements: dict
  sample: [{"target": "87@x/y", "pid": 87, "who": "87 app@shop report", "action": "cancelled", "reason": "uses 0.98 cores"}]
stuck:
  description: Those that were signalled and still run.
  returned: success
  type: list
  elements: dict
  sample: []
missed:
  description: Targets that had moved on when the act came; nothing was done to them.
  returned: success
  type: list
  elements: str
  sample: []
done:
  description: What was done, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["cancelled 87 app@shop report"]
left:
  description: Statements that still run away after the act; in check mode those before it.
  returned: success
  type: int
  sample: 0
seconds:
  description: Seconds that the act took; null in check mode or with nothing to do.
  returned: success
  type: float
  sample: 0.08
undo:
  description: That it cannot be taken back. C(reversible) and C(why).
  returned: success
  type: dict
  sample: {"reversible": false, "why": "a statement that was ended does not come back"}
evidence:
  description: Who ran what, without literals, before the act.
  returned: success
  type: dict
  sample: {}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.end_sessions import end_sessions
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.order import check_approved
from ansible_collections.pafar.runbook.plugins.module_utils._adapters.postgres import connect
from ansible_collections.pafar.runbook.plugins.module_utils._domain.runaways import (
    measured,
    plan_runaways,
    runaway_result,
)
from ansible_collections.pafar.runbook.plugins.module_utils._shell import (
    MERCY_ARGS,
    POSTGRES_ARGS,
    at_least,
    finish,
    login_of,
    mercy_of,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    at_least(params, "max_sessions", 1)
    for name in ("min_running", "grace", "timeout"):
        at_least(params, name, 0, "s")
    with connect(login_of(params)) as postgres:
        mercy = mercy_of(params, postgres.pid)
        busy = measured(params["busy"])
        first = plan_runaways(postgres.look(), mercy, busy, params["min_running"], params["max_sessions"])
        runaways = first.narrowed_to(params["only"])
        check_approved(first.plan.targets, runaways.plan.targets, params["only"])
        outcome = None
        if not module.check_mode and runaways.plan.actions:
            outcome = end_sessions(postgres, runaways, params["grace"], params["timeout"])
    return runaway_result(runaways, outcome)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **POSTGRES_ARGS,
            **MERCY_ARGS,
            "busy": {"type": "list", "elements": "dict", "required": True},
            "min_running": {"type": "float", "default": 10.0},
            "max_sessions": {"type": "int", "default": 3},
            "only": {"type": "list", "elements": "str"},
            "grace": {"type": "float", "default": 2.0},
            "timeout": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    )
    finish(module, work)


if __name__ == "__main__":
    main()
