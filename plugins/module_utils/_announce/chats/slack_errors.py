# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The errors of Slack's API by their names, and whose fault they are. Pure. Source: docs.slack.dev (methods)."""

from __future__ import annotations

import re

RATE = ("ratelimited", "rate_limited")
NO_CHANNEL = ("restricted_action", "missing_scope", "not_allowed_token_type", "method_not_supported", "no_permission")
NAME = re.compile(r"[a-z0-9_.]+\Z")  # of an error of Slack's API
# Of which Slack says that a part of the call may have taken effect, or that do not say that it did not.
UNSURE = ("internal_error", "fatal_error", "request_timeout", "service_unavailable")
# The fault of one message: it keeps nothing behind it up.
NEVER = (
    "msg_too_long", "no_text", "invalid_blocks", "invalid_blocks_format", "invalid_metadata_format",
    "invalid_metadata_schema", "metadata_too_large", "user_not_found", "users_not_found", "user_disabled",
    "cannot_dm_bot",
)  # fmt: skip
THERE = ("already_in_channel", "cant_invite_self")
# The fault of the site's token or of the workspace, not of one person: the invitation waits.
OF_THE_TOKEN = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "team_added_to_org",
    "org_login_required",
)
_MAY_NOT_WRITE = "restricted_action"  # also with more behind it, as in a channel that is for reading
LOST = ("is_archived", "channel_not_found", "not_in_channel")
_NO_THREAD = "thread_not_found"
ARCHIVED = ("already_archived", "not_in_channel", "is_archived")


def may_go_elsewhere(name: str) -> bool:
    """Whether another channel may take a message that was refused so, which had no effect: it is neither the message's
    fault nor the token's."""
    return name not in NEVER and name not in OF_THE_TOKEN


def is_of_the_channel(name: str) -> bool:
    """Whether the channel was refused: it is gone, or not for the bot."""
    return name in LOST or name.startswith(_MAY_NOT_WRITE)


def is_gone(name: str) -> bool:
    """Whether a message and its thread cannot be reached any more."""
    return is_of_the_channel(name) or name == _NO_THREAD
