"""What a host runs by itself, on files in a folder that stands for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.io.schedules import Schedules, schedules


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("etc/crontab", "0 3 * * * root docker start report\n"),
        ("etc/cron.d/jobs", "0 3 * * * root docker start -a report >/dev/null\n"),
        ("etc/cron.daily/report", "#!/bin/sh\ndocker start 'report'\n"),
        ("var/spool/cron/crontabs/bob", "@daily docker start aaaaaaaaaaaa\n"),
        ("var/spool/cron/atjobs/a0001", "docker start report\n"),
        ("etc/systemd/system/report.service", "[Service]\nExecStart=docker start report\n"),
        ("home/bob/.config/systemd/user/r.service", "ExecStart=docker start report.\n"),
    ],
)
def test_a_container_that_a_job_names(tmp_path, place, text):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert schedules(str(tmp_path)).names("report", "aaaaaaaaaaaa")
    assert not schedules(str(tmp_path)).names("repor", "bbbbbbbbbbbb")


@pytest.mark.parametrize("line", ["root /opt/bin/nightly.sh >>/var/log/x", "root sh /opt/bin/nightly.sh"])
def test_a_script_that_a_job_names_is_read(tmp_path, line):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/crontab").write_text(line + "\n")
    (tmp_path / "opt/bin").mkdir(parents=True)
    (tmp_path / "opt/bin/nightly.sh").write_text("docker start report\n")
    assert schedules(str(tmp_path)).names("report", "aaaaaaaaaaaa")


def test_other_names_that_begin_or_end_alike_are_others(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/crontab").write_text("docker start report-2 old.report report_x reporter\n")
    assert not schedules(str(tmp_path)).names("report", "aaaaaaaaaaaa")


def test_what_is_no_file_is_not_waited_for(tmp_path):
    (tmp_path / "etc/cron.d").mkdir(parents=True)
    os.mkfifo(tmp_path / "etc/cron.d/pipe")
    (tmp_path / "etc/cron.d/folder").mkdir()
    assert not schedules(str(tmp_path)).text.strip()


def unprivileged(folder: Path) -> Schedules:
    """What a user without privileges sees."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.setgid(65534)
        os.setuid(65534)
        os.write(write, schedules(str(folder)).unread.encode() or b"-")
        os._exit(0)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as answer:
        os.close(write)
        return Schedules("", answer.read().decode().strip("-"))


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: what another user may not read (tests run as root only)")
@pytest.mark.parametrize("closed", ["var/spool/cron/crontabs", "etc/cron.d/jobs"])
def test_what_may_not_be_read_is_named(tmp_path, closed):
    for folder in [tmp_path, *tmp_path.parents]:
        if not os.stat(folder).st_mode & 1 and folder != Path("/"):
            folder.chmod(os.stat(folder).st_mode | 0o55)
    path = tmp_path / closed
    path.parent.mkdir(parents=True)
    if closed.endswith("jobs"):
        path.write_text("docker start report\n")
        path.chmod(0o600)
    else:
        path.mkdir(mode=0o700)
    assert unprivileged(tmp_path).unread == f"/{closed}"
    assert schedules(str(tmp_path)).unread == ""
