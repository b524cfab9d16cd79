"""A measurement of the incident that `whole_incident` writes, as incident_impact_info returns it."""

from __future__ import annotations

from typing import Any

from support.incidents import Log, stamp

POINTS = 13


def measured_note(shift: float = 0.0, **changed: Any) -> dict[str, Any]:
    """``shift``: seconds after START."""
    points = [3.0, 3.0, 3.0, 3.5, 41.0, 96.0, 96.0, 97.0, 60.25, 4.0, 3.0, None, 3.0]
    return {
        "starts_at": stamp(shift + 8), "ends_at": stamp(shift + 126), "estimated_by": "series", "within": 2.0,
        "source": "Prometheus http://prometheus.example.org:9090/",
        "requests": [
            {"name": "bookings", "asked": 2360, "failed": 417, "slow": 655, "limit": 0.5, "failed_percent": 17.67,
             "since": stamp(shift + 8), "until": stamp(shift + 126)},
            {"name": "payments", "asked": 590, "failed": None, "slow": None, "limit": None, "failed_percent": None,
             "since": stamp(shift + 8), "until": stamp(shift + 126)},
        ],
        "budgets": [
            {"name": "bookings", "target": 99.9, "days": 30.0, "of_days": 15.0, "asked": 8640012, "budget": 8640.0,
             "used": 417, "used_percent": 4.83, "failed": 1201, "failed_percent": 13.9},
        ],
        "business": [{"name": "bookings that were paid", "during": 181, "before": 402}],
        "times": [stamp(shift - 40 + 20 * number) for number in range(POINTS)],
        "charts": [
            {"name": "sessions that wait", "unit": "", "left_out": 0,
             "lines": [{"name": "sessions", "points": points}]},
            {"name": "memory", "unit": "MiB", "left_out": 2, "lines": [
                {"name": f"container web-{place}", "points": [512.5 + place * 100] * POINTS} for place in range(4)
            ]},
        ],
        "missing": ["bookings: Prometheus has 15 of the 30 days of the error budget."],
        **changed,
    }  # fmt: skip


def measured(log: Log, at: float, **changed: Any) -> None:
    """Write it into a log."""
    log.write(at, ("measured", measured_note(**changed)), by="ada", host="")
