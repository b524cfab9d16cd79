# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prometheus' HTTP API: what fires, and the value of a query now. I/O. Source: "HTTP API", Prometheus documentation."""

from __future__ import annotations

import json
import math
import threading
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import urlencode

from ansible.module_utils.urls import ConnectionError as UrlsConnectionError
from ansible.module_utils.urls import open_url

from ..._core.errors import HostError, InputError
from ..._core.text import printable
from ..._core.urls import base_url_of
from ..prometheus_signs import AlertReport, AlertsAndSeries, SeriesOption, SeriesReport

_MOST = 64 * 2**20  # bytes of an answer: some 50,000 alerts with long texts
_THREADS = 4
_QUERY = "/api/v1/query"
_REFUSED = (400, 422)  # the query cannot be read, or not be carried out


def alerts_and_series(
    url: str, timeout: float, headers: Mapping[str, str], series: Sequence[SeriesOption]
) -> AlertsAndSeries:
    """What prometheus_info returns; ``timeout`` in seconds."""
    if not base_url_of(url)[0]:
        raise InputError("url is none of the form http://host:port. Nothing was done.")
    prometheus = Prometheus(url, timeout, headers)
    return {"alerts": prometheus.alerts(), "series": prometheus.series(series)}


class Prometheus:
    """One server."""

    def __init__(self, url: str, timeout: float, headers: Mapping[str, str]) -> None:
        self.url, self.timeout, self.headers = url.rstrip("/"), timeout, dict(headers)

    def alerts(self) -> list[AlertReport]:
        """Those that are pending or fire, the earliest first."""
        firing: list[AlertReport] = self._ask(
            "/api/v1/alerts", lambda data: [_alert(alert) for alert in data["alerts"]]
        )
        return sorted(firing, key=lambda report: report["since"])

    def series(self, options: Sequence[SeriesOption]) -> list[SeriesReport]:
        """Each with its value now, None where the query gives none; one in trouble says so and costs no other."""
        with ThreadPoolExecutor(_THREADS) as pool:
            values = list(pool.map(lambda option: self._value_or_problem(option["query"]), options))
        return [{**option, "value": value, "problem": problem} for option, (value, problem) in zip(options, values)]

    def value(self, query: str) -> float | None:
        """The largest of what a query gives now."""
        number: float | None = self._ask(f"{_QUERY}?{urlencode({'query': query})}", _largest)
        return number

    def _value_or_problem(self, query: str) -> tuple[float | None, str]:
        try:
            return self.value(query), ""
        except HostError as error:
            return None, str(error)

    def _ask(self, path: str, read: Callable[[Any], Any]) -> Any:
        """What ``read`` makes of the data; an answer of another form is reported as such."""
        try:
            document = json.loads(self._body(path))
            if document.get("status") != "success":
                raise self._problem(str(document.get("error") or "no success"))
            return read(document["data"])
        except urllib.error.HTTPError as error:
            reason = _error_text(error)
            if error.code in _REFUSED and path.startswith(_QUERY):
                raise HostError(f"Prometheus refuses the query: {reason[:200].rstrip('.')}. Correct it.") from None
            raise self._problem(f"HTTP {error.code}: {reason}") from None
        except (urllib.error.URLError, OSError, UrlsConnectionError, HTTPException) as error:
            raise self._problem(str(getattr(error, "reason", error))) from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise self._problem("what answers there is not Prometheus") from None

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
            f"Prometheus at {self.url} could not be asked: {reason[:200].rstrip('.')}. Check that it runs, and that"
            " it is reached from where this task runs."
        )


def _largest(data: Mapping[str, Any]) -> float | None:
    kind, result = data["resultType"], data["result"]
    if kind not in ("scalar", "vector"):
        raise HostError(
            f"The query gives a {kind}, which is no value now. Ask for a vector or a scalar; a range is made one by a"
            " function over it, like rate() or max_over_time()."
        )
    samples = [result] if kind == "scalar" else [sample["value"] for sample in result if "value" in sample]
    values = [float(text) for dummy, text in samples]
    return max((value for value in values if math.isfinite(value)), default=None)


def _error_text(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(4096))["error"])
    except (ValueError, KeyError, TypeError, OSError):
        return str(error.reason)


def _alert(alert: Mapping[str, Any]) -> AlertReport:
    labels, notes = alert.get("labels") or {}, alert.get("annotations") or {}
    return {
        "name": printable(str(labels.get("alertname", "?"))),
        "severity": printable(str(labels.get("severity", ""))),
        "scenario": printable(str(labels.get("scenario", ""))),
        "state": str(alert.get("state", "")),
        "since": str(alert.get("activeAt", "")),
        "summary": printable(str(notes.get("summary") or notes.get("description") or "")),
        "labels": {str(name): printable(str(value)) for name, value in labels.items()},
    }
