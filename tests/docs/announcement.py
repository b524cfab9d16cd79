"""Write what one P1 looks like on every channel into docs/announce.md, as the stand-ins of the tests received it.

python tests/docs/announcement.py          rewrite
python tests/docs/announcement.py --check  fail if the page is not what would be written
"""

from __future__ import annotations

import html
import re
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.announcing import Announcing
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.take import take_messages
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import stamp

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.channels.others import MailServer
from support.channels.pages import Statuspage
from support.channels.slack import Slack

PAGE = Path(__file__).resolve().parents[2] / "docs/announce.md"
BEGIN, END = "<!-- one P1, written by tests/docs/announcement.py -->", "<!-- end of one P1 -->"
_LINK = re.compile(r"<(https?://[^<>|]+)>")
START = datetime(2026, 11, 23, 14, 56, 35, tzinfo=UTC)
PLAN = {
    "digest": "3f0c21d9a7be" + "0" * 52,
    "actions": [{"target": "811@x", "who": "app@bookings nightly-report", "action": "terminate"}],
}
WORDS = {  # of the site, for the public and for stakeholders
    "words": {
        "db_lock_contention": "Bookings are slow", "idle_transaction": "A report kept bookings from being written.",
    },
    "resolutions": {"idle_transaction": "The report was ended, and bookings are written again."},
}  # fmt: skip
Story = Sequence[tuple[float, str, dict[str, Any]]]
STORY: Story = [
    (20, "diagnosed", {"cause": "idle_transaction", "lines": ["29 sessions wait for nightly-report"]}),
    (21, "held", {"plan": PLAN, "reasons": ["1 session, the limit is 0"], "mitigation": "unblock_sessions"}),
    (60, "acknowledged", {}),
    (75, "role", {"role": "incident_commander", "person": "ada", "action": "taken"}),
    (90, "mitigated", {"mitigation": "unblock_sessions", "done": ["terminated app@bookings nightly-report"]}),
    (93, "verified", {"mitigation": "unblock_sessions", "outcome": "recovered", "before": 29, "after": 0,
                      "seconds_to_recovery": 2.4}),
    (180, "update", {"text": "Bookings work again. We watch the report's next run.", "audience": "inside"}),
    (1200, "phase", {"phase": "resolved", "reason": "no queue for 18 minutes"}),
]  # fmt: skip


def played(story: Story = STORY) -> str:
    """What a story looks like, with every message sent as it happens."""
    with tempfile.TemporaryDirectory() as log, Slack() as slack, Statuspage() as page, MailServer() as mail:
        settings = {
            "slack": {"token": slack.token, "api": slack.api, "links": {"Dashboard": "https://grafana.example.org/d/pafar"}},
            "page": {
                "kind": "statuspage", "api": page.url, "token": page.token, "page": page.page, "first_post": "act",
                "scenarios": ["db_lock_contention"], "components": {"backend": "c1"},
                **WORDS,
            },
            "mail": {
                "host": "127.0.0.1", "port": mail.port, "tls": "none", "sender": "incidents@example.org",
                "to": ["board@example.org"], **WORDS,
            },
        }  # fmt: skip
        opening = {"scenario": "db_lock_contention", "severity": "P1", "hosts": ["db1"]}
        identity = {"log": log, "id": "2026-11-23-145635-db_lock_contention-06f2a1", "by": "ada", "host": "db1"}
        for seconds, kind, note in [(0.0, "", {}), *story]:
            now = START + timedelta(seconds=seconds)
            events = [{"kind": kind, "note": note}] if kind else []
            record({**identity, "at": stamp(now), "opening": opening, "events": events}, False, now=now)
            _drain(identity, settings, now)
        return _shown(slack, page, mail)


def _drain(identity: dict[str, Any], settings: dict[str, Any], now: datetime) -> None:
    announcing = Announcing(settings, {})
    for name in announcing.settings:
        announcing.channel(name).gap = 0.0
    given = {"log": identity["log"], "ids": [identity["id"]], "by": "run", "at": stamp(now), "group": "", "lease": 90.0,
             "settings": announcing.public, "channels": None, "people": [{"name": "ada", "slack": "U1"}]}  # fmt: skip

    def append(incident: str, events: list[dict[str, Any]]) -> None:
        record(
            {"log": identity["log"], "id": incident, "by": "run", "at": stamp(now), "events": events}, False, now=now
        )

    announcing.sent(take_messages(given, False, lambda: now), append, 30, lambda: now)


def _shown(slack: Slack, page: Statuspage, mail: MailServer) -> str:
    parts = []
    names = {f"<#{room.id}>": f"#{room.name}" for room in slack.rooms}
    for room in slack.rooms:
        topic = f"  (topic: {room.topic})" if room.topic else ""
        said = [names.get(line, line) for message in room.messages for line in _as_shown(message)]
        parts.append(f"#{room.name}{topic}\n\n" + "\n".join(f"    {line}" for line in said))
    posts = [
        f"    {update['status']}: {update['body']}" for incident in page.incidents for update in incident["updates"]
    ]
    parts.append(f"The status page: {page.incidents[0]['name']}\n\n" + "\n".join(posts))
    last = mail.mails[-1]
    head = [f"    {name}: {last[name]}" for name in ("From", "To", "Subject")]
    body = [f"    {line}".rstrip() for line in last.get_content().splitlines()]
    parts.append(f"The last of {len(mail.mails)} mails to a stakeholder\n\n" + "\n".join([*head, "", *body]))
    return "\n\n".join(parts)


def _as_shown(message: Any) -> list[str]:
    """The lines of a message as Slack shows its block: a text of mrkdwn."""
    (block,) = message["blocks"]
    return html.unescape(_LINK.sub(r"\1", block["text"]["text"])).splitlines()


def main() -> int:
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    fresh = f"{before}{BEGIN}\n\n```text\n{played()}\n```\n\n{END}{after}"
    if "--check" in sys.argv:
        if fresh != text:
            print(f"{PAGE.name} is not what the messages are; run: python tests/docs/announcement.py")
        return int(fresh != text)
    PAGE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
