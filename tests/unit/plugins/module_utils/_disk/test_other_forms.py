"""Backups that cannot be judged are unknown, and files beside backups are none."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.other_forms import (
    is_beside,
    is_no_backup,
    is_unfinished,
    other_form,
)


@pytest.mark.parametrize(
    ("name", "head", "form"),
    [
        ("shop.sql.gz.gpg", b"\x8c\x0d\x04\x09\x03\x08", "encrypted by OpenPGP"),
        ("shop.sql.gz.gpg", b"\x85\x02\x0c\x03\x11\x22", "encrypted by OpenPGP"),
        ("shop.sql.asc", b"-----BEGIN PGP MESSAGE-----\n", "encrypted by OpenPGP"),
        ("shop.sql", b"Salted__\x12\x34", "encrypted by OpenSSL"),
        ("x.age", b"age-encryption.org/v1\n", "encrypted by age"),
        ("dump.rdb", b"REDIS0011\xfa", "a snapshot of Redis"), ("x.zip", b"PK\x03\x04", "a zip archive"),
        ("home.tar.gz", b"a" * 257 + b"ustar\x00", "a tar archive"),
        ("shop.sql", "-- Post".encode("utf-16"), "text in UTF-16"),
        ("shop.sql.Z", b"\x1f\x9d\x90", "packed by compress"),
        ("shop.sql.gz", b"\x1f\x8b\x08\x00", "packed twice"), ("a.sql.gz", b"\xfd7zXZ\x00\x00", "packed twice"),
        ("shop.sql", b"$ANSIBLE_VAULT;1.1;AES256\n31", "encrypted by Ansible Vault"),
        ("shop.sql.gz.aa", b"-- Postgre", "a part of a backup that was split"),
        ("shop.dump.ab", b"\x00\x01", "a part of a backup that was split"),
        ("shop.tar.001", b"\x00\x01", "a part of a backup that was split"),
        ("shop.sql.1", b"-- Postgre", ""), ("shop.sql-20261128.gz", b"-- Postgre", ""),
        ("shop.sql.20261128", b"--", ""),
        ("db.firma.at", b"-- Postgre", ""),
        ("x.bin", b"\x00\x01", "no text, and of a form that is not known"),
        ("shop.sql.gz", b"\x00\x01", ""), ("shop.sql", b"--\n-- PostgreSQL", ""), ("shop.sql.gz", b"", ""),
        ("x.bin", b"", ""),
        ("all.txt", "-- Müller".encode(), ""), ("shop.dump.1", b"\x00", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_named(name, head, form):
    assert other_form(name, head) == (f"it is {form}, and cannot be judged here" if form else "")


@pytest.mark.parametrize("ending", [".sha256", ".md5", ".asc", ".sig", ".SHA512", ".minisig", ".sha256sum"])
def test_a_checksum_or_signature_is_one_only_beside_its_file(ending):
    assert is_beside(f"shop.sql.gz{ending}", {"shop.sql.gz"})
    assert not is_beside(f"shop.sql.gz{ending}", {f"shop.sql.gz{ending}", "other.sql.gz"}), "it may be encrypted text"
    assert not is_beside("shop.sql.gz", {"shop.sql.gz"})


@pytest.mark.parametrize(
    "name", ["README.txt", "SHA256SUMS", "MD5SUMS.txt", "readme", "backup.log", "backup.log.1", "backup.sh", ".gitkeep"]
)
@pytest.mark.parametrize("pattern", ["*", "?*"])
def test_a_file_beside_backups_is_none(name, pattern):
    assert is_no_backup(name, pattern)


@pytest.mark.parametrize("name", ["shop.txt", "shop.sql", "shop", "readme-shop.sql.gz", "logs.dump", "catalog"])
def test_another_name_may_be_that_of_a_backup(name):
    assert not is_no_backup(name, "*")


@pytest.mark.parametrize(("name", "pattern"), [("backup.log", "*.log"), ("etc.conf", "etc.*"), ("a.sh", "*.sh")])
def test_what_the_pattern_asks_for_by_its_ending_is_a_backup(name, pattern):
    assert not is_no_backup(name, pattern)


@pytest.mark.parametrize(
    ("name", "unfinished"),
    [
        ("a.sql.gz.part", True), ("a.sql.gz.TMP", True), ("a.filepart", True), (".a.sql.gz.x7Yz12", True),
        ("a.sql.gz", False), ("part.sql", False), ("a.partner", False), (".a.sql.gz", False), ("a.sql.x7Yz12", False),
    ],
)  # fmt: skip
def test_names_of_what_is_not_finished(name, unfinished):
    assert is_unfinished(name) is unfinished
