# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text for messages: on one line, of a bounded length, and durations in words. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Sequence

# C0, DEL, C1; soft hyphen and zero width; separators of lines; directions of writing; tags; halves of a character.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
# Chats and GitHub make mentions and links of bare text, also where it is escaped: only a gap stops them.
_LIVE = re.compile(r"(@)(?=\S)|(:)(?=//)|((?<![^\W_])www)(?=\.)", re.IGNORECASE)
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


# The sessions of a queue often have the same texts: each is cleaned once.
@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """The text on one line, without characters that could move a cursor or turn the direction of writing."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def harmless(text: str) -> str:
    """The same with its white space as it is, for a line that is indented."""
    return _UNPRINTABLE.sub(" ", text)


def shortened(text: str, width: int) -> str:
    """At most ``width`` characters; ``...`` marks a cut."""
    return text if len(text) <= width else text[: max(0, width - 3)].rstrip() + "..."


def first_sentence(message: str) -> str:
    """Of a message, without its full stop.

    >>> first_sentence("db1 was not reached: timed out. Nothing was done.")
    'db1 was not reached: timed out'
    """
    return message.split(". ", 1)[0].rstrip(".")


def some(names: Sequence[str], most: int = 4) -> str:
    """The first names, and how many more there are.

    >>> some(["a", "b", "c", "d", "e"])
    'a, b, c, d and 1 more'
    """
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, and its verb where that changes, too; ``many``: ``one`` with an s where it is not given.

    >>> counted(1, "replica"), counted(1200, "session waits", "sessions wait")
    ('1 replica', '1,200 sessions wait')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def span(seconds: float) -> str:
    """A duration in words: 0.4 s, 42 s, 12 min, 3 h 5 min, 8 days."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 3 * 86400:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
    return f"{seconds / 86400:.0f} days"


def in_markdown(text: str) -> str:
    """Foreign text on one line of a Markdown page, as text: no markup, link, mention, image or HTML."""
    return _MARKDOWN.sub(r"\\\1", _LIVE.sub(lambda match: f"{match.group()} ", printable(text)))


def in_html(text: str) -> str:
    """Foreign text as text in an HTML page, also between the quotes of an attribute; its characters are kept."""
    return text.translate(_HTML)
