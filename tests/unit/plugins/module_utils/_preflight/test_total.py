from __future__ import annotations

from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import BAD, CARE, GOOD
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.total import of_total, total_of


def check(name, ready=True, remedy="do it") -> Any:
    return {"check": name, "ready": ready, "found": "as found", "remedy": "" if ready else remedy}


def test_the_most_urgent_of_what_is_not_ready_comes_first():
    total = total_of({
        "web": [check("logs are rotated", False), check("the compose project is found", None), check("/ has room")],
        "db": [check("the role may end sessions", False), check("the database takes logins", None)],
    })  # fmt: skip
    assert not total["ready"]
    assert total["worst"] == {
        "host": "db",
        "check": "the role may end sessions",
        "found": "as found",
        "remedy": "do it",
    }
    assert [each["check"] for each in total["unknown"]] == ["the database takes logins", "the compose project is found"]
    (kind, first), (dummy, second), (dummy, third) = of_total(total)
    assert (kind, first) == (
        BAD,
        "not everything is known (db: the database takes logins and 1 more): 5 checks: 1 ready, 2 NOT READY, 2 unknown",
    )
    assert second == "first: db: the role may end sessions: as found"
    assert third == "remedy: do it"


def test_what_is_unknown_alone_is_no_readiness():
    total = total_of({"db": [check("x", None, "")]})
    assert next(line for line, dummy in of_total(total)) == CARE
    assert not total["ready"]


def test_a_host_that_was_not_reached_is_not_ready():
    total = total_of({"db": [check("x")]}, ["web"])
    assert not total["ready"]
    assert "not reached, so not examined: web" in [text for dummy, text in of_total(total)]


def test_a_site_that_is_ready_is_one_line():
    total = total_of({"db": [check("x"), check("y")]})
    assert total["ready"]
    assert of_total(total) == [(GOOD, "2 checks: 2 ready, 0 NOT READY, 0 unknown")]
