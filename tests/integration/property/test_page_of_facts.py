"""Random histories of facts against status pages: never resolved without a verification that held, and what the page
shows otherwise is shown by the next run, until it agrees.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import STATES
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.page_components import COMPONENT_STATES
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import kept_at
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import read

from support.channels.played import Played
from support.scope import ALL, left_out

HISTORIES = 200
RUN = HISTORIES if ALL else HISTORIES // 20
PARTS = 2
SOAK = timedelta(minutes=10)


def fact(chance: random.Random) -> tuple[str, dict[str, Any]]:
    act = {"mitigation": chance.choice("ab")}
    return chance.choice(
        [
            ("diagnosed", {"cause": "row"}), ("mitigated", act), ("verified", {**act, "outcome": "recovered"}),
            ("verified", {**act, "outcome": "recovered"}), ("verified", {**act, "outcome": "unchanged"}),
            ("phase", {"phase": "open", "reason": "x"}), ("phase", {"phase": "resolved", "reason": "seen"}),
            ("update", {"audience": "public", "text": "we look"}), ("noted", {"text": "x"}),
        ]
    )  # fmt: skip


class Page:
    """What a page shows of an incident, and what a person may change there."""

    def __init__(self, played: Played) -> None:
        self.server: Any = getattr(played.channels, played.page)
        self.has_names = played.page == "statuspage"
        self.field = "status" if self.has_names else "latest_status"

    def all_operational(self) -> None:
        for component in self.server.components:
            self.server.components[component] = "operational" if self.has_names else 1

    def incident(self, reference: str) -> dict[str, Any]:
        return next(each for each in self.server.incidents if str(each["id"]) == reference)

    def state(self, reference: str) -> str:
        shown = self.incident(reference)[self.field]
        return str(shown) if self.has_names else STATES[shown - 1]

    def change(self, reference: str, chance: random.Random) -> Callable[[], None]:
        """Change something to another value, and return what takes it back."""
        place: dict[str, Any] = chance.choice([self.incident(reference), self.server.components])
        name = self.field if "id" in place else ("c1" if self.has_names else "1")
        before = place[name]
        values = [*(STATES if "id" in place else COMPONENT_STATES)] if self.has_names else [1, 2, 3, 4]
        place[name] = chance.choice([each for each in values if each != before])
        return lambda: place.__setitem__(name, before)


def may_be_resolved(played: Played) -> bool:
    """A person has said so with a reason, or a verification has held for the soak time."""
    events = read(played.log, played.id)[0]
    said = any(each["note"].get("phase") == "resolved" and each["note"].get("reason") for each in events)
    held = [each for each in events if each["note"].get("outcome") == "recovered"]
    return said or any(played.now - kept_at(each) >= SOAK for each in held)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_page_says_what_the_facts_allow_and_what_differs_is_shown_until_it_agrees(channels, tmp_path, part):
    if part == 0:
        left_out("histories of facts against status pages", HISTORIES - RUN)
    changed, numbers = 0, range(part, RUN, PARTS)
    for number in numbers:
        chance = random.Random(f"page of facts {number}")
        played = Played(channels, 60_000 + number, tmp_path / str(number))
        played.settings = {"page": played.settings["page"]}
        page = Page(played)
        page.all_operational()  # the history before may have ended with its incident open, in a log of its own
        played.write()
        for dummy in range(chance.randint(2, 6)):
            played.write(fact(chance))
            played.now += chance.choice([timedelta(minutes=1), SOAK])
            assert played.drain(silence=20.0)["differences"] == [], number
            reference = [each.reference for each in played.entries() if each.state == "sent"][-1]
            assert page.state(reference) != "resolved" or may_be_resolved(played), number
            if chance.random() < 0.5:
                changed += 1
                takes_back = page.change(reference, chance)
                for _again in range(2):
                    assert len(played.drain(silence=20.0)["differences"]) == 1, number
                takes_back()
                assert played.drain(silence=20.0)["differences"] == [], number
    assert changed >= len(numbers) // 2
