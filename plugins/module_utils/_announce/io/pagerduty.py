# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PagerDuty by its Events API v2: the same dedup key is the same incident, so a message in doubt is sent again. I/O.

Source: developer.pagerduty.com, "Send an alert event".
"""

from __future__ import annotations

from typing import Any, Mapping

from ..delivery import Delivered, Delivery, InDoubt
from ..escape import escaped
from ..outbox import Message
from .channel import Thread, asked
from .http_call import Answered
from .render import Texts

_SEVERITIES = {"P0": "critical", "P1": "error", "P2": "warning", "unknown": "error"}


class PagerDuty:
    """``settings``: those of `runbook_announce.pager`."""

    gap = 0.0
    can_ask = True

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        self.settings, self.texts = settings, texts

    def find(self, message: Message, thread: Thread) -> str | None:  # noqa: ARG002
        return None

    def send(self, message: Message, thread: Thread) -> Delivery:
        values, about = message.values, str(message.values.get("about") or "")
        hosts, scenario = (escaped(values[name], self.texts.target) for name in ("hosts", "scenario"))
        body = {
            "routing_key": self.settings["routing_key"],
            "event_action": values["action"],
            "dedup_key": f"{thread.incident}/{about}" if about else thread.incident,
            "payload": {
                "summary": self.texts.text(message.template, values)[:1024],
                "source": hosts or "pafar.runbook",
                "severity": _SEVERITIES.get(str(values["severity"]), "info"),
                "custom_details": {"incident": thread.incident, "scenario": scenario},
            },
        }
        url = f"{str(self.settings['api']).rstrip('/')}/v2/enqueue"
        try:
            accepted = asked(thread, "POST", url, {}, body)
        except Answered as answer:
            return answer.delivery
        # A proxy may answer 200 with JSON of its own; the same key once more is the same alert.
        if not isinstance(accepted, Mapping) or not (accepted.get("dedup_key") or accepted.get("status") == "success"):
            return InDoubt("PagerDuty: the answer does not say that the event was accepted")
        return Delivered(str(accepted.get("dedup_key") or thread.incident))

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []
