# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a certificate says, from its DER. Pure.

Python returns the fields of a certificate only where it trusts it; untrusted certificates are needed here too.
Structure: RFC 5280, section 4.1 (Certificate, TBSCertificate, Validity), 4.2.1.1 and 4.2.1.2 (identifiers of keys),
4.2.1.6 (subjectAltName).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

_OID, _OCTETS, _VERSION, _EXTENSIONS = 0x06, 0x04, 0xA0, 0xA3
_UTC_TIME = 0x17
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_SUBJECT_ALT_NAME, _SUBJECT_KEY, _AUTHORITY_KEY = b"\x55\x1d\x11", b"\x55\x1d\x0e", b"\x55\x1d\x23"
_KEY_ID = 0x80


@dataclass(frozen=True)
class Certificate:
    """One certificate. Moments in seconds since 1970; ``names``: those that it is for, by subjectAltName.

    ``issuer_id`` and ``subject_id``: the names as they are encoded, by which a chain is built; ``key_id`` and
    ``signer_id``: identifiers of its own key and of the one that signed it, empty where they are not given.
    """

    subject: str
    issuer: str
    subject_id: bytes
    issuer_id: bytes
    starts: float
    ends: float
    names: tuple[str, ...] = ()
    key_id: bytes = b""
    signer_id: bytes = b""

    @property
    def self_signed(self) -> bool:
        return self.subject_id == self.issuer_id

    def is_signed_by(self, other: Certificate) -> bool:
        """By its name, and by its key where both say which. Signatures are OpenSSL's to check."""
        by_key = not (self.signer_id and other.key_id) or self.signer_id == other.key_id
        return other.subject_id == self.issuer_id and by_key


def certificate_of(der: bytes) -> Certificate | None:
    """The certificate; None where it cannot be read."""
    try:
        fields = _fields(der)
        starts, ends = (_time(*moment) for moment in _children(fields[4])[:2])
        extensions = _extensions(fields[-1])
        return Certificate(
            _name(fields[5]),
            _name(fields[3]),
            fields[5],
            fields[3],
            starts,
            ends,
            tuple(_names(extensions.get(_SUBJECT_ALT_NAME, b""))),
            next((value for dummy, value in _children(extensions.get(_SUBJECT_KEY, b""))), b""),
            next((value for tag, value in _within(extensions.get(_AUTHORITY_KEY, b"")) if tag == _KEY_ID), b""),
        )
    except (IndexError, ValueError, OverflowError):
        return None


def _fields(der: bytes) -> list[bytes]:
    """version (empty where it is left out), serial, algorithm, issuer, validity, subject, ... of the signed part.

    The extensions are the last, where there are any, and empty where there are none.
    """
    fields = _children(_children(_children(der)[0][1])[0][1])
    if fields[0][0] != _VERSION:
        fields.insert(0, (_VERSION, b""))
    extensions = next((value for tag, value in fields if tag == _EXTENSIONS), b"")
    return [*(value for dummy, value in fields[:7]), extensions]


def _name(encoded: bytes) -> str:
    """The common name of a distinguished name, its organisation where there is none; empty for neither."""
    by_oid: dict[bytes, str] = {}
    for dummy, names in _children(encoded):
        for dummy2, pair in _children(names):
            (kind, oid), (dummy3, value) = _children(pair)[:2]
            if kind == _OID:
                by_oid[oid] = value.decode("utf-8", "replace")
    return by_oid.get(_COMMON_NAME) or by_oid.get(_ORGANISATION, "")


def _extensions(encoded: bytes) -> dict[bytes, bytes]:
    """What each holds, by its identifier."""
    held: dict[bytes, bytes] = {}
    for dummy, listed in _children(encoded):
        for dummy2, extension in _children(listed):
            parts = _children(extension)
            if parts[0][0] == _OID and parts[-1][0] == _OCTETS:
                held[parts[0][1]] = parts[-1][1]
    return held


def _names(encoded: bytes) -> list[str]:
    """Host names and addresses in subjectAltName."""
    names: list[str] = []
    for tag, value in _within(encoded):
        if tag == _DNS_NAME:
            names.append(value.decode("ascii", "replace"))
        elif tag == _IP_ADDRESS:
            names.append(_address(value))
    return names


def _within(encoded: bytes) -> list[tuple[int, bytes]]:
    """The elements of the first sequence; none of nothing."""
    return _children(_children(encoded)[0][1]) if encoded else []


def _address(value: bytes) -> str:
    if len(value) == 4:
        return ".".join(map(str, value))
    return ":".join(value[at : at + 2].hex() for at in range(0, len(value), 2))


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
