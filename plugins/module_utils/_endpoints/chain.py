# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The chain of certificates as a server sends it, and as clients build it. Pure.

A server sends its own certificate and those of the authorities between it and a root that clients know. Which of them
ends first, and which is missing, is another matter for the client that knows more than the server sends. Source:
RFC 8446, section 4.4.2, and RFC 5280, section 6.
"""

from __future__ import annotations

from typing import Sequence, TypedDict

from .._core.redaction import redacted
from .._core.text import counted, some
from .certificate import Certificate

DAY = 86400.0
# Certificates that proxies make for themselves, and answer with where they have none for the name that is asked for.
DEFAULTS = ("TRAEFIK DEFAULT CERT", "Kubernetes Ingress Controller Fake Certificate", "Caddy Local Authority")
# OpenSSL's codes (X509_verify_cert_error_string): no issuer, no root, self-signed.
_NO_ISSUER, _SELF_SIGNED, _UNKNOWN_ROOT, _EXPIRED, _NOT_YET, _OTHER_NAME = (2, 20, 21), 18, 19, 10, 9, (62, 64)


class ChainLink(TypedDict):
    """A certificate of the chain. ``days_left``: less than 0 once it has ended; ``sent``: by the server itself."""

    subject: str
    issuer: str
    days_left: int
    sent: bool


def path_of(sent: Sequence[Certificate], built: Sequence[Certificate]) -> list[Certificate]:
    """The way from the server's own certificate upwards: as this place built it, else as far as what was sent leads."""
    if built:
        return list(built)
    path = list(sent[:1])
    while path and not path[-1].self_signed:
        above = next((other for other in sent if path[-1].is_signed_by(other) and other not in path), None)
        if above is None:
            break
        path.append(above)
    return path


def built_from(sent: Sequence[Certificate], known: Sequence[Certificate]) -> list[Certificate]:
    """The way from the server's own certificate to a root, by what this place knows and by what was sent.

    Empty where it reaches none. Signatures are OpenSSL's to check.
    """
    path = list(sent[:1])
    while path and not path[-1].self_signed:
        above = next((other for other in (*known, *sent) if path[-1].is_signed_by(other) and other not in path), None)
        if above is None:
            return []
        path.append(above)
    return path


def links_of(sent: Sequence[Certificate], built: Sequence[Certificate], now: float) -> list[ChainLink]:
    """Every certificate that was sent or is needed, the server's own first."""
    path = path_of(sent, built)
    return [
        {
            "subject": _shown(link.subject),
            "issuer": _shown(link.issuer),
            "days_left": days_left(link, now),
            "sent": link in sent,
        }
        for link in [*path, *(other for other in sent if other not in path)]
    ]


def first_to_end(sent: Sequence[Certificate], built: Sequence[Certificate]) -> Certificate | None:
    """Of those that a client needs, the one that ends first; None where none was read."""
    return min(path_of(sent, built), key=lambda link: link.ends, default=None)


