"""compose_snapshot, cut off at random moments by every signal: the same run again records what runs, whole."""

from __future__ import annotations

import json
import random
import time

from support import cutting
from support.scope import ALL

MOMENTS = 50 if ALL else 4
FIRST_GUESS = 3.0  # seconds that a snapshot takes, until one was seen to its end


def test_a_snapshot_that_was_cut_off_is_whole_or_not_there_and_the_next_run_takes_it(shop, tmp_path):
    chance = random.Random(17)
    before, lasts = shop.world(), FIRST_GUESS
    for moment in range(MOMENTS):
        state = tmp_path / f"s{moment}"
        options = {"project": shop.project, "state_dir": str(state), "label": f"n{moment}", "keep": 1}
        number = cutting.SIGNALS[moment % len(cutting.SIGNALS)]
        with cutting.running("compose_snapshot", **options) as process:
            time.sleep(chance.uniform(0, lasts))
            if process.poll() is None:
                process.send_signal(number)
            process.communicate()
        for path in (state / shop.project).glob("*Z.json"):
            assert json.loads(path.read_text())["services"]["web"]["image"] == shop.good, (moment, number)
        again_began = time.monotonic()
        done = shop.module("compose_snapshot", **options)
        lasts = max(time.monotonic() - again_began, 0.1)
        assert done["snapshot"]["services"]["web"]["image"] == shop.good, (moment, number)
        assert (done["not_kept"], done["unread"]) == ([], []), (moment, number)
        assert [name.rpartition("-")[2] for name in shop.keepers()] == [shop.good.removeprefix("sha256:")[:12]]
        assert shop.module("compose_snapshot", **options)["changed"] is False, (moment, number)
    assert shop.world() == before
