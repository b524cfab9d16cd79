"""A pager (PagerDuty's Events API v2), a tracker of issues, and a real SMTP server with faults."""

from __future__ import annotations

import asyncio
import email
import email.policy
import hashlib
import re
import socket
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from .server import Answer, Request, StandIn


class PagerDuty(StandIn):
    """``alerts``: state by dedup key; ``triggered``: how often a new one was made of each."""

    def __init__(self, routing_key: str = "R" * 32) -> None:
        super().__init__()
        self.routing_key = routing_key
        self.alerts: dict[str, str] = {}
        self.triggered: dict[str, int] = {}

    def serve(self, request: Request) -> Answer:
        if (request.method, request.path) != ("POST", "/v2/enqueue"):
            return Answer(404, {})
        given = request.fields
        action, key = given.get("event_action"), str(given.get("dedup_key") or "")
        if given.get("routing_key") != self.routing_key or action not in ("trigger", "acknowledge", "resolve"):
            return Answer(400, {"status": "invalid event", "errors": ["'routing_key' or 'event_action' is invalid"]})
        if action == "trigger" and not (given.get("payload") or {}).get("summary"):
            return Answer(400, {"status": "invalid event", "errors": ["'payload.summary' is missing"]})
        present = self.alerts.get(key, "")
        if action == "trigger":
            if present in ("", "resolve"):
                self.triggered[key] = self.triggered.get(key, 0) + 1
            self.alerts[key] = present if present == "acknowledge" else "trigger"
        elif present and present != "resolve":
            self.alerts[key] = str(action)
        return Answer(202, {"status": "success", "dedup_key": key})


class Tracker(StandIn):
    """``issues``: with ``external_id``, ``state`` and all that was said of each."""

    def __init__(self, token: str = "tracker-key") -> None:
        super().__init__()
        self.token = token
        self.issues: list[dict[str, Any]] = []

    def serve(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, {"error": "unauthorized"})
        match = re.fullmatch(r"/issues(?:/(\d+))?", request.path)
        if not match:
            return Answer(404, {"error": "not found"})
        if request.method == "GET":
            wanted = request.fields.get("external_id")
            return Answer(200, [each for each in self.issues if each["external_id"] == wanted])
        given = dict(request.fields)
        if match[1] is None:
            issue = {"id": len(self.issues) + 1, "said": [], **given}
            self.issues.append(issue)
        else:
            issue = next((each for each in self.issues if str(each["id"]) == match[1]), {})
            if not issue:
                return Answer(404, {"error": "not found"})
            issue.update(given)
        issue["said"].append(given.get("text", ""))
        return Answer(201 if match[1] is None else 200, issue)


Step = Callable[[str], str]  # of "MAIL", "RCPT", "DATA" or "reply": a reply in place of its own, "" for none
KILLED, LOST = "killed", "lost"  # at "reply": the mail is kept, or lost, and the connection ends without a reply
CUT = "cut"  # the mail is kept, and the connection ends within the reply
SLOW_KEPT, SLOW_LOST = "no reply", "no reply, and lost"  # the mail is kept, or lost; the connection stays open
_SILENT = 60.0  # seconds; a client that leaves ends it


def _abort(transport: Any) -> None:
    transport.abort()


def _cut(transport: Any) -> None:
    transport.write(b"25")
    transport.close()


class _Session(SMTP):
    """aiosmtpd's protocol, which asks for a fault at each step."""

    fault: Step

    async def smtp_MAIL(self, arg: str) -> None:
        await self._or(self.fault("MAIL"), super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:
        await self._or(self.fault("RCPT"), super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:
        await self._or(self.fault("DATA"), super().smtp_DATA, arg)

    async def _or(self, reply: str, usual: Any, arg: str) -> None:
        if reply == KILLED:
            _abort(self.transport)
        elif reply == CUT:
            _cut(self.transport)
        elif reply == SLOW_LOST:
            await asyncio.sleep(_SILENT)
        elif reply:
            await self.push(reply)
        else:
            await usual(arg)


class MailServer:
    """``mails``: those that were taken. ``fault``: asked at each step of each session."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.fault: Step = lambda _step: ""
        server = self

        class _Listener(Controller):
            def factory(self) -> SMTP:
                session = _Session(self.handler, hostname="mail.test", loop=self.loop)
                session.fault = server.asked
                return session

        with socket.socket() as free:  # aiosmtpd asks for a port that is known
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._controller = _Listener(self, hostname="127.0.0.1", port=self.port)

    def asked(self, step: str) -> str:
        """The fault of a step, of the function that is set now."""
        return self.fault(step)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: ARG002
        reply = self.fault("reply")
        if reply not in (LOST, SLOW_LOST) and not reply[:1].isdigit():
            message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        if reply in (KILLED, LOST):
            _abort(server.transport)
            await asyncio.sleep(0)
        elif reply == CUT:
            _cut(server.transport)
            await asyncio.sleep(0)
        elif reply in (SLOW_KEPT, SLOW_LOST):
            await asyncio.sleep(_SILENT)
        return reply if reply[:1].isdigit() else "250 OK"

    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]


def mails_in_doubt(incident: str, entries: Any) -> set[str]:
    """The Message-IDs of mails that gave way to a newer state after the server's reply to them had been lost."""
    keys = [
        entry.message.key
        for entry in entries
        if entry.message.channel == "mail" and entry.state == "replaced" and "is not known" in entry.reason
    ]
    marks = [hashlib.sha256(f"{incident} {key}".encode()).hexdigest()[:32] for key in keys]
    return {f"<{mark}.pafar-runbook@pafar.test>" for mark in marks}
