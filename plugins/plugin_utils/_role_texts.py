# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a role of the site has written: the variables that it reads stand in it.

PRIVATE to this collection.
"""

from __future__ import annotations

import os

_ENDINGS = (".yml", ".yaml", ".j2")


def texts_of_role(folder: str) -> list[str]:
    """Its tasks, defaults and templates; what cannot be read has no text."""
    texts = []
    for place, dummy, names in os.walk(folder):
        for name in names:
            if name.endswith(_ENDINGS):
                try:
                    with open(os.path.join(place, name), encoding="utf-8", errors="replace") as file:
                        texts.append(file.read())
                except OSError:
                    continue
    return texts
