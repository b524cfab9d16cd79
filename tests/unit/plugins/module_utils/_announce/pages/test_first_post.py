from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.first_post import (
    said_to_none,
    waiting_for_a_person,
)
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.incident_events import START, event

OPENED = event("opened", 0, seq=1, scenario="payment_outage")
PAGE = {"kind": "statuspage", "token": "x", "page": "p", "scenarios": ["payment_outage"]}
ENDED = event("phase", 2, seq=2, phase="resolved", reason="x")


def said(audience):
    return event("update", 1, seq=2, text="we look", audience=audience)


@pytest.mark.parametrize(
    ("events", "more", "waits"),
    [
        ([OPENED], {}, True),
        ([OPENED, said("inside")], {}, True),
        ([OPENED, ENDED, event("phase", 3, seq=3, phase="open", reason="back")], {}, True),
        ([OPENED, said("public")], {}, False),
        ([OPENED], {"first_post": "act"}, False),
        ([OPENED], {"scenarios": ["disk_space"]}, False),
        ([OPENED, ENDED], {}, False),
        ([], {}, False),
    ],
)
def test_a_first_post_that_waits_is_named_with_its_command(events, more, waits):
    lines = waiting_for_a_person("i-1", events, settings_of({"page": {**PAGE, **more}}))
    assert len(lines) == waits
    assert all(
        "playbooks/incident_update.yml -e incident_id=i-1 -e incident_act_audience=public" in each for each in lines
    )


def test_without_a_page_nothing_waits():
    assert waiting_for_a_person("i-1", [OPENED], {}) == []


@pytest.mark.parametrize(
    ("events", "settings", "minutes", "is_named"),
    [
        ([OPENED, said("public")], {}, 2, True),
        ([OPENED, said("Customers")], {"slack": {"token": "x"}}, 2, True),
        ([OPENED, said("public")], {"page": PAGE}, 2, False),
        ([OPENED, said("public")], {}, 62, False),  # it was said for an hour
        ([OPENED, said("inside")], {}, 2, False),
        ([OPENED, said("public"), said("inside")], {}, 2, False),
        ([OPENED], {}, 2, False),
    ],
)
def test_a_text_for_the_public_at_a_site_without_a_page_is_named(events, settings, minutes, is_named):
    lines = said_to_none(events, settings_of(settings), START + timedelta(minutes=minutes))
    named = ["the update for the public (#2) is on no status page: runbook_announce has no page"]
    assert lines == (named if is_named else [])
