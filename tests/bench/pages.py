"""The pages: the post-mortem of a long incident, and the report of a month.

Modules are processes of their own, as Ansible starts them. The logs are written as playbooks write them, and the pages
are examined for what was written.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from incident_logs import EVENTS, Run, best, events_of, module

from support.incidents import START, Log, stamp, whole_incident

LONG = 5000  # events of one incident
INCIDENTS = 200  # of one month, of as many events each as in the benchmark of the log
_MONTH = START.strftime("%Y-%m")
_MINUTES = 120  # between the beginnings of two incidents: all 200 are of one month
_POINTS = 61


def measured(shift: float) -> dict[str, Any]:
    """As the playbook keeps it with two kinds of requests and two charts of four series."""
    lines = [{"name": f"s{line}", "points": [line + number / 7 for number in range(_POINTS)]} for line in range(4)]
    requests = [{"name": name, "asked": 4000, "failed": 1200, "slow": 30} for name in ("bookings", "payments")]
    return {
        "source": "http://prometheus.example.org:9090", "estimated_by": "series", "ended_by": "series",
        "starts_at": stamp(shift + 8), "ends_at": stamp(shift + 126), "within": 2.0, "requests": requests,
        "times": [stamp(shift + 10 * number) for number in range(_POINTS)],
        "charts": [{"name": name, "unit": "", "lines": lines} for name in ("waiters", "errors")],
    }  # fmt: skip


def long_incident(folder: Path, name: str, events: int, shift: float) -> None:
    """A whole one, and rounds of diagnosis, act, messages and notes until it has so many events."""
    log = whole_incident(folder, name, shift)
    written = sum(1 for _line in (folder / f"{name}.jsonl").open())
    rounds = [event for event in events_of(0, ended=False) if event[0] not in ("opened", "acknowledged")]
    more = [rounds[number % len(rounds)] for number in range(events - written - 1)]
    Log(folder, name, **log.opening).write(shift + 500, *more, ("measured", measured(shift)))


def row(what: str, run: Run, page: Path, mark: str) -> str:
    size = page.stat().st_size / 1e6
    found = f"| {what} | {run.seconds:.2f} | {run.processor:.2f} | {run.mib:.0f} | {size:.2f} | {mark} |"
    print(found, flush=True)
    return found


def _html(run: Run) -> Path:
    (page,) = (Path(path) for path in run.result["paths"] if path.endswith(".html"))
    return page


def page_costs() -> list[str]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        long_incident(Path(one), "long", LONG, 0)
        postmortem = best(lambda: module("incident_postmortem", log=one, id="long"))
        assert _html(postmortem).read_text().count('<tr id="e') == LONG
        for number in range(INCIDENTS):
            shift = timedelta(days=1 - START.day, minutes=_MINUTES * number).total_seconds()
            long_incident(Path(many), f"i{number:03}", EVENTS, shift)
        report = best(lambda: module("incident_report", log=many, month=_MONTH))
        assert len(report.result["incidents"]) == INCIDENTS, report.result["lines"]
        return [
            row(f"`incident_postmortem` of {LONG:,} events", postmortem, _html(postmortem), "2 s, 3 MB"),
            row(f"`incident_report` of {INCIDENTS} incidents", report, _html(report), "5 s"),
        ]


if __name__ == "__main__":
    page_costs()
