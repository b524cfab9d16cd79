"""The end and the issuer of a certificate, read from its DER."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.certificate import ends_at, issuer_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@pytest.mark.parametrize("ends", [datetime.datetime(2020, 1, 2, 3, 4, 5), datetime.datetime(2055, 6, 7, 8, 9, 10)])
def test_when_a_certificate_ends(ends):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "NG"), x509.NameAttribute(NameOID.COMMON_NAME, "Pafar CA")]
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    signed = made.not_valid_before(datetime.datetime(2019, 1, 1)).not_valid_after(ends).sign(key, hashes.SHA256())
    der = signed.public_bytes(serialization.Encoding.DER)
    assert ends_at(der) == ends.replace(tzinfo=datetime.UTC).timestamp()
    assert issuer_of(der) == "Pafar CA"
    assert ends_at(der[:100]) is None
    assert ends_at(b"") is None
