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


def host(root: Path, files: dict[str, str]) -> Schedules:
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    return schedules(str(root))


REPORT = "#!/bin/sh\ndocker start report\n"


@pytest.mark.parametrize(
    "files",
    [
        {"etc/crontab": "0 3 * * 1 root cd /opt/jobs && ./weekly.sh\n", "opt/jobs/weekly.sh": "docker start report\n"},
        {"etc/cron.d/j": "0 3 * * 1 root cd /opt/jobs; sh in/weekly.sh\n", "opt/jobs/in/weekly.sh": REPORT},
        {"var/spool/cron/crontabs/bob": "@daily ~/bin/rep.sh\n", "home/bob/bin/rep.sh": REPORT},
        {"var/spool/cron/bob": "@daily $HOME/bin/rep\n", "home/bob/bin/rep": REPORT},
        {"var/spool/cron/tabs/eve": "@daily ${HOME}/rep\n", "srv/eve/rep": REPORT,
         "etc/passwd": "eve:x:1001:1001::/srv/eve:/bin/sh\n"},
        {"var/spool/cron/crontabs/bob": "@daily bin/rep.sh\n", "home/bob/bin/rep.sh": REPORT},
        {"etc/cron.d/j": "0 3 * * * root ~bob/rep.sh\n", "home/bob/rep.sh": REPORT},
        {"etc/crontab": "0 3 * * * root run-report\n", "usr/local/bin/run-report": REPORT},
        {"etc/crontab": "PATH=/opt/tools:/bin\n0 3 * * * root run-report\n", "opt/tools/run-report": REPORT},
        {"etc/crontab": "J=/opt/jobs\n0 3 * * * root $J/a.sh\n", "opt/jobs/a.sh": REPORT},
        {"etc/crontab": "0 3 * * * root /opt/a.sh\n", "opt/a.sh": "cd /srv/x\n./b.sh\n", "srv/x/b.sh": REPORT},
        {"etc/crontab": "0 3 * * * root /opt/a.sh\n", "opt/a.sh": '. "$(dirname "$0")/b.sh"\n', "opt/b.sh": REPORT},
        {"etc/crontab": "0 3 * * * root /opt/a.sh\n", "opt/a.sh": "dk report\n",
         "usr/local/bin/dk": "#!/bin/sh\nexec docker ps\n"},
        {"usr/lib/systemd/system/rep.service": "[Service]\nExecStart=/usr/bin/docker start -a report\n"},
        {"lib/systemd/system/rep.service": "[Service]\nExecStart=/usr/bin/docker \\\n  start -a report\n"},
        {"usr/lib/systemd/system/rep.service": "ExecStart=/usr/share/rep/run\n", "usr/share/rep/run": REPORT},
        {"usr/lib/systemd/system/r.service": "WorkingDirectory=/opt/x\nExecStart=/bin/sh run.sh\n",
         "opt/x/run.sh": REPORT},
        {"run/systemd/transient/run-r1.service": 'ExecStart="/usr/bin/docker" "start" "report"\n'},
        {"etc/systemd/user/r.service": "ExecStart=%h/rep.sh\n", "root/rep.sh": REPORT},
        {"etc/periodic/daily/rep": REPORT},
        {"etc/crontab": "0 3 * * * bob run-report\n", "home/bob/.local/bin/run-report": REPORT},
        {"etc/crontab": "0 3 * * * root make -C /opt/shop\n", "opt/shop/Makefile": "rep:\n\t@docker start report"},
        {"etc/crontab": "0 3 * * * root cd /opt/shop && task\n", "opt/shop/Taskfile.yml": "x: docker start report\n"},
        {"etc/crontab": 'X=report\n0 3 * * * root docker start "$X"\n'},
        {"etc/crontab": "0 3 * * * root docker start aaaaaaa\n"},
        {"etc/crontab": f"0 3 * * * root docker start {'a' * 64}\n"},
    ],
)  # fmt: skip
def test_a_container_that_a_job_starts_on_a_longer_way(tmp_path, files):
    read = host(tmp_path, files)
    assert read.names("report", "aaaaaaaaaaaa")
    assert not read.names("repor", "bbbbbbbbbbbb")
    assert read.unread == ""


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('docker start "$X"\n', 'docker start "$X"'),
        ("X=a; X=$1; docker start $X\n", "docker start $X"),
        ("for c in $(docker ps -aq); do docker start $c; done\n", "docker start $c"),
        ("docker ps -aq | xargs -r docker start\n", "xargs -r docker start"),
        ("docker --context prod container restart `cat /x`\n", "docker --context prod container restart `cat /x`"),
        ("docker run --rm --volumes-from $D busybox true\n", "docker run --rm --volumes-from $D busybox true"),
        ("docker cp $C:/data /tmp\n", "docker cp $C:/data /tmp"),
        ("import docker\ndocker.from_env().containers.get(name).start()\n", ".start("),
    ],
)
@pytest.mark.parametrize("place", ["etc/cron.daily/x", "opt/x.sh"])
def test_a_container_that_is_not_named_cannot_be_known(tmp_path, text, command, place):
    read = host(tmp_path, {"etc/crontab": "0 3 * * * root /opt/x.sh >/dev/null\n", place: text})
    assert read.unread == f"/{place} runs {command}"


