# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The channels of a site, from its inventory (``runbook_announce``). Pure.

A misspelt setting is refused by name: a channel that is silently not configured is noticed in the middle of an
incident.
"""

from __future__ import annotations

import difflib
import re
from typing import Any, Final, Mapping, Sequence

from .._core.errors import InputError
from .._incident.severity import at_least
from .trackers.issue_api import problem_of

SLACK: Final = "slack"
PAGE: Final = "page"
MAIL: Final = "mail"
PAGER: Final = "pager"
TRACKER: Final = "tracker"
ALERTMANAGER = "alertmanager"  # no channel: alerts are silenced there
# channel -> its settings: required, and optional with the default
REQUIRED: dict[str, tuple[str, ...]] = {
    SLACK: ("token",), PAGE: ("kind", "token"), MAIL: ("host", "sender", "to"), PAGER: ("kind",), TRACKER: ("url",),
    ALERTMANAGER: ("url", "labels"),
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {
    SLACK: {
        "api": "https://slack.com/api/", "standing_channel": "pafar-incidents", "channel_from": "P2", "invite": [],
        "links": {}, "archive_after": 86400, "vendors": {}, "awx_url": "",
    },
    PAGE: {
        "api": "", "page": "", "scenarios": [], "first_post": "ask", "components": {}, "affects": {}, "soak": 600,
        "words": {}, "resolutions": {},
    },
    MAIL: {
        "port": 25, "user": "", "password": "", "tls": "starttls", "severities": ["P0", "P1"], "words": {},
        "resolutions": {}, "reviewers": [], "approvers": [], "awx_url": "", "soak": 600, "vendors": {},
    },
    PAGER: {"routing_key": "", "api": "https://events.pagerduty.com", "url": "", "severities": ["P0", "P1"]},
    TRACKER: {
        "token": "", "user": "", "headers": {}, "create": {}, "update": {}, "close": {}, "reopen": {}, "find": {},
        "severities": ["P0", "P1", "P2", "P3"],
    },
    ALERTMANAGER: {"token": "", "user": "", "password": ""},
}  # fmt: skip
# What a kind needs beside: its messages wait until it is there.
_OF_KIND = {
    (PAGE, "statuspage"): "page", (PAGE, "cachet"): "api", (PAGER, "pagerduty"): "routing_key",
    (PAGER, "apprise"): "url",
}  # fmt: skip
_MAILBOX = re.compile(r".*<([^<>]*)>\s*\Z")  # of an address with a name before it
_ADDRESS = re.compile(r'(?:"[^"]*"|[^,;"])+')  # a name in quotes may have a comma
_LISTS = ("to", "reviewers", "approvers")  # of addresses
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    (PAGE, "kind"): ("statuspage", "cachet"), (PAGE, "first_post"): ("ask", "act"),
    (PAGER, "kind"): ("pagerduty", "apprise"), (MAIL, "tls"): ("starttls", "tls", "none"),
    (SLACK, "channel_from"): at_least("P3"),
}  # fmt: skip
_SECONDS = ("soak", "archive_after")
_LONGEST = 366 * 86400.0  # seconds
_NOTHING = "Nothing was sent."


def settings_of(
    given: Mapping[str, Any], of_site: Mapping[tuple[str, str], Any] | None = None
) -> dict[str, dict[str, Any]]:
    """The settings of each channel that is configured, with their defaults. ``of_site``: defaults of the site, by
    channel and name. Raises InputError."""
    found, problems = usable_settings(given, of_site)
    if problems:
        raise InputError(f"{problems[0]} {_NOTHING}")
    return found


def usable_settings(
    given: Mapping[str, Any], of_site: Mapping[tuple[str, str], Any] | None = None
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The same for the channels whose settings are right, and what is wrong with the others, a sentence each: a mail
    that is misspelt keeps no page from a person."""
    found: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for channel, options in given.items():
        try:
            settings = _settings(channel, options, of_site or {})
        except InputError as error:
            problems.append(str(error))
            continue
        if settings is not None:
            found[channel] = settings
    return found, problems


def _settings(channel: Any, options: Any, of_site: Mapping[tuple[str, str], Any]) -> dict[str, Any] | None:
    if channel not in REQUIRED:
        raise InputError(f"runbook_announce: {channel!r} is no channel{_nearest(channel, REQUIRED)}")
    if not options:
        return None
    if not isinstance(options, Mapping):
        raise InputError(f"runbook_announce.{channel} is a dictionary of settings.")
    own = {name: value for (place, name), value in of_site.items() if place == channel}
    return _channel(channel, {**own, **options})


