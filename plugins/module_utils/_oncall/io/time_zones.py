# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time zones by name, as the host's rules have them. I/O."""

from __future__ import annotations

from datetime import timezone, tzinfo

from ..._core.errors import InputError

# Names of Windows that calendars of Outlook and Exchange carry; the pairs are those of Unicode CLDR (windowsZones).
_WINDOWS = {
    "W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw", "Romance Standard Time": "Europe/Paris",
    "GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik",
    "E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev",
    "GTB Standard Time": "Europe/Bucharest", "Turkey Standard Time": "Europe/Istanbul",
    "Russian Standard Time": "Europe/Moscow", "Israel Standard Time": "Asia/Jerusalem",
    "South Africa Standard Time": "Africa/Johannesburg", "Arabian Standard Time": "Asia/Dubai",
    "India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore", "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul", "AUS Eastern Standard Time": "Australia/Sydney",
    "Lord Howe Standard Time": "Australia/Lord_Howe", "New Zealand Standard Time": "Pacific/Auckland",
    "Eastern Standard Time": "America/New_York", "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver", "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles", "Atlantic Standard Time": "America/Halifax",
    "Newfoundland Standard Time": "America/St_Johns", "E. South America Standard Time": "America/Sao_Paulo",
    "Argentina Standard Time": "America/Buenos_Aires", "SA Pacific Standard Time": "America/Bogota",
    "Hawaiian Standard Time": "Pacific/Honolulu", "UTC": "UTC",
}  # fmt: skip


def zone_of(name: str) -> tzinfo:
    """Raises InputError for a name that is no zone here."""
    known = _WINDOWS.get(name, name)
    if known.upper() in ("UTC", "Z"):
        return timezone.utc
    try:
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - Python 3.9 and newer

        return ZoneInfo(known)
    except ImportError:
        problem = "needs Python 3.9 or newer"
    except (LookupError, ValueError, OSError):
        problem = "is no time zone of this host, such as Europe/Berlin (package tzdata)"
    raise InputError(f"The zone {name!r} {problem}. Nothing was read.")


def is_zone(name: str) -> bool:
    try:
        return zone_of(name) is not None
    except InputError:
        return False
