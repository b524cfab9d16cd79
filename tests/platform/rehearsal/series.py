"""The requests of a game day second by second, and what the act cost and saved of them. Pure.

A series is what goes into the record of a day: ``{"first": -6, "served": [20, ...], "failed": [0, ...], "moments":
{"inject": 0.0, "felt": 2.5, "check": 6.7, "real": 16.0, "act": 18.3, "back": 19.6}}``, in seconds since the fault was
injected; ``first`` is the second of the first count. A moment that did not come is not there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from rehearsal.platform import Request, felt

BEFORE, AFTER = 6, 10  # seconds kept before the fault and after the recovery
LOOK = 10  # seconds before the act that show how many requests fail without it
# Where a part of the requests fails, their number varies: what is beyond two standard deviations is of the act.
DEVIATIONS = 2


class Balance(NamedTuple):
    """Requests: what failed per second before the act, what failed because of it, and what it saved.

    ``cost``: failures between the act and the recovery beyond the share that failed before the act; ``saved``: failures
    that this share would have been in the ``watched`` seconds after the recovery, less those that there were.
    """

    failed_before: float
    cost: int
    saved: int
    watched: int


def of(parts: dict[str, dict[str, Any]], requests: Sequence[Request]) -> dict[str, Any]:
    """The series of a day; empty where the fault was not injected or no request is known."""
    moments = [
        ("inject", parts["inject"].get("at")),
        ("felt", parts["symptom"].get("felt")),
        ("check", parts["check"].get("began")),
        ("real", parts["real"].get("began")),
        ("act", parts["relief"].get("act")),
        ("back", parts["relief"].get("back")),
    ]
    reached = {name: at for name, at in moments if at}
    if "inject" not in reached or not requests:
        return {}
    start = reached["inject"] - BEFORE
    span = int(max(reached.values()) + AFTER - start)
    counts = Counter((math.floor(felt(request) - start), request.outcome == "ok") for request in requests)
    return {
        "first": -BEFORE,
        "served": [counts[second, True] for second in range(span)],
        "failed": [counts[second, False] for second in range(span)],
        "moments": {name: round(at - reached["inject"], 1) for name, at in reached.items()},
    }


def balance(series: dict[str, Any]) -> Balance | None:
    """What the act cost and saved; None where there was no act, or users were not back."""
    moments = series.get("moments", {})
    if "act" not in moments or "back" not in moments:
        return None
    act = math.floor(moments["act"] - series["first"])
    back = max(act + 1, math.ceil(moments["back"] - series["first"]))
    before, between, after = range(max(0, act - LOOK), act), range(act, back), range(back, back + AFTER)

    def counted(seconds: range) -> tuple[int, int]:
        failed = sum(series["failed"][seconds.start : seconds.stop])
        return failed, failed + sum(series["served"][seconds.start : seconds.stop])

    failed, all_before = counted(before)
    share = failed / all_before if all_before else 0.0
    failed_between, all_between = counted(between)
    failed_after, all_after = counted(after)
    more = failed_between - share * all_between
    chance = DEVIATIONS * math.sqrt(all_between * share * (1 - share))
    return Balance(
        failed_before=round(failed / len(before), 1) if before else 0.0,
        cost=round(more) if more > chance else 0,
        saved=max(0, round(share * all_after - failed_after)),
        watched=len(series["served"][after.start : after.stop]),
    )
