"""The payloads of modules that Ansible builds, kept for all playbooks of a run; for tests (see tests/conftest.py).

Before a module's first use Ansible parses it with everything that it imports, and packs it: 0.4 s of a processor, and
again in each `ansible-playbook`, since its folder of them (``ansiballz_cache``) is that process's alone.
Here that folder is a link to one whose name says what is packed: the version of Ansible, and place, size and time of
each of the collection's files. Ansible itself locks and writes the entries.

A module that starts compiles all that it imports, 0.1 to 0.2 s of a processor each time, since code from an archive is
not kept. So compiled code is put beside the sources of an entry, with the hash of each: Python takes it only where
version and source are the same (PEP 552), and compiles the source else.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
import marshal
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from typing import Any

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
_COMPILED = ".compiled"  # a file beside an entry: it has compiled code
_CHECKED_HASH = (0b11).to_bytes(4, "little")  # of PEP 552: by the hash of the source, which is compared
_UNUSED = 86_400  # seconds after which a folder of other files is removed


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "shared_payloads"
    folder: Path | None = None

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
            self.folder = folder

    def v2_playbook_on_stats(self, stats: object) -> None:  # noqa: ARG002 -- Ansible calls it so
        """At the end of the first playbook that has built an entry; its form is Ansible's own, and may be another."""
        for entry in self.folder.glob("ansible_collections.pafar.*") if self.folder else ():
            marker = entry.with_name(entry.name + _COMPILED)
            if entry.name.endswith("-none") and not marker.exists():
                with suppress(OSError, ImportError, AttributeError, ValueError, TypeError):
                    _compile(entry)
                    marker.touch()


def _compile(entry: Path) -> None:
    """Write the entry again with compiled code in it; in one step, since others read it meanwhile."""
    kind: Any = import_module("ansible.executor.module_common")._CachedModule
    kept = kind.load(str(entry))
    own = f"{entry}.{os.getpid()}"
    dataclasses.replace(kept, zip_data=base64.b64encode(compiled(base64.b64decode(kept.zip_data)))).dump(own)
    os.replace(own, entry)


def compiled(archive: bytes) -> bytes:
    """The archive with the compiled code of each of its sources behind them."""
    out = io.BytesIO(archive)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        names = set(packed.namelist())
        for name in sorted(name for name in names if name.endswith(".py") and f"{name}c" not in names):
            source = packed.read(name)
            code = compile(source, name, "exec", dont_inherit=True)
            packed.writestr(f"{name}c", MAGIC_NUMBER + _CHECKED_HASH + source_hash(source) + marshal.dumps(code))
    return out.getvalue()


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
