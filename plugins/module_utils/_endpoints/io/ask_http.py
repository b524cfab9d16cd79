# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP request, and whether its answer came whole. I/O."""

from __future__ import annotations

import http.client
import socket
import time
import zlib
from dataclasses import replace
from typing import Any, Sequence, cast
from urllib.parse import quote

from ..answerer import HttpAnswer, answerer_of
from ..endpoint import UNKNOWN, UP, LayerFacts, Meaning, Target
from ..meaning import incomplete, of_http
from ..request_id import request_id_of
from .bounded_regex import found_in
from .certificates import of_alert
from .wire import BODY, Failed, Wire, wants_certificate, words_of

_REDIRECTS = (301, 302, 303, 307, 308)
_INTERIM = range(102, 200)  # before the answer itself (RFC 9110, 15.2); http.client knows 100 alone
_MOST_INTERIM = 20
_FRAMES = ("\0\0", "\\x00\\x00")  # SETTINGS or GOAWAY: the length of a frame of HTTP/2, of three bytes
_TORN = "is cut off"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UNENDED = "whether its answer came whole is not known: it has no length, and no end of its own"
_STREAM = "text/event-stream"  # an answer that is not meant to end


class _Lines:
    """The lines of a header as they come; the reader takes the end of the connection for the end of the header."""

    def __init__(self, file: Any) -> None:
        self.file, self.ended = file, False

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self.file.readline(limit)
        self.ended = not line.endswith(b"\n") and len(line) != limit
        return line

    def close(self) -> None:
        self.file.close()


class _CutOff(http.client.HTTPException):
    """The connection ended within the header."""


class _Final(http.client.HTTPResponse):
    """The answer itself: hints and notes that come before it (102, 103) are none."""

    def begin(self) -> None:
        file = self.fp
        self.fp = lines = _Lines(file)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:  # which it is where this was no header
                self.fp = file
        if lines.ended:
            raise _CutOff
        # The reader knows chunks only where nothing else was done to the answer on its way (gzip, chunked).
        if self.fp is not None and not self.chunked and self.transfer_codings[-1:] == ["chunked"]:
            self.chunked, self.chunk_left, self.length = True, None, None

    @property
    def transfer_codings(self) -> list[str]:
        """What was done to the answer on its way, in this order (RFC 9112, 6.1)."""
        given = ",".join(self.headers.get_all("Transfer-Encoding") or [])
        return [name.strip().lower() for name in given.split(",") if name.strip()]

    def _read_status(self) -> tuple[str, int, str]:
        for dummy in range(_MOST_INTERIM):
            line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if line[1] not in _INTERIM:
                return line
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException("no answer behind many interim ones")


def ask_http(wire: Wire) -> Meaning:
    """What the answer means; see `meaning.of_http`."""
    target = wire.target
    try:
        answer = _asked(wire)
    except _Unread as why:
        wire.done("protocol", str(why))
        return Meaning(UNKNOWN, str(why))
    try:
        searched = target.body and not target.judge
        matches = found_in(target.body, answer.body, wire.left()) if searched else True
    except OSError as error:
        raise Failed("protocol", f"no process could be started to look at the answer ({words_of(error)})") from None
    if not matches and wire.longer:  # it may stand in the rest
        answer = answer._replace(
            unread=f"its first {BODY // 1024} KiB do not match {target.body}, and more was not read"
        )
    meaning = of_http(target, answer, bool(wire.key), wire.near, matches)
    if answer.missing and meaning.state == UP:
        meaning = incomplete(answer.status, answer.missing, target, wire.near)
    if wire.unended and meaning.state == UP and not meaning.unasked:
        meaning = replace(meaning, unasked=_UNENDED)
    who = answerer_of(answer)
    wire.location = answer.headers.get("location", "") if answer.status in _REDIRECTS else ""
    facts: LayerFacts = {"status": answer.status, "answered_by": who.kind if who else ""}
    given = request_id_of(answer.headers)
    if given:
        facts["request_id"] = wire.clean(given)
    wire.done("protocol", f"HTTP {answer.status}", facts)
    return meaning


class _Unread(Exception):
    """Something answered in HTTP, in a form that is not read here; in words."""


def _asked(wire: Wire) -> HttpAnswer:
    """The answer, with what is missing of it, and what cannot be read."""
    path, headers = _request(wire)
    target = wire.target
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = wire.socket
    connection.response_class = _Final
    body = b"{}" if target.method in ("POST", "PUT", "PATCH") else None
    if body:
        headers.setdefault("Content-Type", "application/json")
    try:
        wire.wire.settimeout(wire.left())
        connection.request(target.method, path, body, headers)
        answer = cast(_Final, connection.getresponse())
        text, missing = (b"", "") if target.method == "HEAD" else _body(wire, answer)
    except OSError as error:
        wanted = of_alert(error, target) or wants_certificate(wire)
        if wanted:
            raise Failed("tls", wanted) from None
        raise Failed("protocol", f"it takes connections and does not answer: {words_of(error)}") from None
    except UnicodeEncodeError:
        raise _Unread("it was not asked: its header, path or key holds letters that HTTP cannot carry") from None
    except (http.client.HTTPException, ValueError, AttributeError) as error:
        late = time.monotonic() >= wire.deadline
        wanted = wants_certificate(wire)
        if wanted:
            raise Failed("tls", wanted) from None
        if late:
            raise Failed("protocol", "it takes connections and does not answer: no answer in time") from None
        if isinstance(error, _CutOff):
            raise Failed("protocol", "it takes connections, and its answer was cut off within the header") from None
        unread = _unread(error)
        if unread:
            raise _Unread(unread) from None
        raise Failed("protocol", f"what answers there does not speak HTTP ({type(error).__name__})") from None
    named = {name.lower(): value for name, value in answer.getheaders()}
    whole = not missing and len(text) < BODY
    on_its_way = [name for name in answer.transfer_codings if name != "chunked"]
    text, unread = _unpacked(text, ",".join([named.get("content-encoding", ""), *on_its_way]))
    wire.longer = len(text) >= BODY
    if unread and whole and unread.endswith(_TORN):
        missing = unread
    missing = missing or _odd_length(answer.headers.get_all("Content-Length") or [])
    return HttpAnswer(answer.status, named, _decoded(text), missing, unread, target.method)


