"""PagerDuty's Events API, by the adapter alone."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.delivery import Delivered, NotDelivered
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.pagerduty import PagerDuty as PagerAdapter
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.render import Texts
from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import settings_of

from support.channels.others import PagerDuty

from .test_pages import BASE, thread


def test_a_key_that_is_none_keeps_the_page_of_a_person_waiting():
    with PagerDuty() as server:
        settings = settings_of({"pager": {"kind": "pagerduty", "routing_key": "wrong", "api": server.url}})["pager"]
        sent = PagerAdapter(settings, Texts("pager")).send(
            Message("pager/trigger/1", "pager", "page_person", {**BASE, "action": "trigger"}), thread()
        )
    assert isinstance(sent, NotDelivered)
    assert sent.forever is False


@pytest.mark.parametrize("text", ["<!channel> db1\x1b[2J", "db1\u202e http://evil.test/x", "db1\r\n@here"])
def test_names_are_text_in_every_field_of_an_alert(text):
    with PagerDuty() as server:
        settings = settings_of({"pager": {"kind": "pagerduty", "routing_key": "R" * 32, "api": server.url}})["pager"]
        values = {**BASE, "hosts": text, "scenario": text, "action": "trigger"}
        sent = PagerAdapter(settings, Texts("pager")).send(Message("pager/a", "pager", "page_person", values), thread())
    assert isinstance(sent, Delivered)
    payload = server.requests[-1].fields["payload"]
    for shown in (payload["summary"], payload["source"], payload["custom_details"]["scenario"]):
        assert "db1" in shown
        assert shown.isprintable()
        assert "://" not in shown
