"""A run that drains an outbox, as a process of its own that a test can kill.

python -m support.draining '{"log": ..., "id": ..., "settings": ..., "lease": 0}'
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from support.channels.server import wait_for_lanes


def drain(log: str, incident: str, settings: dict[str, Any], lease: float) -> None:
    """Send what is due, by the clock of the machine."""
    announcing = Announcing(settings, {})
    until = announcing.until(0.9 * lease) if lease else float("inf")
    given = {
        "log": log, "ids": [incident], "by": "run", "at": "", "group": "", "lease": lease,
        "settings": announcing.public, "channels": None,
    }  # fmt: skip
    for name in announcing.settings:
        announcing.channel(name).gap = 0.0

    def append(name: str, events: list[dict[str, Any]]) -> None:
        record({"log": log, "id": name, "by": "run", "events": events}, False)

    announcing.sent(take_messages(given, False), append, 20, until=until)
    wait_for_lanes()  # out there a run has other incidents, and a log on another host


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    print("begins", flush=True)
    drain(wanted["log"], wanted["id"], wanted["settings"], wanted["lease"])
