# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which engine is meant on this machine: reads docker's configuration and its contexts. I/O.

A context is a folder below ``contexts/meta`` and, for its certificates, one below ``contexts/tls``; both are named
after the SHA-256 of its name (docker/cli, cli/context/store).
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Mapping

from ..engine_endpoint import (
    EngineEndpoint,
    choice_of,
    endpoint_of_address,
    endpoint_of_context,
    no_such_context,
    unreadable_context,
)


def resolved(given: str, environment: Mapping[str, str] | None = None) -> EngineEndpoint:
    """The engine that is meant. ``given``: the module's option; a problem is part of what is returned."""
    variables = os.environ if environment is None else environment
    folder = variables.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    config_file = os.path.join(folder, "config.json")
    choice = choice_of(given, variables, _selected(config_file), config_file)
    if not choice.context:
        certificates = variables.get("DOCKER_CERT_PATH") or folder
        return endpoint_of_address(choice, variables, certificates, _names_in(certificates))
    id = hashlib.sha256(choice.context.encode()).hexdigest()
    contexts = os.path.join(folder, "contexts")
    path = os.path.join(contexts, "meta", id, "meta.json")
    tls = os.path.join(contexts, "tls", id, "docker")
    try:
        with open(path, encoding="utf-8") as file:
            metadata = json.load(file)
    except FileNotFoundError:
        return no_such_context(choice, os.path.join(contexts, "meta"))
    except OSError as error:
        return unreadable_context(choice, str(error.filename or path), error.strerror or str(error))
    except ValueError as error:
        return unreadable_context(choice, path, str(error))
    try:
        names = os.listdir(tls)
    except FileNotFoundError:
        names = []
    except OSError as error:  # without its certificates another engine might answer, or none
        return unreadable_context(choice, tls, error.strerror or str(error))
    return endpoint_of_context(choice, metadata, tls, names)


def _selected(config_file: str) -> str:
    """currentContext; empty also where the file cannot be read, in which case docker warns and selects none."""
    try:
        with open(config_file, encoding="utf-8") as file:
            document = json.load(file)
    except (OSError, ValueError):
        return ""
    return str(document.get("currentContext") or "") if isinstance(document, Mapping) else ""


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
