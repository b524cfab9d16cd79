from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import ALERTMANAGER, REQUIRED
from ansible_collections.pafar.runbook.plugins.module_utils._announce.texts import TEMPLATES


def test_every_channel_has_templates():
    assert set(TEMPLATES) == {*REQUIRED} - {ALERTMANAGER}
    assert all(TEMPLATES.values())


VALUES = {
    "severity": "P1", "scenario": "user_report", "hosts": "web1", "incident": "i", "opened_at": "o", "step": "primary",
    "phase": "open",
}  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "template"),
    [("slack", "channel"), ("slack", "opened"), ("slack", "page"), ("mail", "page"), ("pager", "page_person"),
     ("tracker", "issue")],
)  # fmt: skip
def test_who_is_called_reads_what_users_reported(channel, template):
    """The scenario alone, user_report, says nothing of what is wrong. A message of before has no such value."""
    without = Texts(channel).text(template, VALUES)
    words = Texts(channel).text(template, {**VALUES, "reported": "reported by support: <!here> no booking"})
    assert "reported by" not in without
    assert "reported by support: " in words
    assert "no booking" in words
    assert "<!here>" not in words or channel in ("mail", "pager")
