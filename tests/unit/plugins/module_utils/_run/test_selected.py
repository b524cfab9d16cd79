from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.selected import refusal, why_unselected


@pytest.mark.parametrize(
    ("tags", "skipped", "own", "option"),
    [
        (["facts"], [], ["always"], "--tags facts"),
        (["plan", "facts"], [], [], "--tags facts,plan"),
        (["tagged"], [], ["always"], "--tags tagged"),
        (["always"], [], ["always"], "--tags always"),
        (["other"], [], ["relief", "always"], "--tags other"),
        (["all"], ["untagged"], ["always"], "--skip-tags untagged"),
        (["all"], ["all"], ["always"], "--skip-tags all"),
        (["all"], ["relief"], ["relief", "always"], "--skip-tags relief"),
    ],
)
def test_what_leaves_out_all_steps_is_named(tags, skipped, own, option):
    assert why_unselected(tags, skipped, own) == option
    assert f"so that {option} leaves out all of them. Nothing was done." in refusal(option)


@pytest.mark.parametrize(
    ("tags", "skipped", "own"),
    [
        (["all"], [], ["always"]),
        (["all"], ["slow"], ["always"]),
        (["untagged"], [], ["always"]),
        (["facts", "all"], ["tagged", "never"], []),
        (["relief"], [], ["relief", "always"]),
        (["tagged"], ["other"], ["relief", "always"]),
    ],
)
def test_steps_that_run_are_not_refused(tags, skipped, own):
    assert why_unselected(tags, skipped, own) == ""
