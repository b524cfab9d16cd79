# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Acts of people on an incident, which know the states that the status page may have of it. I/O."""

from __future__ import annotations

from typing import Any

from ..._lifecycle.io.person_acts import act_on_incident
from ..page_states import allowed_states


def act_of_person(given: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """What incident_act returns. Raises InputError where there is no such incident, and where the act is refused."""
    return act_on_incident(given, check_mode, allowed_states)
