# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnosis
short_description: Rank the causes of an incident from collected facts
version_added: 0.1.0
description:
  - Weighs the facts on the controller and ranks the causes with their evidence.
  - For V(connections) it tells which ceiling is hit and whether a lock queue, vanished clients, a leaking pool, forgotten
    transactions, the pooler or true traffic fills it. A lock queue goes first, since whoever waits is not to blame.
  - For V(performance) it tells a lock queue, a runaway statement, a missing index, forgotten transactions, spilled files
    and vacuums apart, and whether more replicas of the services would help or make it worse.
  - For both, a state of the whole server comes first, like commits that wait for a synchronous standby; no session is ended
    for it.
  - For V(disk) it tells what fills a disk, the most bytes first, also what only its owner can free, like the WAL that a
    slot keeps for nobody.
  - For V(network) it tells a source that is cut off, a target that is down, a resolver that is silent, a way out that
    is closed and somebody else's fault apart.
  - For V(payments) it tells Stripe's faults, a refused key, a webhook that is set up wrongly, the network between and
    errors of our own code apart.
options:
  of:
    description: What the trouble is.
    type: str
    required: true
    choices: [connections, performance, disk, network, payments]
  activity:
    description:
      - What M(pafar.runbook.pg_activity_info) returned, with its background. Required for V(connections) and
        V(performance); optional for V(disk).
    type: dict
  services:
    description: C(services) of M(pafar.runbook.compose_info), for V(network), V(payments) and V(connections).
    type: dict
    default: {}
  idle:
    description:
      - For V(connections), seconds from which an idle session of an application over its share counts as leaked.
    type: float
    default: 30.0
  idle_in_transaction:
    description:
      - For V(connections) and V(performance), seconds from which a transaction in which nothing happens counts as
        forgotten.
    type: float
    default: 60.0
  share:
    description: For V(connections), largest part of a ceiling that one application may hold.
    type: float
    default: 0.5
  headroom:
    description: For V(connections), part of a ceiling that is to be free.
    type: float
    default: 0.2
  floor:
    description: For V(connections), sessions that each application keeps, whatever its share.
    type: int
    default: 2
  shares:
    description: For V(connections), most sessions of an application, by its name.
    type: dict
    default: {}
  indexes:
    description: What M(pafar.runbook.pg_index_info) returned. Required for V(performance).
    type: dict
  min_running:
    description: For V(performance), seconds from which a busy statement counts as running away.
    type: float
    default: 10.0
  reclaim:
    description: What M(pafar.runbook.disk_reclaim) returned in check mode. Required for V(disk).
    type: dict
  slot_size:
    description: For V(disk), miB of WAL from which a replication slot that nobody reads counts.
    type: float
    default: 512.0
  reached:
    description: What M(pafar.runbook.endpoint_probe_info) returned. Required for V(network) and V(payments).
    type: dict
  log:
    description: What M(pafar.runbook.log_tail) returned of the services that take payments. Required for V(payments).
    type: dict
  payments:
    description:
      - For V(payments), the payments that a person must process, as P(pafar.runbook.payments_to_process#filter) lists
        them.
    type: list
    elements: dict
    default: []
  payment_sign:
    description:
      - For V(payments), the regular expression by which a failed payment is known in the log. Empty means that the log
        tells of none.
    type: str
    default: ""
  open_payments:
    description:
      - "For V(payments), what M(pafar.runbook.pg_query_info) returned of open payments, also where it failed."
    type: dict
    default: {}
  payment_services:
    description: For V(payments), services that take payments.
    type: list
    elements: str
    default: []
  fresh:
    description:
      - "For V(payments), seconds for which a release counts as new, so that what broke may be its doing."
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
- name: Why are there no more connections?
  pafar.runbook.diagnosis:
    of: connections
    activity: "{{ activity }}"
  register: diagnosis
"""

RETURN = r"""
cause:
  description: The heaviest cause; empty when nothing is wrong.
  returned: success
  type: str
  sample: leak
mitigation:
  description: The role that relieves it; empty where only a person can.
  returned: success
  type: str
  sample: end_sessions
rules:
  description: The variables of that role, without its name, from all causes that it relieves.
  returned: success
  type: dict
  sample: {"idle": 30}
  contains: &Rules
    idle: {description: "Seconds from which an idle session counts.", type: float}
    idle_in_transaction: {description: "Seconds from which one counts.", type: float}
    dead_clients:
      description: "Sessions whose client is gone."
      type: list
      elements: dict
      contains: &VanishedClient
        target: {description: "What names it unmistakably.", type: str}
        pid: {description: "Process id; 0 for none.", type: int}
        who: {description: "Who it is, in words.", type: str}
        reason: {description: "Why.", type: str}
    busy:
      description: "Sessions that use much CPU."
      type: list
      elements: dict
      contains: &BusySession
        pid: {description: "Process id; 0 for none.", type: int}
        cpu: {description: "Cores that it uses.", type: float}
        target: {description: "What names it unmistakably.", type: str}
    min_running: {description: "Seconds from which a busy session counts.", type: float}
    schema: {description: "Schema of the table.", type: str}
    table: {description: "Name of the table.", type: str}
    columns: {description: "Columns, in the order of the index.", type: list, elements: str}
    name: {description: "Name of the index to build.", type: str}
    services: {description: "Services that are concerned.", type: list, elements: str}
    containers: {description: "Containers to restart.", type: list, elements: str}
    which: {description: "Which containers to restart.", type: str}
causes:
  description: All causes, the heaviest first, with C(cause), C(weight), C(evidence), C(mitigation), C(rules), C(detail).
  returned: success
  type: list
  elements: dict
  sample: [{"cause": "leak", "weight": 0.3, "evidence": ["feed (app@shop) holds 45 of 57"], "mitigation": "end_sessions"}]
  contains: &CauseReport
    cause: {description: "What the matter is.", type: str}
    weight: {description: "How heavily it weighs.", type: float}
    evidence: {description: "What shows it, a sentence each.", type: list, elements: str}
    mitigation: {description: "The role that relieves it; empty where only a person can.", type: str}
    rules:
      description: "Variables of the role that relieves it, without the role's name."
      type: dict
      contains: *Rules
    detail:
      description: "What is known besides, by the kind of cause."
      type: dict
      contains: &Detail
        advice: {description: "What a person can do.", type: str}
        application: {description: "Name of the application.", type: str}
        role: {description: "Name of the role.", type: str}
        roles: {description: "Roles of the forgotten transactions.", type: list, elements: str}
        share: {description: "Sessions that the application should have at most.", type: int}
        alone: {description: "Whether the application is the only one of its role.", type: bool}
        service: {description: "Name of the service; empty for none.", type: str}
        raise_to: {description: "Size that the pool may have.", type: int}
        proved: {description: "Whether the planner was asked with the index in place.", type: bool}
        slot: {description: "Name of the slot.", type: str}
        bytes: {description: "Size in bytes.", type: int}
        remedy: {description: "What to do about it.", type: str}
        target: {description: "Name of the endpoint.", type: str}
        sources: {description: "From where it is not reached.", type: list, elements: str}
        unresolved: {description: "Names that are not resolved.", type: list, elements: str}
lines:
  description: The same for people, a sentence each.
  returned: success
  type: list
  elements: str
  sample: ["57 of 57 (slots for ordinary roles) are used: feed (app@shop) 45"]
advice:
  description: What a person should know or do.
  returned: success
  type: list
  elements: str
  sample: []
role_settings:
  description: What would keep it from coming back, as M(pafar.runbook.pg_role_settings) takes it.
  returned: success
  type: list
  elements: dict
  sample: [{"role": "app", "setting": "connection_limit", "value": "28"}]
  contains: &RoleSetting
    role: {description: "Name of the role.", type: str}
    setting: {description: "Name of the setting.", type: str}
    value: {description: "The value.", type: str}
scale:
  description: Whether more replicas of the services would help or make it worse; for V(performance).
  returned: success
  type: str
  sample: "more replicas would make it worse: they would only lengthen the lock queue"
"""
