from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.chats.slack_errors import is_of_the_channel


@pytest.mark.parametrize(
    ("name", "is_so"),
    [("is_archived", True), ("restricted_action_read_only_channel", True), ("invalid_auth", False), ("no_text", False)],
)
def test_what_another_channel_may_take(name, is_so):
    assert is_of_the_channel(name) is is_so
