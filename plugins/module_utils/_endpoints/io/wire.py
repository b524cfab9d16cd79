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
from typing import Callable, Sequence
from urllib.parse import quote

from ..._core.redaction import HIDDEN, redacted
from ..certificate import Certificate
from ..endpoint import LayerFacts, Step, Target
from . import resolver as names
from .addresses import MOST, Dialled, dial, is_loopback, is_near, is_own
from .certificate_message import asks_for_certificate, sent_certificates
from .certificates import SHOWN, WANTED, chain_facts, of_alert, why_refused
from .http_proxy import proxy_of
from .namespaces import Place

_ALERT = 1.0  # seconds in which a refusal comes behind a handshake by TLS 1.3
_AT_ONCE = 0.25  # seconds in which a connection is closed that no program takes
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

    def __init__(self, place: Place, target: Target, key: str, seconds: float, number: int = 0) -> None:
        """``number``: of the attempt; each takes another of the addresses that connect."""
        self.place, self.target, self.key = place, target, key
        self.deadline = time.monotonic() + seconds
        self.steps: list[Step] = []
        self.socket: socket.socket | None = None
        self.peer: tuple[str, int] = ("", 0)
        self.certificate: LayerFacts = {}
        self.number = number
        self.unended = False  # whether an answer without a length may have been cut off
        self.longer = False  # whether its body is longer than is read
        self.location = ""  # where an answer of HTTP redirects to
        self.addresses: list[str] = []
        self.unresolved = ""  # why there may be more of them
        self.servers_failed, self.servers_silent = "", False  # see `resolver.Addresses`
        self.waited_for_name = 0.0  # seconds, where a name server was silent: they say nothing of the target
        self.dialled = Dialled()
        self._lap = self._began = time.monotonic()
        self.paused = 0.0  # seconds in which nothing was asked
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

    @property
    def near(self) -> bool:
        """Whether what is tried is of this host or a private network; through a proxy that is not known."""
        used = [self.peer[0]] if self.peer[0] else self.addresses
        return bool(used) and not self.proxy and all(map(is_near, used))

    @property
    def took(self) -> float:
        """Seconds so far, without pauses, and without those in which silent addresses were waited for."""
        return time.monotonic() - self._began - self.dialled.waited - self.paused

    @property
    def dead(self) -> tuple[tuple[str, str], ...]:
        """Addresses that take no connection beside one that does. Of this host's loopback any one is enough."""
        return tuple(
            (address, why)
            for address, why in self.dialled.dead.items()
            if self.socket is None or not is_loopback(address)
        )

    def done(self, layer: str, said: str = "", facts: LayerFacts | None = None) -> None:
        self.steps.append(Step(layer, True, self.lap(), self.clean(said), facts or LayerFacts()))

    def resolve(self, host: str) -> list[str]:
        try:
            addresses = names.addresses(self.place, host, self.left())
        except names.Unresolved as error:
            raise Failed("dns", str(error)) from None
        except OSError as error:
            raise Failed("dns", words_of(error)) from None
        self.addresses, self.unresolved = addresses, addresses.missing
        self.servers_failed, self.servers_silent = addresses.failed, addresses.silent
        more = f"; there may be more: {addresses.missing}" if addresses.missing else ""
        more += f"; {addresses.failed}" if addresses.failed else ""
        self.done("dns", f"{', '.join(addresses[:4])}{more}", {"proxy": host} if self.proxy else None)
        self.waited_for_name = self.steps[-1].ms / 1000 if addresses.silent else 0.0
        return addresses

    def connect(self, addresses: list[str], port: int) -> None:
        """To every address at once; the attempt continues with one of those that take a connection."""
        self.dialled = dialled = dial(addresses, port, self.left())
        self.deadline += dialled.waited
        if not dialled.live:
            address, problem = next(iter((dialled.dead or dialled.unused or {"": "no address"}).items()))
            raise Failed("tcp", f"{address}: {problem}" if address else problem, {"own": False})
        used = list(dialled.live)[self.number % len(dialled.live)]
        for address, connected in dialled.live.items():
            if address != used:
                connected.close()
        self.socket, self.peer = dialled.live[used], (used, port)
        more = f"; {len(dialled.dead)} of {len(addresses)} addresses take no connection" if self.dead else ""
        more += f"; of {len(addresses)} addresses {MOST} were tried" if len(addresses) > MOST else ""
        own = not self.proxy and not self.place.pid and is_own(used)
        self.done("tcp", f"{used}{more}", {"address": used, "own": own})

    def reconnect(self, layer: str) -> None:
        self.wire.close()
        try:
            self.socket = socket.create_connection(self.peer, self.left())
        except OSError as error:
            raise Failed(layer, words_of(error)) from None

    def stay(self) -> None:
        """Fails where the connection is closed at once, before a word: by a proxy that reaches no program (as the
        engine's does for a published port), or by a filter. A server waits, or speaks first."""
        try:
            self.wire.settimeout(min(_AT_ONCE, self.left()))
            stays = bool(self.wire.recv(1, socket.MSG_PEEK))
        except socket.timeout:
            stays = True
        except OSError:
            stays = False
        if not stays:
            raise Failed("protocol", "it accepts connections and closes them at once: no program may be behind it")

    def handshake(self) -> None:
        """Verified by what the place itself trusts; where that fails, what is wrong with which certificate."""
        try:
            self.secure(self._trusting())
        except ssl.SSLCertVerificationError as error:
            facts, certificates = self._untrusted()
            why = why_refused(error, certificates, self.target.tls_name)
            raise Failed("tls", why, _with_trust(False, facts)) from None

    def encrypt(self) -> None:
        """With a database: its clients know whom to trust, this probe does not, and libpq verifies nothing by default.

        So a certificate that is not trusted here is reported, and what counts is the protocol, and when it ends.
        """
        try:
            self.secure(self._trusting())
            return
        except ssl.SSLCertVerificationError as error:
            why = why_refused(error, (), self.target.tls_name)
        self.reconnect("tls")
        if self.target.kind == "postgres" and self.exchange(SSL_REQUEST, is_postgres, "tls")[:1] != b"S":
            raise Failed("tls", "it offered TLS, and does so no more")
        self.secure(self.blind(), why)

    def secure(self, context: ssl.SSLContext, distrust: str = "") -> None:
        try:
            self.wire.settimeout(self.left())
            secured = context.wrap_socket(self.wire, server_hostname=self.target.tls_name)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as error:
            words = of_alert(error, self.target) or (WANTED if self._is_asked_for_certificate(str(error)) else "")
            words = words or (words_of(error) if isinstance(error, OSError) else str(error))
            raise Failed("tls", words) from None
        self.socket = secured
        facts, dummy = chain_facts(secured, self._read_chain(), self.target.cert_names)
        self.certificate = _with_trust(not distrust, facts)
        summary = f"{secured.version()}, not trusted here: {distrust}" if distrust else secured.version() or ""
        self.done("tls", summary, self.certificate)

    def _trusting(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.bundle())
        except (OSError, ValueError) as error:
            raise Failed("tls", f"what this place trusts cannot be read ({error})") from None
        return self._presenting(context)

    def blind(self) -> ssl.SSLContext:
        """Trusts any certificate, and presents the client's own."""
        return self._presenting(blind())

    def _presenting(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """With the client's own certificate, where the target has one."""
        if self.target.client_cert:
            try:
                context.load_cert_chain(self.target.client_cert, self.target.client_key or None)
            except (OSError, ValueError) as error:
                raise Failed(
                    "tls", f"the client certificate {self.target.client_cert} cannot be used ({error})"
                ) from None
        return context

    def bundle(self) -> str | None:
        """What the container itself trusts; the host's where its image has nothing of the kind."""
        if self.place.pid:
            for path in _BUNDLES:
                with suppress(OSError):
                    return self.place.path_in(path)
        return None

    def _read_chain(self) -> list[bytes]:
        """The chain by another connection, where Python does not show it; of a database that is asked for TLS none."""
        if SHOWN or self.proxy or self.target.kind in ("postgres", "redis"):
            return []
        try:
            with socket.create_connection(self.peer, self.left()) as plain:
                return sent_certificates(plain, self.target.tls_name, self.deadline)
        except (OSError, UnicodeError):
            return []

    def _is_asked_for_certificate(self, error: str) -> bool:
        """Whether a handshake failed since the client has no certificate: before TLS 1.3 the alert does not say so."""
        if "HANDSHAKE_FAILURE" not in error.upper() or self.target.client_cert or self.proxy:
            return False
        if self.target.kind == "postgres" or time.monotonic() >= self.deadline:
            return False
        try:
            with socket.create_connection(self.peer, self.left()) as plain:
                return asks_for_certificate(plain, self.target.tls_name, self.deadline)
        except (OSError, UnicodeError):
            return False

    def listen(self) -> None:
        """Fails where the server refuses behind the handshake, as it does by TLS 1.3 for want of a certificate."""
        try:
            self.wire.settimeout(min(_AT_ONCE, self.left()))
            self.wire.recv(1)
        except OSError as error:
            refused = of_alert(error, self.target)
            if refused:
                raise Failed("tls", refused) from None

    def _untrusted(self) -> tuple[LayerFacts, Sequence[Certificate]]:
        """The certificates that are not trusted, by a second connection that trusts them."""
        try:
            with socket.create_connection(self.peer, self.left()) as plain:
                with self.blind().wrap_socket(plain, server_hostname=self.target.tls_name) as secured:
                    return chain_facts(secured, self._read_chain(), self.target.cert_names)
        except (OSError, ValueError):
            return {}, ()

    def tunnel(self) -> None:
        """Through the proxy that the container's own environment names."""
        where = f"{self.target.host}:{self.target.port}"
        login = f"Proxy-Authorization: {self.proxy_login}\r\n" if self.proxy_login else ""
        request = f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{login}\r\n"
        answer = self.exchange(request.encode(), _ends_head, "tcp")
        words = answer.split(b" ", 2)
        if len(words) < 2 or words[1][:1] != b"2":
            proxy = "{}:{}".format(*(self.proxy or self.peer))
            raise Failed("tcp", f"the proxy {proxy} refuses: {answer[:80].decode('latin-1')}")

    def exchange(self, request: bytes, whole: Callable[[bytes], bool], layer: str = "protocol") -> bytes:
        """The answer to a request. ``whole``: whether that is all of it. One that is cut off is a failure."""
        received = b""
        try:
            self.wire.settimeout(self.left())
            self.wire.sendall(request)
            while not whole(received):
                self.wire.settimeout(self.left())
                piece = self.wire.recv(4096)
                if not piece:
                    break
                received += piece
                if len(received) > BODY or time.monotonic() > self.deadline:
                    break
        except OSError as error:
            after = f"after {len(received)} bytes it does not continue" if received else "it does not answer"
            raise Failed(layer, f"it takes connections, and {after}: {words_of(error)}") from None
        if not received:
            raise Failed(layer, "it accepts connections and closes them without an answer")
        if len(received) <= BODY and not whole(received):
            if time.monotonic() > self.deadline:
                raise Failed(layer, f"{len(received)} bytes of its answer came within the time, and not its end")
            raise Failed(layer, f"its answer was cut off after {len(received)} bytes")
        return received


def _ends_head(received: bytes) -> bool:
    return b"\r\n\r\n" in received


def is_postgres(received: bytes) -> bool:
    """Whether an answer of PostgreSQL's is whole: one byte to the question for TLS, else a message with its length."""
    if not received:
        return False
    if received[:1] not in (b"R", b"E"):
        return True
    if len(received) < 5:
        return False
    size = int.from_bytes(received[1:5], "big")
    return size > BODY or len(received) >= 1 + size


def is_redis(received: bytes) -> bool:
    """Whether an answer of Redis is whole: a line, or a text with its length; what is no Redis is whole at once."""
    if not received:
        return False
    if received[:1] not in (b"+", b"-", b":", b"$"):
        return True
    line, end, rest = received.partition(b"\r\n")
    if not end or received[:1] != b"$":
        return bool(end)
    size = int(line[1:]) if line[1:].isdigit() else 0
    return len(rest) >= size + 2 or not size


def blind() -> ssl.SSLContext:
    """Trusts any certificate: to read what it says, and for a request that is no secret."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def wants_certificate(wire: Wire) -> str:
    """Whether the server wants a certificate of the client, or refuses the one that it has, in words; else empty.

    Asked again, and without a word: to a client that speaks first it closes the connection, and why is lost on the way.
    """
    if not wire.certificate or time.monotonic() >= wire.deadline:
        return ""
    try:
        wire.reconnect("protocol")
        with wire.blind().wrap_socket(wire.wire, server_hostname=wire.target.tls_name) as secured:
            secured.settimeout(min(_ALERT, wire.left()))
            secured.recv(1)
    except (Failed, OSError, ValueError) as error:
        return of_alert(error, wire.target)
    return ""


def _with_trust(trusted: bool, certificate: LayerFacts) -> LayerFacts:
    certificate["trusted"] = trusted
    return certificate


def words_of(error: OSError) -> str:
    if isinstance(error, (socket.timeout, TimeoutError)):
        return "no answer in time: dropped on the way, or it hangs"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nothing listens there"
    if isinstance(error, ssl.SSLError):
        return f"no TLS ({error.reason or error})"
    return (error.strerror or os.strerror(error.errno) if error.errno else str(error)).lower()
