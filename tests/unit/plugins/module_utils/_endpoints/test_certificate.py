"""What a certificate says, read from its DER."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.certificate import certificate_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.certificates import signed


@pytest.mark.parametrize("ends", [datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.datetime(2055, 6, 7, 8, 9, 10)])
def test_when_a_certificate_ends(ends):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "NG"), x509.NameAttribute(NameOID.COMMON_NAME, "Pafar CA")]
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = made.not_valid_before(datetime.datetime(2019, 1, 1)).not_valid_after(ends).sign(key, hashes.SHA256())
    der = certificate.public_bytes(serialization.Encoding.DER)
    found = certificate_of(der)
    assert found is not None
    assert (found.ends, found.issuer, found.names) == (ends.replace(tzinfo=datetime.UTC).timestamp(), "Pafar CA", ())
    assert found.self_signed
    assert certificate_of(der[:100]) is None
    assert certificate_of(b"") is None


def test_its_names_and_who_signed_it():
    root = signed("Root of Pafar")
    found = certificate_of(signed("own", root, names=("pafar.example", "*.pafar.example", "127.0.0.1", "::1")).der)
    assert found is not None
    assert found.names == ("pafar.example", "*.pafar.example", "127.0.0.1", "0000:0000:0000:0000:0000:0000:0000:0001")
    assert (found.subject, found.issuer, found.self_signed) == ("own", "Root of Pafar", False)
    above = certificate_of(root.der)
    assert above is not None
    assert found.issuer_id == above.subject_id


def test_a_namesake_of_its_authority_is_told_by_its_key():
    root, namesake = signed("Root of Pafar"), signed("Root of Pafar")
    own, above, other = (certificate_of(each.der) for each in (signed("own", root, names=("a",)), root, namesake))
    assert own is not None
    assert above is not None
    assert other is not None
    assert own.signer_id == above.key_id != other.key_id != b""
    assert (own.is_signed_by(above), own.is_signed_by(other), above.is_signed_by(own)) == (True, False, False)
    assert own.is_signed_by(replace(other, key_id=b"")), "the name alone counts where a key has no identifier"
    assert replace(own, signer_id=b"").is_signed_by(other)


def test_every_cut_and_every_changed_byte_is_survived():
    der = signed("own", names=("pafar.example",)).der
    for at in range(len(der)):
        certificate_of(der[:at])
        certificate_of(der[:at] + bytes([der[at] ^ 0xFF]) + der[at + 1 :])
