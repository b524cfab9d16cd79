# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""URLs. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit


def base_url_of(url: str) -> tuple[str, str]:
    """The host of a URL, and the URL of its root path; two empty texts where it is no HTTP URL."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    if parts.scheme not in ("http", "https") or not host:
        return "", ""
    return host, f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}/"
