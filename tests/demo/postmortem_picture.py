"""Write docs/images/postmortem.png: the top of a post-mortem's page as a browser shows it.

The incident is that of the tests, with a measurement as Prometheus gives it; the page is made by incident_postmortem.
"""

from __future__ import annotations

import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.browser import BROWSER, NO_BROWSER, run_browser
from support.incidents import stamp, whole_incident, wrote
from support.measuring import measured, measured_note
from support.modules import run_module
from support.servers import ROOT

PICTURE = ROOT / "docs/images/postmortem.png"
WIDTH, HEIGHT = 1000, 1860  # pixels, down to the charts
POINTS, STEP, FIRST = 61, 6, -112  # of the charts, in seconds from the opening


def curve(low: float, high: float, begins: float, ends: float) -> list[float]:
    """Rises in half a minute, stays with some noise, and falls at once."""
    values = []
    for place in range(POINTS):
        at = FIRST + STEP * place
        share = min(1.0, max(0.0, (at - begins) / 30)) if at <= ends else 0.0
        values.append(round(low + (high - low) * share * (0.97 + 0.03 * math.sin(place * 2.1)), 1))
    return values


def main() -> int:
    if BROWSER is None:
        print(f"NOT DONE: {NO_BROWSER}")
        return 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = whole_incident(folder / "log")
        charts = [
            {"name": "sessions that wait for a lock", "unit": "", "left_out": 0,
             "lines": [{"name": "sessions", "points": curve(1, 96, 8, 122)}]},
            {"name": "failed requests", "unit": "per s", "left_out": 0, "lines": [
                {"name": "handler book", "points": curve(0, 4.1, 12, 126)},
                {"name": "handler pay", "points": curve(0, 1.2, 20, 126)},
            ]},
        ]  # fmt: skip
        times = [stamp(FIRST + STEP * place) for place in range(POINTS)]
        requests = measured_note()["requests"]
        requests[1].update(failed=96, failed_percent=16.27)
        measured(log, 450, charts=charts, times=times, requests=requests, missing=[])
        wrote(
            log,
            500,
            "summary",
            "A report held a row lock while bookings queued behind it. It was ended after two minutes.",
        )
        wrote(log, 510, "impact", "181 bookings were paid instead of some 400; support had 23 requests.")
        result = run_module("incident_postmortem", log=str(log.folder), id=log.name)
        page = next(path for path in result["paths"] if path.endswith(".html"))
        size = f"--window-size={WIDTH},{HEIGHT}"
        run_browser(folder / "profile", "--hide-scrollbars", size, f"--screenshot={PICTURE}", f"file://{page}")
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
