"""Disks, networks and payments: causes told apart, from facts as the modules return them."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._domain.disk_causes import crowded
from ansible_collections.pafar.runbook.plugins.module_utils._domain.network_causes import disconnected
from ansible_collections.pafar.runbook.plugins.module_utils._domain.payment_causes import unpaid
from ansible_collections.pafar.runbook.plugins.module_utils._domain.payments import as_csv, to_process

MIB = 2**20


def service(name: str, running: int = 1, trouble: str = "", uptime: float = 9000) -> dict[str, Any]:
    one = {"name": f"pafar-{name}-1", "trouble": trouble, "uptime": uptime}
    return {"running": running, "containers": [one]}


SERVICES = {name: service(name) for name in ("backend", "worker", "db", "redis", "nginx")}


def row(source: str, target: str, state: str = "up", layer: str = "", why: str = "", **more: Any) -> dict[str, Any]:
    host = {"database": "db:5432", "redis": "redis:6379"}.get(target, "api.stripe.com:443")
    known = {"source": source, "target": target, "state": state, "layer": layer, "why": why, "whose": "", "judge": ""}
    return {**known, "address": host, **more}


def down(source: str, target: str, layer: str = "tcp", why: str = "no answer in time", **more: Any) -> dict[str, Any]:
    return row(source, target, "down", layer, why, **more)


BACKEND, WORKER = "pafar-backend-1", "pafar-worker-1"


@pytest.mark.parametrize(
    ("rows", "cause", "relief", "services"),
    [
        ([row(BACKEND, "redis"), row(WORKER, "redis")], "", "", None),
        ([down(BACKEND, "redis"), row(WORKER, "redis")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "redis"), row(BACKEND, "database")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "database"), down(BACKEND, "redis"), row(WORKER, "redis")], "network_cut", "restart_services",
         ["backend"]),
        ([down(BACKEND, "database", "dns", "silent"), down(BACKEND, "redis", "dns", "silent"), row(WORKER, "redis")],
         "dns_failure", "restart_services", ["backend"]),
        ([down(BACKEND, "stripe"), down("host", "stripe"), down("host", "maps")], "no_way_out", "", None),
        ([down(BACKEND, "stripe"), down("host", "stripe"), row("host", "maps")], "their_fault", "", None),
        ([down(BACKEND, "stripe"), row("host", "stripe")], "network_cut", "restart_services", ["backend"]),
        ([down(BACKEND, "stripe", "protocol", "it fails", whose="theirs")], "their_fault", "", None),
        ([down(BACKEND, "stripe", "protocol", "it refuses", whose="key")], "key_refused", "", None),
        ([down(BACKEND, "redis", "tcp", "redis:6379: connection refused"), down(WORKER, "redis", "tcp", "refused")],
         "not_listening", "restart_services", ["redis"]),
        ([down("host", "redis"), row(WORKER, "redis")], "network_cut", "", None),
        ([row(BACKEND, "redis", "degraded", "protocol", "it is loading"), row(WORKER, "redis")], "target_degraded", "",
         None),
    ],
)  # fmt: skip
def test_networks(rows, cause, relief, services):
    found = disconnected({"matrix": rows}, SERVICES).as_dict()
    assert (found["cause"], found["relief"], found["rules"].get("services")) == (cause, relief, services)


def test_a_target_that_does_not_run_is_restarted_and_not_who_asks():
    services = {**SERVICES, "redis": service("redis", 0, "exited with code 1")}
    found = disconnected({"matrix": [down(BACKEND, "redis", "dns"), down(WORKER, "redis", "dns")]}, services).as_dict()
    assert found["cause"] in ("target_down", "dns_failure")
    rows = [
        down(BACKEND, "redis", "dns"),
        row(BACKEND, "database"),
        down(WORKER, "redis", "dns"),
        row(WORKER, "database"),
    ]
    found = disconnected({"matrix": rows}, services).as_dict()
    assert (found["cause"], found["rules"]) == ("target_down", {"services": ["redis"], "which": "sick"})
    assert "exited with code 1" in found["causes"][0]["evidence"][0]


def log(*texts: str, new: bool | None = None) -> dict[str, Any]:
    return {"signatures": [{"text": text, "level": "error", "count": 3, "new": new} for text in texts]}


def stripe(state: str = "up", layer: str = "", why: str = "", whose: str = "") -> dict[str, Any]:
    return row(BACKEND, "stripe", state, layer, why, judge="stripe", whose=whose)


def hook(state: str = "up", layer: str = "", why: str = "") -> dict[str, Any]:
    return row("pafar-stripe-1", "the webhook", state, layer, why, judge="webhook", address="nginx:80")


OWN = "ERROR Internal Server Error: /api/payments/\nTraceback (most recent call last):\nKeyError: 'b1'"
THEIRS = "ERROR payment of booking # failed: stripe_error"
SIGNATURE = "ERROR webhook refused: the signature does not match STRIPE_WEBHOOK_SECRET"


@pytest.mark.parametrize(
    ("rows", "said", "cause", "relief"),
    [
        ([stripe(), hook()], log(), "", ""),
        ([stripe("down", "protocol", "Stripe itself fails (500)", "theirs"), hook()], log(THEIRS), "stripe_down", ""),
        ([stripe("degraded", "protocol", "it answered after 8 s", "theirs"), hook()], log(THEIRS), "stripe_slow", ""),
        ([stripe("down", "protocol", "refuses our key (401)", "key"), hook()], log(THEIRS), "key_refused", ""),
        ([stripe("degraded", "protocol", "limits (429)", "ours"), hook()], log(THEIRS), "rate_limited", ""),
        ([stripe(), hook()], log(SIGNATURE), "webhook_misconfigured", ""),
        ([stripe(), hook("down", "protocol", "there is no such address (404)")], log(), "webhook_misconfigured", ""),
        ([stripe(), hook()], log(OWN, THEIRS), "own_code", ""),
        ([stripe(), hook()], log(THEIRS), "", ""),
    ],
)
def test_payments(rows, said, cause, relief):
    found = unpaid({"matrix": rows}, SERVICES, said, 2, "", ["backend"], 7200).as_dict()
    assert (found["cause"], found["relief"]) == (cause, relief), found
    assert found["lines"][0] == "2 payments wait for a person"
    assert not cause or found["advice"]


def test_own_code_of_a_fresh_release_is_rolled_back():
    services = {**SERVICES, "backend": service("backend", uptime=60)}
    found = unpaid({"matrix": [stripe(), hook()]}, services, log(OWN), 0, "", ["backend"], 7200).as_dict()
    assert (found["cause"], found["relief"]) == ("own_code", "roll_back_release")


def test_a_service_that_is_sick_is_restarted():
    services = {**SERVICES, "backend": service("backend", trouble="is unhealthy")}
    found = unpaid({"matrix": [stripe(), hook()]}, services, log(), 0, "it is down", ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]) == ("service_sick", {"services": ["backend"], "which": "sick"})
    assert found["advice"] == ["the database could not be asked for open payments: it is down"]


def test_the_network_between_is_ours():
    rows = [down(BACKEND, "stripe", "dns", "silent", judge="stripe"), down(BACKEND, "redis", "dns", "silent"),
            row(WORKER, "redis"), hook()]  # fmt: skip
    found = unpaid({"matrix": rows}, SERVICES, log(THEIRS), 0, "", ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("dns_failure", ["backend"])


def reclaim(*acts: tuple[str, int], explained: list[dict[str, Any]] | None = None, late: int = 100) -> dict[str, Any]:
    actions = [{"kind": kind, "bytes": size, "who": f"{kind} one", "reason": "big"} for kind, size in acts]
    before = {"mount": "/", "free_bytes": 5 * MIB, "used_bytes": 1000 * MIB, "free_share": 0.005}
    return {"plan": {"actions": actions, "late": late}, "before": before, "explained": explained or [], "notes": []}


def slots(kept: int, active: bool = False) -> dict[str, Any]:
    slot = {"slot": "gone", "active": active, "temporary": False, "kept_bytes": kept}
    return {"background": {"replication": {"slots": [slot]}}}


OPEN = {"kind": "deleted_open", "what": "/x was deleted", "bytes": 700 * MIB, "cure": "restart", "service": "backend"}
VOLUME = {"kind": "volume", "what": "the volume data holds 9 GiB", "bytes": 900 * MIB, "cure": "ask"}
INODES = {"kind": "inodes", "what": "99% of the inodes", "bytes": 0, "cure": "tidy"}


@pytest.mark.parametrize(
    ("facts", "activity", "causes", "relief"),
    [
        (reclaim(), {}, [], ""),
        (reclaim(("container_logs", 400 * MIB), ("backups", 90 * MIB)), {}, ["unrotated_log", "old_backups"],
         "reclaim_disk"),
        (reclaim(("container_logs", 40 * MIB)), slots(300 * MIB), ["dead_slot", "unrotated_log"], ""),
        (reclaim(), slots(300 * MIB, active=True), [], ""),
        (reclaim(), slots(3 * MIB), [], ""),
        (reclaim(("build_cache", 10 * MIB), explained=[OPEN, VOLUME]), {}, ["deleted_open", "build_cache", "volume"],
         "restart_services"),
        (reclaim(("build_cache", 10 * MIB), explained=[INODES]), {}, ["inodes", "build_cache"], ""),
        (reclaim(explained=[VOLUME], late=0), {"msg": "it is down"}, [], ""),
    ],
)  # fmt: skip
def test_disks(facts, activity, causes, relief):
    found = crowded(facts, activity, 64 * MIB).as_dict()
    assert [one["cause"] for one in found["causes"]] == causes
    assert found["relief"] == relief
    assert ("dead_slot" in causes) == any("pg_drop_replication_slot('gone')" in one for one in found["advice"])
    assert ("msg" in activity) == any("could not be asked" in one for one in found["advice"])


SIGN = r"payment of booking (?P<reference>\w+) failed: (?P<why>\w+)"


def test_payments_are_joined_by_their_reference():
    rows = [{"reference": "b1", "amount_cents": 4200}, {"reference": "b2", "amount_cents": 100}]
    entries = [
        {"at": 1.0, "text": "ERROR payment of booking b1 failed: stripe_error"},
        {"at": 2.0, "text": "ERROR payment of booking b1 failed: stripe_timeout"},
        {"at": 3.0, "text": "ERROR payment of booking b9 failed: stripe_error"},
        {"at": 4.0, "text": "something else"},
    ]
    found = to_process(rows, entries, SIGN)
    assert found == [
        {"reference": "b1", "amount_cents": 4200, "known_from": "database and log", "why": "stripe_timeout",
         "attempts_seen": 2, "last_seen": "1970-01-01T00:00:02+00:00"},
        {"reference": "b2", "amount_cents": 100, "known_from": "database"},
        {"reference": "b9", "known_from": "log", "why": "stripe_error", "attempts_seen": 1,
         "last_seen": "1970-01-01T00:00:03+00:00"},
    ]  # fmt: skip
    assert to_process(rows, entries, "") == [{**one, "known_from": "database"} for one in rows]


def test_a_spreadsheet_computes_nothing_of_it():
    nasty = ["=1+1", "+1", "-1", "@x", 'a"b,c\nd', "\t=2"]
    text = as_csv([{"reference": "b1", **{f"c{place}": one for place, one in enumerate(nasty)}}])
    cells = list(csv.reader(text.splitlines(keepends=True)))[1]
    assert cells[1:] == ["'=1+1", "'+1", "'-1", "'@x", 'a"b,c\nd', "'\t=2"]
    assert as_csv([]) == "reference\r\n"
