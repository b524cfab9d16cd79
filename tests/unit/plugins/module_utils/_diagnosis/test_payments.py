"""Why payments fail, told apart from facts as the modules return them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.payments import Known, diagnose_payments
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.endpoint import ProbeReport
from ansible_collections.pafar.runbook.plugins.module_utils._logs.records import LogReport

from support.reports import kind_of_record, log, record

from .endpoint_facts import BACKEND, SERVICES, WORKER, down, row, service


def errors(*texts: str, new: bool | None = None) -> LogReport:
    return log(*(kind_of_record(text, new=new) for text in texts))


def stripe(state: str = "up", layer: str = "", why: str = "", fault_of: str = "", status: int = 0) -> ProbeReport:
    return row(BACKEND, "stripe", state, layer, why, judge="stripe", fault_of=fault_of, status=status)


def hook(state: str = "up", layer: str = "", why: str = "", status: int = 405) -> ProbeReport:
    answer = status if layer == "protocol" else 0
    return row("pafar-stripe-1", "the webhook", state, layer, why, judge="webhook", address="nginx:80", status=answer)


def refusals(*taken: float, count: int = 3) -> LogReport:
    """Events with a signature that does not match, and the moments at which others were taken."""
    line = '10.0.0.9 - - [x] "POST /api/webhooks/stripe/ HTTP/1.1" 200 17'
    said = kind_of_record(SIGNATURE, count=count, first_seen=100.0)
    return log(said, entries=[record(line, at) for at in taken])


WAITING = Known(2, open=2)


OWN = "ERROR Internal Server Error: /api/payments/\nTraceback (most recent call last):\nKeyError: 'b1'"


THEIRS = "ERROR payment of booking # failed: stripe_error"


SIGNATURE = "ERROR webhook refused: the signature does not match STRIPE_WEBHOOK_SECRET"


@pytest.mark.parametrize(
    ("rows", "said", "cause", "mitigation"),
    [
        ([stripe(), hook()], log(), "", ""),
        ([stripe("down", "protocol", "Stripe itself fails (500)", "theirs"), hook()], errors(THEIRS),
         "stripe_down", ""),
        ([stripe("degraded", "protocol", "it answered after 8 s", "theirs"), hook()], errors(THEIRS),
         "stripe_slow", ""),
        ([stripe("down", "protocol", "refuses our key (401)", "key"), hook()], errors(THEIRS), "key_refused", ""),
        ([stripe("degraded", "protocol", "limits (429)", "ours", 429), hook()], errors(THEIRS), "rate_limited", ""),
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
        ([stripe(), hook()], errors("TypeError: stripe_charge() missing 1 required argument"), "own_code", ""),
        ([stripe(), hook()], errors(OWN, THEIRS), "own_code", ""),
        ([stripe(), hook()], errors(THEIRS), "", ""),
    ],
)  # fmt: skip
def test_payments(rows, said, cause, mitigation):
    found = diagnose_payments(rows, SERVICES, said, WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, mitigation), found
    assert found["lines"][0] == "2 payments wait for an operator"
    assert not cause or mitigation or found["advice"], "who can help where nobody here can"


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
    found = diagnose_payments(rows, SERVICES, said, known, ["backend"], 7200).as_dict()
    assert found["cause"] == ("webhook_misconfigured" if heavy else "network_cut")
    assert {one["cause"] for one in found["causes"]} == {"webhook_misconfigured", "network_cut"}


@pytest.mark.parametrize(
    ("release", "new", "mitigation"),
    [
        pytest.param({"age": 60, "image_age": 90}, True, "roll_back_release", id="built just now"),
        pytest.param({"age": 60, "image_age": 90}, None, "", id="whether it was there before is not known"),
        pytest.param({"age": 60, "image_age": 9e6, "image_tagged": 90}, True, "roll_back_release", id="named just now"),
        pytest.param({"age": 60, "image_age": 9e6}, None, "", id="a fresh container of an old image"),
        pytest.param({"age": 9e6, "image_age": 9e6, "uptime": 60}, None, "", id="merely restarted"),
        pytest.param({"age": 60, "image_age": 90}, False, "", id="the error was there before"),
        pytest.param({"age": 60, "image_age": None}, None, "", id="nobody knows"),
    ],
)
def test_own_code_of_a_fresh_release_is_rolled_back(release, new, mitigation):
    services = {**SERVICES, "backend": service("backend", **release)}
    found = diagnose_payments([stripe(), hook()], services, errors(OWN, new=new), WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["mitigation"]) == ("own_code", mitigation)


def test_an_error_of_long_ago_hides_none_that_came_with_the_release():
    chronic = kind_of_record("ValueError: old", count=900, new=False)
    fresh = kind_of_record("KeyError: 'b1'", count=5, new=True)
    services = {**SERVICES, "backend": service("backend", age=60, image_age=90)}
    told = log(chronic, fresh)
    found = diagnose_payments([stripe(), hook()], services, told, WAITING, ["backend"], 7200).as_dict()
    assert (found["cause"], found["mitigation"]) == ("own_code", "roll_back_release")
    assert "KeyError" in found["causes"][0]["evidence"][0]


@pytest.mark.parametrize(
    ("loops", "release", "text", "mitigation"),
    [
        pytest.param([True], 90, OWN, "roll_back_release", id="a fresh release loops"),
        pytest.param(
            [True, False], 90, OWN, "restart_services", id="another one of it is unhealthy, and does not loop"
        ),
        pytest.param([False], 90, OWN, "restart_services", id="it does not loop"),
        pytest.param([True], 9e6, OWN, "restart_services", id="no fresh release"),
        pytest.param([True], 90, "psycopg.OperationalError: refused", "restart_services", id="of another party"),
    ],
)
def test_a_release_that_loops_for_errors_of_its_code_is_rolled_back_and_not_restarted(loops, release, text, mitigation):
    backend = service("backend", problem="restarts again and again", age=60, image_age=release)
    (one,) = backend["containers"]
    backend["containers"] = [{**one, "loops": each} for each in loops]
    services = {**SERVICES, "backend": backend}
    told = log(kind_of_record(text, count=9, new=True))
    found = diagnose_payments([stripe(), hook()], services, told, WAITING, ["backend"], 7200).as_dict()
    assert found["mitigation"] == mitigation
    assert "service_unhealthy" in [cause["cause"] for cause in found["causes"]]


def test_a_fault_of_the_provider_has_the_ids_that_its_support_asks_for():
    """Of the probe and of the provider's own errors in our log; what our log calls a request id elsewhere is ours."""
    down = stripe("down", "protocol", "it answers 503", fault_of="theirs", status=503)
    answer = down["layers"]["protocol"]
    assert answer
    answer["request_id"] = "req_ofTheProbe1"
    failed = record("ERROR stripe.error.APIError: Request req_ofOurLog12: internal error")
    entries = [failed, record("ERROR KeyError: request_id=our-own-id-1234")]
    found = diagnose_payments([down, hook()], SERVICES, log(entries=entries), WAITING, ["backend"], 7200).as_dict()
    assert found["cause"] == "stripe_down"
    assert found["causes"][0]["evidence"][-1] == "request ids, for their support: req_ofTheProbe1, req_ofOurLog12"


