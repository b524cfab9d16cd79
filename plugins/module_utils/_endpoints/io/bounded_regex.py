# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Search a given regular expression in a foreign answer in bounded time. I/O."""

from __future__ import annotations

import json
import re
import subprocess
import sys

_SEARCH = "import json, re, sys; sys.exit(0 if re.search(*json.load(sys.stdin)) else 3)"
_LEAST = 0.5  # seconds that a search has, whatever time is left


def found_in(pattern: str, text: str, seconds: float) -> bool | None:
    """Whether it is there; None where that takes too long. OSError where no process can be started.

    Of some answers a search never ends, and a thread cannot be stopped: a process of its own is, when time is up.
    """
    if not re.search(r"[*+{]", pattern):  # nothing is repeated, so the pattern's own length bounds it
        return re.search(pattern, text) is not None
    argv = [sys.executable, "-I", "-S", "-c", _SEARCH]
    try:
        done = subprocess.run(
            argv, input=json.dumps([pattern, text]).encode(), stderr=subprocess.DEVNULL,
            timeout=max(_LEAST, seconds), check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return {0: True, 3: False}.get(done.returncode)
