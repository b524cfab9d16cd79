# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the module on the log's host; the commands in its lines are those of this run. Documentation: modules/incident_info.py."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line
from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_incident
from ansible_collections.pafar.runbook.plugins.plugin_utils._log_reader import LogReader


class ActionModule(LogReader):
    """The module, whose host does not know how the run was called."""

    def said(self, result: Any) -> list[Line]:
        return of_incident(result)
