"""Services that are named as singletons, however the list was typed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import ROLLOUT_ARGS, rollout_options_of
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError


def made(given: Any) -> tuple[str, ...]:
    checked = ArgumentSpecValidator(ROLLOUT_ARGS).validate({"singletons": given})
    assert not checked.error_messages
    return rollout_options_of(checked.validated_parameters).singletons


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("scheduler, worker-beat", {"scheduler", "worker-beat"}), (["scheduler"], {"scheduler"}), ("", set()),
        ([], set()), ("scheduler,", {"scheduler"}),
    ],
)  # fmt: skip
def test_each_is_one(given, expected):
    assert expected == {name.strip() for name in made(given)}
    assert expected <= set(made(given))


@pytest.mark.parametrize("given", [["a", ["scheduler", "b"]], [{"name": "scheduler"}], "['scheduler']", "'scheduler'"])
def test_what_is_no_name_is_refused(given):
    with pytest.raises(InputError, match="singletons"):
        made(given)
