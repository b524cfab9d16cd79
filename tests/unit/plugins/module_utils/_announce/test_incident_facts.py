from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.incident_facts import IncidentFacts, cleaned

from support.incident_events import START, event


def facts(*events, days=0.0):
    opening = event("opened", id="i", severity="P2", scenario="disk_space", hosts=["db1", "db2"])
    return IncidentFacts("i", [opening, *events], {"slack": {"archive_after": 86400}}, START + timedelta(days=days))


def test_the_worst_severity_counts_for_whom_it_is_said_to():
    found = facts(
        event("severity", severity="P1", reason="x", facts=["y"]), event("severity", severity="P3", reason="z")
    )
    assert (found.severity, found.worst) == ("P3", "P1")


def test_every_message_has_its_base_without_secrets():
    base = facts().base(text="password=hunter2", items=["token=hunter2"], rows={"a": "x" * 5000})
    assert (base["incident"], base["scenario"], base["hosts"]) == ("i", "disk_space", "db1, db2")
    assert "hunter2" not in str(base)
    assert base["rows"]["a"] == "x" * 5000


def test_what_a_person_says_is_not_cut_before_it_is_sent():
    """The chat has the rest as a file; the page and a mail have all of it."""
    said = facts().base(text="word " * 3000 + "password=hunter2", reason="word " * 3000)
    assert len(said["text"]) > 15_000
    assert "hunter2" not in said["text"]
    assert len(said["reason"]) > 14_000, "the reason of a phase or of a severity, too"


@pytest.mark.parametrize(("length", "is_cut"), [(2001, False), (9_999, False), (20_000, False), (20_001, True)])
def test_a_text_of_the_log_is_whole_in_its_message_or_says_that_it_is_cut(length, is_cut):
    """What a failed step had said was cut after 2000 characters, and no file had the rest."""
    words = "failed " * (length // 7)
    words += "x" * (length - len(words))
    for value in (words, [words], {"a": words}):
        found = facts().base(message=value)["message"]
        text = found if isinstance(found, str) else next(iter(found.values() if isinstance(found, dict) else found))
        assert text.endswith("... (cut after 20,000 characters: the incident log has the whole text)") is is_cut
        assert is_cut or text == words
        assert cleaned(text) == text, "once more"


def test_the_facts_by_which_it_is_so_severe_are_in_every_message():
    assert "because" not in facts().base()
    opening = event("opened", severity="P1", facts=["db1: 7 sessions wait", "/ is 97% full"])
    assert IncidentFacts("i", [opening], {}, START).base()["because"] == "db1: 7 sessions wait, / is 97% full"
    raised = event("severity", 1, severity="P0", before="P1", reason="x", facts=["db1: password=hunter2 fails"])
    because = IncidentFacts("i", [opening, raised], {}, START).base()["because"]
    assert because.startswith("db1: password=")
    assert "hunter2" not in because
    person = event("severity", 2, severity="P2", before="P0", reason="a copy")
    assert "because" not in IncidentFacts("i", [opening, raised, person], {}, START).base()


def test_what_users_reported_is_in_every_message():
    assert "reported" not in facts().base()
    note: Any = {"id": "i", "scenario": "user_report", "reported_by": "support", "text": "no booking can be paid"}
    found = IncidentFacts("i", [event("opened", **note)], {}, START)
    assert found.base()["reported"] == "reported by support: no booking can be paid"
    seen = IncidentFacts("i", [event("opened", **note, where="the app")], {}, START)
    assert seen.base()["reported"] == "reported by support, seen at the app: no booking can be paid"
    secret = IncidentFacts("i", [event("opened", **{**note, "text": "password=hunter2 " + "x" * 9000})], {}, START)
    assert "hunter2" not in secret.base()["reported"]
    assert len(secret.base()["reported"]) < 450


@pytest.mark.parametrize(("days", "is_over"), [(0.1, False), (2.9, False), (3.1, True)])
def test_long_after_its_last_event_it_has_nothing_to_say_of_its_course(days, is_over):
    assert facts(event("message", 5000, key="k", state="sent"), days=days).is_over is is_over


def test_numbers_and_flags_stay_what_they_are():
    assert cleaned([1, None, True, 2.5]) == [1, None, True, 2.5]


@pytest.mark.parametrize("secret", ["token: hunter2hunter2", "password=hunter2hunter2", "api_key%3Dhunter2hunter2"])
def test_what_is_put_together_of_several_texts_has_no_secret(secret):
    """Beside other words, or cut, a secret may not be known as one any more."""
    more = {"text": secret, "reported_by": secret, "where": secret, "hosts": [secret, "db1"]}
    base = IncidentFacts("i", [event("opened", severity="P1", **more)], {}, START).base()
    assert "hunter2" not in str(base)
    assert base["hosts"].endswith(", db1")
