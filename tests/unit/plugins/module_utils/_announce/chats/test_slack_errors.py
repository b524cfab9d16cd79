from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.chats.slack_errors import (
    is_of_the_channel,
    may_go_elsewhere,
)


@pytest.mark.parametrize(
    ("name", "is_so"),
    [("is_archived", True), ("restricted_action_read_only_channel", True), ("invalid_auth", False), ("no_text", False)],
)
def test_what_is_of_the_channel(name, is_so):
    assert is_of_the_channel(name) is is_so


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("is_archived", True), ("ekm_access_denied", True), ("posting_to_general_channel_denied", True),
        ("invalid_auth", False), ("org_login_required", False), ("no_text", False), ("msg_too_long", False),
    ],
)  # fmt: skip
def test_what_another_channel_may_take(name, is_so):
    assert may_go_elsewhere(name) is is_so
