# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prometheus' HTTP API. I/O. Source: "HTTP API", Prometheus documentation."""

from __future__ import annotations

import json
import threading
import urllib.error
from http.client import HTTPException
from typing import Any, Callable, Mapping
from urllib.parse import urlencode, urlsplit

from ansible.module_utils.urls import ConnectionError as UrlsConnectionError
from ansible.module_utils.urls import open_url

from ..._core.errors import HostError, InputError
from ..._core.urls import base_url_of
from ..answers import Series, largest_of, series_of

_MOST = 64 * 2**20  # bytes of an answer: some 50,000 alerts with long texts
_QUERY = "/api/v1/query"
_RANGE = "/api/v1/query_range"
_REFUSED = (400, 422)  # the query cannot be read, or not be carried out


class _Refused(Exception):
    """It answered with an error, whose text was read within the same time."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Prometheus:
    """One server. ``timeout``: seconds for each answer, from the request to its last byte. Raises InputError for what
    is no URL."""

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str]) -> None:
        base = base_url_of(url)[1]
        if not base:
            raise InputError("url is none of the form http://host:port. Nothing was done.")
        self.url, self.timeout, self.headers = url.rstrip("/"), timeout, dict(headers)
        # What is said of it, also in a log: without a name and a password.
        self.shown = f"{base.rstrip('/')}{urlsplit(url).path}".rstrip("/")

    def value(self, query: str, at: float | None = None) -> float | None:
        """The largest of what a query gives now, or at a moment in seconds since 1970; None where it gives nothing,
        and +Inf where that is its value. Raises HostError."""
        number: float | None = self.ask(_path(_QUERY, query=query, time=at), largest_of)
        return number

    def at(self, query: str, at: float) -> list[Series]:
        """Each series that a query gives at a moment, with one point. Raises HostError."""
        found: list[Series] = self.ask(_path(_QUERY, query=query, time=at), series_of)
        return found

    def range(self, query: str, start: float, end: float, step: float) -> list[Series]:
        """Each series that a query gives between two moments, in seconds since 1970, with a point for each step.
        Raises HostError."""
        found: list[Series] = self.ask(_path(_RANGE, query=query, start=start, end=end, step=step), series_of)
        return found

    def ask(self, path: str, read: Callable[[Any], Any]) -> Any:
        """What ``read`` makes of the data; an answer of another form is reported as such. Raises HostError."""
        try:
            document = json.loads(self._body(path))
            if document.get("status") != "success":
                raise self._problem(str(document.get("error") or "no success"))
        except _Refused as error:
            if error.code in _REFUSED and path.startswith(_QUERY):
                raise HostError(
                    f"Prometheus refuses the query: {error.reason[:200].rstrip('.')}. Correct it."
                ) from None
            raise self._problem(f"HTTP {error.code}: {error.reason}") from None
        except (urllib.error.URLError, OSError, UrlsConnectionError, HTTPException) as error:
            raise self._problem(str(getattr(error, "reason", error))) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise self._problem("what answers there is not Prometheus") from None
        try:
            return read(document["data"])
        except (ValueError, LookupError, TypeError, AttributeError):
            raise self._problem(f"its answer to {path.partition('?')[0]} has a form that is not known") from None

    def _body(self, path: str) -> bytes:
        """The whole answer within the time limit, which bounds all of it: a socket's own limit begins anew with each
        byte that arrives. The thread of an answer that is late ends with the process."""
        answers: list[bytes | Exception] = []

        def read() -> None:
            try:
                with open_url(
                    f"{self.url}{path}", headers=self.headers, timeout=self.timeout, follow_redirects="none"
                ) as answer:
                    answers.append(answer.read(_MOST + 1))
            except urllib.error.HTTPError as error:
                answers.append(_Refused(error.code, _error_text(error)))
            except Exception as error:  # it is raised again in the thread that asked
                answers.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(self.timeout)
        if not answers:
            raise self._problem(f"no whole answer within {self.timeout:g} s")
        if isinstance(answers[0], Exception):
            raise answers[0]
        if len(answers[0]) > _MOST:
            raise self._problem(f"the answer is larger than {_MOST // 2**20} MiB")
        return answers[0]

    def _problem(self, reason: str) -> HostError:
        return HostError(
            f"Prometheus at {self.shown} could not be asked: {reason[:200].rstrip('.')}. Check that it runs, and that"
            " it is reached from where this task runs."
        )


def _path(path: str, **options: Any) -> str:
    return f"{path}?{urlencode({name: value for name, value in options.items() if value is not None})}"


def _error_text(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(4096))["error"])
    except (ValueError, KeyError, TypeError, OSError, HTTPException, RecursionError):
        return str(error.reason)
