"""The payloads of modules that Ansible builds, kept for all playbooks of a run; for tests (see tests/conftest.py).

Before a module's first use Ansible parses it with everything that it imports, and packs it: 0.4 s of a processor, and
again in each `ansible-playbook`, since its folder of them (``ansiballz_cache``) is that process's alone.
Here that folder is a link to one whose name says what is packed: the version of Ansible, and place, size and time of
each of the collection's files. Ansible itself locks and writes the entries.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

DOCUMENTATION = """
    name: shared_payloads
    type: aggregate
    short_description: Keeps the payloads of modules for all playbooks of a run of tests
    description:
        - Links the folder in which Ansible keeps the payloads that it has built to one that outlives the process.
"""
KEPT = Path(__file__).resolve().parents[3] / ".cache/payloads"
_UNUSED = 86_400  # seconds after which a folder of other files is removed


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "shared_payloads"

    def v2_playbook_on_start(self, playbook: object) -> None:  # noqa: ARG002 -- Ansible calls it so
        """Where it cannot be, as in another user's folder, each process builds its own: slower, and nothing else."""
        with suppress(OSError, ImportError):
            found = import_module("ansible_collections.pafar.runbook").__path__  # often through a link of the clone
            folder = KEPT / str(os.geteuid()) / name_of(Path(place, "plugins").resolve() for place in found)
            if not folder.exists():
                _make_room(folder.parent)
                folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
            own = constants.DEFAULT_LOCAL_TMP  # type: ignore[attr-defined]  # set when it is imported
            os.symlink(folder, os.path.join(own, "ansiballz_cache"))


def name_of(plugins: Iterable[Path]) -> str:
    """Another one as soon as a file of these folders is another."""
    lines = [sys.version, __version__, *(line for folder in plugins for line in _files(folder))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _files(plugins: Path) -> Iterator[str]:
    for kind in ("modules", "module_utils"):
        for path in sorted((plugins / kind).rglob("*.py")):
            status = path.stat()
            yield f"{path} {status.st_size} {status.st_mtime_ns}"


def _make_room(parent: Path) -> None:
    for old in parent.glob("*"):
        if time.time() - old.stat().st_mtime > _UNUSED:
            shutil.rmtree(old, ignore_errors=True)
