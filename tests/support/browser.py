"""A real browser without a window: the page as it has it, what it says on its console, and its print."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from support.servers import ROOT

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NO_BROWSER = "NO BROWSER (chromium)"
PDF_TEXT = shutil.which("pdftotext")  # of poppler-utils
AXE = "4.14.1"  # axe-core, MPL-2.0, from npm
_AXE_HOME = ROOT / ".cache" / "axe-core" / AXE


def run_browser(profile: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start it, and return when it has ended. It reaches this machine alone."""
    argv = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--enable-logging=stderr", *arguments,
    ]  # fmt: skip
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=120)


def shown(address: str, profile: Path, *options: str) -> tuple[str, list[str]]:
    """The page as the browser has it, and what it wrote on its console."""
    done = run_browser(profile, *options, "--dump-dom", address)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def printed(address: str, profile: Path, target: Path) -> list[str]:
    """Print the page as PDF, and return the text of each sheet."""
    run_browser(profile, "--no-pdf-header-footer", f"--print-to-pdf={target}", address)
    done = subprocess.run([str(PDF_TEXT), "-layout", str(target), "-"], capture_output=True, text=True, check=True)
    return done.stdout.split("\f")[:-1]


def axe() -> Path | None:
    """The script of axe-core, downloaded once; None where npm cannot."""
    script = _AXE_HOME / "axe.min.js"
    if script.exists():
        return script
    if shutil.which("npm") is None:
        return None
    _AXE_HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_AXE_HOME) as name:
        got = subprocess.run(["npm", "pack", "--silent", f"axe-core@{AXE}"], cwd=name, capture_output=True, check=False)
        packages = list(Path(name).glob("*.tgz"))
        if got.returncode or not packages:
            return None
        with tarfile.open(packages[0]) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            part = Path(name) / "axe.min.js"
            part.write_bytes(member.read())
        part.replace(script)
    return script
