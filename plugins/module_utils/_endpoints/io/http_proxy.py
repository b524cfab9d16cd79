# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proxy that programs of a place would use for an endpoint, as their environment says."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from ..addressing import ascii_host
from ..endpoint import Target
from .namespaces import Place

_NEAR = ("localhost", "127.", "::1", "[::1]")


def proxy_of(place: Place, target: Target) -> tuple[tuple[str, int] | None, str]:
    """The proxy that programs of that place would use for it, and how one logs in there."""
    if target.kind != "http" or target.host.startswith(_NEAR):
        return None, ""
    environment = {name.lower(): value for name, value in place.environment.items()}
    given = environment.get("https_proxy" if target.secure else "http_proxy", "")
    exempt = [part.strip() for part in environment.get("no_proxy", "").split(",") if part.strip()]
    if not given or any(_is_exempt(target.host, pattern) for pattern in exempt):
        return None, ""
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else ""
        word = f"Basic {b64encode(login.encode()).decode()}" if login else ""
        return ((parts.hostname, parts.port or 3128), word) if parts.hostname else (None, "")
    except ValueError:
        return None, ""


def _is_exempt(host: str, rule: str) -> bool:
    """Whether a rule of no_proxy means a host: a name, the end of one, a network."""
    if rule == "*":
        return True
    if "/" in rule:
        try:
            return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
        except ValueError:
            return False
    bare = rule.lstrip(".")
    with suppress(UnicodeError):
        bare = ascii_host(bare)
    return host == bare or host.endswith(f".{bare}")