def _channel(channel: str, options: Mapping[str, Any]) -> dict[str, Any]:
    known = {*REQUIRED[channel], *DEFAULTS[channel]}
    for name in options:
        if name not in known:
            raise InputError(f"runbook_announce.{channel} has no setting {name!r}{_nearest(name, known)}")
    settings = {**DEFAULTS[channel], **options}
    for name in _LISTS if channel == MAIL else ():
        settings[name] = _addresses(name, settings.get(name) or [])
    missing = [name for name in REQUIRED[channel] if not settings.get(name)]
    if missing:
        raise InputError(f"runbook_announce.{channel} needs {', '.join(missing)}.")
    for name, value in options.items():
        choices = CHOICES.get((channel, name), ())
        if choices and value not in choices:
            raise InputError(f"runbook_announce.{channel}.{name} is one of {', '.join(choices)}.")
        default = [] if name == "labels" else DEFAULTS[channel].get(name)
        if isinstance(default, (list, dict)) and name not in _LISTS and not isinstance(value, type(default)):
            kind = "a list" if isinstance(default, list) else "a dictionary"
            raise InputError(f"runbook_announce.{channel}.{name} is {kind}.")
        if name == "labels":
            _require_labels(value)
        wrong = [each for each in value if each not in at_least("P3")] if name == "severities" else []
        if wrong:
            raise InputError(f"runbook_announce.{channel}.{name}: {wrong[0]!r} is none of P0 to P3.")
        if name in _SECONDS and not _is_time(value):
            raise InputError(f"runbook_announce.{channel}.{name}: {value!r} is no number of seconds.")
    if channel == PAGE:
        _require_components(settings)
    problem = problem_of(options) if channel == TRACKER else ""
    if problem:
        raise InputError(f"runbook_announce.tracker{problem}.")
    return settings


def _require_labels(labels: Sequence[Any]) -> None:
    """Names of labels beside ``alertname``, which alone would match every instance. Raises InputError."""
    wrong = [each for each in labels if not isinstance(each, str) or not each.strip() or each != each.strip()]
    if wrong:
        raise InputError(f"runbook_announce.{ALERTMANAGER}.labels: {wrong[0]!r} is no name of a label.")
    if not set(labels) - {"alertname"}:
        raise InputError(f"runbook_announce.{ALERTMANAGER}.labels names a label beside alertname.")


def _require_components(settings: Mapping[str, Any]) -> None:
    """What a scenario or a cause affects are lists of names of ``components``. Raises InputError."""
    for name, components in settings["affects"].items():
        if not isinstance(components, list):
            raise InputError(f"runbook_announce.{PAGE}.affects: {name} has a list of names of components.")
        for each in components:
            if each not in settings["components"]:
                known = _nearest(each, [str(known) for known in settings["components"]])
                raise InputError(f"runbook_announce.{PAGE}.affects.{name}: {each!r} is none of components{known}")


def incomplete(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What channels need by their kind and have not, a sentence each: before an incident, not in the middle of it."""
    found = [
        (channel, name, kind)
        for (channel, kind), name in _OF_KIND.items()
        if channel in settings and settings[channel]["kind"] == kind and not settings[channel][name]
    ]
    return [
        f"runbook_announce.{place} needs {name} for the kind {kind}: messages wait for it"
        for place, name, kind in found
    ]


def addresses_of(settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Addresses of the site to which people are sent: its links, where vendors are asked, and AWX."""
    of_both = [settings.get(channel, {}) for channel in (SLACK, MAIL)]
    vendors = [vendor for options in of_both for vendor in options.get("vendors", {}).values()]
    found = [*settings.get(SLACK, {}).get("links", {}).values()]
    found += [vendor.get("address") for vendor in vendors if isinstance(vendor, Mapping)]
    found += [options.get("awx_url") for options in of_both]
    return [str(each) for each in found if each]


def _is_time(value: Any) -> bool:
    try:
        return 0 <= float(value) <= _LONGEST and not isinstance(value, bool)
    except (TypeError, ValueError):
        return False


def _addresses(name: str, given: Any) -> list[str]:
    """A list of addresses; a text, also one of a list, is one of them or several with commas: each has mails of its
    own, and a mailbox that is written in several ways one. Raises InputError."""
    if not isinstance(given, (str, list)):
        raise InputError(f"runbook_announce.{MAIL}.{name} is a list of addresses.")
    texts = [given] if isinstance(given, str) else [str(text) for text in given]
    found: dict[str, str] = {}
    for part in (part.strip() for text in texts for part in _ADDRESS.findall(text)):
        found.setdefault(_MAILBOX.sub(r"\1", part).casefold(), part)
    return [part for part in found.values() if part]


def _nearest(name: Any, known: Any) -> str:
    close = difflib.get_close_matches(str(name), sorted(known), 1)
    return f"; did you mean {close[0]}?" if close else f". It has: {', '.join(sorted(known))}."
