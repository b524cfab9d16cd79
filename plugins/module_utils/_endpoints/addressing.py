# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of hosts, paths and addresses with letters beyond ASCII, in the form in which they are sent. Pure.

Sources: RFC 3490 and 5891 (names), RFC 3986 (paths), RFC 9110 (headers).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_AS_IT_IS = " !#$%&'()*+,/:;=?@[]~"  # signs of a path that are no letter, and stay what they are

_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_LATER = "\u00df\u03c2\u200c\u200d"


def ascii_host(host: str) -> str:
    """As names are asked for and sent; UnicodeError where it is none.

    >>> ascii_host("b\u00fccher.example"), ascii_host("fa\u00df.example"), ascii_host("db_1")
    ('xn--bcher-kva.example', 'xn--fa-hia.example', 'db_1')
    """
    return host if host.isascii() else ".".join(map(_ascii_label, _DOTS.split(host)))


def _ascii_label(label: str) -> str:
    # Python has IDNA 2003 alone, by which these four are replaced; since 2008 they are letters of their own.
    if any(sign in label for sign in _LATER):
        return f"xn--{unicodedata.normalize('NFC', label.lower()).encode('punycode').decode('ascii')}"
    return label if label.isascii() else label.encode("idna").decode("ascii")


def quoted(path: str) -> str:
    """A path with its letters beyond ASCII as bytes of UTF-8; a blank stays, and is refused."""
    return path if path.isascii() else quote(path, safe=_AS_IT_IS)


def is_latin(text: str) -> bool:
    """Whether a header can carry it."""
    return all(ord(sign) < 256 for sign in text)


def of_header(location: str) -> str:
    """The address in a header, whose bytes are read as Latin-1; most servers mean UTF-8, and none means a blank."""
    try:
        sent = location.strip().encode("latin-1")
    except UnicodeEncodeError:
        return location
    try:
        text = sent.decode("utf-8")
    except UnicodeDecodeError:
        text = quote(sent, safe=_AS_IT_IS)
    return text.replace(" ", "%20")
