"""A calendar server on a free port, which can misbehave; and feeds of a rotation in the forms that others export."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any


class FeedServer:
    """Answers every GET with ``body`` and ``status``. ``declared``: bytes that the head promises beyond the body, None
    for a head without a length; ``drip``: seconds between the head and the body; ``redirect``: where else it sends to.
    ``asked``: path and headers of each request."""

    def __init__(self) -> None:
        self.body, self.status, self.declared = b"", 200, 0
        self.length, self.redirect = True, ""
        self.waits: threading.Event | None = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers.items())))
                self.send_response(302 if outer.redirect else outer.status)
                if outer.redirect:
                    self.send_header("Location", outer.redirect)
                elif outer.length:
                    self.send_header("Content-Length", str(len(outer.body) + outer.declared))
                self.end_headers()
                if outer.waits:
                    outer.waits.wait(60)
                if not outer.redirect:
                    self.wfile.write(outer.body)

            def log_message(self, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/private-token/primary.ics"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """From now on nothing listens there."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    server = FeedServer()
    try:
        yield server
    finally:
        server.stop()


def calendar(*events: Sequence[str], head: Sequence[str] = ()) -> bytes:
    """An iCalendar of these events, each as its lines without UID."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *head]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}@test", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def rotation_feed(form: str, zone: str, start: date, people: Sequence[str], hour: int = 9) -> bytes:
    """A weekly rotation as a recurring event for each person. ``form``: dtend, duration (P7D), hours (PT168H), all-day,
    floating, or windows (zone by its name there)."""
    weeks = [start + timedelta(days=7 * number) for number in range(len(people))]
    named = {"windows": WINDOWS.get(zone, zone)}.get(form, zone)
    events = []
    for name, day in zip(people, weeks, strict=True):
        begin, end = (
            f"{datetime(each.year, each.month, each.day, hour):%Y%m%dT%H%M%S}"
            for each in (day, day + timedelta(days=7))
        )
        part = f';TZID="{named}"'
        times = {
            "dtend": [f"DTSTART{part}:{begin}", f"DTEND{part}:{end}"],
            "duration": [f"DTSTART{part}:{begin}", "DURATION:P7D"],
            "hours": [f"DTSTART{part}:{begin}", "DURATION:PT168H"],
            "windows": [f"DTSTART{part}:{begin}", f"DTEND{part}:{end}"],
            "floating": [f"DTSTART:{begin}", f"DTEND:{end}"],
            "all-day": [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=7):%Y%m%d}"],
        }[form]
        events.append([*times, f"SUMMARY:On call: {name}", f"RRULE:FREQ=WEEKLY;INTERVAL={len(people)}"])
    return calendar(*events)


WINDOWS = {
    "Europe/Berlin": "W. Europe Standard Time", "America/New_York": "Eastern Standard Time",
    "Australia/Lord_Howe": "Lord Howe Standard Time", "Asia/Kolkata": "India Standard Time",
    "America/St_Johns": "Newfoundland Standard Time",
}  # fmt: skip
