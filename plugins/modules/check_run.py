# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: check_run
short_description: Refuse a run without a host, with misspelt variables, or with an answer that was changed
version_added: 0.2.0
description:
  - Fails if no host of the inventory matches a pattern, and says what was read. Ansible itself ends such a run with success.
  - Fails if the inventory has C(runbook_hosts), which has an effect as an extra variable alone.
  - Fails if the inventory or the extra variables have a name that begins with C(runbook_), C(incident_) or the name of a
    role of this collection and an underscore and that this collection does not read, since it would be ignored. The
    nearest known name is proposed.
  - Fails if they have a setting of a mitigation that is named after the playbook (C(db_lock_contention_limit) for
    C(unblock_sessions_limit)), or a name that roles hand to each other in a run (C(incident_gate)), which no site sets.
  - Warns of a misspelt key of a variable that is a dictionary, such as C(runbook_announce.slack.chanel). With
    O(whole_inventory), as in the preflight, it fails.
  - Fails if an extra variable that this collection reads no longer says what AWX has written. ansible-core 2.19 and later
    reads an answer of a survey again as YAML, so that C(0123) becomes 83, C(14:40) becomes 880, and C(null) becomes nothing.
  - Fails if C(--tags) or C(--skip-tags) leaves out all steps of a playbook of this collection, which have no tags. Where a
    site's own playbook imports it, another part of that one is meant, and nothing is checked.
  - Runs on the controller, without a connection to the host. Facts, registered results and defaults of roles are not checked.
  - Names of the site's own roles are accepted, variables that another variable uses, and those that are listed in
    C(runbook_own_variables).
options:
  pattern:
    description: Group, host or pattern that must match a host. Empty means that the hosts are not checked.
    type: str
    default: ""
  whole_inventory:
    description: Whether the variables of all hosts and groups are checked, and not only of those that match O(pattern).
    type: bool
    default: false
  fixed:
    description:
      - Values by the names of variables that the run takes from the incident, such as those of an act that is undone. An
        extra variable with another value is refused, since it would replace them. Nothing else is checked then.
    type: dict
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
- name: Check the hosts and the variables of a run
  pafar.runbook.check_run:
    pattern: database
  run_once: true
"""

RETURN = r"""
hosts:
  description: Names of the hosts that match.
  returned: always
  type: list
  elements: str
  sample: [db1]
unknown:
  description: Variables that this collection does not read.
  returned: always
  type: list
  elements: dict
  sample: []
  contains: &UnknownName
    name: {description: "Name of the variable.", type: str}
    meant: {description: "Known name that is nearest; empty if none is near.", type: str}
    renamed: {description: "Whether an earlier version had this name.", type: bool}
    place: {description: "Where it is set.", type: str}
called:
  description: "Command for another playbook of this collection, as this run was called, with C({}) for its name."
  returned: success
  type: str
"""
