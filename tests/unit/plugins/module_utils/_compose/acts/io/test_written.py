"""Whether something was written to a bind mount, by the real files of a folder."""

from __future__ import annotations

import os
import socket
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io import written
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.io.written import written_since

HOUR = 3600.0


@pytest.fixture
def moment(tmp_path):
    """A moment behind all that the folder holds."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/old").write_text("x")
    (tmp_path / "link").symlink_to("/proc/self")
    time.sleep(0.1)
    return time.time()


def test_nothing_is_written_until_it_is(tmp_path, moment):
    assert written_since(str(tmp_path), moment) is False
    assert written_since(str(tmp_path), moment - HOUR) is True
    assert written_since(str(tmp_path / "sub/old"), moment) is False


@pytest.mark.parametrize("how", ["written", "made", "removed", "moved in with its old time"])
def test_each_change_is_seen(tmp_path, moment, how):
    file = tmp_path / "sub/old"
    if how == "written":
        file.write_text("y")
    elif how == "made":
        (tmp_path / "sub/new").touch()
    elif how == "removed":
        file.unlink()
    else:
        os.utime(file, (moment - HOUR, moment - HOUR))
    assert written_since(str(tmp_path), moment) is True


def test_a_socket_holds_no_data(tmp_path, moment):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s"))
        assert written_since(str(tmp_path / "s"), moment) is False


def test_what_cannot_be_read_or_holds_too_much_is_not_known(tmp_path, moment, monkeypatch):
    assert written_since(str(tmp_path / "none"), moment) is None
    assert written_since(str(tmp_path / "link"), moment) is None
    monkeypatch.setattr(written, "_MOST", 2)
    assert written_since(str(tmp_path), moment) is None
