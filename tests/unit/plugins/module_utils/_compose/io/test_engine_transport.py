"""What an engine says of a request that it refused, in the middle of a sentence."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine_transport import refusal_in


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        ('{"message": "No such container: x"}', "No such container: x"),
        ('{"message": "configured logging driver does not support reading."}',
         "configured logging driver does not support reading"),
        ('{"message": null}', ""),
        ('["a list"]', '["a list"]'),
        ("<html>a proxy's page</html>\n", "<html>a proxy's page</html>"),
        (json.dumps({"message": "x" * 9000}), "x" * 300),
    ],
)  # fmt: skip
def test_a_refusal_is_a_clause(body, clause):
    assert refusal_in(SimpleNamespace(text=body, json=lambda: json.loads(body))) == clause
