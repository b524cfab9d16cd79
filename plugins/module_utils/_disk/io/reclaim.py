# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Free space until a target is met: look, plan, refuse or act, look again. I/O."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Callable, Sequence, TypeVar

from ..._compose.io.engine import Engine, engine
from ..._compose.io.engine_transport import EngineLogin
from ..._core.errors import ActFailed, DriverMissing, EngineError, EngineHangs, PrivilegeError, RunbookError
from ..._core.redaction import redacted_lines
from ..._core.result import After, Before, NotDone, carry_out
from ..._core.text import counted
from ..._system.io import open_files
from ..._system.io.mounted import silent_mounts
from ..reclaim import (
    BACKUPS,
    CACHE,
    CONTAINERS,
    IMAGES,
    JOURNAL,
    LOGS,
    Explained,
    Find,
    Goal,
    Reclaiming,
    Room,
    enough,
    format_bytes,
    in_order,
    mib,
    plan_reclaim,
)
from . import backups as reclaim_files
from . import container_logs as reclaim_logs
from . import engine_store as reclaim_store
from . import filesystem as disk
from . import system_journal
from .backups import Kept
from .space_holders import fullest, space_holders

_STORED = (CACHE, IMAGES, CONTAINERS)
_ENGINES = (LOGS, *_STORED)
_PATIENCE = 300.0  # seconds for what walks all that the engine keeps
_JUDGING = 300.0  # seconds for unpacking backups to judge them
_EVIDENCE_LINES = 200

T = TypeVar("T")


@dataclass(frozen=True)
class ReclaimOptions:
    """What to free, and what must stay. Sizes in bytes, ages in seconds; ``project`` empty: of all containers.

    ``mount``: a path on the file system that is meant; empty: the fullest.
    ``ours``: the caller's project; empty where it is not given.
    """

    mount: str
    goal: Goal
    kinds: Sequence[str]
    project: str
    ours: str
    log_size: int
    log_keep: int
    saved_dir: str
    image_age: float
    container_age: float
    journal_keep: int
    journal_directory: str
    backups: Sequence[Kept]
    releases: str


@dataclass
class DiskState:
    """What was found, and what could not be examined. ``silent``: the engine hangs, and is not asked again."""

    room: Room
    device: int
    engine: Engine | None = None
    silent: bool = False
    finds: list[Find] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    explained: list[Explained] = field(default_factory=list)
    used: dict[str, Any] | None = None


def reclaim(
    login: EngineLogin, options: ReclaimOptions, only: Sequence[str] | None, check_mode: bool
) -> dict[str, Any]:
    """What disk_reclaim returns: an ActResult, and what was found besides."""
    options = options if options.mount else replace(options, mount=fullest(options.goal))
    with ExitStack() as stack:
        state = _disk_state(stack, login, options)
        plan = plan_reclaim(state.finds, state.room.missing(options.goal))
        act = Reclaim(state, options)
        result = carry_out(Reclaiming(plan, state.room, options.goal), only, check_mode, act, time.monotonic)
    freed = result["after"]["free_bytes"] - result["before"]["free_bytes"]
    return {
        **result,
        "freed_bytes": max(0, freed),
        "left_alone": act.left_alone,
        "problem": act.problem,
        "explained": state.explained,
        "notes": state.notes,
    }


