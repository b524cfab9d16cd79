# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which compose project is meant, and where its files are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .._core.lazy import lazy

EVERY_PROFILE = "*"
_PROFILES = lazy(r"(?m)^[ \t]*(?:export[ \t]+)?COMPOSE_PROFILES[ \t]*=[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*)")


@dataclass(frozen=True)
class Source:
    """Where the project's files are; as Compose noted it in the containers' labels, or as it was given."""

    project: str
    directory: str = ""
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def profiles_in(env_file: str) -> tuple[str, ...]:
    """The profiles that the text of an env file sets for every command of Compose; those of a variable are not known.

    >>> profiles_in("COMPOSE_PROFILES=web,jobs  # on this host")
    ('web', 'jobs')
    """
    values = _PROFILES.findall(env_file)
    names = (name.strip() for name in values[-1].strip().strip("\"'").split(",")) if values else ()
    return tuple(name for name in names if name and "$" not in name)
