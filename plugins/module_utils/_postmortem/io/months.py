# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the logs of a month, and writes its page. I/O."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Mapping

from ..._core.errors import InputError, RunbookError
from ..._incident.io.log import ids, read
from ..._incident.io.share import Share
from ..._incident.io.verify import verify
from ..month import Folded, MonthReport, folded, month_facts
from ..month_page import month_document, month_lines
from ..page.to_html import to_html
from ..page.to_markdown import to_markdown
from .pages import write_files

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z", re.ASCII)
_UNVERIFIED: Any = {"first_break": None}  # of another month: only its cause and its action items are read


def write_month(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """What incident_report returns; see its documentation. In check mode nothing is written."""
    now = datetime.now(timezone.utc)
    month = params["month"] or now.strftime("%Y-%m")
    if not _MONTH.match(month):
        raise InputError(f"month: {month!r} is no month such as 2026-11. Nothing was done.")
    log = params["log"]
    incidents: list[Folded] = []
    unread: list[str] = []
    for incident in sorted(ids(log)):
        try:
            events, torn = read(log, incident)
            of_month = bool(events) and str(events[0]["at"]).startswith(month)
            verification = verify(log, incident, [])["incidents"][incident] if of_month else _UNVERIFIED
        except RunbookError as error:
            unread.append(f"{incident}: {error}")
            continue
        one = folded(incident, events, verification)
        if one is not None:
            incidents.append(one)
        elif torn or not events:
            unread.append(f"{incident}: no event could be read")
    facts = month_facts(month, incidents, unread, now.strftime("%Y-%m-%d"))
    page = month_document(facts)
    folder = Path(log).expanduser() / "reports"
    files = {f"{month}.md": to_markdown(page), f"{month}.html": to_html(page)}
    changed = write_files(folder, files, Share(params["group"]), check_mode)
    paths = [str(folder / name) for name in files]
    report: MonthReport = {**facts, "paths": paths, "lines": month_lines(facts, paths)}
    return {"changed": changed, **report}
