"""Whose a claim is, whether its owner lives, and whether it is held or only tried for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.lock.engine_lock import (
    CONTENDS,
    LEASE,
    PROJECT_LABEL,
    Claim,
    Owner,
    alive,
    busy,
    claim_of,
    holds,
    state_by_claims,
)
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import ENDED, RUNS, Identity

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
OWNER = Owner("a1", "shop-host", "boot/4026531836", 4711, "12345", "deploy")


def claim(age=0.0, owner=OWNER):
    return Claim("f" * 64, "pafar.runbook.lock.shop.1", NOW - timedelta(seconds=age), owner)


def test_a_claim_comes_back_from_the_engine_as_it_was_made():
    labels = OWNER.labels("shop")
    assert labels[PROJECT_LABEL] == "shop"
    found = claim_of({"Id": "x", "Name": "n", "Created": "2026-11-26T12:00:00.5Z", "Labels": labels})
    assert (found.id, found.name, found.owner) == ("x", "n", OWNER)
    assert found.at == NOW + timedelta(seconds=0.5)


@pytest.mark.parametrize("labels", [None, {}, {f"{PROJECT_LABEL}.pid": "many"}])
def test_a_network_with_other_labels_is_a_claim_of_an_unknown_owner(labels):
    assert claim_of({"Id": "x", "Labels": labels}).owner.pid == 0


@pytest.mark.parametrize(
    ("age", "runs", "lives"),
    [
        (0, None, True), (LEASE - 1, None, True), (LEASE + 1, None, False),
        (0, False, False), (LEASE * 9, True, True),
    ],
)  # fmt: skip
def test_the_process_counts_where_it_can_be_looked_up_and_the_age_elsewhere(age, runs, lives):
    assert alive(claim(age), NOW, runs) is lives


def test_a_claim_of_unknown_age_is_taken_as_alive():
    assert alive(Claim("x", "n", None, OWNER), NOW, None) is True


@pytest.mark.parametrize(("age", "held"), [(0, False), (-1, False), (CONTENDS + 1, True)])
def test_an_old_claim_is_held_and_a_fresh_one_may_be_a_try(age, held):
    assert holds(claim(age), claim()) is held


def test_the_second_run_is_told_whose_lock_it_is_and_when_it_ends():
    text = busy("shop", claim())
    assert "process 4711 of deploy on shop-host, whose lock pafar.runbook.lock.shop.1 is in the engine since" in text
    assert "Nothing was done." in text
    assert f"expires within {LEASE:.0f} s" in text


BOOT = "0a1b2c3d-4e5f-6789-abcd-ef0123456789"
ACTING = Owner("a1", "shop-host", f"{BOOT}/4026531836", 4711, "12345", "deploy")


@pytest.mark.parametrize(
    ("owner", "process", "state"),
    [
        pytest.param(ACTING, Identity(4711, 12345, 4026531836, "0a1b2c3d4e5f"), RUNS, id="its lock is held"),
        pytest.param(ACTING, Identity(4711, 12345, 4026531836), RUNS, id="a record of an older version"),
        pytest.param(replace(ACTING, boot="", begun=""), Identity(4711, 12345, 4026531836, "0a1b2c3d4e5f"), RUNS,
                     id="a lock that says little"),
        pytest.param(ACTING, Identity(4711, 12345, 4026531836, "ffffffffffff"), ENDED, id="of another host"),
        pytest.param(ACTING, Identity(4711, 12346, 4026531836, "0a1b2c3d4e5f"), ENDED, id="another process"),
        pytest.param(ACTING, Identity(4711, 12345, 4026532000, "0a1b2c3d4e5f"), ENDED, id="in a container"),
        pytest.param(None, Identity(4711, 12345, 4026531836, "0a1b2c3d4e5f"), ENDED, id="the lock is gone or expired"),
    ],
)  # fmt: skip
def test_an_act_that_cannot_be_seen_from_here_runs_as_long_as_it_holds_the_lock(owner, process, state):
    assert state_by_claims(process, [claim(owner=owner)] if owner else []) == state
