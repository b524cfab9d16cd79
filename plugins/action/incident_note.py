# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Appends a note. Documentation: modules/incident_note.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import NOTE_ARGS, note
from ansible_collections.pafar.runbook.plugins.plugin_utils._log_action import LogAction


class ActionModule(LogAction):
    """Writes what a person did by hand."""

    arguments = NOTE_ARGS

    def write(self, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        return note(params, check_mode)
