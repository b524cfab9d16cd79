"""Certificates for tests: authorities, those between, and servers' own, with the ends that a test needs."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SIGNS = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@dataclass(frozen=True)
class Signed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def signed(
    name: str, by: Signed | None = None, *, days: float = 90, names: tuple[str, ...] = (), early: float = 60
) -> Signed:
    """One of that common name, signed ``by`` another or itself; it ends in so many ``days`` and began ``early`` before.

    ``names``: host names and addresses; with any it is a server's, without it an authority's.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    ends = now + datetime.timedelta(days=days)
    made = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key())
    made = made.issuer_name(by.certificate.subject if by else subject).serial_number(x509.random_serial_number())
    made = made.not_valid_before(min(now, ends) - datetime.timedelta(days=early)).not_valid_after(ends)
    made = made.add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    issuer_key = by.key if by else key
    if not names:  # Python 3.13 asks an authority for it
        made = made.add_extension(_SIGNS, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
    return Signed(made.sign(issuer_key, hashes.SHA256()), key)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
