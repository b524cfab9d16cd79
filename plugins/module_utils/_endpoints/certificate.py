# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a certificate ends, from its DER. Pure.

Python returns the fields of a certificate only where it trusts it; untrusted certificates are needed here too.
Structure: RFC 5280, section 4.1 (Certificate, TBSCertificate, Validity).
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

_SEQUENCE, _SET, _OID, _VERSION = 0x30, 0x31, 0x06, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_COMMON_NAME = b"\x55\x04\x03"


def ends_at(der: bytes) -> float | None:
    """Seconds since 1970 at which it ends; None where it cannot be read."""
    try:
        times = _children(_fields(der)[4])
        return _time(*times[1])
    except (IndexError, ValueError):
        return None


def issuer_of(der: bytes) -> str:
    """The common name of who issued it; empty where it says none."""
    try:
        for dummy, names in _children(_fields(der)[3]):
            for dummy2, pair in _children(names):
                (kind, oid), (dummy3, value) = _children(pair)
                if kind == _OID and oid == _COMMON_NAME:
                    return value.decode("utf-8", "replace")
    except (IndexError, ValueError):
        pass
    return ""


def _fields(der: bytes) -> list[bytes]:
    """version (empty where it is left out), serial, algorithm, issuer, validity, ... of the part that is signed."""
    fields = _children(_children(_children(der)[0][1])[0][1])
    if fields[0][0] != _VERSION:
        fields.insert(0, (_VERSION, b""))
    return [value for dummy, value in fields]


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of each element."""
    children, at = [], 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(data[at : at + width], "big"), at + width
        if at + size > len(data):
            raise ValueError("cut off")
        children.append((tag, data[at : at + size]))
        at += size
    return children


def _time(tag: int, value: bytes) -> float:
    text = value.decode("ascii", "replace")
    if tag == _UTC_TIME:  # two digits of the year: 50 and more are of the last century
        text = ("20" if int(text[:2]) < 50 else "19") + text
    if not re.fullmatch(r"\d{14}Z", text):
        raise ValueError(text)
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
