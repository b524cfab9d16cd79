# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's own words for the public: of a scenario, of a cause, of what ended it. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ..page_states import RESOLVED, PageState
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


def _words(table: Mapping[str, Any], name: str) -> str:
    """The site's words; empty where it has none, or what is no text."""
    words = table.get(name)
    return str(words).strip() if isinstance(words, (str, int, float)) and not isinstance(words, bool) else ""
