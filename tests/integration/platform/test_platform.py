"""The platform is what the runbooks are about: each service the real program, each answer the real one."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import time
import urllib.request

from rehearsal import engine, faults, lifecycle
from rehearsal.ownership import images_of
from rehearsal.platform import Platform
from support.rehearsals import LONGEST

SERVICES = {
    "nginx", "backend", "celery-worker", "db", "db-backup", "redis", "stripe", "maps", "load", "prometheus",
    "alertmanager", "postgres-exporter",
}  # fmt: skip


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def ask(platform: Platform, service: str, *curl: str) -> tuple[int, str]:
    """Status and body of one request from inside the platform's network."""
    text = platform.execute(service, "curl", "--noproxy", "*", "-sS", "-w", "\n%{http_code}", *curl)
    body, dummy, status = text.rpartition("\n")
    return int(status), body


def test_it_says_what_it_does_and_how_far_it_is(started):
    lines = [line for line in started.text.splitlines() if line.startswith("[")]
    assert re.search(r"Docker engine .*, Compose \d+\.", lines[0])
    for service in SERVICES:
        assert f"{service} is healthy" in started.text
    assert "up and healthy, and users are served" in lines[-1]


def test_every_service_is_healthy_bounded_and_marked(platform):
    containers = platform.containers()
    assert {one.service for one in containers} == SERVICES
    assert {one.health for one in containers} == {"healthy"}
    for one in engine.inspect("container", [one.id for one in containers]):
        assert one["HostConfig"]["Memory"] > 0, one["Name"]
        assert one["Config"]["Labels"][Platform.MARK] == "true"
        for bindings in (one["HostConfig"]["PortBindings"] or {}).values():
            assert {binding["HostIp"] for binding in bindings} == {"127.0.0.1"}
        assert {mount["Type"] for mount in one["Mounts"]} <= {"volume"}