def test_a_service_that_is_sick_is_restarted():
    services = {**SERVICES, "backend": service("backend", problem="is unhealthy")}
    known = Known(0, why_unread="it is down")
    found = diagnose_payments([stripe(), hook()], services, log(), known, ["backend"], 7200).as_dict()
    assert found["cause"] == "service_unhealthy"
    meant: dict[str, Any] = {"services": ["backend"], "containers": ["pafar-backend-1@aaaaaaaaaaaa"]}
    assert found["rules"] == {**meant, "which": "running"}
    services = {**SERVICES, "backend": service("backend", 0, problem="is exited", state="exited")}
    fallen = diagnose_payments([stripe(), hook()], services, log(), known, ["backend"], 7200).as_dict()
    assert fallen["rules"] == {**meant, "which": "all"}, "it is started"
    assert found["lines"][0] == "whether payments wait for an operator is not known"
    assert found["advice"] == ["open payments could not be read from the database: it is down"]


@pytest.mark.parametrize(
    ("state", "note"), [("paused", "is paused, by a person"), ("exited", "was stopped on purpose")]
)
def test_a_service_that_was_set_aside_is_not_started(state, note):
    aside = service("backend", 0, state=state)
    aside["containers"][0]["note"] = note
    found = diagnose_payments([stripe(), hook()], {**SERVICES, "backend": aside}, log(), Known(0), ["backend"], 7200)
    report = found.as_dict()
    assert (report["cause"], report["mitigation"]) == ("service_unhealthy", "")
    assert note in report["causes"][0]["evidence"][0]
    assert any("if it should run" in advice for advice in report["advice"])


