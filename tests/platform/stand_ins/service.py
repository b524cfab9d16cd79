"""What both stand-ins share: one HTTP server, and a switch for how it behaves.

PUT /_mode {"mode": "..."} sets the switch; GET /_mode shows it. It is no part of the real services, and nothing but
the platform's own network can reach it. ``hang`` keeps a request until the mode changes or 15 minutes have passed.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LONGEST = 900
SLOW = 8


class Switch:
    """The mode, and waiting for it to change."""

    def __init__(self, modes: tuple[str, ...]) -> None:
        self.modes, self.mode = modes, "ok"
        self.changed = threading.Condition()

    def set(self, mode: str) -> bool:
        if mode not in self.modes:
            return False
        with self.changed:
            self.mode = mode
            self.changed.notify_all()
        return True

    def wait_while(self, mode: str, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.mode != mode, seconds)


class Service(BaseHTTPRequestHandler):
    """A request is read whole, then answered by ``serve(method, path, fields, body)``."""

    switch: Switch
    protocol_version = "HTTP/1.1"

    def serve(self, method: str, path: str, fields: dict[str, str]) -> None:
        raise NotImplementedError

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        if parts.path == "/_mode":
            return self.set_mode(body)
        if parts.path == "/_health":
            return self.answer(200, {"status": "ok"})
        mode = self.switch.mode
        if mode == "slow":
            self.switch.wait_while(mode, SLOW)
        elif mode == "hang":
            self.switch.wait_while(mode, LONGEST)
        fields = {key: values[-1] for key, values in parse_qs(f"{parts.query}&{body}").items()}
        return self.serve(self.command, parts.path, fields)

    do_GET = do_POST = do_PUT = handle_request

    def set_mode(self, body: str) -> None:
        if self.command == "PUT":
            try:
                wanted = str(json.loads(body)["mode"])
            except (ValueError, KeyError, TypeError):
                wanted = ""
            if not self.switch.set(wanted):
                return self.answer(400, {"error": f"modes: {', '.join(self.switch.modes)}"})
        return self.answer(200, {"mode": self.switch.mode})

    def answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the caller's patience was shorter than this mode


def run(service: type[Service], port: int = 8000) -> None:
    server = ThreadingHTTPServer(("", port), service)
    server.daemon_threads = True
    server.serve_forever()
