"""Secrets of the corpus in the texts of an incident: the pictures of the documentation, drawn of it, have none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import HIDDEN

from docs.announcement import STORY, played

from .test_secrets_everywhere import ALONE, SHORT, shown_in

PARTS = 6


def story_with(texts):
    """The story of the documentation; a part of the texts in each of its fields that people or programs write."""
    held, said, public, lines = texts[:2], texts[2:30], texts[30:58], texts[58:]
    new = {
        "diagnosed": {"lines": lines},
        "held": {"reasons": held},
        "mitigated": {"done": held},
        "update": {"text": "\n".join(said)},
        "phase": {"reason": texts[-1]},
    }
    story = [(seconds, kind, {**note, **new.get(kind, {})}) for seconds, kind, note in STORY]
    return [*story[:-1], (200, "update", {"text": "\n".join(public), "audience": "public"}), story[-1]]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_picture_has_a_secret(part):
    mine = ALONE[part::PARTS]
    picture = played(story_with([text for text, dummy in mine]))
    assert picture.count(HIDDEN) > 20, "nothing of it was drawn"
    assert shown_in(picture, mine) == []


def test_without_the_rules_a_secret_would_be_seen():
    words = [(f"the word {secret} is here", secret) for dummy, secret in ALONE[:3] if len(secret) >= SHORT]
    picture = played(story_with([text for text, dummy in words] * 30))
    assert shown_in(picture, words) == sorted({secret for dummy, secret in words})
