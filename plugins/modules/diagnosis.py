# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnosis
short_description: Rank the causes of an incident from collected facts
version_added: 0.1.0
description:
  - Ranks the causes of an incident from facts that other modules collected, with evidence for each. Runs on the
    controller.
  - V(connections) finds the connection limit that is reached and its cause, which is a lock queue, dead client
    connections, a leaking pool, pools that are too large in sum, sessions idle in transaction, the pooler, or real load.
    Without one, it finds a pool of the application's own whose sessions all sit in a transaction. A lock queue ranks first,
    since it also explains its waiters.
  - V(performance) distinguishes a lock queue, a runaway statement, a missing index, sessions idle in transaction,
    spilled temporary files and vacuums. It also states whether more replicas of the services would help.
  - V(disk) names what fills a disk, the largest first, including what this collection cannot free, such as WAL that an
    unused replication slot retains.
  - V(network) distinguishes an isolated source, a target that is down, a resolver that does not answer, a blocked
    egress, a proxy of ours that knows stale addresses, and a fault of the other side. What a service of this project
    answers is never the fault of another.
  - V(payments) distinguishes faults of Stripe, a refused key, a wrong webhook configuration, a webhook that another
    part answers in place of the view (a firewall, a login, a CSRF check), events that are refused for their time, the
    network, and errors of the own services.
  - For V(connections) and V(performance), a state of the whole server comes first, like commits that wait for a
    synchronous standby. No session is terminated for it.
