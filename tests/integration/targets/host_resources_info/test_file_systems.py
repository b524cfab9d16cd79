"""host_resources_info on file systems of its own: which of them can be short of space."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from support.modules import run_module


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mkfs.ext4"), reason="NOT RUN: mounting a file needs root")
@pytest.mark.parametrize(("options", "listed", "named"), [
    ("rw", True, False), ("ro", False, False), ("ro,errors=remount-ro", False, True),
])  # fmt: skip
def test_a_full_file_system_that_is_read_only_is_not_short_of_space(tmp_path, options, listed, named):
    """As an image of a package, a CD or a drive with the settings of a cloud: it is full by nature."""
    image, place = tmp_path / "image", tmp_path / "mounted"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(8 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT RUN: {done.stderr.strip()}")
    try:
        done = subprocess.run(["dd", "if=/dev/zero", f"of={place}/filler"], capture_output=True, text=True, check=False)
        assert "No space left" in done.stderr
        subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)
        host = run_module("host_resources_info", docker_host=f"unix://{tmp_path}/none")["host"]
        full = [each["mount"] for each in host["filesystems"] if each["mount"] == str(place)]
        assert full == [str(place)] * listed
        assert [mount for mount in host["read_only_after_errors"] if mount == str(place)] == [str(place)] * named
    finally:
        subprocess.run(["umount", place], check=True)
