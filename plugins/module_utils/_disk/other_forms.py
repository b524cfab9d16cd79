# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files beside backups, and backups of a form that cannot be judged here. Pure.

What is encrypted, or is the dump of another program, may be whole or not: that is not known. A file that is named as
SQL and is none of these is a damaged one. Sources: RFC 4880 and 9580 (packets of OpenPGP), age-encryption.org/v1,
OpenSSL's enc, tar(5), and the first bytes that programs give their own files.
"""

from __future__ import annotations

import re
from typing import Collection

_FORMS = (
    (b"-----BEGIN PGP MESSAGE", "encrypted by OpenPGP"), (b"age-encryption.org/", "encrypted by age"),
    (b"-----BEGIN AGE ENCRYPTED", "encrypted by age"), (b"Salted__", "encrypted by OpenSSL"),
    (b"REDIS0", "a snapshot of Redis"), (b"\x6d\xe2\x99\x81", "an archive of mongodump"),
    (b"SQLite format 3\0", "a database of SQLite"), (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"$ANSIBLE_VAULT;", "encrypted by Ansible Vault"),
    (b"\xff\xfe", "text in UTF-16"), (b"\xfe\xff", "text in UTF-16"), (b"\x1f\x9d", "packed by compress"),
    (b"\x02\x21\x4c\x18", "packed by lz4 in its old form"), (b"\x1f\x8b\x08", "packed twice"), (b"BZh", "packed twice"),
    (b"\xfd7zXZ\0", "packed twice"), (b"\x28\xb5\x2f\xfd", "packed twice"), (b"\x04\x22\x4d\x18", "packed twice"),
)  # fmt: skip
_TAR_AT = 257  # where a tar archive says ustar
# OpenPGP: a session key for a recipient or of a passphrase, in the old and the new form of packets, with its version.
_PGP = re.compile(rb"(?:[\x84\x8c].|\x85..|[\xc1\xc3].)[\x03-\x06]", re.S)
_SQL = re.compile(r"\.(?:sql|dump|pgdump|psql|backup)(?:\.(?:gz|bz2|xz|zst|lz4|Z))?(?:[.-]\d{1,8})?$", re.I)
_PART = re.compile(
    r"\.(?:sql|dump|pgdump|psql|backup|tar|gz|bz2|xz|zst|lz4|Z|gpg|age|enc)\.(?:a[a-z]|0\d\d|part\d+)$", re.I
)  # as split(1) and others name them
_TEXT = bytes(range(32, 256)) + b"\t\r\n\f\b"
_BESIDE = re.compile(
    r"\.(?:sha(?:1|224|256|384|512)(?:sums?)?|md5(?:sums?)?|b2|blake3|crc|sum|sig|asc|minisig|sigstore)$", re.I
)
# What people and programs put beside backups: README.txt, SHA256SUMS, the log of a job, its script, .gitkeep.
_NO_BACKUP = re.compile(
    r"(?:README|(?:SHA\d{0,3}|MD5|B2)SUMS?|CHECKSUMS?|LICEN[CS]E|NOTES?|INDEX)(?:\.(?:txt|md|html?|asc|sig))?$"
    r"|.*\.(?:log(?:\.\d{1,3})?|md|sh|py|conf|cfg|ini|lock|pid)$|\.(?:git(?:keep|ignore)|keep|DS_Store|pgpass)$",
    re.I,
)
_UNFINISHED = re.compile(
    r"\.(?:part|partial|filepart|tmp|temp|incomplete|inprogress|uploading|crdownload)$|^\..+\.[A-Za-z0-9]{6}$", re.I
)


def other_form(name: str, head: bytes) -> str:
    """Why a backup cannot be judged here, in a clause; empty where it is, or should be, a dump or an archive of one.

    ``head``: its first bytes, once unpacked.

    >>> other_form("shop.sql.gz.gpg", b"\\x8c\\x0d\\x04\\x09"), other_form("shop.sql", b"-- PostgreSQL database dump")
    ('it is encrypted by OpenPGP, and cannot be judged here', '')
    """
    form = next((form for begin, form in _FORMS if head.startswith(begin)), "")
    if _PART.search(name):
        form = "a part of a backup that was split"
    if not form and head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        form = "a tar archive"
    if not form and _PGP.match(head):
        form = "encrypted by OpenPGP"
    if not form and head and not _SQL.search(name) and head.translate(None, _TEXT):
        form = "no text, and of a form that is not known"
    return f"it is {form}, and cannot be judged here" if form else ""


def is_beside(name: str, names: Collection[str]) -> bool:
    """Whether a file is the checksum or the signature of another one of the same folder."""
    match = _BESIDE.search(name)
    return bool(match) and name[: match.start() if match else 0] in names


def is_no_backup(name: str, pattern: str) -> bool:
    """Whether a name is that of a file beside backups, where the pattern asks for every ending.

    >>> is_no_backup("README.txt", "*"), is_no_backup("job.log", "*"), is_no_backup("job.log", "*.log")
    (True, True, False)
    """
    return "." not in pattern and bool(_NO_BACKUP.match(name))


def is_unfinished(name: str) -> bool:
    """Whether its name says that it is being written, or was not written to its end (curl, rsync, WinSCP, browsers).

    >>> is_unfinished("shop.sql.gz.part"), is_unfinished(".shop.sql.gz.Xy12ab"), is_unfinished("shop.sql.gz")
    (True, True, False)
    """
    return bool(_UNFINISHED.search(name))
