# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe an alert is, by its labels. Pure.

Prometheus gives the label ``severity`` no meaning: a site writes what it likes. The words below are those of the rules
that are shared most (kube-prometheus, Google's page and ticket, syslog, Nagios, PagerDuty, incident levels); the site
extends or overrides them. A word that is in neither table is unknown, and no value in the middle.
"""

from __future__ import annotations

import re
from typing import Iterable, Mapping, Sequence

from .sign import P0, P1, P2, P3, SEVERITIES, UNKNOWN

NO_SIGN = "none"
# Alerts that fire all the time by design: a dead man's switch, and those that only inhibit others. * is for any words
# before, but for those of _LACKS: that such an alert is missing is a sign. Many sites also call an alert so that fires
# once the signal of one job is missing, and write a severity to it: a name by * alone hides none of those. One of the
# monitoring itself fires always, whatever its rule writes.
ALWAYS_FIRING = (
    "Watchdog", "InfoInhibitor", "PrometheusAlertmanagerE2eDeadManSwitch", "*DeadMansSwitch", "*DeadManSwitch",
    "*DeadMansSnitch", "*AlwaysFiring",
)  # fmt: skip
_MONITORING = re.compile(r"(?:prometheus|alertmanager|cluster|thanos)+")
_URGENT = (P0, P1, P2)
_LACKS = re.compile(r"absent|missing|lost|lacks|fail|expired|down|without|broken|^no(?!de|tif)|not$")
_BESIDE = re.compile(r"[\W_]+")
# The labels that are read, in any case, the first that holds a word of a table.
SEVERITY_LABELS = ("severity", "sev", "priority", "urgency", "level")

_WORDS = {
    P0: "p0 sev0 s0 0 outage disaster emergency emerg panic blocker",
    P1: "p1 sev1 s1 1 critical crit page pager high error err alert fatal urgent severe major",
    P2: "p2 sev2 s2 2 warning warn medium moderate average minor",
    P3: "p3 p4 p5 sev3 sev4 sev5 s3 s4 s5 3 4 5 6 7 info information informational notice low ticket debug trivial ok",
    NO_SIGN: "none null watchdog inhibit inhibitor deadman heartbeat",
}
_TABLE = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_LEVEL = re.compile(r"(severity|sev|priority|prio|level|p|s)[\s_.:-]*(\d)")
_FORMS = {"severity": "sev", "sev": "sev", "priority": "p", "prio": "p", "level": "sev", "p": "p", "s": "s"}


def alert_severity(labels: Mapping[str, str], site: Mapping[str, str]) -> str:
    """P0 to P3, ``none`` where the alert is no sign, or ``unknown``. ``site``: word to severity, before the table."""
    own = {normal(key): value for key, value in site.items()}
    words = [normal(word) for word in _words(labels)]
    known = [own.get(word) or _TABLE.get(word, UNKNOWN) for word in words]
    # A further label may be of something else (the level of a log): it makes an unknown severity graver, and never P3.
    further = [severity for severity in known[1:] if severity in _URGENT]
    return next((severity for severity in [*known[:1], *further] if severity != UNKNOWN), UNKNOWN)


def is_in_table(word: str, site: Mapping[str, str]) -> bool:
    """Whether a word has a severity, by the site's table or the usual one."""
    return alert_severity({SEVERITY_LABELS[0]: word}, site) != UNKNOWN


def _words(labels: Mapping[str, str]) -> list[str]:
    found: dict[str, str] = {}
    for name, word in labels.items():
        if word.strip():
            found.setdefault(name.lower(), word)
    return [found[name] for name in SEVERITY_LABELS if name in found]


def severity_word(labels: Mapping[str, str]) -> str:
    """What the site wrote; empty where no label of a severity is there."""
    return next(iter(_words(labels)), "")


def fires_by_design(name: str, listed: Sequence[str], severity: str = UNKNOWN) -> bool:
    """Whether an alert is one of those that are listed, whatever its case and punctuation. One that its own rule gives
    P0 to P2 is so by its whole name alone, and by ``*`` only where that is for a name of the monitoring itself.

    >>> fires_by_design("watchdog", ALWAYS_FIRING), fires_by_design("DeadMansSwitchMissing", ALWAYS_FIRING)
    (True, False)
    """
    plain = _BESIDE.sub("", name).lower()
    for each in listed:
        end = _BESIDE.sub("", each).lower()
        if plain == end:
            return True
        if not (each.startswith("*") and end and plain.endswith(end)):
            continue
        before = plain[: -len(end)]
        if _MONITORING.fullmatch(before) or (severity not in _URGENT and not _LACKS.search(before)):
            return True
    return False


def normal(word: str) -> str:
    """The word as the tables have it: without case and blanks, ``SEV-2`` and ``Severity 2`` as ``sev2``."""
    lower = word.strip().lower()
    level = _LEVEL.fullmatch(lower)
    return f"{_FORMS[level[1]]}{level[2]}" if level else lower


def wrong_severities(site: Mapping[str, str]) -> Iterable[str]:
    """Values of the site's table that are no severity."""
    return [value for value in site.values() if value not in (*SEVERITIES, NO_SIGN)]