@pytest.mark.parametrize("state", ["exited", "created"])
@pytest.mark.parametrize(("running", "mitigation"), [(0, "restart_services"), (1, "")])
def test_a_replica_that_does_not_run_is_started_only_where_no_other_runs(state, running, mitigation):
    """By its restart policy `no` it is not known whether it was stopped on purpose."""
    both = service("backend", running, problem="is exited (137, killed)", state=state)
    both["containers"] += service("backend")["containers"] * running
    found = diagnose_payments([stripe(), hook()], {**SERVICES, "backend": both}, log(), Known(0), ["backend"], 7200)
    report = found.as_dict()
    assert (report["cause"], report["mitigation"]) == ("service_unhealthy", mitigation)
    assert mitigation or "a replica of backend does not run while others do" in report["advice"][0]
    if not mitigation:
        missed = [stripe(), hook("down", "protocol", "HTTP 500", 500)]
        found = diagnose_payments(missed, {**SERVICES, "backend": both}, log(), Known(0), ["backend"], 7200)
        assert found.as_dict()["cause"] != "service_unhealthy", "what is measured comes first"


@pytest.mark.parametrize(
    ("known", "line", "gap"),
    [
        (Known(0), "no payment waits for an operator", ""),
        (Known(0, asked=False), "whether payments wait for an operator is not known", "set payment_outage_query"),
        (Known(3, nameless=2), "3 payments wait for an operator", "2 rows have no reference"),
        (Known(3, cut=["log", "database"]), "3 payments wait for an operator", "the log and the database had more"),
    ],
)
def test_what_the_list_may_lack_is_said(known, line, gap):
    found = diagnose_payments([], SERVICES, log(), known, ["backend"], 7200).as_dict()
    assert found["lines"][0] == line
    assert gap in " ".join(found["advice"])


def test_the_network_between_is_ours():
    rows = [down(BACKEND, "stripe", "dns", "silent", judge="stripe"), down(BACKEND, "redis", "dns", "silent"),
            row(WORKER, "redis"), hook()]  # fmt: skip
    found = diagnose_payments(rows, SERVICES, errors(THEIRS), Known(0), ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]["services"]) == ("dns_failure", ["backend"])


def test_a_proxy_that_is_down_is_no_webhook_set_up_wrongly():
    services = {**SERVICES, "nginx": service("nginx", 0, "is exited (1, failed with 1)")}
    rows = [stripe(), hook("down", "dns", "the name nginx could not be resolved")]
    found = diagnose_payments(rows, services, log(), Known(0), ["backend"], 7200).as_dict()
    assert (found["cause"], found["rules"]["containers"]) == ("target_down", ["pafar-nginx-1@aaaaaaaaaaaa"])


FRESH = {**SERVICES, "backend": service("backend", age=60, image_age=90, created_at="1970-01-12T13:46:40+00:00")}


def requests(before: tuple[int, int], since: tuple[int, int], new: bool | None, count: int = 5) -> LogReport:
    """Own errors, and requests (asked, failed) before and since the release, by the proxy's log."""
    report = log(kind_of_record("KeyError: 'b1'", count=count, new=new))
    report["requests"]["before"] = {"asked": before[0], "failed": before[1]}
    report["requests"]["since"] = {"asked": since[0], "failed": since[1]}
    return report


