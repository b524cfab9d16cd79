# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Triage as one page that a person reads in a minute: Markdown (CommonMark), everything foreign in it escaped. Pure."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from typing import Mapping, Sequence

from .._core.text import in_markdown as _text
from .._core.text import span
from .changes import Change
from .prometheus_signs import PrometheusResult, SeriesReport, figure
from .sign import SCENARIOS, SEVERITIES, ScenarioReport, Sign, rank, without_playbook
from .signs import examined
from .survey_report import Survey

_SHOWN, _CHANGES = 8, 16
_NO_ADDRESS = re.compile(r"[<>\s]")
_MEANS = {
    "P0": "complete outage: answer now",
    "P1": "a core feature or much slowness: answer within the hour",
    "P2": "something minor: answer within four hours",
    "P3": "nothing that users feel: the next working day",
    "unknown": "an alert fires whose severity is unknown: a person rates it now",
}


def page(
    severity: str,
    signs: Sequence[Sign],
    scenarios: Sequence[ScenarioReport],
    surveys: Mapping[str, Survey],
    prometheus: PrometheusResult,
    links: Mapping[str, str],
    at: datetime,
) -> str:
    """``links``: name to address, in which {from} and {to} stand for milliseconds since 1970 (Grafana) and {from_iso}
    and {to_iso} for dates (Kibana)."""
    parts = [
        f"# Triage: {severity} proposed, {_MEANS[severity]}\n",
        f"{at.strftime('%Y-%m-%d %H:%M:%S')} UTC, {len(surveys)} host{'' if len(surveys) == 1 else 's'}\n",
        _wrong(signs),
        _next(severity, signs, scenarios),
        _changed(surveys),
        _series(prometheus),
        _hosts(surveys, signs),
        _links(links, at),
    ]
    return "\n".join(part for part in parts if part)


def _wrong(signs: Sequence[Sign]) -> str:
    if not signs:
        return "## What is wrong\n\nNothing that was examined.\n"
    ranked = sorted((sign for sign in signs if sign.severity != SEVERITIES[3]), key=lambda sign: rank(sign.severity))
    lines = [f"- **{sign.severity}** {_where(sign)}{_text(sign.text)}" for sign in ranked[:_SHOWN]]
    lines += [f"- and {len(ranked) - _SHOWN} more, see the evidence"] if len(ranked) > _SHOWN else []
    return "## What is wrong\n\n" + "\n".join(lines or ["Nothing that users feel."]) + "\n"


def _where(sign: Sign) -> str:
    return f"{_text(sign.host)}: " if sign.host else ""


def _next(severity: str, signs: Sequence[Sign], scenarios: Sequence[ScenarioReport]) -> str:
    severe = [sign for sign in signs if sign.severity == severity]
    lines = []
    unplayed = without_playbook(signs)
    if severity in SEVERITIES[:2] and not any(sign.scenario in SCENARIOS for sign in severe):
        lines += ["No playbook mitigates the most severe sign above: an operator must handle it first.", ""]
    elif unplayed:
        lines += [f"No playbook mitigates: {_text('; '.join(unplayed[:3]))}", ""]
    if not scenarios:
        return "## What to run next\n\n" + "\n".join(lines) if lines else ""
    first = scenarios[0]
    lines += [
        f"    ansible-playbook {first['playbook']} --check --diff",
        "",
        f"since {_text('; '.join(first['signs']))}",
    ]
    others = [f"`{scenario['playbook']}`" for scenario in scenarios[1:4]]
    lines += ["", f"Otherwise: {', '.join(others)}"] if others else []
    return "## What to run next\n\n" + "\n".join(lines) + "\n"


