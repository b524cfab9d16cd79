"""What is lost with a session whose client is gone, and when that needs an approval."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.background.backends import NO_ANSWER
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.excess_plan import (
    Bounds,
    Rules,
    plan_ending,
)
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.excess.gone_clients import why_not_unasked
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions

from support.pools import session, snapshot

CLOSED, SILENT = "the client has closed the connection", f"{NO_ANSWER} (7 unanswered TCP packets)"
IN_TRANSACTION = "idle in transaction"


@pytest.mark.parametrize(
    ("state", "query", "wrote", "sign", "words"),
    [
        ("active", "UPDATE bookings SET seats = 1", False, CLOSED, "may complete and commit"),
        ("active", "CALL settle()", False, CLOSED, "may complete and commit"),
        ("active", "SELECT count(*) FROM bookings", True, CLOSED, "its transaction has written"),
        ("active", "REFRESH MATERIALIZED VIEW totals", False, SILENT, "maintenance (REFRESH MATERIALIZED VIEW)"),
        ("active", "SELECT count(*) FROM bookings", False, CLOSED, ""),
        ("active", "COPY bookings TO STDOUT", True, SILENT, "maintenance (COPY)"),
        (IN_TRANSACTION, "UPDATE bookings SET seats = 1", True, SILENT, "may come back"),
        (IN_TRANSACTION, "UPDATE bookings SET seats = 1", True, CLOSED, ""),
        (IN_TRANSACTION, "SELECT 1", False, SILENT, ""),
        ("idle", "UPDATE bookings SET seats = 1", False, SILENT, ""),
    ],
)
def test_what_may_complete_or_continue_without_its_client_is_asked_for(state, query, wrote, sign, words):
    one = session(7, "job", state, 20.0, query=query, has_written=wrote)
    why = why_not_unasked(one, sign)
    assert (words in why) if words else why == ""
    gone = {one.target.partition("/")[0]: sign}
    plan = plan_ending(snapshot(one), Exclusions(), Rules(dead_clients=gone, idle_in_transaction=60), Bounds()).plan
    assert [item.detail.get("needs_approval", "") for item in plan.actions] == [why]
    assert [item.detail["rule"] for item in plan.actions] == ["dead_clients"]


@pytest.mark.parametrize(
    ("seconds", "holds_back", "asks"), [(20.0, False, True), (90.0, False, False), (90.0, True, True)]
)
def test_a_forgotten_transaction_needs_no_more_than_without_that_sign(seconds, holds_back, asks):
    one = session(7, "job", IN_TRANSACTION, seconds, query="UPDATE bookings SET seats = 1", has_written=True)
    gone = {one.target.partition("/")[0]: SILENT}
    rules = Rules(dead_clients=gone, idle_in_transaction=60, holds_back=holds_back)
    (action,) = plan_ending(snapshot(one), Exclusions(), rules, Bounds()).plan.actions
    assert bool(action.detail.get("needs_approval")) is asks


@pytest.mark.parametrize(
    ("wait", "said"),
    [("ClientWrite", ", and waits for its client (ClientWrite)"), ("ClientRead", "ClientRead"), ("", "")],
)
def test_a_long_statement_that_waits_for_its_client_is_named_as_such(wait, said):
    one = session(7, "export", "active", 90.0, query="SELECT 1", wait_type="Client", wait_event=wait)
    (action,) = plan_ending(snapshot(one), Exclusions(), Rules(long_running=60), Bounds()).plan.actions
    assert said in action.reason
    assert ("its client" in action.reason) is bool(wait)
