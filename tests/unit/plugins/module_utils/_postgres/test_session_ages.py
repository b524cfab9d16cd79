"""When the sessions of an application were opened and used."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.session_ages import (
    is_forgotten,
    is_steady,
    opened_one_by_one,
)

from support.pools import NOW, opened, session, used_for


@pytest.mark.parametrize(
    ("ages", "one_by_one"),
    [
        ([60, 64, 68, 72, 76], True),
        ([60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72], True),
        ([60, 60.1, 60.2, 60.3], False),
        ([60, 60.1, 60.2, 900, 1800], False),
        ([60, 600], False),
        ([], False),
    ],
)
def test_a_leak_opens_its_sessions_one_after_the_other_and_a_pool_many_at_once(ages, one_by_one):
    assert opened_one_by_one(opened("web", ages), NOW) is one_by_one
    assert not opened_one_by_one(used_for(7200, opened("web", ages)), NOW), "those are used again"
    assert not opened_one_by_one([one._replace(state="active") for one in opened("web", ages)], NOW)


def test_of_what_opened_one_session_or_none_nothing_is_known():
    assert not is_steady(opened("web", [900]), NOW)
    assert not is_steady([one._replace(backend_start=None) for one in opened("web", [900, 800])], NOW)


@pytest.mark.parametrize(("used", "forgotten"), [(1, True), (59, True), (600, True), (901, False), (7200, False)])
def test_a_session_is_forgotten_that_was_used_at_first_only(used, forgotten):
    (one,) = used_for(used, [session(1, seconds=900)])
    assert is_forgotten(one, NOW) is forgotten
    assert is_forgotten(one._replace(backend_start=None), NOW)
