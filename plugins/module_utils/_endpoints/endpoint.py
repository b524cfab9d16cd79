# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Endpoints and what trying them says: which layer fails first, whether it flaps, and from where. Pure.

A row is one source and one target. Its layers are dns, tcp, tls and protocol, in this order; what lies behind the first
that fails is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Sequence, TypedDict
from urllib.parse import parse_qsl, urljoin, urlsplit

from .._core.redaction import names_secret
from .._core.text import some
from .addressing import ascii_host, is_latin, of_header, quoted
from .chain import ChainLink

UP, DEGRADED, FLAPPING, DOWN, UNKNOWN = "up", "degraded", "flapping", "down", "unknown"
LAYERS = ("dns", "tcp", "tls", "protocol")
KINDS = ("http", "tcp", "tls", "postgres", "redis")
HOST, PROVIDERS = "host", ("stripe", "maps")
# Whose fault it is, as far as the answer shows.
OURS, THEIRS, KEY, NETWORK, NOBODY = "ours", "theirs", "key", "network", ""
LATE = "it answered after"  # how the reason of a correct but slow answer begins
READS_ONLY = "and takes no writes"  # how the reason goes on of a standby or a replica that serves reads
LATE_NAME = "its name resolves late"  # the same of a correct answer behind a name server that gives none
# Whether a database is asked by TLS.
AUTO, ALWAYS, NEVER = "auto", "always", "never"
NO_ROUTE = "this place has no route for IPv6"  # an address that its programs do not use either
_AS_GET = {303: ("POST", "PUT", "PATCH", "DELETE"), 307: (), 308: ()}  # methods that a redirect makes a GET, by status
_PORTS = {"postgres": 5432, "redis": 6379, "tls": 443}


class LayerFacts(TypedDict, total=False):
    """Further facts of a layer: the proxy, the address, the certificates, the status of HTTP, an SQLSTATE.

    ``own``: the address is one of the host's. ``days_left`` and ``ends_first``: of the certificate of the chain that
    ends first. ``answered_by``: what was recognised as having answered in place of the site; empty for nothing.
    ``request_id``: see `request_id`. ``refuses_writes``: see `Meaning`.
    """

    proxy: str
    address: str
    own: bool
    trusted: bool
    days_left: int
    ends_first: str
    expired: bool
    subject: str
    issuer: str
    names: list[str]
    chain: list[ChainLink]
    chain_problems: list[str]
    sqlstate: str
    refuses_writes: bool
    status: int
    answered_by: str
    request_id: str


class _Layer(TypedDict):
    ok: bool
    ms: float
    said: str


class LayerReport(_Layer, LayerFacts):
    """One layer of the last attempt, with its further facts."""


class AddressReport(TypedDict):
    """One address of the name, over all attempts that used it."""

    address: str
    state: str
    why: str


class ProbeReport(TypedDict):
    """A row of the matrix: one source and one target, over all attempts. ``layer``: the first that fails.

    ``unasked``: what the answer of one that is up does not show, in a clause.
    """

    source: str
    target: str
    kind: str
    judge: str
    address: str
    state: str
    layer: str
    why: str
    unasked: str
    fault_of: str
    layers: dict[str, LayerReport]
    addresses: list[AddressReport]
    attempts: int
    failed: int
    up: int


@dataclass(frozen=True)
class Target:
    """What is tried. ``sources``: from where, empty for all; ``expect``: statuses that are up, empty: 200 to 399."""

    name: str
    kind: str
    host: str
    port: int
    path: str = "/"
    secure: bool = False
    method: str = "GET"
    tls: str = AUTO
    headers: Mapping[str, str] = field(default_factory=dict)
    expect: tuple[int, ...] = ()
    body: str = ""
    judge: str = ""
    key: str = ""
    slow: float = 2.0
    cert_days: int = 14
    cert_names: tuple[str, ...] = ()
    server_name: str = ""
    client_cert: str = ""
    client_key: str = ""
    redirects: int = 0
    queues: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def tls_name(self) -> str:
        """The name that is asked for by TLS, and that the certificate must be for."""
        return self.server_name or self.host

    @property
    def layers(self) -> tuple[str, ...]:
        """Those that this kind has."""
        return tuple(
            layer
            for layer in LAYERS
            if (layer != "tls" or self.secure or self.kind == "tls" or self.tls == ALWAYS)
            and (layer != "protocol" or self.kind not in ("tcp", "tls"))
        )


@dataclass(frozen=True)
class Step:
    """One layer, tried once."""

    layer: str
    ok: bool
    ms: float
    said: str = ""
    facts: LayerFacts = field(default_factory=LayerFacts)


