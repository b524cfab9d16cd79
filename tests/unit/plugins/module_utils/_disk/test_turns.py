"""Files that replace each other in turn."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.turns import in_turn

DAY = 86400 * 10**9
NOW = 1_795_700_000 * 10**9  # a Thursday


@pytest.mark.parametrize(
    ("ages", "families"),
    [
        ({"a.sql.0": 0, "a.sql.1": 1, "a.sql.2": 2}, {"a.sql.#"}),
        ({"a.sql.0": 2, "a.sql.1": 1, "a.sql.2": 0}, set()),
        ({"a.sql.1": 1, "a.sql.3": 3, "a.sql.4": 4}, set()),
        ({"a-thu.sql": 0, "a-wed.sql": 1}, {"a-#.sql"}),
        ({"a-thu.sql": 3, "a-wed.sql": 5}, set()),
        ({"a-2026-11.sql": 0, "a-2026-10.sql": 30}, {"a-#.sql"}),
    ],
)
def test_which_files_replace_each_other(ages, families):
    assert set(in_turn({name: NOW - DAY * age for name, age in ages.items()}, "#").values()) == families
