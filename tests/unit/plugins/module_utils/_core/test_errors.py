"""Errors: one line of text for people, details for programs, and the tree in the module's docstring."""

from __future__ import annotations

import inspect
import re

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core import errors
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import (
    ConnectError,
    EngineError,
    EngineHangs,
    LoginRefused,
    RunbookError,
    ServerError,
)


def test_a_message_is_one_line_without_control_characters():
    error = ServerError("ERROR:  no\x1b[31m such\n\ttable\u202e", sqlstate="42P01")
    assert str(error) == "ERROR: no [31m such table"
    assert error.details == {"sqlstate": "42P01"}


@pytest.mark.parametrize(
    ("kind", "base"), [(LoginRefused, ConnectError), (EngineHangs, EngineError), (ConnectError, RunbookError)]
)
def test_a_handler_of_the_general_error_gets_the_special_one(kind, base):
    with pytest.raises(base, match="refused") as caught:
        raise kind("refused")
    assert caught.value.details == {}


def test_the_docstring_draws_every_error_under_its_base_with_its_own_sentence():
    kinds = {kind.__name__: kind for kind in vars(errors).values() if inspect.isclass(kind)}
    kinds = {name: kind for name, kind in kinds.items() if issubclass(kind, RunbookError) and kind is not RunbookError}
    base = "RunbookError"
    drawn = {}
    for depth, name, text in re.findall(r"^(│   )?[├└]── (\w+)\s+(.*)$", str(errors.__doc__), re.M):
        base = base if depth else "RunbookError"
        drawn[name] = (base if depth else "RunbookError", text)
        base = base if depth else name
    assert {name: kind.__base__.__name__ for name, kind in kinds.items()} == {name: at[0] for name, at in drawn.items()}
    for name, kind in kinds.items():
        assert str(kind.__doc__).rstrip(".").lower() == drawn[name][1].lower(), name
