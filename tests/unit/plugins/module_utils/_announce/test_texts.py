from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import ALERTMANAGER, REQUIRED
from ansible_collections.pafar.runbook.plugins.module_utils._announce.texts import TEMPLATES


def test_every_channel_has_templates():
    assert set(TEMPLATES) == {*REQUIRED} - {ALERTMANAGER}
    assert all(TEMPLATES.values())
