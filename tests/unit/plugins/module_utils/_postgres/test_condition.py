"""What a server says of itself as a whole."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.condition import Condition, DatabaseAges


@pytest.mark.parametrize(("xid", "multixact", "oldest"), [(5, 3, 5), (3, 5, 5), (4, 4, 4)])
def test_the_older_of_the_two_ages_counts(xid, multixact, oldest):
    assert DatabaseAges("shop", xid, multixact).oldest == oldest


def test_what_was_not_asked_is_nothing():
    condition = Condition()
    assert (condition.ages, condition.slots, condition.disks, condition.wal_bytes) == ((), (), (), None)
    assert not condition.archiver.on
