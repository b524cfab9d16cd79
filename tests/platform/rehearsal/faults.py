"""Faults: each a file in ``tests/platform/faults`` with ``inject``, ``symptom`` and ``heal``.

A fault module has a docstring (its first line says in a sentence what breaks) and

PLAYBOOK            the runbook that relieves it
VARIABLES           what that runbook is given beside the inventory (default: nothing)
SECONDS             within which the symptom must show (default 60)
WITHIN              seconds from the act until users must be back (default 5)
UNSTABLE            services that the fault itself restarts again and again (default: none)
TOUCHES             services whose containers the runbook may restart, replace or add (default: none)
CHANGES             beginnings of what the runbook may change, as ``world.changes`` tells it (default: nothing)
LEAVES              applications whose sessions end by the fault, or by themselves once it is relieved (default: none)
CAUSE               what the runbook must name as the heaviest cause (default: it is not asked)
MITIGATION          False where nobody here can relieve it: the runbook must name the cause and leave everything alone
given(stand)        what the runbook is given beside, known only when the platform runs (default: nothing)
LATENCY             kind of requests whose latency must come back to 1.5 times of before (default: none)
inject(stand)       breaks the platform; called only when it is not broken in this way
symptom(stand)      whether a user feels it: false when healthy, true when broken
heal(stand)         back to a healthy platform, whatever the runbook did; harmless when there is nothing to heal
culprits(stand)     sessions (``pid@backend_start``) that a runbook may end for it (default: none)

What is injected is noted in the site's folder before anything breaks, so that an interrupted game day is known to the
next one.
"""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from rehearsal import ownership
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform
from rehearsal.site import SOURCE, write_private

FOLDER = SOURCE / "faults"
# What an injection that was broken off had sent to the background may arrive after the heal: it is healed once more.
ON_ITS_WAY = 5
YOUNG = 6  # seconds within which users may not have felt an injection yet


@dataclass(frozen=True)
class Fault:
    """One way to break the platform."""

    name: str
    sentence: str
    playbook: str
    inject: Callable[[Platform], None]
    symptom: Callable[[Platform], bool]
    heal: Callable[[Platform], None]
    culprits: Callable[[Platform], list[str]]
    seconds: float = 60
    variables: dict[str, Any] = field(default_factory=dict)
    within: float = 5
    touches: tuple[str, ...] = ()
    unstable: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    latency: str = ""
    cause: str = ""
    mitigation: bool = True
    given: Callable[[Platform], dict[str, Any]] = lambda dummy: {}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def every() -> list[Fault]:
    return [named(name) for name in names()]


def named(name: str) -> Fault:
    """The fault of this name; names come from the folder, never from what somebody typed."""
    if name not in names():
        raise PlatformError(f"There is no fault {name!r}. There are: {', '.join(names())}.")
    return read(FOLDER / f"{name}.py")


def read(path: Path) -> Fault:
    spec = importlib.util.spec_from_file_location(f"fault_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        return fault_of(path, module)
    except (SyntaxError, ImportError, NameError, AttributeError) as error:
        raise PlatformError(
            f"The fault {path.stem} cannot be read ({path}): {type(error).__name__}: {error}."
        ) from None


def fault_of(path: Path, module: ModuleType) -> Fault:
    return Fault(
        name=path.stem,
        sentence=(module.__doc__ or f"{path.stem}.").strip().splitlines()[0],
        playbook=module.PLAYBOOK,
        inject=module.inject,
        symptom=module.symptom,
        heal=module.heal,
        culprits=getattr(module, "culprits", lambda dummy: []),
        seconds=getattr(module, "SECONDS", 60),
        variables=getattr(module, "VARIABLES", {}),
        within=getattr(module, "WITHIN", 5),
        touches=getattr(module, "TOUCHES", ()),
        unstable=getattr(module, "UNSTABLE", ()),
        changes=getattr(module, "CHANGES", ()),
        leaves=getattr(module, "LEAVES", ()),
        latency=getattr(module, "LATENCY", ""),
        cause=getattr(module, "CAUSE", ""),
        mitigation=getattr(module, "MITIGATION", True),
        given=getattr(module, "given", lambda dummy: {}),
    )


def note_of(platform: Platform, fault: Fault) -> Path:
    return platform.site.folder / "faults" / f"{fault.name}.json"


def injected(platform: Platform) -> list[str]:
    """Names of the faults that were injected and not healed yet, by what was noted."""
    return sorted(path.stem for path in (platform.site.folder / "faults").glob("*.json"))


def inject(platform: Platform, fault: Fault) -> str:
    """Break it, once: a fault that is there already stays as it is, one that a runbook relieved is injected anew."""
    ownership.require_platform(platform)
    note = note_of(platform, fault)
    if note.exists() and (is_young(note) or fault.symptom(platform)):
        return f"{fault.name} is injected already, since {injected_at(note)}; nothing was done."
    others = [name for name in injected(platform) if name != fault.name]
    if others:
        raise PlatformError(
            f"{', '.join(others)} is injected and not healed; {fault.name} was not. First heal: rehearsal heal"
        )
    fault.heal(platform)
    note.parent.mkdir(exist_ok=True)
    write_private(note, json.dumps({"fault": fault.name, "at": time.time(), "whole": False}))
    fault.inject(platform)
    write_private(note, json.dumps({"fault": fault.name, "at": time.time(), "whole": True}))
    return f"{fault.name} is injected."


def is_young(note: Path) -> bool:
    """Whether it was injected so recently that users need not feel it yet."""
    at: float = json.loads(note.read_text())["at"]
    return time.time() < at + YOUNG


def injected_at(note: Path) -> str:
    return time.strftime("%H:%M:%S", time.localtime(json.loads(note.read_text())["at"]))


def heal(platform: Platform, fault: Fault) -> str:
    """Back to a platform without this fault; then the note goes, and not before."""
    ownership.require_platform(platform)
    note = note_of(platform, fault)
    known = note.exists()
    fault.heal(platform)
    if known and not json.loads(note.read_text())["whole"]:
        time.sleep(ON_ITS_WAY)
        fault.heal(platform)
    note.unlink(missing_ok=True)
    return f"{fault.name} is healed." if known else f"{fault.name} was not injected; there was nothing to heal."


def await_symptom(platform: Platform, fault: Fault, wanted: bool, seconds: float, steady: float = 2) -> float:
    """Wait until the symptom shows (or not) and stays so for ``steady`` seconds; returns when that began."""
    deadline = time.time() + seconds
    since: float | None = None
    while True:
        now = time.time()
        if fault.symptom(platform) is wanted:
            since = since or now
            if now - since >= steady:
                return since
        else:
            since = None
        if now > deadline:
            raise PlatformError(
                f"Within {seconds:g} s the symptom of {fault.name} did not {'show' if wanted else 'go'}."
                f" The users of the last 5 s: {json.dumps(platform.stats(5))}"
            )
        time.sleep(0.3)
