# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's own words for the public: of a scenario, of a cause, of what ended it. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..outbox import IN_DOUBT, SENDING, SENT, Entry, Message
from ..page_states import IDENTIFIED, INVESTIGATING, RESOLVED, PageState
from ..settings import MAIL, PAGE

_NO_TITLE = "An incident"


def words_of_mail(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The words that the status page has, and those that mails have in place of them: the same people read both."""
    page, mail = settings.get(PAGE, {}), settings[MAIL]
    return {name: {**page.get(name, {}), **mail[name]} for name in ("words", "resolutions")}


def title_words(options: Mapping[str, Any], scenario: str) -> str:
    return _words(options["words"], scenario) or _NO_TITLE


def cause_words(options: Mapping[str, Any], cause: str) -> str:
    """The site's own words for a cause; a diagnosis is never published."""
    return _words(options["words"], cause) if cause else ""


def resolution_words(options: Mapping[str, Any], state: PageState) -> str:
    """The site's own words for what ended a cause; empty where nothing was done, so that it went by itself."""
    return _words(options["resolutions"], state.cause) if state.state == RESOLVED and state.acted else ""


def is_corrected(options: Mapping[str, Any], state: PageState, named: str) -> bool:
    """Whether readers have a cause that is no longer held. ``named``: the sentence that they have of it."""
    held = {cause_words(options, each.cause) for each in state.diagnoses}
    return bool(named) and named not in held and named in {cause_words(options, each) for each in state.taken_back}


def is_told(options: Mapping[str, Any], state: PageState, named: str) -> bool:
    """Whether a state is news to readers: one that only says another cause is none without words that differ."""
    if not state.corrects or is_corrected(options, state, named):
        return True
    now = cause_words(options, state.cause)
    return state.state == IDENTIFIED and now not in ("", cause_words(options, state.corrects))


def named_cause(entries: Iterable[Entry], place: str, lane: str = "") -> str:
    """The sentence about the cause that readers have, since it was investigated for the last time; empty where they
    have none, or were told that it is another one. ``place``: with which the keys begin, as ``page``; ``lane``: of one
    recipient."""
    named = ""
    for entry in entries:
        message, values = entry.message, entry.message.values
        is_there = entry.state in (SENT, SENDING, IN_DOUBT) and message.lane == lane
        if not is_there or message.key.partition("/")[0] != place or message.template not in (PAGE, MAIL):
            continue
        state, cause, corrected = values.get("state"), str(values.get("cause") or ""), bool(values.get("corrected"))
        if state in (INVESTIGATING, RESOLVED):
            named = ""
        elif corrected or (cause and _is_shown(message)):
            named = cause
    return named


def _is_shown(message: Message) -> bool:
    """Whether the text of a message has its cause: on the page that of a state which a person did not write, alone."""
    return message.channel == MAIL or (message.values.get("state") == IDENTIFIED and not message.values.get("text"))


def _words(table: Mapping[str, Any], name: str) -> str:
    """The site's words; empty where it has none, or what is no text."""
    words = table.get(name)
    return str(words).strip() if isinstance(words, (str, int, float)) and not isinstance(words, bool) else ""