@dataclass(frozen=True)
class Meaning:
    """What an answer means: the state, whose fault it is, and why in words; ``unasked``: what it does not show.

    ``refuses_writes``: a database was reached and says itself that it takes no writes, or no request at all; not of a
    replica that serves reads, which takes none by design.
    """

    state: str
    why: str = ""
    fault_of: str = NOBODY
    unasked: str = ""
    refuses_writes: bool = False


@dataclass(frozen=True)
class Attempt:
    """All layers, tried once, and what came of it.

    ``address``: the one that was used. ``dead``: addresses that took no connection, with the reason. ``live``: how many
    did. ``unused``: addresses of which it is not known whether they would, with the reason. ``bad_layer``: where
    every layer works and the state is bad all the same, the one that it is of.
    """

    steps: tuple[Step, ...]
    meaning: Meaning
    address: str = ""
    dead: tuple[tuple[str, str], ...] = ()
    live: int = 0
    unused: tuple[tuple[str, str], ...] = ()
    bad_layer: str = "protocol"

    @property
    def layer(self) -> str:
        """The first that fails; where all work and the answer is bad it is the protocol, as a rule."""
        failed = next((step.layer for step in self.steps if not step.ok), "")
        return failed or (self.bad_layer if self.meaning.state != UP else "")


def target_of(given: Mapping[str, Any]) -> tuple[Target | None, str]:
    """A target as it was given, or why it cannot be tried."""
    name, url, host, port = given["name"], given.get("url") or "", given.get("host") or "", given.get("port") or 0
    kind = given.get("kind") or "http"
    secure, path = False, "/"
    if kind == "http":
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 0
        except ValueError:
            return None, f"{name}: the url cannot be read"
        secure = parts.scheme == "https"
        if parts.scheme not in ("http", "https"):
            return None, f"{name}: the url must begin with http:// or https://"
        if parts.username or parts.password:
            return None, f"{name}: a url must hold no password; give it as a key"
        secret = next(
            (
                parameter
                for parameter, dummy in parse_qsl(parts.query)
                if parameter.lower() == "key" or names_secret(parameter)
            ),
            "",
        )
        if secret:
            return None, f"{name}: a url must hold no secret, as its parameter {secret} is; give it as `key`"
        port = port or (443 if secure else 80)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port, path = port or _PORTS.get(kind, 0), quoted(path)
    try:
        host, server_name = ascii_host(host), ascii_host(given.get("server_name") or "")
        cert_names = tuple(ascii_host(each) for each in given.get("cert_names") or ())
    except UnicodeError:
        return None, f"{name}: a name of a host holds letters that no name may hold (IDNA)"
    if not host or any(sign in host for sign in " /\r\n"):
        return None, f"{name}: no host to try"
    if not 1 <= port <= 65535:
        return None, f"{name}: the port must be between 1 and 65535"
    if any(sign in path for sign in " \r\n") or not given.get("method", "GET").isalpha():
        return None, f"{name}: neither the path nor the method may hold blanks"
    why = _why_no_headers(given.get("headers") or {})
    if why:
        return None, f"{name}: {why}"
    return Target(
        name=name,
        kind=kind,
        host=host,
        port=port,
        path=path,
        secure=secure,
        tls=given.get("tls") or AUTO,
        method=(given.get("method") or "GET").upper(),
        headers={str(title): str(value) for title, value in (given.get("headers") or {}).items()},
        expect=tuple(given.get("expect") or ()),
        body=given.get("body") or "",
        judge=given.get("judge") or "",
        key=given.get("key") or "",
        slow=given.get("slow") or 2.0,
        cert_days=given["cert_days"] if given.get("cert_days") is not None else 14,
        cert_names=cert_names,
        server_name=server_name,
        client_cert=given.get("client_cert") or "",
        client_key=given.get("client_key") or "",
        redirects=given.get("redirects") or 0,
        queues=tuple(given.get("queues") or ()),
        sources=tuple(given.get("sources") or ()),
    ), ""


def _why_no_headers(headers: Mapping[str, Any]) -> str:
    """Why they cannot be sent; empty where they can."""
    for title, value in headers.items():
        if any(sign in f"{title}{value}" for sign in "\r\n"):
            return "a header must be one line"
        if not (str(title).isascii() and is_latin(str(value))):
            return f"the header {title} holds letters that HTTP cannot carry"
    return ""


