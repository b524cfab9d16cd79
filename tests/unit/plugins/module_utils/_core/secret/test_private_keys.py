"""Private keys in one line and over several; in other surroundings: tests/unit/.../test_redaction.py."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.private_keys import key_lines, without_keys

BEGIN, END = "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"{BEGIN}MIIE{END} x", f"{BEGIN}(hidden){END} x"),
        (f"a {BEGIN}\\nMIIE", f"a {BEGIN}(hidden)"),
        ("-----BEGIN CERTIFICATE-----MIIE", "-----BEGIN CERTIFICATE-----MIIE"),
    ],
)
def test_a_key_in_one_line_goes(text, kept):
    assert without_keys(text) == kept


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        (["a", BEGIN, "c2VjcmV0", END, "b"], {2, 3}),
        (["c2VjcmV0c2VjcmV0c2Vj", "c2Vj", END], {0, 1, 2}),
        ([BEGIN, "other words here", "c2VjcmV0", END], {2, 3}),
        (["no key", "c2VjcmV0c2VjcmV0c2Vj"], set()),
    ],
)
def test_lines_of_a_key_are_known(lines, places):
    assert key_lines(lines) == places
