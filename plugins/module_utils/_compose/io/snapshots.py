# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Snapshots on the host: one file each, for its owner alone, and a name for every image that they need. I/O."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Mapping

from ..._core.errors import EngineError, HostError
from ..release import PROTECTED, ReleaseSnapshot, keepers, protecting, snapshot_from
from .engine import Engine


class Snapshots:
    """Those of one project."""

    def __init__(self, folder: str, project: str) -> None:
        self.folder = Path(folder).expanduser() / project
        self.unread: list[str] = []

    def newest_first(self) -> list[ReleaseSnapshot]:
        """All that can be read; ``unread`` names the others."""
        snapshots = []
        self.unread = []
        for path in sorted(self.folder.glob("[0-9]*Z.json"), reverse=True):
            try:
                snapshots.append(snapshot_from(json.loads(path.read_text(encoding="utf-8"))))
            except (OSError, ValueError) as error:
                self.unread.append(f"{path.name}: {error}")
        return snapshots

    def path_of(self, snapshot: ReleaseSnapshot) -> Path:
        return self.folder / f"{snapshot.name}.json"

    def keep(self, snapshot: ReleaseSnapshot) -> Path:
        return self.write(self.path_of(snapshot), snapshot.as_dict())

    def write(self, path: Path, content: Mapping[str, Any]) -> Path:
        """A file for its owner alone, whole or not at all."""
        part = path.with_suffix(".part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, default=str)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise HostError(
                f"Could not write {path}: {error.strerror or error}. Check the folder and the disk, or say another one"
                " with state_dir. Nothing was done to what runs."
            ) from None
        return path

    def protect(self, engine: Engine, snapshot: ReleaseSnapshot) -> list[str]:
        """Give every image of the snapshot a name and a container, so that `docker image prune` does not take it.

        Returns why one has no container, a sentence each: that is no reason not to act.
        """
        for image, (repository, tag) in protecting(snapshot).items():
            engine.tag(image, repository, tag)
        problems = []
        for image, name in keepers(snapshot).items():
            try:
                engine.keep(image, name, snapshot.project)
            except EngineError as error:
                problems.append(
                    f"{name} was not made, so that `docker image prune --all` may remove its image: {error}"
                )
        return problems

    def forget(self, engine: Engine, kept: list[ReleaseSnapshot], dropped: list[ReleaseSnapshot]) -> None:
        """Remove old snapshots, and the names of images that no other needs."""
        needed = {(repository, tag) for snapshot in kept for repository, tag in protecting(snapshot).values()}
        kept_images = {image for snapshot in kept for image in keepers(snapshot)}
        for old in dropped:
            for image, name in keepers(old).items():
                if image not in kept_images:
                    engine.let_go(name)
            for repository, tag in protecting(old).values():
                if (repository, tag) not in needed and repository.startswith(f"{PROTECTED}/"):
                    engine.untag(f"{repository}:{tag}")
            self.path_of(old).unlink(missing_ok=True)


def made(engine: Engine, images: set[str]) -> dict[str, str]:
    """When each image was made; those that are gone are left out."""
    inspections = {image: engine.image(image) for image in images}
    return {image: str(inspection.get("Created", "")) for image, inspection in inspections.items() if inspection}
