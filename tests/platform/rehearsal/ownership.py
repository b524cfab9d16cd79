"""What belongs to a platform, by label; whether it is ours to touch; and taking it away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rehearsal import engine
from rehearsal.errors import PlatformError
from rehearsal.platform import Platform
from rehearsal.site import Site

IMAGES = ("app", "db", "redis", "nginx", "monitoring")
PREFIX = "pafar-rehearsal"
BUILT = "pafar.rehearsal.image"  # the label of every image that the Dockerfile makes
KINDS = ("container", "network", "volume")
TRIES, LONGEST = 5, 600  # times that the things of a platform are removed; seconds of one docker command


def images_of(site: Site) -> str:
    return site.env.get("PAFAR_IMAGES", PREFIX)


def things_of(site: Site, kind: str) -> list[str]:
    return engine.things_of(site.project, kind)


def labels(inspected: dict[str, Any]) -> dict[str, str]:
    given: dict[str, str] = inspected.get("Labels") or inspected.get("Config", {}).get("Labels") or {}
    return given


def require_ours(site: Site) -> None:
    """Refuse when anything of a project of this name is not marked as a rehearsal's: it is somebody's real platform."""
    for kind in KINDS:
        for inspected in engine.inspect(kind, things_of(site, kind)):
            if labels(inspected).get(Platform.MARK) != "true":
                raise PlatformError(
                    f"A project called {site.project} exists here that is no rehearsal platform: its {kind}"
                    f" {inspected['Name'].lstrip('/')} lacks the label {Platform.MARK}=true. Nothing was changed. Take"
                    " another name: PAFAR_PROJECT=..."
                )


def require_platform(platform: Platform) -> None:
    """It is there and ours, or nothing of it is touched."""
    require_ours(platform.site)
    if not things_of(platform.site, "container"):
        raise PlatformError(f"No container of a project called {platform.site.project} runs. Start it: make platform")


def require_this_clones(site: Site) -> None:
    """Refuse what another clone runs under this name, and volumes whose passwords are lost with their checkout."""
    require_no_other_clones(site)
    if things_of(site, "volume") and not (site.folder / ".env").exists():
        raise PlatformError(
            f"Volumes of an earlier {site.project} are left, and the passwords in them are lost. Remove them first:"
            " make platform-down"
        )


def require_no_other_clones(site: Site) -> None:
    """A checkout that is gone owns nothing any more."""
    for container in engine.inspect("container", things_of(site, "container")):
        place = labels(container).get("com.docker.compose.project.working_dir", "")
        if place and Path(place) != site.folder and Path(place).exists():
            raise PlatformError(
                f"The rehearsal platform {site.project} was started from another place ({place}). Take it down there,"
                " or take another name here: PAFAR_PROJECT=..."
            )


def down(site: Site, say: Callable[[str], None], images: bool = False) -> None:
    """Take away every container, network and volume of the project, by label, then the checkout; images by option.

    By label and not by the file: it works as well when the checkout is gone or the file has changed.
    """
    engine.require_engine()
    require_ours(site)
    require_no_other_clones(site)
    containers = things_of(site, "container")
    if containers:
        say(f"stopping and removing {len(containers)} containers")
    said = _remove(site, say)
    keepers = ["docker", "ps", "--all", "--quiet", "--filter", f"label=pafar.runbook.keep={site.project}"]
    for name in engine.run(keepers).stdout.split():
        engine.run(["docker", "rm", name], check=False)
    kept = remove_images(site, say) if images else []
    remove_own_images(site)
    shutil.rmtree(site.folder, ignore_errors=True)
    left = [f"{kind} {name}" for kind in KINDS for name in things_of(site, kind)]
    if left:
        raise PlatformError(f"These are left of {site.project}: {', '.join(left)}. Docker's last words: {said}")
    if kept:
        say(f"nothing is left of it but images that something else still uses: {', '.join(kept)}")
    elif images:
        say("nothing is left of it (the engine's build cache is its own: docker builder prune)")
    else:
        say("nothing is left of it but the images (make platform-down IMAGES=1)")


def _remove(site: Site, say: Callable[[str], None]) -> str:
    """Containers, networks and volumes; the engine's last complaint.

    What a killed game day left behind may still come and go beside this, and a container that is gone when its turn
    comes ends the docker command with an error: what counts is what is left, so it is listed again.
    """
    said = ""
    for attempt in range(TRIES):
        for kind in KINDS:
            names = things_of(site, kind)
            if not names:
                continue
            if kind != "container":
                say(f"removing {len(names)} {kind}s")
            elif attempt == 0:
                engine.run(["docker", "stop", "--time", "5", *names], seconds=LONGEST, check=False)
            rest = ["rm", "--force", "--volumes"] if kind == "container" else [kind, "rm"]
            done = engine.run(["docker", *rest, *names], seconds=LONGEST, check=False)
            said = done.stderr.strip()[-500:] if done.returncode else said
        if not any(things_of(site, kind) for kind in KINDS):
            break
        time.sleep(1)
    return said


def remove_own_images(site: Site) -> None:
    """Tags that carry the project's own name go with it; the engine's cache has their layers for the next one."""
    if site.project == PREFIX:
        return
    names = [name for name in (f"{site.project}/{part}:latest" for part in IMAGES) if engine.has_image(name)]
    if names:
        engine.run(["docker", "image", "rm", *names], check=False)


def remove_images(site: Site, say: Callable[[str], None]) -> list[str]:
    """All images of the platform, older builds of them too, and a base image that was made here; returns what stays."""
    prefix = images_of(site) if (site.folder / ".env").exists() else PREFIX
    names = [name for name in (f"{prefix}/{part}:latest" for part in IMAGES) if engine.has_image(name)]
    stale = ["docker", "image", "ls", "--quiet", "--filter", "dangling=true", "--filter", f"label={BUILT}=true"]
    names += sorted(set(engine.run(stale).stdout.split()))
    base = engine.inspect("image", [engine.BASE_IMAGE])
    if base and labels(base[0]).get(engine.OURS) == "true":
        names.append(engine.BASE_IMAGE)
    if names:
        say(f"removing {len(names)} images")
        engine.run(["docker", "image", "rm", *names], check=False)
    return [name for name in names if engine.has_image(name)]
