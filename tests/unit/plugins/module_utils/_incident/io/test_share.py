from __future__ import annotations

import errno
import grp
import os
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.share import MAKING, Share

GROUP = grp.getgrgid(os.getegid()).gr_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_made_for_a_group_has_its_mode_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at in the call that gives the name: there is no moment in which it has another mode."""
    modes = []

    def seen(name):
        real = getattr(os, name)

        def call(source, target):
            modes.append((name, oct(os.stat(source).st_mode & 0o7777)))
            return real(source, target)

        monkeypatch.setattr(os, name, call)

    seen("rename")
    seen("link")
    Share(GROUP).folder(tmp_path / "a" / "log", parents=True)
    os.close(Share(GROUP).opened(tmp_path / "a" / "log" / "i.jsonl"))
    assert modes == [("rename", "0o2770"), ("link", "0o660")]
    assert (names(tmp_path / "a"), names(tmp_path / "a" / "log")) == (["log"], ["i.jsonl"])
    os.close(Share(GROUP).opened(tmp_path / "a" / "log" / "i.jsonl"))
    assert len(modes) == 2, "what is there is opened, and nothing is made"


@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_a_file_system_without_second_names_has_the_file_all_the_same(tmp_path, monkeypatch, refusal):
    def refused(*dummy):
        raise OSError(refusal, os.strerror(refusal))

    monkeypatch.setattr(os, "link", refused)
    os.close(Share(GROUP).opened(tmp_path / "i.jsonl"))
    assert (tmp_path / "i.jsonl").stat().st_mode & 0o777 == 0o660
    assert names(tmp_path) == ["i.jsonl"]


def test_a_folder_that_another_one_has_made_meanwhile_is_left_as_it_is(tmp_path, monkeypatch):
    real = os.rename

    def late(source, target):
        target.mkdir(mode=0o700)
        (target / "i.jsonl").touch()
        real(source, target)

    monkeypatch.setattr(os, "rename", late)
    Share(GROUP).folder(tmp_path / "log")
    assert (names(tmp_path), names(tmp_path / "log")) == (["log"], ["i.jsonl"])
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700


def test_what_a_login_that_was_killed_has_left_goes_with_the_next_creation(tmp_path):
    old, young, folder = (tmp_path / f".{name}{MAKING}" for name in ("old", "young", "folder"))
    folder.mkdir()
    for path in (old, young):
        path.touch()
    for path in (old, folder):
        os.utime(path, (0, 0))
    os.close(Share(GROUP).opened(tmp_path / "i.jsonl"))
    assert names(tmp_path) == [young.name, "i.jsonl"]


def test_a_link_that_leads_nowhere_is_an_error_and_no_endless_try(tmp_path):
    (tmp_path / "i.jsonl").symlink_to(tmp_path / "nowhere")
    for share in (Share(), Share(GROUP)):
        with pytest.raises(FileNotFoundError):
            share.opened(tmp_path / "i.jsonl")
    assert names(tmp_path) == ["i.jsonl"]
