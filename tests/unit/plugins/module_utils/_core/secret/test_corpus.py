"""No secret of the corpus is left, what is beside it stays, and nothing harmless is hidden."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted, redacted_lines

from .corpus import CASES, HARMLESS, Case


def cleaned(text: str) -> str:
    return "\n".join(redacted_lines(text.split("\n")))


@pytest.mark.parametrize("case", CASES, ids=[case.text[:50] for case in CASES])
def test_no_secret_is_left(case: Case):
    kept = cleaned(case.text)
    assert not [secret for secret in case.secrets if secret in kept]
    assert not [part for part in case.kept if part not in kept]
    assert not [secret for secret in case.secrets if secret in redacted(case.text)]


@pytest.mark.parametrize("text", HARMLESS, ids=[text[:50] for text in HARMLESS])
def test_nothing_harmless_is_hidden(text: str):
    assert cleaned(text).split() == text.split()


def test_the_corpus_is_as_large_as_promised():
    assert len(CASES) >= 400
    assert len(HARMLESS) >= 400
