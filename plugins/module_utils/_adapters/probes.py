# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt at one endpoint, layer by layer, by plain sockets: nothing is sent that changes anything. I/O."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from typing import Any, Mapping
from urllib.parse import quote

from .._domain.certificates import ends_at, issuer_of
from .._domain.endpoint_meaning import of_certificate, of_failed, of_http, of_postgres, of_redis, slower, whose_fault
from .._domain.endpoints import ALWAYS, AUTO, NEVER, UP, Attempt, Meaning, Step, Target
from .._domain.redaction import HIDDEN, redacted
from . import names
from .namespaces import Place
from .probe_proxy import proxy_of
from .searching import found_in

_LATE = 0.25  # seconds after which an attempt that should have ended is cut
_BODY = 64 * 1024  # bytes of an answer that are read
_SSL_REQUEST = struct.pack(">ii", 8, 80877103)
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_ALERT = b"\x15\x03"  # how TLS refuses: RFC 8446, section 5.1


class _Failed(Exception):
    """A layer failed."""

    def __init__(self, layer: str, said: str, **facts: Any) -> None:
        super().__init__(said)
        self.layer, self.said, self.facts = layer, said, facts


def attempt(place: Place, target: Target, key: str, seconds: float) -> Attempt:
    """Try it once; the thread is in the place's network already."""
    tried = _Attempt(place, target, key, seconds)
    # Each call has its limit; one that is fed a byte at a time has none but this.
    alarm = threading.Timer(seconds + _LATE, tried.hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        meaning = tried.run()
    except _Failed as failed:
        step = Step(failed.layer, False, tried.lap(), tried.clean(failed.said), failed.facts)
        tried.steps.append(step)
        meaning = of_failed(step, target)
    finally:
        alarm.cancel()
        tried.close()
    return Attempt(tuple(tried.steps), Meaning(meaning.state, tried.clean(meaning.why), meaning.whose))


class _Attempt:
    """The state of one attempt: the socket, and what each layer took."""

    def __init__(self, place: Place, target: Target, key: str, seconds: float) -> None:
        self.place, self.target, self.key = place, target, key
        self.deadline = time.monotonic() + seconds
        self.steps: list[Step] = []
        self.socket: socket.socket | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.certificate: Mapping[str, Any] = {}
        self._lap = self._began = time.monotonic()
        self.proxy, self.proxy_login = proxy_of(place, target)

    def lap(self) -> float:
        """Milliseconds since the last layer."""
        now = time.monotonic()
        spent, self._lap = 1000 * (now - self._lap), now
        return spent

    @property
    def wire(self) -> socket.socket:
        """The connection, once there is one."""
        if self.socket is None:
            raise _Failed("tcp", "not connected")
        return self.socket

    def left(self) -> float:
        return max(0.05, self.deadline - time.monotonic())

    def clean(self, text: str) -> str:
        for secret in {self.key, quote(self.key, safe="")} - {""}:
            text = text.replace(secret, HIDDEN)
        return redacted(text)

    def hang_up(self) -> None:
        """From another thread: whoever waits for the socket is told that it has ended."""
        with suppress(OSError, AttributeError):
            self.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    def done(self, layer: str, said: str = "", **facts: Any) -> None:
        self.steps.append(Step(layer, True, self.lap(), self.clean(said), facts))

    def run(self) -> Meaning:
        target = self.target
        host, port = self.proxy or (target.host, target.port)
        found = self.resolve(host)
        self.connect(found, port)
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

    def resolve(self, host: str) -> list[str]:
        try:
            found = names.addresses(self.place, host, self.left())
        except names.Unresolved as error:
            raise _Failed("dns", str(error)) from None
        except OSError as error:
            raise _Failed("dns", _words(error)) from None
        self.done("dns", ", ".join(found[:4]), **({"proxy": host} if self.proxy else {}))
        return found

    def connect(self, found: list[str], port: int) -> None:
        said = "no address"
        for address in found[:3]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            tried = socket.socket(family, socket.SOCK_STREAM)
            tried.settimeout(self.left() / (2 if len(found) > 1 else 1))
            try:
                tried.connect((address, port))
            except OSError as error:
                tried.close()
                said = f"{address}: {_words(error)}"
                continue
            self.socket, self.peer = tried, (address, port)
            self.done("tcp", address)
            return
        raise _Failed("tcp", said)

    def handshake(self) -> None:
        """Verified by what the place itself trusts; where that fails, what is wrong with the certificate."""
        try:
            self.secure(self._trusting())
        except ssl.SSLCertVerificationError as error:
            raise _Failed("tls", _blame(error), trusted=False, **self._certificate()) from None

    def encrypt(self) -> None:
        """With a database: whom its clients trust is told to them and not to us, and libpq by itself verifies nothing.

        So a certificate that is not trusted here is told, and what counts is the protocol, and when it ends.
        """
        try:
            self.secure(self._trusting())
            return
        except ssl.SSLCertVerificationError as error:
            why = _blame(error)
        self.reconnect("tls")
        if self.target.kind == "postgres" and self.exchange(_SSL_REQUEST, b"", "tls")[:1] != b"S":
            raise _Failed("tls", "it offered TLS, and does so no more")
        self.secure(_blind(), why)

    def secure(self, context: ssl.SSLContext, distrust: str = "") -> None:
        try:
            self.wire.settimeout(self.left())
            secured = context.wrap_socket(self.wire, server_hostname=self.target.host)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as error:
            raise _Failed("tls", _words(error) if isinstance(error, OSError) else str(error)) from None
        self.socket = secured
        self.certificate = {"trusted": not distrust, **_facts(secured.getpeercert(True) or b"")}
        said = f"{secured.version()}, not trusted here: {distrust}" if distrust else secured.version() or ""
        self.done("tls", said, **self.certificate)

    def reconnect(self, layer: str) -> None:
        self.wire.close()
        try:
            self.socket = socket.create_connection(self.peer, self.left())
        except OSError as error:
            raise _Failed(layer, _words(error)) from None

    def _trusting(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.bundle())
        except (OSError, ValueError) as error:
            raise _Failed("tls", f"what this place trusts cannot be read ({error})") from None

    def bundle(self) -> str | None:
        """What the container itself trusts; the host's where its image has nothing of the kind."""
        if self.place.pid:
            for one in _BUNDLES:
                with suppress(OSError):
                    return self.place.found(one)
        return None

    def _certificate(self) -> dict[str, Any]:
        """The certificate that is not trusted, by a second connection that trusts it."""
        address = self.steps[-1].said
        try:
            with socket.create_connection((address, self.target.port), self.left()) as plain:
                with _blind().wrap_socket(plain, server_hostname=self.target.host) as secured:
                    return _facts(secured.getpeercert(True) or b"")
        except (OSError, ValueError):
            return {}

    def tunnel(self) -> None:
        """Through the proxy that the container's own environment names."""
        where = f"{self.target.host}:{self.target.port}"
        login = f"Proxy-Authorization: {self.proxy_login}\r\n" if self.proxy_login else ""
        asked = f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{login}\r\n"
        said = self.exchange(asked.encode(), b"\r\n\r\n", "tcp")
        words = said.split(b" ", 2)
        if len(words) < 2 or words[1][:1] != b"2":
            raise _Failed("tcp", f"the proxy {self.proxy} refuses: {said[:80].decode('latin-1')}")

    def exchange(self, request: bytes, end: bytes, layer: str = "protocol") -> bytes:
        received = b""
        try:
            self.wire.settimeout(self.left())
            self.wire.sendall(request)
            while not (received.endswith(end) if end else _is_whole(received)):
                self.wire.settimeout(self.left())
                piece = self.wire.recv(4096)
                if not piece:
                    break
                received += piece
                if len(received) > _BODY or time.monotonic() > self.deadline:
                    break
        except OSError as error:
            raise _Failed(layer, f"it takes connections and does not answer: {_words(error)}") from None
        if not received:
            raise _Failed(layer, "it takes connections and hangs up without an answer")
        return received

    def ask_postgres(self) -> Meaning:
        """Its answer to a login as nobody in particular; no password is sent, and none is asked for twice."""
        said = self.exchange(_SSL_REQUEST, b"")
        if said[:1] == b"E":  # full, or starting: it says so before anything else
            return self._postgres_said(said)
        if said[:1] not in (b"S", b"N"):
            self.done("protocol", "no PostgreSQL")
            return of_postgres("", "", "")
        if said[:1] == b"S" and self.target.tls == NEVER:
            self.reconnect("protocol")
        elif said[:1] == b"S":
            self.encrypt()
        elif self.target.tls == ALWAYS:
            raise _Failed("tls", "it offers no TLS")
        body = b"user\0pafar_probe\0database\0postgres\0application_name\0pafar.runbook\0\0"
        return self._postgres_said(self.exchange(struct.pack(">ii", len(body) + 8, 196608) + body, b""))

    def _postgres_said(self, answer: bytes) -> Meaning:
        kind = answer[:1].decode("latin-1")
        fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in answer[5:].split(b"\0") if part}
        sqlstate = fields.get(b"C", "") if kind == "E" else ""
        meaning = of_postgres(kind, sqlstate, fields.get(b"M", "") if kind == "E" else "")
        self.done("protocol", meaning.why, **({"sqlstate": sqlstate} if sqlstate else {}))
        return meaning

    def ask_redis(self) -> Meaning:
        try:
            said = self.ping()
        except _Failed:
            # One that speaks TLS alone hangs up at once, and does not say why.
            if self.target.tls != AUTO or time.monotonic() >= self.deadline or not self._encrypts():
                raise
            said = self.ping()
        meaning = of_redis(said)
        self.done("protocol", said[:80])
        return meaning

    def ping(self) -> str:
        try:
            said = self.exchange(b"*1\r\n$4\r\nPING\r\n", b"\r\n")
        except _Failed:
            if self.certificate and time.monotonic() < self.deadline and self._wants_certificate():
                return "-NOCERT it wants a certificate of who asks"
            raise
        if said.startswith(_ALERT):
            raise _Failed("protocol", "it speaks TLS, and was asked without")
        return said.decode("utf-8", "replace").strip()

    def _encrypts(self) -> bool:
        try:
            self.reconnect("protocol")
            self.encrypt()
        except _Failed:
            return False
        return True

    def _wants_certificate(self) -> bool:
        """Asked anew, and without a word: to who speaks first it hangs up, and why is lost on the way."""
        try:
            self.reconnect("protocol")
            with _blind().wrap_socket(self.wire, server_hostname=self.target.host) as secured:
                secured.recv(1)
        except (_Failed, OSError, ValueError) as error:
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
            raise _Failed("protocol", f"it takes connections and does not answer: {_words(error)}") from None
        except (http.client.HTTPException, ValueError, AttributeError) as error:
            if time.monotonic() >= self.deadline:
                raise _Failed("protocol", "it takes connections and does not answer: no answer in time") from None
            raise _Failed("protocol", f"what answers there does not speak HTTP ({type(error).__name__})") from None
        told = text.decode("utf-8", "replace")
        try:
            matches = found_in(target.body, told, self.left()) if target.body and not target.judge else True
        except OSError as error:
            raise _Failed("protocol", f"no process could be started to look at the answer ({_words(error)})") from None
        meaning = of_http(target, answer.status, told, bool(self.key), matches)
        self.done("protocol", f"HTTP {answer.status}", status=answer.status)
        return meaning

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        """As much as comes in time: some answers never end."""
        text = b""
        while len(text) < _BODY and time.monotonic() < self.deadline:
            self.wire.settimeout(self.left())
            try:
                piece = answer.read1(_BODY - len(text))
            except socket.timeout:
                break
            if not piece:
                break
            text += piece
        return text


def _is_whole(received: bytes) -> bool:
    """Whether an answer of PostgreSQL's is there: one byte to the question for TLS, else a message with its length."""
    if received[:1] in (b"S", b"N") or (received and received[:1] not in (b"R", b"E")):
        return True
    if len(received) < 5:
        return False
    size = int.from_bytes(received[1:5], "big")
    return size > _BODY or len(received) >= 1 + size


def _host_header(target: Target) -> str:
    usual = 443 if target.secure else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == usual else f"{host}:{target.port}"


def _blind() -> ssl.SSLContext:
    """Trusts anybody: for what a certificate says, and for a question that is no secret."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _blame(error: ssl.SSLCertVerificationError) -> str:
    return f"{error.verify_message or error.reason} (code {error.verify_code})"


def _facts(der: bytes) -> dict[str, Any]:
    ends = ends_at(der)
    if ends is None:
        return {}
    left = ends - time.time()
    return {"days_left": int(left // 86400), "expired": left < 0, "issuer": redacted(issuer_of(der))[:80]}


def _words(error: OSError) -> str:
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "no answer in time: dropped on the way, or it hangs"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nobody listens there"
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason or error})"
    return (error.strerror or os.strerror(error.errno) if error.errno else str(error)).lower()