def url_of(target: Target) -> str:
    """The address of an HTTP target, as it was given."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{'https' if target.secure else 'http'}://{host}:{target.port}{target.path}"


def redirected(target: Target, location: str, status: int = 302) -> tuple[Target | None, str]:
    """The target that a redirect leads to, or why it is not followed. Headers and keys stay with their own server.

    The method stays behind 307 and 308, and clients make a GET of a POST behind the others (RFC 9110, 15.4).
    """
    try:
        url = urljoin(url_of(target), of_header(location))
    except ValueError:
        return None, f"{target.name}: the address cannot be read"
    onward, why = target_of({"name": target.name, "url": url})
    if onward is None:
        return None, why
    safer = onward.secure and not target.secure
    same = onward.host == target.host and (safer or (onward.port, onward.secure) == (target.port, target.secure))
    return replace(
        target,
        host=onward.host,
        port=onward.port,
        path=onward.path,
        secure=onward.secure,
        method="GET" if target.method in _AS_GET.get(status, ("POST",)) else target.method,
        headers=target.headers if same else {},
        key=target.key if same else "",
        client_cert=target.client_cert if same else "",
        server_name=target.server_name if same else "",
        redirects=target.redirects - 1,
    ), ""


def row_of(source: str, target: Target, attempts: Sequence[Attempt]) -> ProbeReport:
    """One row of the matrix, over all attempts."""
    states = [attempt.meaning.state for attempt in attempts]
    bad = [attempt for attempt in attempts if attempt.meaning.state == DOWN]
    not_up = [attempt for attempt in attempts if attempt.meaning.state != UP]
    worst = (bad or not_up or list(attempts))[-1]
    addresses = addresses_of(attempts)
    state = FLAPPING if bad and len(bad) < len(attempts) else worst.meaning.state
    layer, why = "" if state == UP else worst.layer, worst.meaning.why
    unused = {address for attempt in attempts for address, dummy in attempt.unused}
    judged = [address for address in addresses if address["address"] not in unused]
    failing = [address for address in judged if address["state"] == DOWN]
    if len(failing) < len(judged) and failing and not any(address["state"] == FLAPPING for address in judged):
        # Which address is taken decides, and not the moment.
        state, layer = DEGRADED, layer or "tcp"
        listed = some([f"{address['address']}: {address['why']}" for address in failing], 2)
        why = f"{len(failing)} of {len(judged)} addresses fail ({listed})"
    elif state == FLAPPING:
        why = f"{len(bad)} of {len(attempts)} attempts failed: {why}"
    return {
        **_row(source, target, state, why),
        "layer": layer,
        "unasked": _unasked(attempts, addresses) if state == UP else "",
        "fault_of": worst.meaning.fault_of,
        "layers": {step.layer: _step_dict(step) for step in worst.steps},
        "addresses": addresses,
        "attempts": len(attempts),
        "failed": len(bad),
        "up": sum(state == UP for state in states),
    }


def _unasked(attempts: Sequence[Attempt], addresses: Sequence[AddressReport]) -> str:
    """What the last answer of each address does not show, and which address gave none."""
    clauses = {attempt.address: attempt.meaning.unasked for attempt in attempts}
    live, asked = max(attempt.live for attempt in attempts), len(clauses)
    unknown = [each for each in addresses if each["state"] == UNKNOWN and each["why"] != NO_ROUTE]
    clauses.update({each["address"]: f"{each['address']}: {each['why']}" for each in unknown})
    clauses["more"] = f"{live - asked} of {live} addresses took a connection and were not asked" if live > asked else ""
    return "; ".join(dict.fromkeys(filter(None, clauses.values())))


def addresses_of(attempts: Sequence[Attempt]) -> list[AddressReport]:
    """Every address that was tried, with what came of it; nothing where the name has none."""
    tried: dict[str, list[tuple[str, str]]] = {}
    for attempt in attempts:
        for address, why in attempt.dead:
            tried.setdefault(address, []).append((DOWN, why))
        for address, why in attempt.unused:
            tried.setdefault(address, []).append((UNKNOWN, why))
        if attempt.address:
            tried.setdefault(attempt.address, []).append((attempt.meaning.state, attempt.meaning.why))
    reports: list[AddressReport] = []
    for address, outcomes in tried.items():
        failed = [why for state, why in outcomes if state == DOWN]
        state, why = next((outcome for outcome in reversed(outcomes) if outcome[0] != UP), outcomes[-1])
        if failed:
            state, why = (DOWN if len(failed) == len(outcomes) else FLAPPING), failed[-1]
        reports.append({"address": address, "state": state, "why": why})
    return reports


def _row(source: str, target: Target, state: str, why: str) -> ProbeReport:
    """A row of which nothing is known yet but its state."""
    return {
        "source": source,
        "target": target.name,
        "kind": target.kind,
        "judge": target.judge,
        "address": f"{target.host}:{target.port}",
        "state": state,
        "layer": "",
        "why": why,
        "unasked": "",
        "fault_of": NOBODY,
        "layers": {},
        "addresses": [],
        "attempts": 0,
        "failed": 0,
        "up": 0,
    }


def _step_dict(step: Step) -> LayerReport:
    return {"ok": step.ok, "ms": round(step.ms, 1), "said": step.said, **step.facts}


def unknown_row(source: str, target: Target, why: str) -> ProbeReport:
    """A source from where nothing can be tried."""
    return _row(source, target, UNKNOWN, why)
