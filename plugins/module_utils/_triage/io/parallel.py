# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of a survey, asked beside each other. I/O.

A part that fails says why and takes nothing from the others: in an incident something always fails.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Callable, Mapping

from ..._core.errors import RunbookError

Part = Callable[..., Mapping[str, Any]]
FIRST = "services"


def survey(parts: Mapping[str, Part], after: Mapping[str, Part], here: Mapping[str, Part]) -> dict[str, Any]:
    """What each part says. Those of ``after`` are given what ``services`` said, or None.

    ``here`` are asked in this very thread, which may enter other networks, the others beside it; every thread is
    started before, so that none begins in the network of another.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(parts) + len(after))) as pool:
        started = {name: pool.submit(_result_of, part) for name, part in parts.items()}
        first = started.get(FIRST)
        later = {name: pool.submit(_after, part, first) for name, part in after.items()}
        done_here = {name: _result_of(part) for name, part in here.items()}
        return {**{name: future.result() for name, future in (*started.items(), *later.items())}, **done_here}


def _after(part: Part, first: Future[dict[str, Any]] | None) -> dict[str, Any]:
    return _result_of(part, first.result() if first else None)


def _result_of(part: Part, *given: Any) -> dict[str, Any]:
    began = time.monotonic()
    try:
        return {**part(*given), "seconds": round(time.monotonic() - began, 2)}
    except RunbookError as error:
        return {"trouble_reading": str(error), "error": type(error).__name__}
