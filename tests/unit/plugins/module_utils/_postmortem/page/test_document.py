from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.page.document import (
    Said,
    digest,
    paragraph,
    said,
)


def test_a_text_is_on_one_line_without_secrets_and_bounded():
    part = said("a\nb password=hunter2hunter2 " + "x" * 900, 3, 3, 1)
    assert part.text.startswith("a b password=(hidden) x")
    assert (len(part.text), part.cites) == (500, (3, 1))
    assert paragraph("a", 2).parts == (Said("a", (2,)),)


@pytest.mark.parametrize("text", ["0" * 64, "ab12cd34ef56", "4242424242424242", ""])
def test_a_hash_is_whole(text):
    assert digest(text, 1) == Said(text, (1,))


@pytest.mark.parametrize("text", ["password=hunter2hunter2", "sk_live_abcdef123456"])
def test_what_is_no_hash_is_redacted(text):
    assert "(hidden)" in digest(text).text
