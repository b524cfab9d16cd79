"""Environments with other versions of ansible-core than that of the tests, made on demand under .cache/cores.

python -m support.cores             the Python and the exact version of each that can be made here
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from support.servers import ROOT

# Each version with the Pythons of the controller that it supports, the oldest first.
CORES = {
    "2.16": (10, 11, 12),
    "2.17": (10, 11, 12),
    "2.18": (11, 12, 13),
    "2.19": (11, 12, 13),
    "2.20": (12, 13, 14),
    "2.21": (12, 13, 14),
}
FOLDER = Path(os.environ.get("PAFAR_CORES", ROOT / ".cache/cores"))
SECONDS = 600  # for a package index that is slow


def python(minor: int) -> str | None:
    """The program of that version, in PATH or where pyenv keeps it; not pyenv's own, which may refuse to run."""
    kept = sorted(Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob(f"versions/3.{minor}.*/bin/python"))
    path = os.pathsep.join(part for part in os.get_exec_path() if not part.endswith("shims"))
    return str(kept[-1]) if kept else shutil.which(f"python3.{minor}", path=path)


def environment(core: str) -> Path | str:
    """The folder of the programs of that version's newest release, or why there is none."""
    program = next((found for minor in CORES[core] if (found := python(minor))), None)
    if program is None:
        return f"ansible-core {core} needs Python 3.{CORES[core][0]} to 3.{CORES[core][-1]} on this machine"
    home = FOLDER / core
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / f"{core}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers of one run
        return _made(core, program, home)


def _made(core: str, program: str, home: Path) -> Path | str:
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        wanted = [f"ansible-core=={core}.*", "psycopg2-binary", "jmespath"]
        pip = [str(home / "bin/python"), "-m", "pip", "install", "-q", *wanted]
        for argv in ([program, "-m", "venv", str(home)], pip):
            try:
                made = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return f"ansible-core {core} was not installed within {SECONDS} s"
            if made.returncode:
                return f"ansible-core {core} cannot be installed here: {made.stderr.strip()[-300:]}"
        (home / "complete").touch()
    return home / "bin"


def main() -> None:
    for core in CORES:
        programs = environment(core)
        if isinstance(programs, str):
            print(f"{core}: {programs}")
            continue
        shown = subprocess.run([programs / "ansible", "--version"], capture_output=True, text=True, check=True).stdout
        versions = [line.strip() for line in shown.splitlines() if "core " in line or "python version" in line]
        print(f"{core}: {'; '.join(versions)}", flush=True)


if __name__ == "__main__":
    main()
