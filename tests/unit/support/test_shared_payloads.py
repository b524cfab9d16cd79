"""Payloads that playbooks share are those of the files that are there now, with code that was compiled from them."""

from __future__ import annotations

import io
import marshal
import os
import subprocess
import sys
import zipfile

import pytest

from support.callback_plugins.shared_payloads import compiled, name_of

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


def said(path, code):
    """The value that Python finds in the module of an archive of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in code.items():
            archive.writestr(name, text)
    argv = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import a.b; print(a.b.VALUE)", path]
    return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


@pytest.fixture
def code(tmp_path):
    """The sources of a package, and their compiled code."""
    sources = {"a/__init__.py": "", "a/b.py": "VALUE = 1\n"}
    assert said(tmp_path / "x.zip", sources) == 1
    made = zipfile.ZipFile(io.BytesIO(compiled((tmp_path / "x.zip").read_bytes())))
    assert set(made.namelist()) == {"a/__init__.py", "a/b.py", "a/__init__.pyc", "a/b.pyc"}
    return {name: made.read(name) for name in made.namelist()}


def test_the_compiled_code_is_what_runs(tmp_path, code):
    assert said(tmp_path / "y.zip", code) == 1
    other = code["a/b.pyc"][:16] + marshal.dumps(compile("VALUE = 3\n", "a/b.py", "exec"))
    assert said(tmp_path / "z.zip", {**code, "a/b.pyc": other}) == 3


def test_that_of_another_source_or_version_is_not(tmp_path, code):
    assert said(tmp_path / "y.zip", {**code, "a/b.py": "VALUE = 2\n"}) == 2
    assert said(tmp_path / "z.zip", {**code, "a/b.pyc": b"xxxx" + code["a/b.pyc"][4:]}) == 1


def test_nothing_is_compiled_twice(tmp_path, code):
    said(tmp_path / "y.zip", code)
    assert compiled((tmp_path / "y.zip").read_bytes()) == (tmp_path / "y.zip").read_bytes()