def days_left(link: Certificate, now: float) -> int:
    """Whole days, rounded down."""
    return int((link.ends - now) // DAY)


def ended_ago(left: int) -> str:
    """When it ended, by its days left: less than 0, since these are rounded down.

    >>> ended_ago(-1), ended_ago(-2), ended_ago(-31)
    ('less than a day ago', '1 day ago', '30 days ago')
    """
    return f"{_days(-left - 1)} ago"


def ends_in(left: int) -> str:
    """When it ends, by its days left.

    >>> ends_in(0), ends_in(1), ends_in(12)
    ('in less than a day', 'in 1 day', 'in 12 days')
    """
    return f"in {_days(left)}"


def _days(whole: int) -> str:
    return counted(whole, "day") if whole > 0 else "less than a day"


def chain_problems(sent: Sequence[Certificate], built: Sequence[Certificate], now: float) -> list[str]:
    """What is wrong with the chain whether or not this place trusts it, a clause each."""
    path = path_of(sent, built)
    problems = []
    missing = [link for link in built[1:] if link not in sent and not link.self_signed]
    if missing:
        names = some([_shown(link.subject) for link in missing])
        problems.append(f"the server does not send {names}, which is known here: clients that do not know it refuse")
    for link in sent:
        if link not in path and link.ends < now:
            problems.append(
                f"the server also sends {_shown(link.subject)}, which ended {ended_ago(days_left(link, now))}: clients"
                " that follow it refuse"
            )
    return problems


def why_untrusted(code: int, sent: Sequence[Certificate], host: str, now: float, *, whole: bool = True) -> str:
    """Why this place does not trust the chain, by OpenSSL's ``code``: which certificate it is about; empty: no more.

    ``whole``: whether all that was sent could be read; else ``sent`` is the server's own certificate alone.
    """
    path = path_of(sent, ())
    if not path:
        return ""
    own, last = path[0], path[-1]
    if own.subject in DEFAULTS or own.issuer in DEFAULTS:
        return f"it is the proxy's own default certificate ({_shown(own.subject)}): it has none for {host}"
    if code in (_EXPIRED, _NOT_YET):
        return _out_of_time(code, path, sent, now)
    if code in _OTHER_NAME:
        return f"it is for {some([_shown(name) for name in own.names or (own.subject,)])} and not for {host}"
    if code == _SELF_SIGNED or own.self_signed:
        return f"it is self-signed ({_shown(own.subject)})"
    if code == _UNKNOWN_ROOT or last.self_signed:
        return f"its root {_shown(last.subject)} is not trusted here"
    if code in _NO_ISSUER:
        signer = _shown(last.issuer)
        if not whole:
            return f"the certificate of {signer} is not known here, and whether it is sent was not read"
        why = f"the certificate of {signer}, which signed {_which(last, own)}, is not sent and not known here"
        namesake = any(other.subject_id == last.issuer_id for other in sent)
        return f"{why} (another of that name is sent, with another key)" if namesake else why
    return ""


def _out_of_time(code: int, path: Sequence[Certificate], sent: Sequence[Certificate], now: float) -> str:
    """Which certificate ended, or is not valid yet."""
    own = path[0]
    if code == _NOT_YET:
        early = next((link for link in path if link.starts > now), own)
        days = int((early.starts - now) // DAY)
        return f"{_which(early, own)} is valid {ends_in(days)} only, or this clock is wrong"
    ended = next((link for link in [*path, *sent] if link.ends < now), None)
    if ended is None:
        return "a certificate above it ended"
    return f"{_which(ended, own)} ended {ended_ago(days_left(ended, now))}, or this clock is wrong"


def names_missing(own: Certificate, wanted: Sequence[str]) -> list[str]:
    """Names that the certificate should be for and is not; a name with a star stands for one label."""
    names = {_plain(name) for name in own.names}
    return [name for name in wanted if not names & set(_covering(name))]


def names_first(own: Certificate, wanted: Sequence[str], most: int) -> list[str]:
    """As many of its names, those for the wanted ones first: what is cut off is none that is asked for."""
    asked = {name for each in wanted for name in _covering(each)}
    return sorted(own.names, key=lambda name: _plain(name) not in asked)[: max(most, len(asked))]


def _covering(name: str) -> tuple[str, str]:
    """The names of a certificate that are for a host: its own, and the one with a star."""
    plain = _plain(name)
    return plain, f"*.{plain.partition('.')[2]}"


def _plain(name: str) -> str:
    """In small letters, as certificates write it: IDNA for other letters, all groups of an address of IPv6."""
    name = name.strip("[]").rstrip(".").lower()
    if ":" in name:
        front, double, back = name.partition("::")
        before, behind = (part.split(":") if part else [] for part in (front, back))
        between = ["0"] * (8 - len(before) - len(behind)) if double else []
        return ":".join(group.zfill(4) for group in [*before, *between, *behind])
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _which(link: Certificate, own: Certificate) -> str:
    return "its certificate" if link is own else f"the certificate of {_shown(link.subject)}"


def _shown(name: str) -> str:
    return redacted(name)[:80] or "no name"
