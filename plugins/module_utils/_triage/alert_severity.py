# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How severe an alert is, by its labels. Pure.

Prometheus gives the label ``severity`` no meaning: a site writes what it likes. The words below are those of the rules
that are shared most (kube-prometheus, Google's page and ticket, syslog, Nagios, PagerDuty, incident levels); the site
extends or overrides them. A word that is in neither table is unknown, and no value in the middle.
"""

from __future__ import annotations

import re
from typing import Iterable, Mapping

from .sign import P0, P1, P2, P3, SEVERITIES, UNKNOWN

NO_SIGN = "none"
# Alerts that fire all the time by design: a dead man's switch, and those that only inhibit others.
ALWAYS_FIRING = ("Watchdog", "InfoInhibitor", "DeadMansSwitch", "DeadMansSnitch", "PrometheusAlwaysFiring")
# The labels that are read, the first that is there and not empty.
SEVERITY_LABELS = ("severity", "priority", "level")

_WORDS = {
    P0: "p0 sev0 s0 0 outage disaster emergency emerg panic blocker",
    P1: "p1 sev1 s1 1 critical crit page pager high error err alert fatal urgent severe major",
    P2: "p2 sev2 s2 2 warning warn medium moderate average minor",
    P3: "p3 p4 p5 sev3 sev4 sev5 s3 s4 s5 3 4 5 info information informational notice low ticket debug trivial ok",
    NO_SIGN: "none null watchdog inhibit inhibitor deadman heartbeat",
}
_TABLE = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_LEVEL = re.compile(r"(severity|sev|priority|prio|level|p|s)[\s_.:-]*(\d)")
_FORMS = {"severity": "sev", "sev": "sev", "priority": "p", "prio": "p", "level": "sev", "p": "p", "s": "s"}


def alert_severity(labels: Mapping[str, str], site: Mapping[str, str]) -> str:
    """P0 to P3, ``none`` where the alert is no sign, or ``unknown``. ``site``: word to severity, before the table."""
    word = severity_word(labels)
    own = {normal(key): value for key, value in site.items()}
    return own.get(normal(word)) or _TABLE.get(normal(word), UNKNOWN)


def severity_word(labels: Mapping[str, str]) -> str:
    """What the site wrote; empty where no label of a severity is there."""
    return next((labels[name] for name in SEVERITY_LABELS if labels.get(name, "").strip()), "")


def normal(word: str) -> str:
    """The word as the tables have it: without case and blanks, ``SEV-2`` and ``Severity 2`` as ``sev2``."""
    lower = word.strip().lower()
    level = _LEVEL.fullmatch(lower)
    return f"{_FORMS[level[1]]}{level[2]}" if level else lower


def wrong_severities(site: Mapping[str, str]) -> Iterable[str]:
    """Values of the site's table that are no severity."""
    return [value for value in site.values() if value not in (*SEVERITIES, NO_SIGN)]
