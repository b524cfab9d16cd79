# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is below a protocol: names, a connection, TLS, a question and its answer; each layer timed and reported. I/O."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import time
from contextlib import suppress
from urllib.parse import quote

from ..._core.redaction import HIDDEN, redacted
from ..certificate import ends_at, issuer_of
from ..endpoint import LayerFacts, Step, Target
from . import resolver as names
from .http_proxy import proxy_of
from .namespaces import Place

BODY = 64 * 1024  # bytes of an answer that are read
SSL_REQUEST = struct.pack(">ii", 8, 80877103)
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


class Failed(Exception):
    """A layer failed."""

    def __init__(self, layer: str, said: str, facts: LayerFacts | None = None) -> None:
        super().__init__(said)
        self.layer, self.said, self.facts = layer, said, facts or LayerFacts()


class Wire:
    """The state of one attempt: the socket, and what each layer took."""

    def __init__(self, place: Place, target: Target, key: str, seconds: float) -> None:
        self.place, self.target, self.key = place, target, key
        self.deadline = time.monotonic() + seconds
        self.steps: list[Step] = []
        self.socket: socket.socket | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.certificate: LayerFacts = {}
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
            raise Failed("tcp", "not connected")
        return self.socket

    def left(self) -> float:
        return max(0.05, self.deadline - time.monotonic())

    def clean(self, text: str) -> str:
        for secret in {self.key, quote(self.key, safe="")} - {""}:
            text = text.replace(secret, HIDDEN)
        return redacted(text)

    def hang_up(self) -> None:
        """From another thread: a thread that waits for the socket learns that it has ended."""
        with suppress(OSError, AttributeError):
            self.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    def done(self, layer: str, said: str = "", facts: LayerFacts | None = None) -> None:
        self.steps.append(Step(layer, True, self.lap(), self.clean(said), facts or LayerFacts()))

    def resolve(self, host: str) -> list[str]:
        try:
            addresses = names.addresses(self.place, host, self.left())
        except names.Unresolved as error:
            raise Failed("dns", str(error)) from None
        except OSError as error:
            raise Failed("dns", words_of(error)) from None
        self.done("dns", ", ".join(addresses[:4]), {"proxy": host} if self.proxy else None)
        return addresses

    def connect(self, addresses: list[str], port: int) -> None:
        problem = "no address"
        for address in addresses[:3]:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            tried = socket.socket(family, socket.SOCK_STREAM)
            tried.settimeout(self.left() / (2 if len(addresses) > 1 else 1))
            try:
                tried.connect((address, port))
            except OSError as error:
                tried.close()
                problem = f"{address}: {words_of(error)}"
                continue
            self.socket, self.peer = tried, (address, port)
            self.done("tcp", address)
            return
        raise Failed("tcp", problem)

    def reconnect(self, layer: str) -> None:
        self.wire.close()
        try:
            self.socket = socket.create_connection(self.peer, self.left())
        except OSError as error:
            raise Failed(layer, words_of(error)) from None

    def handshake(self) -> None:
        """Verified by what the place itself trusts; where that fails, what is wrong with the certificate."""
        try:
            self.secure(self._trusting())
        except ssl.SSLCertVerificationError as error:
            raise Failed("tls", _blame(error), _with_trust(False, self._certificate())) from None

    def encrypt(self) -> None:
        """With a database: its clients know whom to trust, this probe does not, and libpq verifies nothing by default.

        So a certificate that is not trusted here is reported, and what counts is the protocol, and when it ends.
        """
        try:
            self.secure(self._trusting())
            return
        except ssl.SSLCertVerificationError as error:
            why = _blame(error)
        self.reconnect("tls")
        if self.target.kind == "postgres" and self.exchange(SSL_REQUEST, b"", "tls")[:1] != b"S":
            raise Failed("tls", "it offered TLS, and does so no more")
        self.secure(blind(), why)

    def secure(self, context: ssl.SSLContext, distrust: str = "") -> None:
        try:
            self.wire.settimeout(self.left())
            secured = context.wrap_socket(self.wire, server_hostname=self.target.host)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as error:
            raise Failed("tls", words_of(error) if isinstance(error, OSError) else str(error)) from None
        self.socket = secured
        self.certificate = _with_trust(not distrust, _facts(secured.getpeercert(True) or b""))
        summary = f"{secured.version()}, not trusted here: {distrust}" if distrust else secured.version() or ""
        self.done("tls", summary, self.certificate)

    def _trusting(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.bundle())
        except (OSError, ValueError) as error:
            raise Failed("tls", f"what this place trusts cannot be read ({error})") from None

    def bundle(self) -> str | None:
        """What the container itself trusts; the host's where its image has nothing of the kind."""
        if self.place.pid:
            for path in _BUNDLES:
                with suppress(OSError):
                    return self.place.path_in(path)
        return None

    def _certificate(self) -> LayerFacts:
        """The certificate that is not trusted, by a second connection that trusts it."""
        address = self.steps[-1].said
        try:
            with socket.create_connection((address, self.target.port), self.left()) as plain:
                with blind().wrap_socket(plain, server_hostname=self.target.host) as secured:
                    return _facts(secured.getpeercert(True) or b"")
        except (OSError, ValueError):
            return {}

    def tunnel(self) -> None:
        """Through the proxy that the container's own environment names."""
        where = f"{self.target.host}:{self.target.port}"
        login = f"Proxy-Authorization: {self.proxy_login}\r\n" if self.proxy_login else ""
        request = f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{login}\r\n"
        answer = self.exchange(request.encode(), b"\r\n\r\n", "tcp")
        words = answer.split(b" ", 2)
        if len(words) < 2 or words[1][:1] != b"2":
            raise Failed("tcp", f"the proxy {self.proxy} refuses: {answer[:80].decode('latin-1')}")

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
                if len(received) > BODY or time.monotonic() > self.deadline:
                    break
        except OSError as error:
            raise Failed(layer, f"it takes connections and does not answer: {words_of(error)}") from None
        if not received:
            raise Failed(layer, "it accepts connections and closes them without an answer")
        return received


def _is_whole(received: bytes) -> bool:
    """Whether an answer of PostgreSQL's is there: one byte to the question for TLS, else a message with its length."""
    if received[:1] in (b"S", b"N") or (received and received[:1] not in (b"R", b"E")):
        return True
    if len(received) < 5:
        return False
    size = int.from_bytes(received[1:5], "big")
    return size > BODY or len(received) >= 1 + size


def blind() -> ssl.SSLContext:
    """Trusts any certificate: to read what it says, and for a request that is no secret."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _blame(error: ssl.SSLCertVerificationError) -> str:
    return f"{error.verify_message or error.reason} (code {error.verify_code})"


def _with_trust(trusted: bool, certificate: LayerFacts) -> LayerFacts:
    certificate["trusted"] = trusted
    return certificate


def _facts(der: bytes) -> LayerFacts:
    ends = ends_at(der)
    if ends is None:
        return {}
    left = ends - time.time()
    return {"days_left": int(left // 86400), "expired": left < 0, "issuer": redacted(issuer_of(der))[:80]}


def words_of(error: OSError) -> str:
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "no answer in time: dropped on the way, or it hangs"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nothing listens there"
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason or error})"
    return (error.strerror or os.strerror(error.errno) if error.errno else str(error)).lower()
