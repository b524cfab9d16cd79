from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import CARE, DIM, GOOD
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_lines import of_activity

from support.database_reports import activity, application, connection_limit


def test_what_the_login_may_not_see_comes_first_and_an_empty_queue_is_good():
    report = activity(connection_limit(application()), used=10)
    report["visibility"], report["redacted"] = "partial", 3
    lines = of_activity(report)
    unread = "not everything is known (3 sessions are hidden from the login role: it lacks pg_monitor): "
    assert (lines[0][0], lines[0][1].startswith(unread)) == (CARE, True)
    assert "10 of 60 connection slots used, 30 left" in lines[0][1]
    assert lines[1] == (DIM, "no visible session waits for a lock")
    report["visibility"] = "full"
    assert of_activity(report)[1] == (GOOD, "no session waits for a lock")


def test_a_queue_is_shown_as_its_tree():
    assert of_activity(activity(connection_limit(application()), waiters=2))[-1][1] == "root"


def test_what_is_known_without_a_waiter_is_shown_too():
    """A transaction at whose rows requests may fail without waiting."""
    report = activity(connection_limit(application()))
    report["tree"] = ["no session waits for a lock", "no session waits for 7 app, which may hold locks"]
    assert of_activity(report)[1:] == [
        (GOOD, "no session waits for a lock"), (CARE, "no session waits for 7 app, which may hold locks")
    ]  # fmt: skip
