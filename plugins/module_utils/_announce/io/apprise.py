# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Any pager that Apprise knows: best effort, since Apprise says neither whether a message arrived nor whether it had
arrived before. I/O.
"""

from __future__ import annotations

from typing import Any, Mapping

from ..._core.errors import DriverMissing
from ..delivery import Delivered, Delivery, InDoubt, NotDelivered
from ..outbox import Message
from .channel import Thread
from .render import Texts


class Apprise:
    """``settings``: those of `runbook_announce.pager`, with ``url`` as Apprise writes it."""

    gap = 0.0
    can_ask = False

    def __init__(self, settings: Mapping[str, Any], texts: Texts) -> None:
        try:
            from apprise import Apprise as Library  # noqa: PLC0415 - optional, on the controller alone
        except ImportError:
            raise DriverMissing(
                "The Python library apprise is missing on the controller: pip install apprise, beside Ansible. It"
                " paged no person."
            ) from None
        self.texts, self.library = texts, Library()
        self.is_known = bool(self.library.add(str(settings["url"])))

    def find(self, message: Message, thread: Thread) -> str | None:  # noqa: ARG002
        return None

    def send(self, message: Message, thread: Thread) -> Delivery:  # noqa: ARG002
        if not self.is_known:
            return NotDelivered("Apprise does not know the address of runbook_announce.pager.url")
        text = self.texts.text(message.template, message.values, "apprise")
        done = self.library.notify(title=f"{message.values['action']}: {message.values['incident']}", body=text)
        if done:
            return Delivered("", "best effort: Apprise cannot say whether it arrived")
        # Apprise says no more than that it failed, also where the other side took it and did not answer in time.
        return InDoubt("Apprise: not accepted, or no answer; the next try may be the second page")

    def differences(self, thread: Thread) -> list[str]:  # noqa: ARG002
        return []