def _unread(error: Exception) -> str:
    """Where something answers in HTTP/2 alone, or with a header that is too long for the reader; empty for none."""
    line = getattr(error, "line", "")
    if isinstance(line, str) and line.strip("'\"").startswith(_FRAMES):
        return "it answers in HTTP/2 alone, which the probe does not speak"
    if isinstance(error, http.client.LineTooLong) or "headers" in str(error):
        return "the header of its answer is longer than is read"
    return ""


def _odd_length(given: Sequence[str]) -> str:
    """Where the headers contradict each other about the length: clients refuse that (RFC 9112, 6.3)."""
    lengths = sorted({part.strip() for line in given for part in line.split(",")})
    odd = len(lengths) > 1 or any(not length.isdigit() for length in lengths)
    return f"its headers give {' and '.join(map(repr, lengths))} as its length, which clients refuse" if odd else ""


def _decoded(text: bytes) -> str:
    """The body as a text: in UTF-16 where its first bytes say so, else in UTF-8; its words are ASCII in most others."""
    return text.decode("utf-16" if text.startswith(_UTF_16) else "utf-8", "replace")


def _unpacked(text: bytes, encoding: str) -> tuple[bytes, str]:
    """The body as it was before it was packed, at most ``BODY``; and why it cannot be read."""
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in ("identity", "none") or not text:
            continue
        if name not in ("gzip", "x-gzip", "deflate"):
            return b"", f"its body is packed as {name[:20]}, which is not read here"
        try:
            bare = name == "deflate" and text[:1] not in (b"\x78", b"\x58", b"\x38")
            reader = zlib.decompressobj(-15 if bare else 47)
            packed, text = text, reader.decompress(text, BODY)
            while reader.eof and reader.unused_data.startswith(packed[:3]) and len(text) < BODY and not bare:
                packed, reader = reader.unused_data, zlib.decompressobj(47)  # a further part (RFC 1952, 2.2)
                text += reader.decompress(packed, BODY - len(text))
        except zlib.error:
            return b"", f"its body is not packed as {name}, as its header says"
        if not reader.eof and len(text) < BODY:
            return text, f"its body, packed as {name}, {_TORN}"
    return text, ""


def _request(wire: Wire) -> tuple[str, dict[str, str]]:
    """Path and headers; a provider's key goes where it wants it."""
    target = wire.target
    path, headers = target.path, {**target.headers}
    known = {name.lower() for name in headers}
    usual = {"Host": _host_header(target), "User-Agent": "pafar.runbook"}
    headers.update({name: value for name, value in usual.items() if name.lower() not in known})
    if wire.key and target.judge == "maps":
        path += ("&" if "?" in path else "?") + f"key={quote(wire.key, safe='')}"
    elif wire.key:
        headers["Authorization"] = f"Bearer {wire.key}"
    if wire.proxy and not target.secure:
        path = f"http://{target.host}:{target.port}{path}"
        if wire.proxy_login:
            headers["Proxy-Authorization"] = wire.proxy_login
    return path, headers


def _body(wire: Wire, answer: http.client.HTTPResponse) -> tuple[bytes, str]:
    """As much as comes in time, at most ``BODY``: some answers never end. And what is missing, in words."""
    text, expected = b"", answer.length
    endless = expected is None and not answer.chunked  # it ends where the connection does, cut off or not
    try:
        while len(text) < BODY and time.monotonic() < wire.deadline:
            wire.wire.settimeout(wire.left())
            piece = answer.read1(BODY - len(text))
            if not piece and time.monotonic() < wire.deadline:
                wire.unended = endless and _may_be_cut(text, answer)
                return text, f"it was cut off after {len(text)} of {expected} bytes" if answer.length else ""
            if not piece:
                break  # the connection was closed from our side
            text += piece
    except socket.timeout:
        pass
    except (http.client.IncompleteRead, ConnectionError):
        return text, f"it was cut off after {len(text)} bytes"
    except ValueError:  # read from a connection that is closed already
        pass
    if len(text) >= BODY or answer.getheader("Content-Type", "").lower().startswith(_STREAM):
        return text, ""
    if endless:
        return text, ""  # its end was not waited for
    return text, f"{len(text)} bytes of it came within the time, and not its end"


def _may_be_cut(text: bytes, answer: http.client.HTTPResponse) -> bool:
    """Whether a body is a page or JSON and has no end; of what is packed that is known when it is unpacked."""
    begin, end = text.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower(), text.rstrip()
    if answer.getheader("Content-Encoding"):
        return False
    if begin.startswith((b"<!doctype html", b"<html")):
        return b"</html" not in end[-4000:].lower()
    return begin.startswith((b"{", b"[")) and not end.endswith((b"}", b"]"))


def _host_header(target: Target) -> str:
    usual = 443 if target.secure else 80
    host = target.server_name or (f"[{target.host}]" if ":" in target.host else target.host)
    return host if target.port == usual else f"{host}:{target.port}"
