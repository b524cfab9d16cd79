# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP request, and what is known of its effect afterwards. I/O.

Nothing is tried twice here: whether a request may go out again depends on whether it can have taken effect.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import urllib.error
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any, Mapping

from ansible.module_utils.urls import open_url

from ..._core.text import printable, shortened
from ..delivery import Delivery, InDoubt, NotDelivered

_AGENT = "pafar-runbook"
MOST = 8 << 20  # bytes of an answer: a page of a list has some 2 MiB
_PART = 1 << 16
_OF_ERROR = 2000  # bytes of the words of an error
_PATIENCE = 1.0  # seconds for these
_TOO_MANY = (420, 429)
# What a proxy answers that has waited too long for a server that works on it, and a server that has it already.
_PERHAPS = (408, 409)


class Answered(Exception):
    """What a request came to, other than an answer that can be used."""

    def __init__(self, delivery: Delivery, status: int = 0) -> None:
        super().__init__(getattr(delivery, "reason", ""))
        self.delivery, self.status = delivery, status


def request(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Any = None,
    timeout: float = 10.0,
    most: int = MOST,
    *,
    needs_json: bool = True,
) -> dict[str, Any] | list[Any]:
    """The JSON of a 2xx answer, of at most ``most`` bytes, that is there within ``timeout``; without ``needs_json``
    nothing of one that is none, unless it is a page. Raises Answered: surely without effect, or in doubt."""
    until = time.monotonic() + timeout
    data = None if body is None else json.dumps(body).encode("utf-8", "backslashreplace")
    try:
        given = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        # A redirection would be another request, of which nothing would be known.
        answer: Any = open_url(
            url, data=data, headers=given, method=method, timeout=timeout, follow_redirects="none", http_agent=_AGENT
        )
        with answer:
            found = _read(read_within(answer, most, until), needs_json)
    except urllib.error.HTTPError as error:
        with error:
            raise Answered(of_status(error), error.code) from None
    except Answered:
        raise
    except ValueError as error:
        if not url.lower().startswith(("http://", "https://")):
            raise Answered(NotDelivered(f"{shortened(printable(url), 60)!r} is no address: {error}")) from None
        raise Answered(InDoubt("the answer is no JSON")) from None
    except Exception as error:
        raise Answered(of_error(error)) from None
    if not isinstance(found, (dict, list)):
        raise Answered(InDoubt("the answer is no JSON object"))
    return found


def put(url: str, data: bytes, timeout: float) -> None:
    """Lay these bytes down at an address for a later call. Raises Answered: without that call they have no effect."""
    headers = {"Content-Type": "application/octet-stream"}
    try:
        with open_url(
            url, data=data, headers=headers, method="POST", timeout=timeout, follow_redirects="none", http_agent=_AGENT
        ) as answer:
            if _is_page(read_within(answer, _OF_ERROR, time.monotonic() + timeout, is_cut=True)):
                raise Answered(NotDelivered("the answer is a page, as of a proxy or a login"))
    except Answered:
        raise
    except urllib.error.HTTPError as error:
        with error:
            raise Answered(NotDelivered(f"HTTP {error.code}{_message(error)}"), error.code) from None
    except Exception as error:
        raise Answered(NotDelivered(getattr(of_error(error), "reason", ""))) from None


def read_within(answer: Any, most: int, until: float, *, is_cut: bool = False) -> bytes:
    """The body of an answer. ``until``: of ``time.monotonic``; ``is_cut``: what is longer is cut. Raises Answered where
    it is larger than ``most`` bytes, and TimeoutError where its end does not come: a socket alone has a timeout
    for each of its parts, and an answer may have any number of them."""
    parts: list[bytes] = []
    size = 0
    while size <= most:
        part = answer.read1(min(_PART, most + 1 - size))
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise TimeoutError("the answer did not end within the time")
    if is_cut:
        return b"".join(parts)[:most]
    raise Answered(InDoubt(f"the answer is larger than {most >> 20} MiB"))


def _is_page(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _read(data: bytes, needs_json: bool) -> Any:
    """Raises ValueError for what is no JSON, and for a page, which is of a proxy or a login."""
    try:
        found = json.loads(data or b"{}")
    except ValueError:
        if needs_json or _is_page(data):
            raise
        return {}
    return found if needs_json or isinstance(found, (dict, list)) else {}


def of_status(error: urllib.error.HTTPError) -> Delivery:
    """By the status: too many requests are surely not accepted; of a server's own error, a timeout and a conflict
    nothing is known."""
    said = f"HTTP {error.code}{_message(error)}"
    if error.code in _TOO_MANY:
        return NotDelivered(said, wait_asked(error.headers))
    if error.code >= 500 or error.code in _PERHAPS:
        return InDoubt(said, again_after=wait_asked(error.headers))
    # A key, an address or a component that is wrong can be corrected, so the message waits; one that is too large not.
    return NotDelivered(said, forever=error.code == 413)


def of_error(error: Exception) -> Delivery:
    """By where it failed: before a connection nothing was sent, afterwards its effect is not known."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    words = shortened(printable(str(cause) or type(cause).__name__), 200)
    if isinstance(error, urllib.error.URLError):
        before = (ConnectionRefusedError, socket.gaierror, TimeoutError, socket.timeout, ssl.SSLError)
        unreachable = isinstance(cause, OSError) and cause.errno in (101, 113)  # ENETUNREACH, EHOSTUNREACH
        if isinstance(cause, before) or unreachable or isinstance(cause, str):
            return NotDelivered(f"no connection: {words}")
    if isinstance(error, (http.client.InvalidURL, UnicodeError)):
        return NotDelivered(f"no connection: {words}")
    return InDoubt(f"the connection ended without a whole answer: {words}")


def _message(error: urllib.error.HTTPError) -> str:
    try:
        words = read_within(error, _OF_ERROR, time.monotonic() + _PATIENCE, is_cut=True)
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return ""
    text = words.decode("utf-8", "replace")
    return f": {shortened(printable(text), 160)}" if text and "<" not in text[:20] else ""


def wait_asked(headers: Any, otherwise: float | None = None) -> float | None:
    """The seconds that an answer asks for in Retry-After; ``otherwise`` where it has none. ``headers``: by any case."""
    given = {str(name).lower(): value for name, value in (headers or {}).items()}
    return seconds_in(given.get("retry-after"), otherwise, given.get("date"))


def seconds_in(text: Any, otherwise: float | None = None, sent: Any = None) -> float | None:
    """The seconds of a Retry-After, which may be a date; ``otherwise`` where it has none. ``sent``: when the answer was
    made, by the clock that the date is of; without it the present time, by a clock that may be another."""
    words = str(text or "").strip()
    if words.replace(".", "", 1).isdecimal() and words.isascii():
        return float(words)
    moment, since = _moment_in(words), _moment_in(sent)
    if moment is None:
        return otherwise
    return max(0.0, moment - (time.time() if since is None else since))


def _moment_in(text: Any) -> float | None:
    """A date of HTTP in seconds since 1970; None for what is none."""
    try:
        moment = parsedate_to_datetime(str(text or ""))
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
