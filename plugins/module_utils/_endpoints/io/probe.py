# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt at one endpoint, layer by layer, by plain sockets: nothing is sent that changes anything. I/O."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from urllib.parse import quote

from ..endpoint import ALWAYS, AUTO, NEVER, UP, Attempt, Meaning, Step, Target
from ..meaning import of_certificate, of_failed, of_http, of_postgres, of_redis, slower, whose_fault
from .bounded_regex import found_in
from .namespaces import Place
from .wire import BODY, SSL_REQUEST, Failed, Wire, blind, words_of

_LATE = 0.25  # seconds after which an attempt that should have ended is cut
_ALERT = b"\x15\x03"  # how TLS refuses: RFC 8446, section 5.1


def attempt(place: Place, target: Target, key: str, seconds: float) -> Attempt:
    """Try it once; the thread is in the place's network already."""
    tried = _Attempt(place, target, key, seconds)
    # Each call has its limit; one that is fed a byte at a time has none but this.
    alarm = threading.Timer(seconds + _LATE, tried.hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        meaning = tried.run()
    except Failed as failed:
        step = Step(failed.layer, False, tried.lap(), tried.clean(failed.said), failed.facts)
        tried.steps.append(step)
        meaning = of_failed(step, target)
    finally:
        alarm.cancel()
        tried.close()
    return Attempt(tuple(tried.steps), Meaning(meaning.state, tried.clean(meaning.why), meaning.fault_of))


class _Attempt(Wire):
    """One attempt: down to the wire, then what is asked in the protocol, and what its answer means."""

    def run(self) -> Meaning:
        target = self.target
        host, port = self.proxy or (target.host, target.port)
        addresses = self.resolve(host)
        self.connect(addresses, port)
        if target.secure or target.kind == "tls":
            if self.proxy:
                self.tunnel()
            self.handshake()
        elif target.kind == "redis" and target.tls == ALWAYS:
            self.encrypt()
        if target.kind in ("tcp", "tls"):
            return of_certificate(self.certificate, target)
        answered = {"http": self.ask_http, "postgres": self.ask_postgres, "redis": self.ask_redis}[target.kind]()
        took = time.monotonic() - self._began
        answered = slower(answered, took, target.slow, whose_fault(target))
        certified = of_certificate(self.certificate, target)
        return certified if answered.state == UP and certified.state != UP else answered

    def ask_postgres(self) -> Meaning:
        """Its answer to a login as an unknown role; no password is sent, and none is asked for twice."""
        answer = self.exchange(SSL_REQUEST, b"")
        if answer[:1] == b"E":  # full, or starting: it says so before anything else
            return self._postgres_said(answer)
        if answer[:1] not in (b"S", b"N"):
            self.done("protocol", "no PostgreSQL")
            return of_postgres("", "", "")
        if answer[:1] == b"S" and self.target.tls == NEVER:
            self.reconnect("protocol")
        elif answer[:1] == b"S":
            self.encrypt()
        elif self.target.tls == ALWAYS:
            raise Failed("tls", "it offers no TLS")
        body = b"user\0pafar_probe\0database\0postgres\0application_name\0pafar.runbook\0\0"
        return self._postgres_said(self.exchange(struct.pack(">ii", len(body) + 8, 196608) + body, b""))

    def _postgres_said(self, answer: bytes) -> Meaning:
        kind = answer[:1].decode("latin-1")
        fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in answer[5:].split(b"\0") if part}
        sqlstate = fields.get(b"C", "") if kind == "E" else ""
        meaning = of_postgres(kind, sqlstate, fields.get(b"M", "") if kind == "E" else "")
        self.done("protocol", meaning.why, {"sqlstate": sqlstate} if sqlstate else None)
        return meaning

    def ask_redis(self) -> Meaning:
        try:
            answer = self.ping()
        except Failed:
            # One that speaks TLS alone hangs up at once, and does not say why.
            if self.target.tls != AUTO or time.monotonic() >= self.deadline or not self._encrypts():
                raise
            answer = self.ping()
        meaning = of_redis(answer)
        self.done("protocol", answer[:80])
        return meaning

    def ping(self) -> str:
        try:
            answer = self.exchange(b"*1\r\n$4\r\nPING\r\n", b"\r\n")
        except Failed:
            if self.certificate and time.monotonic() < self.deadline and self._wants_certificate():
                return "-NOCERT it wants a certificate of who asks"
            raise
        if answer.startswith(_ALERT):
            raise Failed("protocol", "it speaks TLS, and was asked without")
        return answer.decode("utf-8", "replace").strip()

    def _encrypts(self) -> bool:
        try:
            self.reconnect("protocol")
            self.encrypt()
        except Failed:
            return False
        return True

    def _wants_certificate(self) -> bool:
        """Asked anew, and without a word: to who speaks first it hangs up, and why is lost on the way."""
        try:
            self.reconnect("protocol")
            with blind().wrap_socket(self.wire, server_hostname=self.target.host) as secured:
                secured.recv(1)
        except (Failed, OSError, ValueError) as error:
            return "CERTIFICATE_REQUIRED" in str(error).upper()
        return False

    def ask_http(self) -> Meaning:
        target = self.target
        path, headers = target.path, {**target.headers}
        known = {name.lower() for name in headers}
        usual = {"Host": _host_header(target), "User-Agent": "pafar.runbook"}
        headers.update({name: value for name, value in usual.items() if name.lower() not in known})
        if self.key and target.judge == "maps":
            path += ("&" if "?" in path else "?") + f"key={quote(self.key, safe='')}"
        elif self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        if self.proxy and not target.secure:
            path = f"http://{target.host}:{target.port}{path}"
            if self.proxy_login:
                headers["Proxy-Authorization"] = self.proxy_login
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = self.socket
        body = b"{}" if target.method in ("POST", "PUT", "PATCH") else None
        if body:
            headers.setdefault("Content-Type", "application/json")
        try:
            self.wire.settimeout(self.left())
            connection.request(target.method, path, body, headers)
            answer = connection.getresponse()
            text = b"" if target.method == "HEAD" else self._body(answer)
        except OSError as error:
            raise Failed("protocol", f"it takes connections and does not answer: {words_of(error)}") from None
        except (http.client.HTTPException, ValueError, AttributeError) as error:
            if time.monotonic() >= self.deadline:
                raise Failed("protocol", "it takes connections and does not answer: no answer in time") from None
            raise Failed("protocol", f"what answers there does not speak HTTP ({type(error).__name__})") from None
        content = text.decode("utf-8", "replace")
        try:
            matches = found_in(target.body, content, self.left()) if target.body and not target.judge else True
        except OSError as error:
            raise Failed("protocol", f"no process could be started to look at the answer ({words_of(error)})") from None
        meaning = of_http(target, answer.status, content, bool(self.key), matches)
        self.done("protocol", f"HTTP {answer.status}", {"status": answer.status})
        return meaning

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        """As much as comes in time: some answers never end."""
        text = b""
        while len(text) < BODY and time.monotonic() < self.deadline:
            self.wire.settimeout(self.left())
            try:
                piece = answer.read1(BODY - len(text))
            except socket.timeout:
                break
            if not piece:
                break
            text += piece
        return text


def _host_header(target: Target) -> str:
    usual = 443 if target.secure else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == usual else f"{host}:{target.port}"
