# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the time of a run that sends is divided among its incidents. I/O: the clock that no person sets.

The budget bounds all channels together. A channel that takes what it is sent may use it up; one that is silent is given
up after a part of it, so that silence costs no more than that part.
"""

from __future__ import annotations

from typing import NamedTuple

from .channel import ticks

_SILENCE = 0.25  # of the budget
_LEAST_SILENCE = 1.0  # seconds, of a budget that has them
_PAGES = 5.0  # seconds at least for an incident that pages a person, as long as there are any
_EACH = 0.5  # and for any other one: with less no message is begun


class Share(NamedTuple):
    """``began``, ``until``: by ``ticks``; ``silence``: seconds for which a channel may be silent."""

    began: float
    silence: float
    until: float


class TimeBudget:
    """``seconds``: for all channels together; ``until``: of ``ticks``, after which another run may have what was taken;
    ``silence``: seconds for which a channel may be silent."""

    def __init__(self, seconds: float, until: float = float("inf")) -> None:
        self.silence = silence_of(seconds)
        self.until, self._end, self._left = min(until, ticks() + seconds), until, self.silence

    def keep_back(self, seconds: float) -> None:
        """For what is done after all is sent."""
        self.until = min(self.until, max(ticks(), self.until - seconds))

    def share(self, rest: int, pages: bool) -> Share:
        """Of the next incident. ``rest``: incidents, with this one; ``pages``: whether it pages a person."""
        began = ticks()
        least = min(_PAGES if pages else _EACH, self.silence, max(0.0, self.until - began))
        silence = max(self._left / rest, least)
        return Share(began, silence, min(self.until, began + max(silence, (self.until - began) / rest)))

    def has_used(self, share: Share) -> None:
        self._left = max(0.0, self._left - min(share.silence, ticks() - share.began))

    @property
    def is_lost(self) -> bool:
        """Another run may be sending what was taken."""
        return ticks() >= self._end


def silence_of(budget: float) -> float:
    """Seconds for which a channel may be silent."""
    return max(_SILENCE * budget, min(_LEAST_SILENCE, budget))
