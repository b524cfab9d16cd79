# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Errors that a plain sentence speaks of, and that did not happen or are over: ``ignoring previous error``. Pure.

What a program does about an error stands before the word (ignoring, retrying after) or behind it (error resolved). A
sentence that says that it was in vain reports the error all the same.
"""

from __future__ import annotations

from ..._core.lazy import lazy

NEAR = 60  # characters before the word in which that stands
# A program that says from which level on it logs.
_SETTING = lazy(
    r"(?i)(?:(?:level|\bmin(?:imum)? severity)(?: to| is|:| ?=)?"
    r"|(?:level|severity)(?: was| is| has been)? (?:set|changed|switched|raised|lowered) to) ?$"
)
_KIND = r"(?:(?:an?|the|this|that|these|any|all|previous|last|earlier|transient|temporary|minor|harmless|known) ){0,2}"
_NOT_YET = lazy(rf"(?i)\b(?:if|unless|in case of|avoid|prevent|no further|no more|no other|no new) {_KIND}$")
_OVER = lazy(
    r"(?i)(?<!not )(?<!n't )(?<!cannot )\b"
    r"(?:ignor(?:e|es|ed|ing)|suppress(?:ed|ing)|dismiss(?:ed|ing)|swallow(?:ed|ing)|skipp(?:ed|ing)|resolved|cleared"
    r"|recover(?:ed|ing) (?:from|after)"
    r"|(?:retry|retrying|retried|reconnect(?:ing|ed)|continu(?:ing|ed)|resum(?:ing|ed)) (?:after|on|despite))"
    rf" {_KIND}$"
)
_WAS_OVER = lazy(
    r"(?i)s?,? (?:(?:is|was|were|are|has been|have been) )?(?:now )?"
    r"(?:ignored|suppressed|dismissed|resolved|cleared|handled)(?=\s?(?:$|[.,;:()]|by |and |in |after |at |- ))"
)
_IN_VAIN = lazy(
    r"(?i)\b(?:giv(?:e|es|en|ing) up|gave up|fail(?:s|ed|ing|ure)?|abort(?:s|ed|ing)?|exit(?:s|ed|ing)|exhausted|fatal"
    r"|panic|no (?:more )?(?:retries|attempts)|last attempt|not possible|cannot|can't|could not)\b"
)


def level_by_sentence(level: str, word: str, before: str, behind: str) -> str:
    """The level of a line whose first ``word`` of one is that; ``before`` and ``behind``: what stands beside the word.

    >>> level_by_sentence("error", "error", "ignoring previous ", ", continuing")
    'warning'
    """
    if _SETTING.search(before):
        return ""
    if level not in ("error", "critical") or word.isupper():  # written large it is the level and no part of a sentence
        return level
    if _NOT_YET.search(before):
        return ""
    over = _OVER.search(before) or _WAS_OVER.match(behind)
    return "warning" if over and not _IN_VAIN.search(behind) else level
