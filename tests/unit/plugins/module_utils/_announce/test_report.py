from __future__ import annotations

from typing import get_type_hints

from ansible_collections.pafar.runbook.plugins.module_utils._announce.outbox import Message
from ansible_collections.pafar.runbook.plugins.module_utils._announce.report import TakenMessage


def test_a_message_that_is_taken_has_all_of_a_message():
    assert set(get_type_hints(Message)) <= set(get_type_hints(TakenMessage))