def _disk_state(stack: ExitStack, login: EngineLogin, options: ReclaimOptions) -> DiskState:
    """Kind by kind, until there is enough: on a full disk nothing is asked that is not needed."""
    device = disk.device_of(options.mount)
    state = DiskState(disk.room_of(options.mount), device)
    state.notes += disk.others_short(device, options.goal)
    missing = state.room.missing(options.goal)
    if set(options.kinds) & set(_ENGINES) or any(backup.service for backup in options.backups):
        state.engine = _opened(stack, login, state)
    logs: list[reclaim_logs.Log] = []
    here = state.engine is not None and _is_here(state.engine, state)
    if here and missing and LOGS in options.kinds:
        logs = _from_engine(
            state,
            "the logs of containers",
            lambda engine: reclaim_logs.logs(engine, state.device, options.log_size, options.project),
        )
    opened = open_files.deleted_files(state.device, {(state.device, log.inode) for log in logs}, silent_mounts().under)
    for kind in options.kinds:
        if enough(state.finds, missing):
            break
        state.finds += in_order(_of(kind, state, options, logs, opened) if here or kind not in _ENGINES else (), [kind])
    if opened.unseen:
        state.notes.append(
            f"{counted(opened.unseen, 'process', 'processes')} of others could not be examined: use become: true"
        )
    if opened.deleted:
        containers = _from_engine(state, "who holds deleted files", lambda engine: engine.labelled())
        state.explained += disk.held_files(opened, containers, options.ours)
    state.explained += disk.inodes(state.room)
    if missing and not enough(state.finds, missing):
        containers = _from_engine(state, "who uses the disk", lambda engine: engine.labelled())
        state.explained += space_holders(state.room, device, containers)
    if state.used is not None:
        state.explained += disk.big_volumes(reclaim_store.volumes(state.used))
    if any(not find.handle.get("bounded", True) for find in state.finds if find.kind == LOGS):
        state.notes.append(
            "logs without a bound grow again: give each service logging: {driver: json-file, options: {max-size: 20m,"
            " max-file: '3'}}; it takes effect when the container is recreated"
        )
    return state


def _opened(stack: ExitStack, login: EngineLogin, state: DiskState) -> Engine | None:
    try:
        return stack.enter_context(engine(login))
    except (EngineError, PrivilegeError, DriverMissing) as error:
        state.notes.append(f"nothing of the engine's was examined: {error}")
        return None


def _is_here(opened: Engine, state: DiskState) -> bool:
    """Whether what the engine keeps lies on this very file system."""
    if not opened.login.local:
        state.notes.append(f"the engine at {opened.login.where} is on another machine: run this there")
        return False
    try:
        root = opened.root_folder()
        if os.stat(root).st_dev == state.device:
            return True
        state.notes.append(f"the engine keeps its files in {root}, on another file system")
    except (EngineError, PrivilegeError) as error:
        state.silent = isinstance(error, EngineHangs)
        state.notes.append(f"nothing of the engine's was examined: {error}")
    except OSError as error:
        state.notes.append(f"the engine's files cannot be examined ({error.strerror}): use become: true")
    return False


def _from_engine(state: DiskState, subject: str, ask: Callable[[Engine], list[T]]) -> list[T]:
    """The engine's answer; empty with a note where it fails, so that all else is examined and freed."""
    if state.engine is None:
        return []
    if state.silent:
        state.notes.append(f"{subject} could not be examined: the engine does not answer")
        return []
    try:
        return ask(state.engine)
    except (EngineError, PrivilegeError) as error:
        state.silent = isinstance(error, EngineHangs)
        state.notes.append(f"{subject} could not be examined: {error}")
        return []


def _of(
    kind: str, state: DiskState, options: ReclaimOptions, logs: Sequence[reclaim_logs.Log], opened: open_files.OpenFiles
) -> list[Find]:
    if kind == BACKUPS:
        finds, notes = reclaim_files.backups(state.engine, options.backups, state.device, time.monotonic() + _JUDGING)
        state.notes += notes
        return finds
    if kind == JOURNAL:
        return system_journal.journal(options.journal_directory, state.device, options.journal_keep)
    if kind == LOGS:
        return reclaim_logs.finds(logs, state.device, opened, options.log_keep)
    return _from_engine(state, kind.replace("_", " "), lambda engine: _stored(kind, engine, state, options))


def _stored(kind: str, engine: Engine, state: DiskState, options: ReclaimOptions) -> list[Find]:
    if state.used is None:
        with engine.patient(_PATIENCE):
            state.used = engine.used()
    if kind == CACHE:
        return reclaim_store.build_cache(state.used)
    if kind == IMAGES:
        return reclaim_store.dangling_images(engine, state.used, options.releases, options.image_age, state.notes)
    return reclaim_store.exited_containers(engine, state.used, state.device, options.container_age, options.project)