def judged(log_report: LogReport) -> tuple[str, str, dict[str, str]]:
    found = diagnose_payments([stripe(), hook()], FRESH, log_report, WAITING, ["backend"], 7200).as_dict()
    return found["cause"], found["mitigation"], dict(found["rules"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "since", "new", "count", "mitigation", "rules"),
    [
        pytest.param((50, 0), (20, 20), True, 5, "roll_back_release", {}, id="new, and all fail since"),
        pytest.param((50, 1), (40, 4), True, 1, "roll_back_release", {}, id="new, and five times as many fail"),
        pytest.param(
            (50, 0), (20, 20), None, 5, "roll_back_release", {"approval": "always"}, id="new or not is unknown"
        ),
        pytest.param((50, 0), (100, 1), True, 5, "", {}, id="new, and one of a hundred fails"),
        pytest.param((50, 10), (50, 12), True, 5, "", {}, id="as many failed before"),
        pytest.param((50, 0), (20, 20), False, 5, "", {}, id="the error was there before"),
        pytest.param((0, 0), (0, 0), True, 5, "roll_back_release", {"approval": "always"}, id="share unknown"),
        pytest.param((3, 0), (50, 50), True, 5, "roll_back_release", {"approval": "always"}, id="usual share unknown"),
        pytest.param((0, 0), (0, 0), True, 1, "", {}, id="one stray error"),
        pytest.param((0, 0), (0, 0), None, 9, "", {}, id="neither known"),
    ],
)
def test_a_rollback_needs_a_new_error_and_more_requests_that_fail(before, since, new, count, mitigation, rules):
    assert judged(requests(before, since, new, count)) == ("own_code", mitigation, rules)


def of_kind(kind: str, asked: ProbeReport) -> ProbeReport:
    return {**asked, "kind": kind}


@pytest.mark.parametrize(
    ("rows", "known", "asks"),
    [
        pytest.param([down(BACKEND, "database")], Known(0), True, id="the database is not reached"),
        pytest.param([row(WORKER, "redis", "flapping", "tcp", "x")], Known(0), True, id="redis is reached at times"),
        pytest.param(
            [of_kind("postgres", down(BACKEND, "database", "protocol", "the database system is starting up"))],
            Known(0), True, id="the database answers badly",
        ),
        pytest.param([], Known(0, why_unread="connection refused"), True, id="the database could not be queried"),
        pytest.param([row(BACKEND, "database"), row(WORKER, "redis")], Known(0), False, id="all are reached"),
        pytest.param(
            [down("host", "the shop", "protocol", "500", address="nginx:80", status=500)], Known(0), False,
            id="our own page fails, as the code does",
        ),
        pytest.param(
            [down("host", "the backend", address="backend:8000")], Known(0), False, id="the payer itself is not reached"
        ),
    ],
)  # fmt: skip
def test_an_outage_that_was_measured_rolls_no_release_back_unasked(rows, known, asks):
    """Its errors may be in no record that was read: those are the ones that speak of payments."""
    fresh = {**SERVICES, "backend": service("backend", age=60, image_age=90)}
    said = requests((50, 0), (40, 20), True, 12)
    found = diagnose_payments([stripe(), hook(), *rows], fresh, said, known, ["backend"], 7200).as_dict()
    (code,) = (cause for cause in found["causes"] if cause["cause"] == "own_code")
    assert ("outage" in code["evidence"][-1]) is asks
    if found["cause"] == "own_code":
        assert dict(found["rules"]) == ({"approval": "always"} if asks else {})


@pytest.mark.parametrize("form", ["stripe.error.{}Error: x", "stripe._error.{}Error: x", "Stripe::{}Error: x"])
@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("Card", ""),
        ("RateLimit", "rate_limited"),
        ("Authentication", "key_refused"),
        ("API", "stripe_down"),
        ("APIConnection", "stripe_down"),
        ("SignatureVerification", "webhook_misconfigured"),
    ],
)
def test_the_provider_s_errors_are_no_own_code(form, name, cause):
    found = diagnose_payments(
        [stripe(), hook()],
        FRESH,
        log(kind_of_record(form.format(name), count=12, new=True)),
        Known(0),
        ["backend"],
        7200,
    ).as_dict()
    assert (found["cause"], found["mitigation"]) == (cause, "")
    assert any("12 cards were declined" in line for line in found["advice"]) is (name == "Card")


