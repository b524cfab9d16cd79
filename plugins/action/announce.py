# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes messages from the outbox, on the log's host, and sends them from the controller. Documentation: modules/announce.py."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.answerers import answerers
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._announce.options import ANNOUNCE_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._announce.report import OutboxReport
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import LogError, RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.plugin_utils._screen import callback_is_on, show

_OF_THE_LOG = ("log", "by", "at", "group")


class ActionModule(ActionBase):
    """The outbox is read and written where the log is; the channels are reached from the controller."""

    _supports_check_mode = True
    TRANSFERS_FILES = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        dummy, params = self.validate_argument_spec(argument_spec=ANNOUNCE_ARGS)
        try:
            result.update({"changed": False, **self._announced(params, task_vars)})
        except RunbookError as error:
            result.update({"failed": True, "msg": str(error), "error": type(error).__name__, **error.details})
        if not callback_is_on():
            show(self._display, "", of_announced(result))
        return result

    def _announced(self, params: dict[str, Any], task_vars: dict[str, Any] | None) -> Any:
        of_site = {
            ("page", "first_post"): params["public"], ("page", "soak"): params["soak"],
            ("slack", "archive_after"): params["archive_after"], ("slack", "awx_url"): params["awx_url"],
            ("mail", "awx_url"): params["awx_url"],
        }  # fmt: skip
        announcing = Announcing(params["channels"], params["templates"], of_site)
        given = {name: params[name] for name in (*_OF_THE_LOG, "ids", "lease")}
        given = {**given, "settings": announcing.public, "channels": None, "after": params["after"]}
        given["roles_from"] = params["roles_from"]
        given["answerers"] = answerers(params) if params["oncall"] else []
        if self._task.check_mode:
            return announcing.shown(self._taken(given, task_vars), params["budget"])

        def append(incident: str, events: list[dict[str, Any]]) -> None:
            options = {name: params[name] for name in _OF_THE_LOG}
            self._append({**options, "id": incident, "events": events, "create": False}, task_vars)

        return announcing.sent(self._taken(given, task_vars), append, params["budget"])

    @property
    def _is_here(self) -> bool:
        return bool(self._connection.transport == "local" and self._connection.become is None)

    def _taken(self, given: dict[str, Any], task_vars: dict[str, Any] | None) -> OutboxReport:
        if self._is_here:
            return take_messages(given, bool(self._task.check_mode))
        found: Any = self._on_the_logs_host("incident_outbox", given, task_vars)
        return {"incidents": found["incidents"], "lines": found["lines"]}

    def _append(self, given: dict[str, Any], task_vars: dict[str, Any] | None) -> None:
        if not given["events"]:
            return
        if self._is_here:
            record(given, False)
        else:
            self._on_the_logs_host("incident_event", given, task_vars)

    def _on_the_logs_host(self, name: str, given: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        arguments = {option: value for option, value in given.items() if value is not None}
        try:
            found: dict[str, Any] = self._execute_module(f"pafar.runbook.{name}", arguments, task_vars=task_vars)
        except AnsibleConnectionFailure as error:
            raise LogError(f"The host of the incident log did not answer: {error}") from None
        if found.get("failed"):
            raise LogError(str(found.get("msg", "the host of the incident log did not answer")))
        return found
