from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.page_states import PageState
from ansible_collections.pafar.runbook.plugins.module_utils._announce.pages.public_words import (
    cause_words,
    resolution_words,
    title_words,
    words_of_mail,
)

PAGE = {"words": {"disk_space": "Uploads fail", "full": "A disk was full."}, "resolutions": {"full": "We made room."}}
NOTHING: dict[str, dict[str, str]] = {"words": {}, "resolutions": {}}
RESOLVED = PageState("resolved", 4, cause="full", acted=True)


def test_mails_have_the_words_of_the_page_where_they_have_none_of_their_own():
    """A mail had no cause, and the title "An incident", of what the page said in the site's words."""
    found = words_of_mail({"page": PAGE, "mail": NOTHING})
    assert title_words(found, "disk_space") == "Uploads fail"
    assert (cause_words(found, "full"), resolution_words(found, RESOLVED)) == ("A disk was full.", "We made room.")
    own = {"words": {"full": "The disk of db1 was full."}, "resolutions": {}}
    found = words_of_mail({"page": PAGE, "mail": own})
    assert (title_words(found, "disk_space"), cause_words(found, "full")) == ("Uploads fail", own["words"]["full"])
    assert cause_words(PAGE, "full") == "A disk was full.", "the page has none of the mails' words"


@pytest.mark.parametrize("settings", [{"mail": NOTHING}, {"mail": NOTHING, "page": NOTHING}])
def test_without_words_none_are_made(settings):
    found = words_of_mail(settings)
    assert (title_words(found, "full"), cause_words(found, "full"), cause_words(found, "")) == ("An incident", "", "")
    assert resolution_words(found, RESOLVED) == ""