# -- acting


@dataclass
class Reclaim:
    """The act: one item after the other, and no more once the target is met."""

    state: DiskState
    options: ReclaimOptions
    left_alone: list[str] = field(default_factory=list)  # targets that were not needed in the end
    problem: list[str] = field(default_factory=list)  # what could not be done, a paragraph each

    def look(self, planned: Reclaiming) -> Before:
        return Before(
            state=planned.room.as_dict(),
            left=mib(planned.missing),
            undo={"reversible": False, "why": "what was freed is gone, but for the ends of logs that were saved"},
            evidence=_evidence(self.state, planned),
        )

    def act(self, planned: Reclaiming) -> After:
        """A failure is reported, and the next target is tried."""
        done: list[str] = []
        not_done: list[NotDone] = []
        hangs = False
        by_target = {find.target: find for find in self.state.finds}
        for target in planned.plan.targets:
            if not disk.room_of(self.options.mount).missing(planned.goal):
                self.left_alone.append(target)
                continue
            find = by_target[target]
            # A log's end is saved by itself; what else the engine keeps waits until it answers, with its evidence.
            if (hangs and find.kind in _ENGINES) or (self.state.silent and find.kind in _STORED):
                self.problem.append(f"The {find.who} was not tried: the engine does not answer.")
                continue
            try:
                problem = _free(self.state, self.options, find)
            except RunbookError as error:
                hangs = hangs or isinstance(error, EngineHangs)
                self.problem.append(str(error))
                continue
            if problem:
                done.append(problem)
            else:
                not_done.append(NotDone(target=target, reason="it has changed since the plan"))
        if self.problem and not done:
            raise ActFailed(
                f"No space was freed on {self.options.mount}: {' '.join(self.problem)}", problem=self.problem
            )
        after = disk.room_of(self.options.mount)
        return After(done=done, state=after.as_dict(), left=mib(after.missing(planned.goal)), not_done=not_done)


def _free(state: DiskState, options: ReclaimOptions, find: Find) -> str:
    """What was done, in a sentence; nothing where it has changed since."""
    size = format_bytes(find.bytes)
    if find.kind == BACKUPS:
        return f"deleted the {find.who} ({size})" if reclaim_files.delete(find.handle) else ""
    if find.kind == JOURNAL:
        return system_journal.vacuum(find.handle)
    if state.engine is None:
        return ""
    if find.kind == LOGS:
        place = reclaim_logs.empty(state.engine, dict(find.handle), options.log_keep, options.saved_dir)
        return f"emptied the {find.who} ({size}); its end is in {place}" if place else ""
    with state.engine.patient(_PATIENCE):
        if find.kind == CACHE:
            return reclaim_store.prune_cache(state.engine)
        if find.kind == IMAGES:
            return f"removed the {find.who} ({size})" if reclaim_store.remove_image(state.engine, find.handle) else ""
        gone = reclaim_store.remove_container(state.engine, find.handle)
        return f"removed the {find.who} ({size})" if gone else ""


def _last_lines(engine: Engine, find: Find) -> list[str]:
    return engine.log(str(find.handle["id"]), _EVIDENCE_LINES)


def _evidence(state: DiskState, planned: Reclaiming) -> dict[str, Any]:
    """How full it was and of what, and the ends of the logs that go."""
    going = [find for find in state.finds if find.target in planned.plan.targets and find.kind in (LOGS, CONTAINERS)]
    logs = {
        log_find.who: redacted_lines(_from_engine(state, f"the {log_find.who}", partial(_last_lines, find=log_find)))
        for log_find in going
    }
    return {
        "room": state.room.as_dict(),
        "plan": planned.as_dict(),
        "explained": state.explained,
        "notes": state.notes,
        "logs": logs,
    }