def _changed(surveys: Mapping[str, Survey]) -> str:
    changes = [
        (change["age"], host, change["what"]) for host, survey in surveys.items() for change in _changes_of(survey)
    ]
    lines = [f"- {span(age)} ago, {_text(host)}: {_text(what)}" for age, host, what in sorted(changes)[:_CHANGES]]
    lines += [f"- and {len(changes) - _CHANGES} older ones, see the evidence"] if len(changes) > _CHANGES else []
    unknown = [f"- {_text(host)}: {_text(why)}" for host, survey in surveys.items() for why in _unseen(survey)]
    lines += unknown[:_CHANGES]
    lines += [f"- and {len(unknown) - _CHANGES} more that could not be examined"] if len(unknown) > _CHANGES else []
    any_examined = any("changes" in survey for survey in surveys.values())
    nothing = "Nothing within a day." if any_examined else "Not examined."
    return "## What changed lately\n\n" + "\n".join(lines or [nothing]) + "\n"


def _changes_of(survey: Survey) -> Sequence[Change]:
    changes = survey.get("changes")
    return changes["changes"] if changes and "trouble_reading" not in changes else ()


def _unseen(survey: Survey) -> Sequence[str]:
    """Which changes could not be examined: the page must not read as if there were none."""
    if not examined(survey):
        return ["could not be examined"]
    changes = survey.get("changes")
    if not changes:
        return []
    if "trouble_reading" in changes:
        return [f"could not be examined: {changes['trouble_reading']}"]
    return changes["unknown"]


def _series(prometheus: PrometheusResult) -> str:
    texts = [f"{_text(series['name'])} {_text(_value(series))}" for series in prometheus.get("series", ())]
    why = prometheus.get("msg") if "series" not in prometheus else ""
    lines = [f"- {text}" for text in texts] + ([f"- Prometheus: {_text(str(why))}"] if why else [])
    return "## Figures\n\n" + "\n".join(lines) + "\n" if lines else ""


def _value(series: SeriesReport) -> str:
    if series.get("infinite"):
        return figure(math.inf, series["unit"])
    if series["value"] is not None:
        return figure(series["value"], series["unit"])
    return f"unknown: {series['problem']}" if series["problem"] else "unknown"


def _hosts(surveys: Mapping[str, Survey], signs: Sequence[Sign]) -> str:
    rows = ["| host | services well | CPU | memory left | fullest disk | slots | worst |", "| --- " * 7 + "|"]
    for host, survey in surveys.items():
        mine = [sign.severity for sign in signs if sign.host == host and sign.severity != SEVERITIES[3]]
        cells = [_text(host), _well(survey), *_figures(survey), _slots(survey), min(mine, key=rank, default="-")]
        rows.append(f"| {' | '.join(cells)} |")
    return "## Hosts\n\n" + "\n".join(rows) + "\n"


def _well(survey: Survey) -> str:
    part = survey.get("services")
    if not part or "trouble_reading" in part:
        return "-"
    containers = [container for service in part["services"].values() for container in service["containers"]]
    return f"{sum(not container['problem'] for container in containers)} of {len(containers)}"


def _figures(survey: Survey) -> tuple[str, str, str]:
    part = survey.get("resources")
    if not part or "trouble_reading" in part:
        return "-", "-", "-"
    host = part["host"]
    disks = sorted(host["filesystems"], key=lambda filesystem: -filesystem["used_share"])
    fullest = f"{_text(disks[0]['mount'])} {disks[0]['used_share']:.0%}" if disks else "-"
    return f"{host['cpu_used']:.0%}", f"{host['memory']['available_share']:.0%}", fullest


def _slots(survey: Survey) -> str:
    part = survey.get("database")
    if not part or "trouble_reading" in part:
        return "-"
    return f"{part['connections']['used']} of {part['connections']['limit']}"


def _links(links: Mapping[str, str], at: datetime) -> str:
    since = at - timedelta(hours=1)
    marks = {
        "{from}": str(int(since.timestamp() * 1000)),
        "{to}": str(int(at.timestamp() * 1000)),
        "{from_iso}": since.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "{to_iso}": at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    lines = []
    for name, address in links.items():
        filled = _NO_ADDRESS.sub("", address)
        for mark, value in marks.items():
            filled = filled.replace(mark, value)
        lines.append(f"- [{_text(name)}](<{filled}>)")
    return "## Look closer\n\n" + "\n".join(lines) + "\n" if lines else ""
