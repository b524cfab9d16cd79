"""log_tail on times in a zone whose abbreviation several zones have."""

from __future__ import annotations

import time

from support.modules import run_module


def test_a_zone_of_several_is_said_not_to_be_understood_until_it_is_named(tmp_path):
    path, at = tmp_path / "postgresql.log", int(time.time()) - 600
    shown = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at + 8 * 3600))  # as the clocks of Shanghai show it
    path.write_text(f"{shown}.000 CST [7] ERROR:  boom\n" * 3)
    unknown = run_module("log_tail", files=[str(path)], timezone="UTC", since="5m")
    assert len(unknown["entries"]) == 3
    assert [clause.partition(",")[0] for clause in unknown["sources"][0]["left_out"]] == [
        "times in CST are not understood"
    ]
    named = run_module("log_tail", files=[str(path)], timezone="Asia/Shanghai", since="15m")
    assert [entry["at"] for entry in named["entries"]] == [at] * 3
    assert named["sources"][0]["left_out"] == []
