"""Disks, networks and payments: causes told apart, from facts as the modules return them."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.disk import crowded
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.network import disconnected
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payment_list import as_csv, to_process
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, unpaid

MIB = 2**20


def service(name: str, running: int = 1, trouble: str = "", **more: Any) -> dict[str, Any]:
    one = {"name": f"pafar-{name}-1", "trouble": trouble, "age": 9000, "image_age": 9000, "ports": [], **more}
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
    assert found["cause"] == "target_down"
    assert found["rules"] == {"services": ["redis"], "containers": ["pafar-redis-1"], "which": "all"}
    assert "exited with code 1" in found["causes"][0]["evidence"][0]


def log(*texts: str, new: bool | None = None) -> dict[str, Any]:
    return {"signatures": [{"text": text, "level": "error", "count": 3, "new": new} for text in texts]}


def stripe(state: str = "up", layer: str = "", why: str = "", whose: str = "") -> dict[str, Any]:
    return row(BACKEND, "stripe", state, layer, why, judge="stripe", whose=whose)


def hook(state: str = "up", layer: str = "", why: str = "", status: int = 405) -> dict[str, Any]:
    layers = {"protocol": {"status": status}} if layer == "protocol" else {}
    return row("pafar-stripe-1", "the webhook", state, layer, why, judge="webhook", address="nginx:80", layers=layers)


def limited() -> dict[str, Any]:
    answer = stripe("degraded", "protocol", "limits (429)", "ours")
    return {**answer, "layers": {"protocol": {"status": 429}}}


def refusals(*taken: float, count: int = 3) -> dict[str, Any]:
    """Events with a signature that does not match, and the moments at which others were taken."""
    line = '10.0.0.9 - - [x] "POST /api/webhooks/stripe/ HTTP/1.1" 200 17'
    said = {"text": SIGNATURE, "level": "error", "count": count, "new": None, "first_seen": 100.0}
    return {"signatures": [said], "entries": [{"at": at, "text": line} for at in taken]}


WAITING = Known(2, open=2)


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
        ([limited(), hook()], log(THEIRS), "rate_limited", ""),
        ([stripe("down", "tls", "no trustworthy connection: expired", "ours"), hook()], log(), "stripe_untrusted", ""),
        ([stripe("down", "protocol", "what answers is not Stripe", "network"), hook()], log(), "stripe_untrusted", ""),
        ([stripe("degraded", "protocol", "it may not ask this (403)", "key"), hook()], log(), "", ""),
        ([stripe("degraded", "protocol", "its certificate ends in 3 days", "ours"), hook()], log(), "", ""),
        ([stripe(), hook()], refusals(), "webhook_misconfigured", ""),
        ([stripe(), hook("down", "protocol", "no such address (404)", 404)], log(), "webhook_misconfigured", ""),
        ([stripe(), hook("degraded", "protocol", "it answered after 4.0 s", 405)], log(), "", ""),
        ([stripe(), hook("degraded", "protocol", "nobody signed", 200)], log(), "webhook_misconfigured", ""),
        ([stripe(), hook("down", "tls", "its certificate has expired")], log(), "webhook_misconfigured", ""),
        ([stripe(), hook("down", "protocol", "the proxy reaches no backend (504)", 504)], log(), "webhook_down", ""),
        ([stripe(), hook("down", "protocol", "no backend (504)", 504), down(BACKEND, "database"),
          row(WORKER, "database")], log(), "network_cut", "restart_services"),
        ([stripe(), hook()], log("TypeError: stripe_charge() missing 1 required argument"), "own_code", ""),
        ([stripe(), hook()], log(OWN, THEIRS), "own_code", ""),
        ([stripe(), hook()], log(THEIRS), "", ""),
    ],
)  # fmt: skip
def test_payments(rows, said, cause, relief):
    found = unpaid({"matrix": rows}, SERVICES, said, WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["relief"]) == (cause, relief), found
    assert found["lines"][0] == "2 payments wait for a person"
    assert not cause or relief or found["advice"], "who can help where nobody here can"


@pytest.mark.parametrize(
    ("said", "known", "heavy"),
    [
        pytest.param(refusals(), WAITING, True, id="no event comes through, and payments wait"),
        pytest.param(refusals(50.0), WAITING, True, id="they came through until it began"),
        pytest.param(refusals(150.0, 151.0, 152.0), WAITING, False, id="others come through: somebody feigns events"),
        pytest.param(refusals(count=999), Known(0), False, id="a stranger's flood, while no payment waits"),
    ],
)
def test_a_stranger_does_not_set_the_verdict(said, known, heavy):
    rows = [stripe(), hook(), down(BACKEND, "redis"), row(WORKER, "redis")]
    found = unpaid({"matrix": rows}, SERVICES, said, known, ["backend"], 7200).as_dict()
    assert found["cause"] == ("webhook_misconfigured" if heavy else "network_cut")
    assert {one["cause"] for one in found["causes"]} == {"webhook_misconfigured", "network_cut"}


@pytest.mark.parametrize(
    ("release", "new", "relief"),
    [
        pytest.param({"age": 60, "image_age": 90}, None, "roll_back_release", id="built just now"),
        pytest.param({"age": 60, "image_age": 9e6, "image_tagged": 90}, None, "roll_back_release", id="named just now"),
        pytest.param({"age": 60, "image_age": 9e6}, None, "", id="a fresh container of an old image"),
        pytest.param({"age": 9e6, "image_age": 9e6, "uptime": 60}, None, "", id="merely restarted"),
        pytest.param({"age": 60, "image_age": 90}, False, "", id="the error was there before"),
        pytest.param({"age": 60, "image_age": None}, None, "", id="nobody knows"),
    ],
)
def test_own_code_of_a_fresh_release_is_rolled_back(release, new, relief):
    services = {**SERVICES, "backend": service("backend", **release)}
    found = unpaid({"matrix": [stripe(), hook()]}, services, log(OWN, new=new), WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["relief"]) == ("own_code", relief)


def test_an_error_of_long_ago_hides_none_that_came_with_the_release():
    chronic = {"text": "ValueError: old", "level": "error", "count": 900, "new": False}
    fresh = {"text": "KeyError: 'b1'", "level": "error", "count": 5, "new": True}
    services = {**SERVICES, "backend": service("backend", age=60, image_age=90)}
    told = {"signatures": [chronic, fresh]}
    found = unpaid({"matrix": [stripe(), hook()]}, services, told, WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["relief"]) == ("own_code", "roll_back_release")
    assert "KeyError" in found["causes"][0]["evidence"][0]


def test_a_service_that_is_sick_is_restarted():
    services = {**SERVICES, "backend": service("backend", trouble="is unhealthy")}
    known = Known(0, why_unread="it is down")
    found = unpaid({"matrix": [stripe(), hook()]}, services, log(), known, ["backend"], 7200).as_dict()
    assert found["cause"] == "service_sick"
    assert found["rules"] == {"services": ["backend"], "containers": ["pafar-backend-1"], "which": "all"}
    assert found["lines"][0] == "whether payments wait for a person is not known"
    assert found["advice"] == ["the database could not be asked for open payments: it is down"]


@pytest.mark.parametrize(
    ("known", "line", "gap"),
    [
        (Known(0), "no payment waits for a person", ""),
        (Known(0, asked=False), "whether payments wait for a person is not known", "set payment_outage_query"),
        (Known(3, nameless=2), "3 payments wait for a person", "2 rows have no reference"),
        (Known(3, cut=["log", "database"]), "3 payments wait for a person", "the log and the database had more"),
    ],
)
def test_what_the_list_may_lack_is_said(known, line, gap):
    found = unpaid({"matrix": []}, SERVICES, log(), known, ["backend"], 7200).as_dict()
    assert found["lines"][0] == line
    assert gap in " ".join(found["advice"])


def test_the_network_between_is_ours():
    rows = [down(BACKEND, "stripe", "dns", "silent", judge="stripe"), down(BACKEND, "redis", "dns", "silent"),
            row(WORKER, "redis"), hook()]  # fmt: skip
    found = unpaid({"matrix": rows}, SERVICES, log(THEIRS), Known(0), ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("dns_failure", ["backend"])


def test_a_proxy_that_is_down_is_no_webhook_set_up_wrongly():
    services = {**SERVICES, "nginx": service("nginx", 0, "is exited (1, failed with 1)")}
    rows = [stripe(), hook("down", "dns", "the name nginx could not be resolved")]
    found = unpaid({"matrix": rows}, services, log(), Known(0), ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]["containers"]) == ("target_down", ["pafar-nginx-1"])


def outside(source: str, name: str, state: str = "down", layer: str = "dns") -> dict[str, Any]:
    return row(source, name, state, "" if state == "up" else layer, "SERVFAIL", address=f"{name}:443")


@pytest.mark.parametrize(
    ("rows", "cause", "relief"),
    [
        pytest.param([outside(BACKEND, "a.example"), row(BACKEND, "redis")], "dns_failure", "", id="one name outside"),
        pytest.param([outside(BACKEND, "a.example"), outside(WORKER, "b.example"), row(WORKER, "redis")],
                     "dns_failure", "", id="every name outside, from everywhere"),
        pytest.param([outside(BACKEND, "a.example"), outside(BACKEND, "b.example")], "dns_failure", "",
                     id="nobody asks for a name of ours"),
        pytest.param([outside(BACKEND, "a.example"), outside(WORKER, "a.example", "up"), row(BACKEND, "redis")],
                     "dns_failure", "restart_services", id="one of us alone"),
    ],
)  # fmt: skip
def test_who_resolves_the_names_outside(rows, cause, relief):
    found = disconnected({"matrix": rows}, SERVICES).as_dict()
    assert (found["cause"], found["relief"]) == (cause, relief)
    assert relief or "resolver" in found["advice"][0]


def test_our_own_front_door_is_nobody_elses_fault():
    door = down("host", "the front door", "tcp", "connection refused", whose="ours", address="127.0.0.1:80")
    exited = service("nginx", 0, "is exited (1, failed with 1)", ports=["0.0.0.0:80->80/tcp"])
    rows = [door, row(BACKEND, "stripe", address="api.stripe.com:443")]
    found = disconnected({"matrix": rows}, {**SERVICES, "nginx": exited}).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("target_down", ["nginx"])
    # By its public name nobody knows where it leads; a service that is sick beside it is mended first.
    public = {**door, "address": "pafar.example:443"}
    sick = service("nginx", 1, "its health check fails", state="running")
    found = disconnected({"matrix": [public, *rows[1:]]}, {**SERVICES, "nginx": sick}).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("service_sick", ["nginx"])


def test_what_was_stopped_by_somebody_is_named_and_stays_stopped():
    stopped = service("reports", 0, "is exited (143, stopped on request)", state="exited")
    services = {**SERVICES, "reports": stopped}
    theirs = down(BACKEND, "maps", "protocol", "it answers 500", whose="theirs", address="maps.example:443")
    found = disconnected({"matrix": [theirs]}, services).as_dict()
    assert (found["cause"], found["relief"]) == ("their_fault", "")
    door = down("host", "the front door", "tcp", "refused", whose="ours", address="pafar.example:443")
    found = disconnected({"matrix": [door, theirs]}, services).as_dict()
    assert found["relief"] == ""
    assert "service_sick" in {one["cause"] for one in found["causes"]}
    assert any("restart_services_services" in one for one in found["advice"])


def test_the_replica_that_is_cut_off_is_restarted_and_not_those_beside_it():
    two = service("backend")
    two["containers"].append({**two["containers"][0], "name": "pafar-backend-2"})
    rows = [down("pafar-backend-2", "redis"), row(BACKEND, "redis"), down(WORKER, "redis")]
    found = disconnected({"matrix": rows}, {**SERVICES, "backend": two}).as_dict()
    assert found["rules"]["services"] == ["backend", "worker"]
    assert found["rules"]["containers"] == ["pafar-backend-2", WORKER]


def reclaim(*acts: tuple[str, int], explained: list[dict[str, Any]] | None = None, late: int = 100) -> dict[str, Any]:
    actions = [{"kind": kind, "bytes": size, "who": f"{kind} one", "reason": "big"} for kind, size in acts]
    before = {"mount": "/", "free_bytes": 5 * MIB, "used_bytes": 1000 * MIB, "free_share": 0.005}
    return {"plan": {"actions": actions, "late": late}, "before": before, "explained": explained or [], "notes": []}


def slots(kept: int, active: bool = False) -> dict[str, Any]:
    slot = {"slot": "gone", "active": active, "temporary": False, "kept_bytes": kept}
    return {"background": {"replication": {"slots": [slot]}}}


OPEN = {"kind": "deleted_open", "what": "/x was deleted", "bytes": 700 * MIB, "cure": "open", "services": ["backend"]}
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
    nameless = to_process([{"amount_cents": 1}, {"amount_cents": 2}], [], "")
    assert [one["amount_cents"] for one in nameless] == [1, 2], "nothing is lost for want of a name"


def test_a_spreadsheet_computes_nothing_of_it():
    nasty = ["=1+1", "+1", "-1", "@x", 'a"b,c\nd', "\t=2"]
    text = as_csv([{"reference": "b1", **{f"c{place}": one for place, one in enumerate(nasty)}}])
    cells = list(csv.reader(text.splitlines(keepends=True)))[1]
    assert cells[1:] == ["'=1+1", "'+1", "'-1", "'@x", 'a"b,c\nd', "'\t=2"]
    assert as_csv([]) == "reference\r\n"
