"""ansible-builder takes execution-environment.yml: its schema, and the files that it names. It builds no image."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from support.servers import ROOT

FILES = ("execution-environment.yml", "requirements.txt", "bindep.txt")
pytest.importorskip("ansible_builder", reason="ansible-builder is not installed: make setup")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def create(folder):
    argv = [sys.executable, "-m", "ansible_builder", "create", "-f", FILES[0], "-c", "context",
            "--output-filename", "Containerfile"]  # fmt: skip
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_context_of_the_image_is_created(folder):
    rc, output = create(folder)
    assert rc == 0, output
    context = folder / "context"
    assert "ansible-core>=2.16" in (context / "Containerfile").read_text()
    for name in FILES[1:]:
        assert (context / "_build" / name).read_text() == (ROOT / name).read_text()
    assert not (context / "_build/requirements.yml").exists(), "the collection comes with the project"


@pytest.mark.parametrize(
    ("right", "wrong"), [("  python: requirements.txt", "  pyhton: requirements.txt"), ("version: 3", "version: 4")]
)
def test_a_misspelt_key_is_refused(folder, right, wrong):
    path = folder / FILES[0]
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong))
    assert create(folder)[0] != 0
