"""A list that was typed as a text excludes what it names, or is refused: it never excludes less in silence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import EXCLUSION_ARGS, exclusions_of

LISTS = ("exclude_roles", "exclude_applications", "exclude_databases", "application_superusers")


def made(**given: Any) -> Any:
    """The exclusions, with the options as Ansible hands them to a module."""
    checked = ArgumentSpecValidator(EXCLUSION_ARGS).validate(given)
    assert not checked.error_messages
    return exclusions_of(checked.validated_parameters, 1)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("pafar-web, nightly-report", {"pafar-web", "nightly-report"}),
        (["pafar-web", " nightly-report "], {"pafar-web", "nightly-report"}),
        ("pafar-web", {"pafar-web"}),
        (["pgBackRest [backup]", "a-b.c", "it's", "DOMÄNE"], {"pgBackRest [backup]", "a-b.c", "it's", "DOMÄNE"}),
        ("4711,", {"4711"}),
        (["a b"], {"a b"}),
        (["[cron] nightly", "{x} y", "O'Neil"], {"[cron] nightly", "{x} y", "O'Neil"}),
        ([], set()),
    ],
)
def test_each_name_is_excluded(name, given, expected):
    attribute = name[len("exclude_") :] if name.startswith("exclude_") else name
    assert expected <= getattr(made(**{name: given}), attribute)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "given",
    [
        ["a", ["b", "c"]], [{"name": "x"}], "['a', 'b']", '["a"]', "[a, b]", "{a: b}", "'a','b'", ['"My Role"'],
        [["a"]], "a, [b", ['"web'], ["web'"], ['"a', "b'"], ["\u201cweb\u201d"], ["\u201eweb\u201c"], ["`web`"],
        ["b", "web\u2019"], '"',
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(name, given):
    with pytest.raises(InputError, match=name):
        made(**{name: given})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("^copy .+ to", ("^copy .+ to",)), (["^copy .{3,9} to", "b"], ("^copy .{3,9} to", "b")), ([], ()), ("", ()),
        (None, ()), ("[abc]", ("[abc]",)), ([1], ("1",)),
    ],
)  # fmt: skip
def test_a_text_is_one_pattern(given, expected):
    assert made(exclude_queries=given).queries == expected


@pytest.mark.parametrize("given", ["^copy .{3,9} to", "a,b", ["a", ["b"]], [{"a": 1}], {"a": 1}, 5])
def test_a_pattern_that_may_be_several_is_refused(given):
    with pytest.raises(InputError, match="exclude_queries"):
        made(exclude_queries=given)
