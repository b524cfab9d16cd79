# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker Compose v2, for the two things that it alone can do: render the files, and `up`. I/O.

Its progress is never parsed: what came of an `up` is looked up in the engine afterwards.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from typing import Mapping, Sequence

from ..._core.errors import ComposeError
from ..._core.redaction import redacted
from ..._system.io.commands import Ran, Running, run
from ..endpoint.engine_endpoint import EngineEndpoint
from ..model import Model, model_of
from ..project_ref import Source

# Variables of the calling shell that would change which project is meant, or what is done to it.
_OTHERS = ("COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "COMPOSE_PROGRESS",
           "COMPOSE_REMOVE_ORPHANS")  # fmt: skip
_RENDER = 60.0  # seconds
# Where docker looks for its plugins, after the folder of the user's own configuration (cli-plugins/manager).
_PLUGINS = tuple(f"/usr/{place}/docker/cli-plugins" for place in ("local/lib", "local/libexec", "lib", "libexec"))
_FIRST_DEPS = (2, 29, 3)  # from here on --no-deps leaves the hash alone (docker/compose#12069)


class Compose:
    """The compose command for one engine; ``seconds`` bound each `up`."""

    def __init__(self, endpoint: EngineEndpoint, seconds: float = 180.0) -> None:
        kept = {key: value for key, value in os.environ.items() if key not in _OTHERS}
        self.environment = endpoint.environment(kept)
        self.seconds = seconds
        self._command: tuple[str, ...] = ()
        self._version: tuple[int, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """The plugin itself, `docker compose`, or a `docker-compose` that is v2."""
        if not self._command:
            self._probe()
        return self._command

    @property
    def version(self) -> tuple[int, ...]:
        if not self._version:
            self._probe()
        return self._version

    def _probe(self) -> None:
        problems = []
        direct = plugin(self.environment)
        for command in (*([(direct,)] if direct else []), ("docker", "compose"), ("docker-compose",)):
            done = run([*command, "version", "--short"], 20, self.environment)
            version = re.search(r"v?(\d+)\.(\d+)\.(\d+)", done.out)
            if done.ok and version and int(version.group(1)) >= 2:
                self._command, self._version = command, tuple(int(part) for part in version.groups())
                return
            problems.append(f"{' '.join(command)}: {version.group() if version else done.last_words or 'no answer'}")
        raise ComposeError(
            f"There is no Docker Compose v2 on this host ({'; '.join(problems)}). Install the plugin"
            " docker-compose-plugin (Debian: docker-compose or docker-compose-v2). Version 1 has ended and is not used."
            " Nothing was done."
        )

    def of(self, source: Source) -> list[str]:
        """The command for one project, with all its files."""
        words = [*self.command, "--project-name", source.project]
        if source.directory:
            words += ["--project-directory", source.directory]
        for flag, values in (("--file", source.files), ("--env-file", source.env_files)):
            for value in values:
                words += [flag, value]
        return words

    def start_rendering(self, source: Source) -> tuple[Running, Running]:
        """Model and hashes, worked out beside each other; services of every profile are in it."""
        base = [*self.of(source), "--profile", "*", "config"]
        return tuple(  # type: ignore[return-value]
            Running([*base, *words], self.environment, _folder(source))
            for words in (("--format", "json"), ("--hash", "*"))
        )

    def rendered(self, source: Source, started: tuple[Running, Running]) -> tuple[Model, dict[str, str]]:
        """The model and the hash of every service; raises with the reason where the files cannot be understood."""
        model, hashes = (future.result(_RENDER) for future in started)
        if not model.ok:
            raise ComposeError(_why_unreadable(source, model), rc=model.rc)
        try:
            files_model = model_of(json.loads(model.out), source.project)
        except (ValueError, AttributeError, TypeError) as error:
            raise ComposeError(
                f"Compose rendered {_files(source)} in a form that is not understood ({error}); its version is"
                f" {'.'.join(map(str, self.version))}."
            ) from None
        pairs = (line.split() for line in hashes.out.splitlines()) if hashes.ok else ()
        return files_model, {pair[0]: pair[1] for pair in pairs if len(pair) == 2}

    def render(self, source: Source) -> tuple[Model, dict[str, str]]:
        return self.rendered(source, self.start_rendering(source))

    def up(self, source: Source, service: str, count: int, pins: Mapping[str, int]) -> None:
        """`up` one service to ``count`` replicas: no other container is touched, none is recreated, nothing is built
        or pulled.

        ``pins``: how many containers each dependency has now. Without it, Compose sets them back to the files.
        """
        words = [*self.of(source), "--profile", "*", "up", "--detach", "--no-recreate", "--no-build"]
        # Compose takes the option from COMPOSE_REMOVE_ORPHANS, also of the project's .env, where it is not given: every
        # container of a service that these files do not have would be removed, and every one-off run that has ended.
        words += ["--remove-orphans=false", "--pull", "never", "--scale", f"{service}={count}"]
        if self.version >= _FIRST_DEPS:
            words.append("--no-deps")
        else:
            for name, number in sorted(pins.items()):
                words += ["--scale", f"{name}={number}"]
        done = run([*words, service], self.seconds, self.environment, _folder(source))
        if done.rc is None:
            raise ComposeError(
                f"`docker compose up` of {service} did not end within {self.seconds:g} s and was stopped."
            )
        if not done.ok:
            raise ComposeError(
                f"`docker compose up` of {service} failed (exit {done.rc}): {redacted(done.last_words)}", rc=done.rc
            )

    @property
    def starts_dependencies(self) -> bool:
        """Whether its `up` would start a dependency that has exited."""
        return self.version < _FIRST_DEPS


def plugin(environment: Mapping[str, str]) -> str:
    """Path of the program that `docker compose` would start; empty where docker itself has to find it.

    It works without docker in front of it, which takes longer than most of what it is asked: docker starts the plugin
    twice, once to read its name.
    """
    config = environment.get("DOCKER_CONFIG") or os.path.join(
        environment.get("HOME") or os.path.expanduser("~"), ".docker"
    )
    if not os.path.isabs(config) or (shutil.which("docker", path=environment.get("PATH")) or "").startswith("/snap/"):
        return ""  # another program would be meant in another folder; a snap has plugins of its own
    with suppress(OSError), open(os.path.join(config, "config.json"), encoding="utf-8", errors="replace") as file:
        if "cliPluginsExtraDirs" in file.read():
            return ""
    paths = (os.path.join(folder, "docker-compose") for folder in (os.path.join(config, "cli-plugins"), *_PLUGINS))
    return next((path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)), "")


def mentions_env_file(files: Sequence[str]) -> bool:
    """Whether any of the files has an env_file, for which Compose's printed hash is another than the one it keeps."""
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
                if any(word in text for word in ("env_file", "extends", "include")):  # it may come from another file
                    return True
        except OSError:
            return True
    return False


def _folder(source: Source) -> str:
    return source.directory if source.directory and os.path.isdir(source.directory) else ""


def _files(source: Source) -> str:
    return ", ".join(source.files) or f"the compose files in {source.directory or 'the current folder'}"


def _why_unreadable(source: Source, done: Ran) -> str:
    if done.rc is None:
        return f"Compose did not read {_files(source)} within {_RENDER:g} s."
    return f"Compose cannot read {_files(source)}: {redacted(done.last_words)}"
