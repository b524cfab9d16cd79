"""An incident's messages to Slack, and the adapter that sends them to the stand-in."""

from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.channel import Thread, ticks
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.slack import Slack as Adapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from .slack import Slack

NAME = "incident-2026-11-23-1456"
BASE = {"severity": "P1", "scenario": "s", "hosts": "db1", "opened_at": "2026-11-23T14:56:35.000000Z", "incident": "i"}
CHANNEL = Message("slack/channel", "slack", "channel", {**BASE, "name": NAME, "invite": ["U1", "U9"]})
NOTE = Message("slack/note/7", "slack", "note", {"place": "incident", "by": "ada", "done_at": "", "text": "moved it"})


def adapter(slack: Slack, **options: Any) -> Adapter:
    settings = settings_of({"slack": {"token": slack.token, "api": slack.api, **options}})["slack"]
    return Adapter(settings, Texts("slack"))


def thread(incident: str = "i", **references: str) -> Thread:
    return Thread(incident, {f"slack/{name}": value for name, value in references.items()}, ticks() + 60)
