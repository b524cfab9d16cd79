# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is a host ready for an incident? Its disks, clock, project, logs, backups, and what must be reached. I/O."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
import urllib.error
from typing import Any, Callable, Mapping, Sequence, cast

from ansible.module_utils.urls import ConnectionError as UrlsConnectionError
from ansible.module_utils.urls import open_url

from ..._compose.io.compose_cli import Compose
from ..._compose.io.engine import Engine, engine
from ..._compose.io.engine_transport import EngineLogin
from ..._compose.io.observe import observe
from ..._compose.project_ref import Source
from ..._compose.project_report import problem_of
from ..._core.errors import RunbookError
from ..._core.text import counted
from ..._core.urls import base_url_of
from ..._disk.base_backup import gap_in, is_segment
from ..._disk.io.backup_files import backup_in
from ..._disk.io.backups import in_series, listed
from ..._disk.series import Backup, Series
from ..._system.io import procfs as host
from ..._system.io.mounted import silent_mounts
from ..._system.io.safe_folder import folder
from .. import host as preflight
from ..check import Check, HostPreflightReport, of_disk, of_none, preflight_report
from .log_access import log_access
from .reachable import reachable

_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_PROGRAMS = ("nsenter", "iptables")
_BOUNDED = ("local", "journald", "none", "syslog", "fluentd", "gelf", "awslogs", "splunk", "gcplogs", "loki")
_REACH = 5.0  # seconds
_READING = 300.0  # seconds for unpacking all backups that are judged
_SEGMENT_NAME = 24  # characters of a segment's name that is not packed


def host_report(
    login: EngineLogin, source: Source, backups: Sequence[Mapping[str, Any]], params: Mapping[str, Any]
) -> HostPreflightReport:
    """What host_preflight_info returns, of the areas that are asked for, always in one order."""
    looks: dict[str, Callable[[], list[Check]]] = {
        "disk": disks,
        "clock": clock,
        "compose": lambda: project(login, source, params["releases"]),
        "backups": lambda: all_backups(login, backups),
        "reach": lambda: reach(params["urls"]),
        "incident_log": lambda: log_access(params["log"], params["log_group"], params["log_users"], params["log_user"]),
        "people": lambda: reachable(params),
    }
    began = time.time()
    report = preflight_report(check for area, look in looks.items() if area in params["areas"] for check in look())
    if "clock" not in params["areas"]:
        return cast("HostPreflightReport", report)
    return {**report, "host_clock": {"received": began, "answered": time.time()}}


def disks() -> list[Check]:
    filesystems = host.read_host().filesystems
    return [
        *(of_disk(filesystem["mount"], filesystem, filesystem["mount"]) for filesystem in filesystems),
        preflight.of_inodes(filesystems),
    ]


def clock() -> list[Check]:
    return [preflight.of_synchronised(_synchronised())]


def _synchronised() -> bool | None:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        state = libc.adjtimex(ctypes.create_string_buffer(512))  # modes 0: it is only asked
    except (OSError, AttributeError):
        return None
    return None if state < 0 else bool(state != _TIME_ERROR)


def project(login: EngineLogin, source: Source, releases: str) -> list[Check]:
    """The compose project is found and can be read, its logs are bounded, and what an act on it needs is there."""
    try:
        with engine(login) as opened:
            observed = observe(opened, Compose(login.endpoint), source, lines=0)
            unbounded, number = _unbounded(opened, [container.id for container in observed.containers])
    except RunbookError as error:
        remedy = "set runbook_compose, and ansible_become: true"
        return [Check("the compose project is found", False, str(error), remedy)]
    unhealthy = [container.name for container in observed.containers if problem_of(observed, container)]
    missing = [] if os.geteuid() == 0 else ["root"]
    missing += [
        name for name in _PROGRAMS if not shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    ]
    readable = observed.model is not None
    return [
        Check(
            "the compose project is found", True, f"{observed.name}, {counted(len(observed.containers), 'container')}"
        ),
        Check(
            "its files can be read",
            readable,
            observed.why_no_model or "with every variable they need",
            "set files, project_directory and env_files in runbook_compose",
        ),
        Check(
            "every container is healthy",
            not unhealthy,
            ", ".join(unhealthy[:5]) or "all are",
            "playbooks/service_restart.yml --check",
        ),
        preflight.of_rotation(unbounded, number),
        preflight.of_draining(missing, "" if login.local else login.where),
        *([preflight.of_snapshots(releases, _snapshots(releases))] if releases else []),
    ]


def _unbounded(opened: Engine, ids: Sequence[str]) -> tuple[list[str], int]:
    unbounded = []
    for id in ids:
        name, driver, options = opened.logging(id)
        if driver not in _BOUNDED and not options.get("max-size"):
            unbounded.append(name)
    return unbounded, len(ids)


def _snapshots(folder: str) -> int | None:
    path = os.path.expanduser(folder)
    if not os.path.isdir(path):
        return 0
    try:
        return sum(1 for _root, _folders, names in os.walk(path) for name in names if name.endswith(".json"))
    except OSError:
        return None