options:
  of:
    description: Kind of the incident.
    type: str
    required: true
    choices: [connections, performance, disk, network, payments]
  activity:
    description:
      - What M(pafar.runbook.pg_activity_info) returned, with its background, or C(facts) of M(pafar.runbook.pg_end_sessions).
        Required for V(connections) and V(performance); optional for V(disk).
    type: dict
  plan:
    description:
      - C(plan) of M(pafar.runbook.pg_end_sessions) in check mode, from the same look as O(activity). RV(plans) is that plan
        for the targets of the causes found. Required for V(connections) and V(performance).
    type: dict
  services:
    description: C(services) of M(pafar.runbook.compose_info), for V(network), V(payments) and V(connections).
    type: dict
    default: {}
  stale_proxies:
    description: C(stale_proxies) of M(pafar.runbook.compose_info), for V(network) and V(payments).
    type: list
    elements: dict
    default: []
  idle:
    description:
      - For V(connections), seconds after which an idle session of an application over its share counts as leaked.
    type: float
    default: 30.0
  idle_in_transaction:
    description:
      - For V(connections) and V(performance), seconds after which a session that is idle in transaction counts.
    type: float
    default: 60.0
  share:
    description: For V(connections), largest share of a connection limit that one application may hold.
    type: float
    default: 0.5
  headroom:
    description: For V(connections), share of a connection limit that must be free.
    type: float
    default: 0.2
  floor:
    description: For V(connections), number of sessions that each application keeps, whatever its share.
    type: int
    default: 2
  shares:
    description: For V(connections), largest number of sessions of an application, by its name.
    type: dict
    default: {}
  indexes:
    description: What M(pafar.runbook.pg_index_info) returned. Required for V(performance).
    type: dict
  min_running:
    description: For V(performance), seconds after which a statement that uses much CPU counts as a runaway statement.
    type: float
    default: 10.0
  reclaim:
    description: What M(pafar.runbook.disk_reclaim) returned in check mode. Required for V(disk).
    type: dict
  slot_size:
    description: For V(disk), MiB of retained WAL from which a replication slot without a consumer counts.
    type: float
    default: 512.0
  reached:
    description: What M(pafar.runbook.endpoint_probe_info) returned. Required for V(network) and V(payments).
    type: dict
  log:
    description:
      - What M(pafar.runbook.log_tail) returned. Required for V(payments), for the services that take payments. Optional for
        V(connections), what the services say of their own connection pools.
    type: dict
  payments:
    description:
      - For V(payments), the payments that an operator must process, as P(pafar.runbook.payments_to_process#filter)
        lists them.
    type: list
    elements: dict
    default: []
  payment_sign:
    description:
      - For V(payments), regular expression that matches a failed payment in the log. Empty means that the log does not
        show failed payments.
    type: str
    default: ""
  open_payments:
    description: For V(payments), what M(pafar.runbook.pg_query_info) returned for open payments, also if it failed.
    type: dict
    default: {}
  payment_services:
    description: For V(payments), services that take payments.
    type: list
    elements: str
    default: []
  fresh:
    description: For V(payments), seconds for which a release counts as new, so that it is a possible cause.
    type: float
    default: 7200.0
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
author:
  - Pafar runbook maintainers (@pafar)
seealso:
  - module: pafar.runbook.pg_activity_info
  - module: pafar.runbook.pg_end_sessions
  - module: pafar.runbook.disk_reclaim
  - module: pafar.runbook.endpoint_probe_info
  - module: pafar.runbook.log_tail
"""

EXAMPLES = r"""
- name: Take one snapshot for facts and plan
  pafar.runbook.pg_end_sessions:
    idle: 30
    idle_in_transaction: 60
    also: [wraparound]
  check_mode: true
  register: look

- name: Find the cause of exhausted connections
  pafar.runbook.diagnosis:
    of: connections
    activity: "{{ look.facts }}"
    plan: "{{ look.plan }}"
  register: diagnosis
"""

RETURN = r"""
cause:
  description: The most likely cause; empty when nothing is wrong.
  returned: success
  type: str
  sample: leak
mitigation:
  description: Role that mitigates the cause; empty where the operator must act.
  returned: success
  type: str
  sample: end_sessions
rules:
  description: Variables of that role, without the role's name as prefix, from all causes that it mitigates.
  returned: success
  type: dict
  sample: {"targets": ["87@20261123T145635.123456Z/idle-20261123T145640.000001Z"]}
  contains: &Rules
    targets: {description: "Targets of the plan.", type: list, elements: str}
    schema: {description: "Schema of the table.", type: str}
    table: {description: "Name of the table.", type: str}
    columns: {description: "Columns, in the order of the index.", type: list, elements: str}
    name: {description: "Name of the index to build.", type: str}
    database: {description: "Name of the database.", type: str}
    services: {description: "Services to act on.", type: list, elements: str}
    containers: {description: "Containers to restart.", type: list, elements: str}
    which: {description: "Which containers to restart.", type: str}
    replicas: {description: "Number of replicas, as the role scale_services takes it.", type: str}
    proxy: {description: "Service of the proxy to reload.", type: str}
    approval: {description: "Whether the mitigation needs an approval whatever its size (V(always)).", type: str}
causes:
  description:
    - All causes, the most likely first, with C(cause), C(weight), C(evidence), C(mitigation), C(rules), C(detail).
  returned: success
  type: list
  elements: dict
  sample: [{"cause": "leak", "weight": 0.3, "evidence": ["feed (app@shop) holds 45 of 57"], "mitigation": "end_sessions"}]
  contains: &CauseReport
    cause: {description: "Name of the cause.", type: str}
    weight: {description: "Weight for the ranking; the largest is the most likely.", type: float}
    evidence: {description: "Facts that show the cause, a sentence each.", type: list, elements: str}
    mitigation: {description: "Role that mitigates it; empty where the operator must act.", type: str}
    rules:
      description: "Variables of the mitigating role, without the role's name as prefix."
      type: dict
      contains: *Rules
    detail:
      description: "Further facts; the keys depend on the cause."
      type: dict
      contains: &Detail
        advice: {description: "What the operator can do.", type: str}
        application: {description: "Name of the application.", type: str}
        role: {description: "Name of the role.", type: str}
        roles: {description: "Roles of the sessions that are idle in transaction.", type: list, elements: str}
        share: {description: "Largest number of sessions that the application should have.", type: int}
        alone: {description: "Whether the application is the only one of its role.", type: bool}
        service: {description: "Name of the service; empty for none.", type: str}
        raise_to: {description: "Possible size of the pool.", type: int}
        proved: {description: "Whether the planner confirmed the gain with a hypothetical index (hypopg).", type: bool}
        slot: {description: "Name of the replication slot.", type: str}
        bytes: {description: "Size in bytes.", type: int}
        remedy: {description: "Next step.", type: str}
        target: {description: "Name of the endpoint.", type: str}
        sources: {description: "Sources from which the target is not reached.", type: list, elements: str}
        unresolved: {description: "Names that do not resolve.", type: list, elements: str}
lines:
  description: The causes as text, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["57 of 57 (slots for ordinary roles) are used: feed (app@shop) 45"]
advice:
  description: What the operator should know or do, a sentence each.
  returned: success
  type: list
  elements: str
  sample: []
role_settings:
  description: Settings that prevent a recurrence, as O(pafar.runbook.pg_role_settings#module:settings) takes them.
  returned: success
  type: list
  elements: dict
  sample: [{"role": "app", "setting": "connection_limit", "value": "28"}]
  contains: &RoleSetting
    role: {description: "Name of the role.", type: str}
    setting: {description: "Name of the setting.", type: str}
    value: {description: "Value to set.", type: str}
scale:
  description: Whether more replicas of the services would help; for V(performance).
  returned: success
  type: str
  sample: "more replicas would make it worse: they would only lengthen the lock queue"
plans:
  description:
    - The plan to terminate sessions, for the targets of the causes that it mitigates and no other, in two parts. Empty if
      RV(mitigation) is another one.
  returned: success
  type: dict
  sample: {}
  contains: &Parts
    harmless:
      description: "The part with idle sessions and dead client connections."
      type: dict
      contains: &EndDict
        verb: {description: "Kind of the plan.", type: str}
        digest: {description: "Digest of the plan (SHA-256).", type: str}
        actions:
          description: "Planned actions."
          type: list
          elements: dict
          contains: &ActionDict
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            frees: {description: "Number of waiters that the action unblocks.", type: int}
            pid: {description: "Process id; 0 if there is none.", type: int}
            application: {description: "Name of the application.", type: str}
            rule: {description: "Rule that the session matches.", type: str}
            out_of_reach:
              description: >-
                Whether it is excluded only because its role is a superuser, or because the login role may not signal
                it.
              type: bool
            needs_approval:
              description: >-
                Why an operator must approve the action, even within the limit; empty if no approval is needed for it.
              type: str
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            reason: {description: "Why it is so, in a sentence.", type: str}
            action: {description: "The act.", type: str}
        excluded:
          description: "Excluded targets, with reasons."
          type: list
          elements: dict
          contains: &ExcludedDict
            who:
              description: >-
                Description of the object in one line; of a session, the process id, role, database and application.
              type: str
            frees: {description: "Number of waiters that the action unblocks.", type: int}
            pid: {description: "Process id; 0 if there is none.", type: int}
            application: {description: "Name of the application.", type: str}
            rule: {description: "Rule that the session matches.", type: str}
            out_of_reach:
              description: >-
                Whether it is excluded only because its role is a superuser, or because the login role may not signal
                it.
              type: bool
            needs_approval:
              description: >-
                Why an operator must approve the action, even within the limit; empty if no approval is needed for it.
              type: str
            target:
              description: >-
                Identifier of the object in its present state, for the option C(only). It changes when the object is
                replaced or its state changes.
              type: str
            reason: {description: "Why it is so, in a sentence.", type: str}
        affected_before: {description: "Number of sessions that match the rules.", type: int}
        affected_after: {description: "Number of sessions that match the rules and are not in the plan.", type: int}
        what: {description: "Description, in a sentence.", type: str}
        no_action_reason: {description: "Why there is nothing to do.", type: str}
        frees: {description: "Number of actions.", type: int}
        by_rule: {description: "Number of actions by rule.", type: dict}
        harmless: {description: "Whether all its sessions are idle or have a dead client connection.", type: bool}
    others:
      description: "The part with open transactions and running statements."
      type: dict
      contains: *EndDict
unread:
  description: "What the diagnosis rests on and could not be examined, a sentence each."
  returned: success
  type: list
  elements: str
"""
