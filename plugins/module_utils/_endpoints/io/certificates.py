# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The certificates of a connection: those that were sent, and those by which this place trusts them. I/O."""

from __future__ import annotations

import re
import ssl
import sys
import time
from typing import Any, Sequence

from ..._core.redaction import redacted
from ..certificate import Certificate, certificate_of
from ..chain import built_from, chain_problems, days_left, first_to_end, links_of, names_first, why_untrusted
from ..endpoint import LayerFacts, Target

_DER = 2  # ENCODING_DER of Python's own module _ssl
_NAMES = 20  # of a certificate that are returned
SHOWN = sys.version_info >= (3, 10)  # whether Python shows the chain
UNREAD = "the chain that the server sends was not read (that takes Python 3.10 on this host, or TLS 1.2 at the server)"
WANTED = "it wants a certificate of the client (give the target a `client_cert`)"
# Alerts that are about the certificate of the one who receives them (RFC 8446, section 6.2), and those of servers that
# were given none.
_REFUSED = re.compile("ALERT_((?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN)|UNKNOWN_CA)")
_GIVEN_NONE = re.compile("CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE")


def chain_facts(
    secured: ssl.SSLSocket, read: Sequence[bytes] = (), wanted: Sequence[str] = ()
) -> tuple[LayerFacts, Sequence[Certificate]]:
    """What is known of the chain, and the certificates that were sent; nothing where none can be read.

    ``read``: the chain as it was read from a handshake, for a Python that does not show it. ``wanted``: names that the
    certificate should be for, which are returned before others.
    """
    own = certificate_of(secured.getpeercert(True) or b"")
    if own is None:
        return {}, ()
    sent, built = _chain(secured, "get_unverified_chain"), _chain(secured, "get_verified_chain")
    if not sent and read and read[0] == secured.getpeercert(True):
        sent = _parsed(read)
        built = tuple(built_from(sent, _parsed(secured.context.get_ca_certs(True))))
    if secured.context.verify_mode == ssl.CERT_NONE:
        built = ()  # unverified, it is what was sent
    now = time.time()
    first = first_to_end(sent, built) or own
    facts: LayerFacts = {
        "days_left": days_left(first, now),
        "expired": first.ends < now,
        "ends_first": redacted(first.subject)[:80] if first != own else "",
        "subject": redacted(own.subject)[:80],
        "issuer": redacted(own.issuer)[:80],
        "names": [redacted(name)[:255] for name in names_first(own, wanted, _NAMES)],
        "chain": links_of(sent, built, now),
        "chain_problems": chain_problems(sent, built, now) if sent else [UNREAD],
    }
    return facts, sent or (own,)


def why_refused(error: ssl.SSLCertVerificationError, sent: Sequence[Certificate], name: str) -> str:
    """OpenSSL's words, and which certificate they are about. ``name``: that the certificate must be for.

    ``sent``: what was read of the chain; of nothing, or the server's own alone where this Python shows no more.
    """
    words = f"{error.verify_message or error.reason} (code {error.verify_code})"
    whole = SHOWN or len(sent) > 1
    why = why_untrusted(error.verify_code, sent, name, time.time(), whole=whole) if sent else ""
    return f"{why}: {words}" if why else words


def of_alert(error: Exception, target: Target) -> str:
    """What an alert of the server says about the certificate of the client; empty where it is about none."""
    text = str(error).upper() if isinstance(error, ssl.SSLError) else ""
    if not target.client_cert:
        return WANTED if _GIVEN_NONE.search(text) else ""
    refused = _REFUSED.search(text)
    if refused:
        return f"it refuses the certificate of the client ({refused[1].lower().replace('_', ' ')})"
    return "it wants another certificate of the client" if "CERTIFICATE_REQUIRED" in text else ""


def _chain(secured: ssl.SSLSocket, name: str) -> tuple[Certificate, ...]:
    """The server's own first. Public from Python 3.13 on, of the connection's inner object from 3.10 on."""
    holder: Any = secured if hasattr(secured, name) else getattr(secured, "_sslobj", None)
    read = getattr(holder, name, None)
    try:
        listed = (read() if read else None) or ()
        encoded = [link if isinstance(link, bytes) else link.public_bytes(_DER) for link in listed]
    except (ssl.SSLError, ValueError, TypeError, AttributeError):
        return ()
    return _parsed(encoded)


def _parsed(encoded: Sequence[bytes]) -> tuple[Certificate, ...]:
    certificates = (certificate_of(der) for der in encoded)
    return tuple(certificate for certificate in certificates if certificate is not None)
