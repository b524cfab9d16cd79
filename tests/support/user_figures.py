"""What the post-mortem of a game day says of its impact, beside what the platform's users counted themselves."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record

from rehearsal.platform import Platform, Request, felt
from support.modules import run_module
from support.rehearsals import LONGEST

OBJECTIVES: dict[str, dict[str, Any]] = {
    kind: {
        "good": f'pafar_user_requests_total{{kind="{kind}",outcome="ok"}}',
        "all": f'pafar_user_requests_total{{kind="{kind}"}}',
        "target": 99.9,
    }
    for kind in ("browse", "book", "pay")
}
# Whether a payment is confirmed, for which its payer waits.
OBJECTIVES["confirm"] = {
    "good": 'pafar_user_confirmations_total{outcome="ok"}',
    "all": "pafar_user_confirmations_total",
    "target": 99.9,
}
_SCRAPED = 4.0  # seconds in which Prometheus has read what was counted, twice its interval
QUIET = 75.0  # seconds without failures after which an impact is not joined with the one before
_BEFORE = 60.0  # seconds before the fault in which users must have been served
_READ = 0.3  # seconds within which a reading by Prometheus is answered
_MANY = 20  # failed requests of a kind without which one request is more than the tolerance


def served_for(platform: Platform, seconds: float) -> None:
    """Wait until of the requests of the last ``seconds`` not more than one in a hundred failed."""
    deadline = time.monotonic() + LONGEST
    while (platform.success(seconds) or 0.0) < 0.99:
        assert time.monotonic() < deadline, f"users were not served for {seconds:g} s"
        time.sleep(5)


@dataclass(frozen=True)
class Figures:
    """``began`` and ``ended``: seconds from what users felt to what the page says, None where they felt nothing;
    ``failed``: for each kind what the users counted in that time and what the page says; ``after_act``: seconds between
    the page's time from the act until the impact ended and that of the users, until their last request failed; None
    where there was no act or nothing to relieve."""

    began: float | None
    ended: float | None
    failed: dict[str, tuple[int, int]]
    after_act: float | None
    estimated_by: str


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00").replace(" UTC", "+00:00")).timestamp()


def asked_by_users(platform: Platform, since: float) -> list[Request]:
    now = time.time()
    return platform.requests(since, now) + platform.requests(since, now, "confirm")


def figures_of(platform: Platform, day: Path) -> Figures | None:
    """Of the day's incident, measured and rendered as the playbook does it. None: only a few requests failed, or some
    failed before the fault (on a machine that is too busy), so that nothing shows when its impact began."""
    injected = json.loads((day / "inject.json").read_text())["at"]
    (log,) = (day / "incidents").glob("*.jsonl")
    requests = asked_by_users(platform, injected - _BEFORE)
    bad = [request for request in requests if request.outcome != "ok" and felt(request) >= injected]
    early = [request for request in requests if injected - _BEFORE <= felt(request) < injected]
    failed_early = sum(request.outcome != "ok" for request in early)
    if 0 < len(bad) < _MANY or failed_early > 0.01 * len(early):
        return None
    time.sleep(_SCRAPED)
    given: dict[str, Any] = {"log": str(log.parent), "id": log.stem}
    asked = run_module("incident_postmortem", check=True, **given)["measured"]
    note = run_module(
        "incident_impact_info", url=f"http://127.0.0.1:{platform.env['PROMETHEUS_PORT']}", since=asked["since"],
        until=asked["until"], began_is_written=asked["began_is_written"], objectives=OBJECTIVES,
    )["note"]  # fmt: skip
    record({**given, "events": [{"kind": "measured", "note": note}], "create": False}, False)
    page = run_module("incident_postmortem", **given)
    said = {row["name"]: row["failed"] for row in note["requests"]}
    if not bad:
        return Figures(None, None, {kind: (0, failed) for kind, failed in said.items()}, None, note["estimated_by"])
    began, ended = (seconds_of(note[name]) for name in ("starts_at", "ends_at"))
    within = [request for request in bad if began - _READ <= felt(request) <= ended + _READ]
    last = max(felt(request) for request in bad if felt(request) <= ended + 3 or not within)
    failed = {kind: (sum(request.kind == kind for request in within), count) for kind, count in said.items()}
    shown = page["milestones"]["impact began"]["at"]
    assert note["estimated_by"] != "series" or seconds_of(shown) == int(began), shown
    acts = [event for event in map(json.loads, log.read_text().splitlines()) if event["kind"] == "intended"]
    told = page["durations"]["time from act to end"]["seconds"]
    users = told - (last - seconds_of(acts[-1]["at"])) if acts and told is not None else None
    return Figures(began - min(map(felt, bad)), ended - last, failed, users, note["estimated_by"])


def wrong(figures: Figures) -> list[str]:
    """What is outside of the tolerance: three seconds, one for the time from the act, and a hundredth of the requests
    that failed (or one)."""
    faults = [
        f"the impact {name} {seconds:+.1f} s from what users felt"
        for name, seconds in (("began", figures.began), ("ended", figures.ended))
        if seconds is not None and abs(seconds) > 3
    ]
    if figures.after_act is not None and abs(figures.after_act) > 1:
        faults.append(f"the time from the act until the end is {figures.after_act:+.1f} s from what the users counted")
    if figures.began is not None and figures.estimated_by != "series":
        faults.append("the counters do not show the impact")
    if figures.began is None and figures.estimated_by == "series":
        faults.append("the page takes an impact from the counters, and no request failed")
    for kind, (counted, said) in figures.failed.items():
        if said is None or abs(said - counted) > max(1, 0.01 * counted):
            faults.append(f"{said} failed requests of kind {kind}, and users counted {counted}")
    return faults
