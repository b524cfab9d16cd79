"""A thousand random logs against a scan of every line: nothing is missing that is not named as not read."""

from __future__ import annotations

import random
import time

import pytest

from support.random_logs import asked, numbers_in, queries, random_log, write
from support.scope import ALL, left_out

LOGS, PARTS = 900, 9  # a hundred more go through the engine: tests/integration/platform/test_log_streams.py


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_missing_in_silence_through_files(tmp_path, part):
    each = LOGS // PARTS
    run = each if ALL else each // 10
    for place in range(run):
        seed = part * each + place
        chance, now = random.Random(seed), time.time()
        log = random_log(chance, now)
        path = write(tmp_path / str(seed), log, chance)
        for options, expected in queries(log, chance):
            report = asked(now, files=[str(path)], **options)
            found = numbers_in(report)
            missing = sorted(set(expected) - set(found))
            assert not missing or report["truncated"], (seed, options, len(expected), len(missing), report["sources"])
            assert len(found) == len(set(found)), (seed, options)
            assert set(found) <= set(expected), (seed, options)
    left_out("random logs through files", each - run)