@pytest.mark.parametrize(
    "text",
    [
        "docker start -a report >>$LOG 2>&1\n",
        'docker start report > "/log/$(date +%F).log"\n',
        "# docker start $X\n",
        "docker cp report:/data $DEST\n",
        "docker run --rm -e A=$B --name x busybox start $Y\n",
        "docker exec $X true; docker compose start $Y; docker ps $Z\n",
        "service docker restart\nsystemctl start $X\n",
        "docker export report | gzip > $F\n",
        "A=1; docker start a b; echo $A\n",
    ],
)
def test_other_variables_make_no_container_unknown(tmp_path, text):
    assert host(tmp_path, {"etc/cron.daily/x": text}).unread == ""


# As Debian 12 installs them.
STOCK = {
    "etc/crontab": """SHELL=/bin/sh
# Example of job definition:
# *  *  *  *  * user-name command to be executed
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
""",
    "etc/cron.daily/dpkg": "#!/bin/sh\n[ -d /run/systemd/system ] && exit 0\n/usr/libexec/dpkg/dpkg-db-backup\n",
    "usr/libexec/dpkg/dpkg-db-backup": '#!/bin/sh\ndbdir=/var/lib/dpkg\ncd $dbdir\nsavelog "status" "$dbdir"\n',
    "var/lib/dpkg/status": "Package: docker.io\nDescription: report of web, worker and job\n",
    "usr/lib/systemd/system/docker.service": """[Unit]
Description=web report
[Service]
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS
ExecReload=/bin/kill -s HUP $MAINPID
""",
    "usr/lib/systemd/system/getty@.service": "[Service]\nExecStart=-/sbin/agetty -o '-p -- u' --noclear - $TERM\n",
    "etc/passwd": "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/x\nnobody:x:65534:65534::/nonexistent:/x\n",
    "etc/default/docker": '#DOCKER_OPTS="--dns 8.8.8.8"\n',
}


def test_the_jobs_of_the_distribution_hold_nothing_back(tmp_path):
    units = {f"usr/lib/systemd/system/s{number}.service": f"ExecStart=/usr/lib/s{number} $O\n" for number in range(300)}
    scripts = {f"usr/lib/s{number}": "#!/bin/sh\necho web $1\n" for number in range(300)}
    read = host(tmp_path, {**STOCK, **units, **scripts})
    assert read.unread == ""
    names = ("report", "web", "worker", "job", "shop-db-1", "shop-migrate-run-1a2b3c")
    assert not [name for name in names if read.names(name, "aaaaaaaaaaaa")]


def test_the_link_to_a_unit_of_a_package_is_a_unit_of_it(tmp_path):
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/d.service").symlink_to(tmp_path / "usr/lib/systemd/system/docker.service")
    assert not host(tmp_path, STOCK).names("report", "aaaaaaaaaaaa")


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
