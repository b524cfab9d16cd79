# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the options that incident_outbox and announce share; twin of LOG_ARGS."""

from __future__ import annotations


class ModuleDocFragment:
    """Which log and incidents, and whose messages are taken over."""

    DOCUMENTATION = r"""
options:
  log:
    description: Directory of the incident log, on the host that the task runs on.
    type: path
    required: true
  ids:
    description: Ids of incidents; empty takes those whose log was written lately.
    type: list
    elements: str
    default: []
  lease:
    description: Seconds after which a message that a run has taken is in doubt.
    type: float
    default: 90
  after:
    description: Minutes after the opening at which each step is paged, by severity. One that is not there, or whose minutes are
      wrong, has 0, 5 and 10 (P0), 0, 15 and 30 (P1), 15, 30 and 45 (unknown), or no page.
    type: raw
    default: {}
  roles_from:
    description: Step of the rotation that fills each role of an incident. By default V(primary) the incident
      commander, V(secondary) the technical lead, V(escalation) the communications lead.
    type: raw
    default: {}
  public_every:
    description: Minutes within which people outside are updated, by severity; one that is not there has 30 (P0), 60 (P1) or
      240 (P2), and 0 is no deadline.
    type: raw
    default: {}
  by:
    description: Person or program that sends.
    type: str
    default: unknown
  at:
    description: Time of the events (UTC) by the writer's clock; empty takes that of the log's host.
    type: str
    default: ""
  group:
    description: Group that may write what is created; empty gives it to the owner alone.
    type: str
    default: ""
"""
