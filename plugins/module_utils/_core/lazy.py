# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Regular expressions that are compiled when they are first used. Pure.

A module starts for every task, and most of its patterns wait for texts that this task does not meet: to compile those
of the redaction costs as much as a tenth of what a module's start costs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any


class _Lazy:
    """A pattern with the methods of ``re.Pattern``; the first use compiles it."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self._flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Only for what the instance does not have yet: each method is kept when it was asked for once."""
        method = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, method)
        return method


if TYPE_CHECKING:

    def lazy(pattern: str, flags: int = 0) -> re.Pattern[str]:
        """As ``re.compile``; a pattern that is wrong is found when it is used."""

else:

    def lazy(pattern: str, flags: int = 0) -> _Lazy:
        """As ``re.compile``; a pattern that is wrong is found when it is used."""
        return _Lazy(pattern, flags)