def test_the_programs_are_the_real_ones(platform):
    assert "PostgreSQL 15" in platform.query("SELECT version()")[0][0]
    assert platform.query("SELECT count(*) FROM pg_stat_statements")[0][0] > 5
    assert platform.query("SELECT count(*) FROM bookings")[0][0] >= 300_000
    assert "redis_version" in platform.execute("redis", "redis-cli", "info", "server")
    with urllib.request.urlopen(f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/health/", timeout=60) as answer:
        assert answer.headers["Server"].startswith("nginx/")
        assert json.load(answer) == {"status": "ok", "database": "ok", "redis": "ok"}


def test_prometheus_sees_them_and_knows_alertmanager(platform):
    base = f"http://127.0.0.1:{platform.env['PROMETHEUS_PORT']}/api/v1"
    platform.until(
        "all targets are up", lambda: healths(base) == {"prometheus": "up", "postgresql": "up", "users": "up"}
    )
    found = json.loads(read(f"{base}/query?query=pg_up"))
    assert found["data"]["result"][0]["value"][1] == "1"
    assert len(json.loads(read(f"{base}/alertmanagers"))["data"]["activeAlertmanagers"]) == 1


def healths(base: str) -> dict[str, str]:
    found = json.loads(read(f"{base}/targets"))["data"]["activeTargets"]
    return {one["labels"]["job"]: one["health"] for one in found}


def test_alerts_reach_alertmanager_while_users_wait_and_end_with_it(platform):
    base = f"http://127.0.0.1:{platform.env['ALERTMANAGER_PORT']}/api/v2/alerts"

    def firing() -> set[str]:
        return {one["labels"]["alertname"] for one in json.loads(read(base)) if one["status"]["state"] == "active"}

    fault = faults.named("prepared_transaction")
    faults.inject(platform, fault)
    try:
        platform.until("both alerts fire", lambda: {"UsersFail", "DatabaseLockQueue"} <= firing(), LONGEST)
    finally:
        faults.heal(platform, fault)
    platform.until("they are over", lambda: not firing(), LONGEST)


def test_users_are_served_and_their_payments_confirmed(platform):
    def receipts() -> int:
        return int(platform.query("SELECT count(*) FROM receipts")[0][0])

    before = receipts()
    platform.until("a payment was confirmed by webhook and its receipt sent by Celery", lambda: receipts() > before)
    lifecycle.await_served(platform, LONGEST)
    platform.until("users come as often as they should", lambda: platform.stats(5)["requests"] >= 80)


def test_the_load_is_bounded_and_ends_by_itself(platform):
    done = engine.run(
        ["docker", "run", "--rm", "--network", f"{platform.site.project}_edge", "--env", "LOAD_SECONDS=2",
         "--env", "LOAD_RATE=5000", "--env", "LOAD_TARGET=http://nginx", f"{images_of(platform.site)}/app:latest",
         "python3", "/srv/load/load.py"],
        seconds=LONGEST,
    ).stdout.splitlines()  # fmt: skip
    assert done[0] == "50 requests a second to nginx for 2 s"
    assert 90 <= json.loads(done[-1])["requests"] <= 110


def test_load_is_made_nowhere_else(platform):
    done = engine.run(
        ["docker", "run", "--rm", "--env", "LOAD_TARGET=http://198.51.100.7", f"{images_of(platform.site)}/app:latest",
         "python3", "/srv/load/load.py"],
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "198.51.100.7 is outside of this platform" in done.stderr


def test_no_password_is_among_the_statements(platform):
    assert platform.query("SELECT count(*) FROM pg_stat_statements WHERE query ILIKE %s", "%password%'%") == [(0,)]


def test_stripe_answers_as_stripe_does(platform):
    url, key = "http://stripe:8000/v1/charges", f"Authorization: Bearer {platform.env['STRIPE_SECRET_KEY']}"
    charge = ("-H", key, "-d", "amount=500&currency=eur")

    def told(*curl: str) -> tuple[int, dict]:
        status, body = ask(platform, "backend", url, *curl)
        return status, json.loads(body)

    assert told()[0] == 401
    status, refused = told("-H", "Authorization: Bearer sk_test_somebody_elses_key")
    assert (status, refused["error"]["message"]) == (401, "Invalid API Key provided: sk_test_***_key")
    assert told("-H", key)[0] == 200
    status, made = told(*charge, "-d", "source=tok_visa", "-H", "Idempotency-Key: one")
    assert (status, made["paid"]) == (200, True)
    assert told(*charge, "-d", "source=tok_visa", "-H", "Idempotency-Key: one")[1]["id"] == made["id"]
    status, declined = told(*charge, "-d", "source=tok_chargeDeclined")
    assert (status, declined["error"]["code"]) == (402, "card_declined")
    try:
        for mode, expected in (("rate_limited", 429), ("down", 500), ("unavailable", 503), ("revoked", 401)):
            platform.behave("stripe", mode)
            assert told("-H", key)[0] == expected
        platform.behave("stripe", "slow")
        began = time.monotonic()
        assert told("-H", key)[0] == 200
        assert time.monotonic() - began > 7
    finally:
        platform.behave("stripe", "ok")


def test_maps_tells_errors_in_the_body(platform):
    url = "http://maps:8000/maps/api/geocode/json?address=Lagos&key="
    status, body = ask(platform, "backend", url + "wrong")
    assert (status, json.loads(body)["status"]) == (200, "REQUEST_DENIED")
    status, body = ask(platform, "backend", url + platform.env["MAPS_API_KEY"])
    assert (status, json.loads(body)["status"]) == (200, "OK")


def test_a_forged_webhook_is_refused(platform):
    base = f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/webhooks/stripe/"
    forged = ("-H", "Stripe-Signature: t=1,v1=00", "-d", "{}")
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", base, *forged],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "400"


def test_failures_are_logged_as_django_and_gunicorn_log_them(platform):
    since = f"{time.time() - 1:.3f}"
    platform.behave("maps", "down")
    try:
        assert platform.call("GET", "/api/places/?address=Nowhere") == 500
    finally:
        platform.behave("maps", "ok")
    done = engine.run(["docker", "logs", "--since", since, platform.container("backend")])
    log = done.stdout + done.stderr
    assert re.search(
        r"^\[\d\d/\w{3}/\d{4} [\d:]{8}\] ERROR \[django\.request:\d+\] Internal Server Error: /api/pl", log, re.M
    )
    assert "Traceback (most recent call last):" in log
    assert re.search(r'"GET /api/places/\?address=Nowhere HTTP/1\.0" 500', log)


def test_the_nightly_dump_is_whole(platform):
    platform.until("the first dump is made", platform.dumps, LONGEST)
    end = platform.execute("db-backup", "sh", "-c", f"gzip -dc {platform.dumps()[0]} | tail -c 1000")
    assert "PostgreSQL database dump complete" in end


def test_the_checkout_has_a_history_with_a_good_and_two_bad_releases(platform):
    folder = str(platform.site.folder)

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True).stdout

    assert git("tag").split() == ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]
    assert git("describe", "--tags").strip() == "v1.1.0"
    assert git("status", "--porcelain") == ""
    assert "backend/pafar/pricing.py" in git("diff", "--stat", "v1.1.0", "v1.2.0")
    assert "backend/pafar/statement.py" in git("diff", "--stat", "v1.1.0", "v1.3.0")
    assert json.loads(read(f"http://127.0.0.1:{platform.env['NGINX_PORT']}/api/version/"))["version"] == "1.1.0"


def test_secrets_are_for_their_owner_alone(platform):
    for path in (platform.site.folder / ".env", platform.site.inventory):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(platform.site.folder.stat().st_mode) == 0o700