def all_backups(login: EngineLogin, places: Sequence[Mapping[str, Any]]) -> list[Check]:
    if not places:
        example = "[{path: /var/backups/postgresql, max_age: 26}]"
        return [of_none("backups can be restored", "runbook_backups", example)]
    deadline = time.monotonic() + _READING
    return [check for place in places for check in backups(login, place, deadline)]


def backups(login: EngineLogin, place: Mapping[str, Any], deadline: float) -> list[Check]:
    """``path``, ``pattern``, ``max_age`` (hours) and, where they lie in a container, ``service`` and ``project``.

    They are read until then (monotonic); series are those by which disk_reclaim removes old ones.
    """
    path, pattern = str(place["path"]), str(place.get("pattern") or "*.sql.gz")
    where = f"{place['service']}:{path}" if place.get("service") else path
    max_age = 3600 * float(place.get("max_age") or 26)
    root = ""
    if place.get("service"):
        try:
            with engine(login) as opened:
                root = opened.root_of(str(place.get("project") or ""), str(place["service"]))
        except RunbookError as error:
            project = f" -p {place['project']}" if place.get("project") else ""
            remedy = f"docker compose{project} up -d {place['service']}; or set service in runbook_backups"
            return [Check(f"backups of {where} can be restored", None, str(error), remedy)]
    silent = "" if root else silent_mounts().behind(path)
    if silent:
        remedy = f"find out why {silent} does not answer"
        return [Check(f"backups of {where} can be restored", None, f"{silent} does not answer", remedy)]
    try:
        with folder(root, path) as handle:  # a link in a container must not lead to the host's own files
            files = listed(handle, pattern)
            segments = [backup for backup in files if is_segment(backup.name)]
            others = [backup for backup in files if not is_segment(backup.name)]
            every = in_series(others, place.get("dated_by") == "name")
            newest = [_newest(handle, family, max_age, deadline) for family in _families(every)]
            inner = _folders(handle)
    except OSError as error:
        problem = f"{where} cannot be read ({error.strerror})"
        remedy = "set ansible_become: true, and path in runbook_backups"
        return [Check(f"backups of {where} can be restored", None, problem, remedy)]
    checks = [_wal(where, segments, max_age)] if segments else []
    if newest or not segments:
        checks.append(preflight.of_backups(where, newest, max_age, str(place.get("database") or ""), inner))
    return checks


def _folders(handle: int) -> list[str]:
    with os.scandir(handle) as entries:
        return sorted(
            entry.name for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name != "lost+found"
        )


def _families(every: Sequence[Series]) -> list[list[Series]]:
    """Series that may be one, the newest first."""
    families: dict[str, list[Series]] = {}
    for series in sorted(every, key=lambda series: -series.backups[0].at):
        families.setdefault(series.family, []).append(series)
    return [families[name] for name in sorted(families)]


def _newest(handle: int, family: Sequence[Series], max_age: float, deadline: float) -> preflight.NewestBackup:
    """The newest backup of a series, and the one before it, both read."""
    now = time.time()
    files = [backup for series in family for backup in series.backups[:2]]
    ordered = sorted(files, key=lambda backup: -backup.at) if len(family) > 1 else files
    dumps = [backup_in(handle, backup, max(0.0, now - backup.at), deadline) for backup in ordered[:2]]
    doubtful = [
        series.backups[0].name for series in family if not series.replaced and now - series.backups[0].at > max_age
    ]
    old = now - family[0].backups[0].at > max_age  # then all are
    return preflight.NewestBackup(
        family[0].name, dumps[0], dumps[1] if len(dumps) > 1 else None, [] if old or len(family) == 1 else doubtful
    )


def _wal(where: str, segments: Sequence[Backup], max_age: float) -> Check:
    newest = max(0.0, time.time() - max(segment.at for segment in segments))
    sizes = [segment.size for segment in segments if len(segment.name) == _SEGMENT_NAME]
    gap = gap_in([segment.name for segment in segments], sizes)
    return preflight.of_wal(where, len(segments), newest, gap, max_age)


def reach(urls: Mapping[str, str]) -> list[Check]:
    """Whether a server answers there: an address's path may be a secret and is not asked for."""
    if not urls:
        example = "{the channel: https://hooks.slack.com/..., the status page: https://status.example.org}"
        return [of_none("the channel and the status page are reachable", "runbook_reach", example)]
    return [_reached(name, str(url)) for name, url in urls.items()]


def _reached(name: str, url: str) -> Check:
    door = base_url_of(url)[1]
    if not door:
        return preflight.of_url(name, url, "is none of the form https://...", False)
    try:
        answer = open_url(door, method="HEAD", timeout=_REACH, follow_redirects="none")
        return preflight.of_url(name, url, f"answers {answer.getcode()}", True)
    except urllib.error.HTTPError as error:
        return preflight.of_url(name, url, f"answers {error.code}", error.code < 500)
    except (urllib.error.URLError, OSError, ValueError, UrlsConnectionError) as error:
        return preflight.of_url(name, url, f"no answer ({getattr(error, 'reason', error)})", False)
