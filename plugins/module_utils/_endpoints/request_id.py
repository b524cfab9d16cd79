# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ids that a provider gave to our requests, by which its support finds them: in its answers, and in our log. Pure.

Sources: "Request IDs", Stripe's documentation; the same header of Amazon, Microsoft, GitHub, PayPal, Cloudflare.
"""

from __future__ import annotations

import re
from typing import Iterable, Mapping

from .endpoint import ProbeReport

# The provider's own before those that a proxy in front of it may have set.
_HEADERS = (
    "request-id", "x-amzn-requestid", "x-amz-request-id", "x-ms-request-id", "x-github-request-id", "paypal-debug-id",
    "x-request-id", "x-correlation-id", "cf-ray",
)  # fmt: skip
_ID = re.compile(r"[\w.:/=+-]{6,128}")
_IN_TEXT = re.compile(
    r"\b(req_[A-Za-z0-9]{8,64})\b|\brequest[-_ ]?id[\"']?\s?[=:]\s?[\"']?([\w-]{8,128})(?![\w-])", re.IGNORECASE
)
_MOST = 5


def request_id_of(headers: Mapping[str, str]) -> str:
    """The id in the header of an answer, by lower-case names; empty where there is none.

    >>> request_id_of({"request-id": "req_8aHfK3L2m9", "cf-ray": "7d1c2b3a4f5e-FRA"})
    'req_8aHfK3L2m9'
    """
    values = (headers.get(name, "").strip() for name in _HEADERS)
    return next((value for value in values if _ID.fullmatch(value)), "")


def request_id_at(row: ProbeReport) -> str:
    """The id that the answer to a probe had."""
    answer = row["layers"].get("protocol")
    return answer.get("request_id", "") if answer else ""


def request_ids_in(texts: Iterable[str]) -> list[str]:
    """Those in records of a provider's errors, each once, in their order."""
    found = (match[1] or match[2] for text in texts for match in _IN_TEXT.finditer(text))
    return list(dict.fromkeys(found))


def for_support(ids: Iterable[str]) -> list[str]:
    """A line for the text of a support case; none where no id is known."""
    known = list(dict.fromkeys(id for id in ids if id))[:_MOST]
    return [f"request ids, for their support: {', '.join(known)}"] if known else []
