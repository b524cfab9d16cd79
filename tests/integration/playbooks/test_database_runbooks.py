"""Exhaustion, slowness and readiness from end to end, on throw-away servers."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager

import psycopg2
import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.open_faults import OpenFaults

from support.clients import clients, until
from support.scenes import lasting, row_storm
from support.servers import PASSWORD, Server, with_contrib

IDLE = "usename = 'app' AND state <> 'active'"
EXHAUSTION, SLOWNESS = "playbooks/db_connection_exhaustion.yml", "playbooks/db_performance_degradation.yml"


@pytest.fixture(scope="module")
def server():
    newest = with_contrib()[max(with_contrib())]
    settings = {"max_connections": "30", "shared_preload_libraries": "pg_stat_statements"}
    with Server(newest, settings) as running:
        running.prepare_site()
        running.run("CREATE EXTENSION pg_stat_statements")
        yield running


@pytest.fixture
def session(server):
    with clients(server) as factory:
        yield factory


@pytest.fixture(autouse=True)
def terms(site):
    site.variables.update(db_connection_exhaustion_idle=0.2, db_connection_exhaustion_idle_in_transaction=0.2)


def client_count(server):
    """Sessions that hold an ordinary slot."""
    return server.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")


def open_faults(site):
    """The scenarios of the faults that no verification has closed."""
    faults = OpenFaults()
    for event in site.events():
        faults.read(event)
    return [fault.scenario for fault in faults.now]


def fill(session, number, application="feed"):
    return [session(application).ready() for dummy in range(number)]


def test_every_slot_is_taken_by_a_leak(server, session, site):
    used = fill(session, 2, "pafar-web")
    leaked = fill(session, 25)
    lasting(server, 0.25, IDLE)
    done = site.play("--check", playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "through the replication login path" in done.stdout
    assert "1. leak: feed (app@postgres) holds 25 of 27, its share is 13" in done.stdout
    assert {client.fate(0) for client in leaked} == {"alive"}
    assert not site.log.exists()
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    fates = [client.fate(0.05) for client in leaked]
    assert fates == ["alive"] * 13 + ["terminated"] * 12, "the last opened go first"
    assert {client.fate(0) for client in used} == {"alive"}
    assert [event["kind"] for event in site.events()] == [
        "opened", "diagnosed", "evidence", "intended", "mitigated", "verified",
    ]  # fmt: skip
    assert open_faults(site) == []


@contextmanager
def leaking(server, most):
    """Somebody who takes a slot whenever there is one, up to so many of them."""
    over, taken = threading.Event(), []

    def take() -> None:
        while len(taken) < most and not over.is_set():
            try:
                taken.append(psycopg2.connect(server.dsn(user="app", password=PASSWORD), application_name="feed"))
            except psycopg2.OperationalError:
                time.sleep(0.01)

    threads = [threading.Thread(target=take) for dummy in range(4)]
    for one in threads:
        one.start()
    try:
        yield
    finally:
        over.set()
        for one in threads:
            one.join()
        for connection in taken:
            connection.close()


@pytest.mark.parametrize(("most", "outcome", "rc"), [(3, "recovered", 0), (60, "unchanged", 2)])
def test_a_leak_that_goes_on_is_no_failure_until_nobody_else_gets_in(server, session, site, most, outcome, rc):
    """The last slots are taken again in the moment between the act and its verification, or just after it: then the run
    is repeated, as it would be."""
    for dummy in range(4):
        fill(session, 27 - client_count(server))
        lasting(server, 0.25, IDLE)
        with leaking(server, most):
            done = site.play(playbook=EXHAUSTION)
        if done.returncode == rc:
            break
    assert done.returncode == rc, done.stdout
    outcomes = [event["note"]["outcome"] for event in site.events() if event["kind"] == "verified"]
    assert outcomes[-1] == outcome


def test_a_leak_beside_forgotten_transactions_is_relieved_and_those_are_held(server, session, site):
    """Those who do nothing are within their limit, those who hold something are not."""
    site.variables["db_connection_exhaustion_role_settings"] = False  # the login may not set them
    leaked, forgotten = fill(session, 18), fill(session, 9)
    for client in forgotten:
        client.run("BEGIN")
    lasting(server, 0.25, IDLE)
    check = site.play("--check", playbook=EXHAUSTION)
    assert check.returncode == 0, check.stdout
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "gate open: 14 planned, within the limit of 50" in done.stdout
    # What one gate holds hides nothing of what the other lets through.
    assert "recovered: " in done.stdout
    assert "nothing was done" not in done.stdout
    assert "gate held: 5 actions are planned and 3 are allowed without approval" in done.stdout
    assert [client.fate(0.05) for client in leaked].count("terminated") == 14
    assert {client.fate(0) for client in forgotten} == {"alive"}
    kinds = [event["kind"] for event in site.events() if event["note"].get("mitigation") == "end_sessions"]
    assert kinds == ["intended", "mitigated", "verified", "held"]
    (held,) = [event["note"]["plan"] for event in site.events() if event["note"].get("mitigation") == "end_sessions"
               and event["kind"] == "held"]  # fmt: skip
    assert {action["rule"] for action in held["actions"]} == {"idle_in_transaction"}
    again = site.play(playbook=EXHAUSTION)
    assert "no connection limit is reached" in again.stdout
    assert {client.fate(0) for client in forgotten} == {"alive"}, "no login waits for their slots any more"
    # What is held is carried out later, and nothing besides.
    approved = site.typed(site.next_command(done))
    assert approved.returncode == 0, approved.stdout
    # The bound is a share of the sessions that are there now.
    assert 0 < [client.fate(0.05) for client in forgotten].count("terminated") <= 5
    assert [client.fate(0.05) for client in leaked].count("terminated") == 14
    assert len(list(site.log.glob("*.jsonl"))) == 1


def test_the_approval_of_one_part_as_it_is_printed_does_not_hold_the_other(server, session, site):
    site.variables["db_connection_exhaustion_role_settings"] = False  # the login may not set them
    leaked, forgotten = fill(session, 18), fill(session, 9)
    for client in forgotten:
        client.run("BEGIN")
    lasting(server, 0.25, IDLE)
    check = site.play("--check", playbook=EXHAUSTION)
    done = site.typed(site.next_command(check))
    assert done.returncode == 0, done.stdout
    assert [client.fate(0.05) for client in leaked].count("terminated") == 14
    assert 0 < [client.fate(0.05) for client in forgotten].count("terminated") <= 5, "a share of those who are left"
    assert "so that this approval had no effect" not in done.stdout + done.stderr
    mitigated = [event["note"] for event in site.events() if event["kind"] == "mitigated"]
    left = {target["reason"].partition(":")[0] for target in mitigated[-1]["not_done"]}
    assert left == {"exceeds the limit of 2 (max_terminations 10, max_share 0.2)"}, "approved, and yet not done"


@pytest.mark.parametrize(("beside", "said"), [(9, "2 pools are of about this size"), (12, "2 pools are of about")])
def test_what_may_leak_beside_a_pool_of_half_its_size_is_held_and_ended_when_approved(
    server, session, site, beside, said
):
    pool, few = fill(session, beside, "web"), fill(session, 3, "cron")
    leaked = fill(session, 24 - beside)
    by_pid = {client.pid: client for client in (*pool, *few, *leaked)}
    lasting(server, 0.25, IDLE)
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert said in done.stdout
    assert {client.fate(0) for client in (*pool, *few, *leaked)} == {"alive"}
    held = next(event for event in site.events() if event["kind"] == "held")["note"]["plan"]
    names = {action["application"] for action in held["actions"]}
    assert names == ({"feed (app@postgres)"} if beside == 9 else {"feed (app@postgres)", "web (app@postgres)"})
    assert open_faults(site) == ["db_connection_exhaustion"]
    approved = site.typed(site.next_command(done))
    assert approved.returncode == 0, approved.stdout
    ended = {pid for pid, client in by_pid.items() if client.fate(0.05) == "terminated"}
    assert ended == {action["pid"] for action in held["actions"]}
    assert "recovered: " in approved.stdout
    assert open_faults(site) == [], "closed by the verification of the run that has carried out the plan"


@pytest.mark.parametrize(
    ("variables", "planned"),
    [({"share": 0.2, "floor": 20}, 7), ({"share": 1.0, "headroom": 0.8}, 22)],
)
def test_a_site_has_its_own_share_headroom_and_floor(server, session, site, variables, planned):
    fill(session, 27)
    lasting(server, 0.25, IDLE)
    site.variables.update({f"end_sessions_{name}": value for name, value in variables.items()})
    done = site.play("--check", playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert f"gate open: {planned} planned" in done.stdout, done.stdout


def test_idle_transactions_of_spared_roles_are_no_cause(server, session, site):
    for client in fill(session, 20, "nightly-report"):
        client.run("BEGIN")
    fill(session, 7, "pafar-web")
    lasting(server, 0.25, IDLE)
    site.variables.update(runbook_exclude_applications=["nightly-report"])
    done = site.play("--check", playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "forgotten transactions" not in done.stdout


def test_who_leaks_is_offered_a_restart_and_no_engine_costs_no_relief(server, session, site):
    """What compose_info would have said is given; the restart, which comes last, finds no engine here."""
    site.variables.update(runbook_compose={"docker_host": f"unix://{site.folder}/none", "project": "shop"})
    leaked = fill(session, 27)
    lasting(server, 0.25, IDLE)
    done = site.play("--check", playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "1. leak: feed" in done.stdout
    assert "client addresses belong to" not in done.stdout
    known = {"backend": {"image": "shop/backend", "containers": [{"networks": {"default": "127.0.0.1"}}]}}
    done = site.play(playbook=EXHAUSTION, services={"services": known})
    assert "client addresses belong to containers of the service backend" in done.stdout
    assert [client.fate(0.05) for client in leaked].count("terminated") == 14
    kinds = [event["kind"] for event in site.events()]
    assert kinds[-1] == "handed_over"
    assert kinds.index("mitigated") < kinds.index("handed_over")


def test_a_lock_queue_that_looks_like_it(server, session, site):
    idle = fill(session, 6, "pafar-web")
    holder, queue = row_storm(server, session, 20)
    lasting(server, 0.25)
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    until(lambda: holder.fate() == "terminated")
    assert {client.fate(0) for client in (*idle, *queue)} == {"alive"}
    assert "1. lock queue" in done.stdout


def test_traffic_is_told_and_nobody_is_ended(server, session, site):
    busy = [client.send("SELECT pg_sleep(3600)") for client in fill(session, 27)]
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "1. traffic" in done.stdout
    assert {client.fate(0) for client in busy} == {"alive"}


def test_an_application_s_own_pool_is_named_by_both_playbooks_and_ended_when_approved(server, session, site):
    """Its clients wait inside of the application; the server has slots free."""
    leaked, others = fill(session, 12, "shop-web"), fill(session, 3, "mailer")
    for client in leaked:
        client.run("BEGIN; SELECT 1")
    lasting(server, 0.25, "application_name = 'shop-web'")
    site.variables.update(
        db_performance_degradation_idle_in_transaction=0.2, db_performance_degradation_window=1,
        db_connection_exhaustion_role_settings=False, end_sessions_max_share=1.0,
    )  # fmt: skip
    slow = site.play("--check", playbook=SLOWNESS)
    assert slow.returncode == 0, slow.stdout
    assert "12 of 12 sessions of shop-web (app@postgres) are in a transaction" in slow.stdout
    assert "affect no other session" not in slow.stdout
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "1. client pool full" in done.stdout
    assert "gate held: " in done.stdout
    assert {client.fate(0) for client in (*leaked, *others)} == {"alive"}
    approved = site.typed(site.next_command(done))
    assert approved.returncode == 0, approved.stdout
    fates = [client.fate(0.05) for client in leaked]
    assert 0 < fates.count("terminated") <= 12
    assert {client.fate(0) for client in others} == {"alive"}


def test_an_application_that_logs_in_as_a_superuser_is_named_with_the_remedy(server, session, site):
    leaked = [session("gunicorn", user="postgres").ready() for dummy in range(27)]
    lasting(server, 0.25, "application_name = 'gunicorn'")
    out_of_reach = site.play(playbook=EXHAUSTION)
    assert out_of_reach.returncode == 0, out_of_reach.stdout
    text = " ".join(out_of_reach.stdout.split())
    assert "runbook_application_superusers" in text, out_of_reach.stdout
    assert "27 sessions of gunicorn (postgres@postgres) may not be terminated: role postgres" in text
    assert "outcome: db has no act for what was found (leak): see above" in text
    assert "role setting that prevents it" not in text, "it does not bind a superuser"
    assert {client.fate(0) for client in leaked} == {"alive"}
    site.variables.update(runbook_postgres=server.login("postgres"), runbook_application_superusers=["postgres"])
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    if "gate held: " in done.stdout:  # no ordinary login was refused to a superuser
        done = site.typed(site.next_command(done))
        assert done.returncode == 0, done.stdout
    assert 0 < [client.fate(0.05) for client in leaked].count("terminated") < 27


def test_a_guard_is_offered_held_and_set_when_approved_and_taken_back(server, session, site):
    for client in fill(session, 26):
        client.run("BEGIN")
    lasting(server, 0.25, IDLE)
    site.variables.update(
        runbook_postgres=server.login("postgres"), end_sessions_limit=30, end_sessions_max_terminations=30,
        end_sessions_max_share=1.0,
    )  # fmt: skip
    done = site.play(playbook=EXHAUSTION)
    assert done.returncode == 0, done.stdout
    assert "gate held: this site requires approval of every plan" in done.stdout
    held = next(event for event in site.events() if event["kind"] == "held")["note"]["plan"]
    assert server.value("SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole") == 0
    for client in fill(session, 26):
        client.run("BEGIN")
    lasting(server, 0.25, IDLE)
    done = site.play(playbook=EXHAUSTION, incident_approved_targets=[one["target"] for one in held["actions"]])
    assert server.value("SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole") == 1
    name = sorted(path.stem for path in site.log.glob("*.jsonl"))[-1]
    undone = site.play(playbook="playbooks/undo.yml", incident_id=name, runbook_approval="over_limit")
    assert undone.returncode == 0, undone.stdout
    assert server.value("SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole") == 0


def test_an_index_is_advised_held_built_when_approved_and_taken_back(server, session, site):
    owner = session("owner")
    owner.run("CREATE TABLE big AS SELECT i AS id, i % 5000 AS customer FROM generate_series(1, 60000) i")
    server.run("ANALYZE big")
    site.variables.update(runbook_postgres=server.login("postgres"), db_performance_degradation_window=1.5)
    over = threading.Event()

    def ask():
        while not over.is_set():
            owner.run("SELECT count(*) FROM big WHERE customer = 7")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        held = site.play(playbook=SLOWNESS)
        assert held.returncode == 0, held.stdout
        assert "1. missing index" in held.stdout
        assert "CREATE INDEX CONCURRENTLY big_customer_idx ON public.big (customer)" in held.stdout
        assert "gate held" in held.stdout
        assert server.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'big'") == 0
        plan = next(event for event in site.events() if event["kind"] == "held")["note"]["plan"]
        built = site.play(playbook=SLOWNESS, incident_approved_digest=plan["digest"])
        assert built.returncode == 0, built.stdout
        assert server.value("SELECT count(*) FROM pg_indexes WHERE indexname = 'big_customer_idx'") == 1
    finally:
        over.set()
        asking.join()
    name = sorted(path.stem for path in site.log.glob("*.jsonl"))[-1]
    site.variables["build_index_approval"] = "always"  # of the inventory, over which the playbook's own rule would win
    waits = site.play(playbook="playbooks/undo.yml", incident_id=name)
    assert "gate held: this site requires approval of every plan" in waits.stdout
    assert server.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'big'") == 1
    del site.variables["build_index_approval"]
    undone = site.play(playbook="playbooks/undo.yml", incident_id=name)
    assert undone.returncode == 0, undone.stdout
    assert server.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'big'") == 0
    owner.run("DROP TABLE big")


def test_preflight_tells_a_table_and_changes_nothing(server, site):
    done = site.play(playbook="playbooks/preflight.yml")
    assert done.returncode == 0, done.stdout
    assert "ready     connects when it is full: the replication login path works" in done.stdout
    assert "NOT READY index advice can be proved" in done.stdout
    assert "remedy: install hypopg" in done.stdout
    total = re.search(r"^  .*?(\d+) checks: (\d+) ready, (\d+) NOT READY, (\d+) unknown$", done.stdout, re.M)
    assert total, done.stdout
    assert int(total.group(1)) == sum(int(total.group(number)) for number in (2, 3, 4))
    assert re.search(r"^  first: \S+.*: ", done.stdout, re.M)
    strict = site.play(playbook="playbooks/preflight.yml", preflight_strict=True)
    assert strict.returncode == 2
    assert "not ready for an incident (preflight_strict)" in strict.stdout
    assert not site.log.exists()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_preflight_s_clock_is_right_in_any_zone_and_what_is_not_configured_is_told(server, site, zone):
    done = site.play(playbook="playbooks/preflight.yml", env={"TZ": zone})
    assert done.returncode == 0, done.stdout
    assert "ready     the clock agrees with the database" in done.stdout
    assert "clock agrees with the controller" not in done.stdout, "over a local connection there is one clock"
    assert "NOT READY the clock agrees" not in done.stdout
    assert "NOT READY backups can be restored: none configured" in done.stdout
    assert "NOT READY the channel and the status page are reachable: none configured" in done.stdout
    assert "remedy: set runbook_reach in the inventory" in done.stdout
