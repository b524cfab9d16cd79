"""log_tail on files whose bytes are not those of UTF-8 text."""

from __future__ import annotations

import time

import pytest

from support.modules import run_module


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_said_not_to_be_read(tmp_path, encoding):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    plain, wide = tmp_path / "plain.log", tmp_path / "wide.log"
    plain.write_text(f"{now} ERROR boom\n")
    wide.write_bytes(f"{now} ERROR password=hunter2\n".encode(encoding))
    found = run_module("log_tail", files=[str(plain), str(wide)])
    problems = [source["problem"].partition(" is ")[2][:25] for source in found["sources"]]
    assert problems == ["", "UTF-16, which is not read"]
    assert found["truncated"]
    assert "hunter2" not in str(found)
