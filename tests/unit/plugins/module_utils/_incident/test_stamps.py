from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import is_stamp, moment_of, stamp

from support.snapshots import NOW


def test_a_moment_survives_its_text():
    assert moment_of(stamp(NOW)) == NOW


@pytest.mark.parametrize(
    "given", ["1970-01-01T00:00:00.000000Z", "2000-02-29T00:00:00.000000Z", "2999-12-31T23:59:59.999999Z"]
)
def test_from_1970_until_2999_it_is_a_moment(given):
    assert stamp(moment_of(given)) == given


@pytest.mark.parametrize(
    "given",
    ["", "x", "2026-11-23T14:56:35Z", "2026-02-30T14:56:35.123456Z", "2026-11-23T14:56:35.123456", "2026-11-23", 5,
     "0001-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999999Z", "3000-01-01T00:00:00.000000Z",
     "9999-12-31T23:59:59.999999Z", None, "\u0662026-11-23T14:56:35.123456Z", "2026-11-23T14:56:35.123456Z\n",
     "2026-W01-1T14:56:35.123456Z"],
)  # fmt: skip
def test_what_is_no_moment_in_utc_to_the_microsecond_is_none(given):
    assert is_stamp(given) is False
