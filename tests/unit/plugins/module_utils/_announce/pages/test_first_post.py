from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.first_post import waiting_for_a_person
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.incident_events import event

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
