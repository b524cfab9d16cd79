# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of an engine, and all that it stores. I/O."""

from __future__ import annotations

import re
from typing import Any

from ..._core.errors import EngineError
from ..container import COMPOSE, KEEPS
from .engine_transport import Transport

_BAD_REFERENCE = 400  # the engine's status for a reference that is none
NO_PROJECT = "incident-rollback"  # in place of the project, in the labels of a container that only keeps an image


class ImageCalls(Transport):
    """Calls that concern images, the build cache and the space that all of it takes."""

    def image(self, reference: str) -> dict[str, Any] | None:
        """An image by id or reference; None when it is not on this host, or the reference is none: ``app:`` where the
        variable with its tag is not set."""
        try:
            with self.call("inspect", f"image {reference}"):
                inspection: dict[str, Any] = self.api.inspect_image(reference)
            return inspection
        except EngineError as error:
            if error.details.get("status") in (_BAD_REFERENCE, 404):
                return None
            raise

    def tag(self, image: str, repository: str, tag: str) -> None:
        with self.call("tag", f"image {image[:19]}"):
            self.api.tag(image, repository, tag, force=True)

    def untag(self, reference: str) -> None:
        """Take a name from an image; the image stays while it has another one or a container."""
        try:
            with self.call("untag", reference):
                self.api.remove_image(reference, noprune=True)
        except EngineError as error:
            if error.details.get("status") != 404:
                raise

    def keep(self, image: str, name: str, project: str) -> None:
        """Keep an image from `docker image prune --all`, which takes whatever has no container: by one that is made and
        never started. It has no network, and no volume of its own where the image declares some."""
        inspection = self.image(image) or {}
        config = inspection.get("Config") or {}
        mounts = [self._docker.types.Mount(path, None, type="tmpfs") for path in config.get("Volumes") or {}]
        # What Compose says of an image it also says of the container: this one is no replica.
        labels = {key: NO_PROJECT for key in config.get("Labels") or {} if key.startswith(COMPOSE)}
        try:
            with self.call("keep", f"image {image[:19]}"):
                self.api.create_container(
                    image,
                    ["keeps-this-image-for-a-rollback"],
                    name=name,
                    labels={**labels, KEEPS: project},
                    healthcheck={"test": ["NONE"]},
                    host_config=self.api.create_host_config(network_mode="none", mounts=mounts),
                )
        except EngineError as error:
            if error.details.get("status") != 409:  # it is kept already
                raise

    def keeps(self, name: str) -> bool:
        """Whether a container of this name is there."""
        with self.call("list the containers of"):
            return bool(self.api.containers(all=True, filters={"label": KEEPS, "name": f"^/?{re.escape(name)}$"}))

    def let_go(self, name: str) -> None:
        """Keep an image no longer."""
        self.removed(lambda: self.api.remove_container(name, force=False, v=True), f"container {name}")

    def dangling(self) -> list[str]:
        """Ids of the images without a name."""
        with self.call("list the images of"):
            images = self.api.images(filters={"dangling": True})
        return [str(image["Id"]) for image in images]

    def remove_image(self, id: str) -> bool:
        """Remove an image by its id and none of its parents; False when something needs it, or it is gone."""
        return self.removed(lambda: self.api.remove_image(id, force=False, noprune=True), f"image {id[:19]}")

    def used(self) -> dict[str, Any]:
        """What its images, containers, volumes and build cache take; it walks all of them and may take minutes."""
        with self.call("measure what is kept by"):
            usage: dict[str, Any] = self.api.df()
        return usage

    def root_folder(self) -> str:
        """Where it keeps everything, on its own host."""
        with self.call("ask"):
            return str(self.api.info().get("DockerRootDir") or "")

    def prune_builds(self) -> int:
        """Drop the build cache that no build uses; the bytes that came free."""
        with self.call("prune the build cache of"):
            try:
                answer = self.api.prune_builds(all=True)
            except TypeError:  # the SDK before 7.0 knows no options: dangling entries alone go
                answer = self.api.prune_builds()
        return int((answer or {}).get("SpaceReclaimed") or 0)
