# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role of the site has written: the variables that it reads stand in it.

PRIVATE to this collection.
"""

from __future__ import annotations

from typing import Any

_ENDINGS = (".yml", ".yaml", ".j2")
_DEEPEST = 4  # folders, of tasks and templates


def texts_of_role(folder: str, loader: Any, depth: int = 0) -> list[str]:
    """Its tasks, defaults and templates; what cannot be read has no text. ``loader``: of Ansible."""
    texts = []
    for name in sorted(loader.list_directory(folder)) if loader.is_directory(folder) and depth < _DEEPEST else ():
        path = f"{folder}/{name}"
        if loader.is_directory(path):
            texts += texts_of_role(path, loader, depth + 1)
        elif name.endswith(_ENDINGS):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    texts.append(file.read())
            except OSError:
                continue
    return texts
