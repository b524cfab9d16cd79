# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of disk_reclaim as values, checked."""

from __future__ import annotations

from typing import Any

from .._core.errors import InputError
from .._core.module import at_least
from .._core.units import MIB
from .io.backups import Kept
from .io.reclaim import ReclaimOptions
from .reclaim import KINDS, goal_of
from .retention import Rule

_PERIODS = {"keep_daily": "day", "keep_weekly": "week", "keep_monthly": "month", "keep_yearly": "year"}
_BACKUP_KEYS = {"path", "pattern", "keep", "max_age", "service", "project", "dated_by", "database", *_PERIODS}
_HOUR = 3600.0


RECLAIM_ARGS: dict[str, Any] = {
    "mount": {"type": "path", "default": "/"},
    "free": {"type": "str", "default": "20%"},
    "kinds": {"type": "list", "elements": "str", "default": list(KINDS), "choices": list(KINDS)},
    "scope": {"type": "str", "default": "all", "choices": ["all", "project"]},
    "log_size": {"type": "int", "default": 100},
    "log_keep": {"type": "int", "default": 4},
    "saved_dir": {"type": "path", "default": "~/.local/state/pafar-runbook/saved"},
    "image_age": {"type": "float", "default": 24.0},
    "container_age": {"type": "float", "default": 72.0},
    "journal_keep": {"type": "int", "default": 512},
    "journal_directory": {"type": "path", "default": ""},
    "backups": {"type": "list", "elements": "dict", "default": []},
    "project": {"type": "str", "default": ""},
    "releases": {"type": "path", "default": "~/.local/state/pafar-runbook/releases"},
    "only": {"type": "list", "elements": "str"},
}


def wanted_of(params: dict[str, Any]) -> ReclaimOptions:
    """What to free and what must stay; refuses what could never be meant."""
    goal = goal_of(params["free"])
    if goal is None:
        raise InputError(
            f"free: {params['free'][:40]!r} is neither a share like 20% nor a size like 10G. Nothing was done."
        )
    for name in ("log_size", "journal_keep"):
        at_least(params, name, 1, "MiB")
    for name in ("log_keep", "image_age", "container_age"):
        at_least(params, name, 0)
    for name in ("mount", "saved_dir", "releases"):
        if not params[name].startswith("/") and (params[name] or name != "mount"):
            raise InputError(f"{name}: {params[name]!r} must be an absolute path. Nothing was done.")
    if params["scope"] == "project" and not params["project"]:
        raise InputError("scope: say which project (project), or look at all containers. Nothing was done.")
    return ReclaimOptions(
        mount=params["mount"],
        goal=goal,
        kinds=list(dict.fromkeys(params["kinds"])),
        project=params["project"] if params["scope"] == "project" else "",
        ours=params["project"],
        log_size=params["log_size"] * MIB,
        log_keep=params["log_keep"] * MIB,
        saved_dir=params["saved_dir"],
        image_age=params["image_age"] * _HOUR,
        container_age=params["container_age"] * _HOUR,
        journal_keep=params["journal_keep"] * MIB,
        journal_directory=params["journal_directory"],
        backups=[_kept({"project": params["project"], **backup}) for backup in params["backups"]],
        releases=params["releases"],
    )


def _kept(given: dict[str, Any]) -> Kept:
    unknown = sorted(set(given) - _BACKUP_KEYS)
    path = str(given.get("path") or "")
    if unknown or not path.startswith("/"):
        problem = f"does not know {', '.join(unknown)}" if unknown else "needs an absolute path"
        raise InputError(f"backups: an entry {problem}; it is {given}. Nothing was done.")
    try:
        keep, age = int(given.get("keep", 7)), float(given.get("max_age", 26))
        periods = {period: int(given[key]) for key, period in _PERIODS.items() if given.get(key) is not None}
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"backups: keep, keep_* and max_age of {path} must be numbers. Nothing was done.") from None
    if keep < 1 or not 0 < age < float("inf") or any(number < 0 for number in periods.values()):
        raise InputError(
            f"backups: of {path} at least one must stay (keep), and max_age is more than 0 hours. Nothing was done."
        )
    if given.get("dated_by", "change") not in ("name", "change"):
        raise InputError(f"backups: dated_by of {path} is name or change. Nothing was done.")
    return Kept(
        path,
        str(given.get("pattern") or "*.sql.gz"),
        Rule(keep, age * _HOUR, periods or None, str(given.get("database") or "")),
        str(given.get("service") or ""),
        str(given.get("project") or ""),
        given.get("dated_by") == "name",
    )
