"""Payloads that playbooks share are those of the files that are there now."""

from __future__ import annotations

import os

import pytest

from support.callback_plugins.shared_payloads import name_of

MODULE, PART = "plugins/modules/a.py", "plugins/module_utils/_b/c.py"


@pytest.fixture
def folder(tmp_path):
    for name in (MODULE, PART):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x = 1\n")
    return tmp_path


def named(folder):
    return name_of([folder / "plugins"])


def test_the_same_files_have_one_name(folder):
    assert named(folder) == named(folder)


@pytest.mark.parametrize("name", [MODULE, PART])
def test_a_file_that_was_written_again_gives_another(folder, name):
    before = named(folder)
    status = (folder / name).stat()
    (folder / name).write_text("x = 2\n")
    os.utime(folder / name, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert named(folder) != before


def test_one_that_came_or_went_gives_another(folder):
    before = named(folder)
    (folder / "plugins/module_utils/_b/d.py").write_text("")
    added = named(folder)
    (folder / PART).unlink()
    assert len({before, added, named(folder)}) == 3


def test_another_place_gives_another(folder):
    before = named(folder)
    (folder / "plugins").rename(folder / "moved")
    assert name_of([folder / "moved"]) != before