def test_a_stray_error_of_the_provider_is_no_cause():
    stray = log(kind_of_record("stripe.error.APIError: x", count=1, new=True))
    assert diagnose_payments([stripe(), hook()], FRESH, stray, Known(0), ["backend"], 7200).as_dict()["cause"] == ""


def before_view(kind: str, status: int) -> ProbeReport:
    found = hook("down", "protocol", "the view is not reached", status)
    found["layers"]["protocol"]["answered_by"] = kind
    return found


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("challenge", 403, "firewall"), ("password", 401, "login"), ("wrong_host", 400, "ALLOWED_HOSTS"),
        ("csrf", 403, "CSRF"), ("single_page", 200, "routes"), ("maintenance", 503, "maintenance"),
        ("server_page", 405, "routes"), ("default_page", 200, "host name"), ("login", 200, "login"),
    ],
)  # fmt: skip
def test_what_answers_before_the_webhooks_view_is_named_with_what_to_do(kind, status, word):
    found = diagnose_payments([stripe(), before_view(kind, status)], SERVICES, log(), WAITING, ["backend"], 7200)
    report = found.as_dict()
    assert (report["cause"], report["mitigation"]) == ("webhook_blocked", "")
    assert word in report["advice"][0]


@pytest.mark.parametrize(("status", "cause"), [(404, "webhook_misconfigured"), (500, "webhook_down")])
def test_a_page_of_a_route_that_is_missing_or_a_view_that_fails(status, cause):
    found = diagnose_payments([stripe(), before_view("page", status)], SERVICES, log(), WAITING, ["backend"], 7200)
    assert found.as_dict()["cause"] == cause


@pytest.mark.parametrize(
    "text",
    ["stripe.error.SignatureVerificationError: Timestamp outside the tolerance zone (1700000000)",
     "webhook: Message timestamp too old", "webhook error: timestamp wasn't within tolerance"],
)  # fmt: skip
def test_an_event_refused_for_its_time_is_a_clock_or_a_queue(text):
    said = log(kind_of_record(text, count=9))
    report = diagnose_payments([stripe(), hook()], SERVICES, said, WAITING, ["backend"], 7200).as_dict()
    assert (report["cause"], report["mitigation"]) == ("event_too_old", "")
    assert "clock" in report["advice"][0]
    assert "STRIPE_WEBHOOK_SECRET" not in " ".join(report["advice"])


def test_a_webhook_behind_a_stale_proxy_is_the_proxys_matter():
    proxy = service("nginx", ports=["0.0.0.0:443->443/tcp"])
    gone = hook("down", "protocol", "the proxy reaches no backend", 502)
    gone["address"] = "127.0.0.1:443"
    stale: Any = [{"proxy": "pafar-nginx-1", "seconds": 60.0, "service": "backend", "replicas": ["pafar-backend-1"]}]
    services = {**SERVICES, "nginx": proxy}
    report = diagnose_payments([stripe(), gone], services, log(), WAITING, ["backend"], 7200, stale).as_dict()
    assert (report["cause"], report["mitigation"]) == ("stale_proxy", "scale_services")


def test_what_was_not_read_is_said():
    report = diagnose_payments([stripe()], SERVICES, log(), Known(0, asked=False), ["backend"], 7200).as_dict()
    assert report["unread"]


def test_what_the_providers_answer_does_not_show_is_said():
    open_key = {**stripe(), "unasked": "whether our key is valid"}
    beside = {**row(BACKEND, "database"), "kind": "postgres", "unasked": "whether it takes writes"}
    known = Known(0)
    for rows, unread in (([open_key, beside], ["stripe: whether our key is valid"]), ([stripe(), beside], [])):
        report = diagnose_payments(cast(Any, rows), SERVICES, log(), known, ["backend"], 7200).as_dict()
        assert report["unread"] == unread
