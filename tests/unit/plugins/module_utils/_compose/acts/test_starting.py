"""Whether a container that fails its check may still start or recover, by its state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.acts.starting import not_ready, waits_for
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import container_dict, problem_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.restart import plan_restart

from ..facts import container, project, volume

FAILS = {"health": "unhealthy", "exits": [1, 1, 1], "said": "Can't connect to local server", "test": ["CMD", "x"]}
DATA = {"mounts": [volume("data", "/var/lib/mysql")]}
# Of the check that each has: it runs every ten seconds, and has failed since the start where the streak covers that.
NEVER = {"up": 40, "streak": 4, "interval": 10}
BEFORE = {"up": 4000, "streak": 4, "interval": 10}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param({**DATA, **NEVER}, "keeps data, and may still load or recover them", id="recovers its data"),
        pytest.param({**DATA, "up": 7200, "streak": 720, "interval": 10}, "load or recover", id="for two hours"),
        pytest.param({**DATA, **BEFORE}, "", id="has passed before"),
        pytest.param({**DATA, **NEVER, "exits": [0, 1, 1]}, "", id="has just passed"),
        pytest.param({**DATA, "health": "healthy"}, "", id="is healthy"),
        pytest.param({**DATA, **NEVER, "exits": [127], "said": ""}, "", id="was never checked"),
        pytest.param({**DATA, **NEVER, "state": "exited"}, "", id="does not run"),
        pytest.param(NEVER, "has not passed its health check since its start 40 s ago, and may still start", id="app"),
        pytest.param({"up": 500, "streak": 50, "interval": 10}, "", id="should be up by now"),
        pytest.param(
            {"up": 500, "streak": 10, "interval": 10, "start_period": 400}, "may still start", id="a long start period"
        ),
        pytest.param(BEFORE, "", id="an app that has passed before"),
    ],
)
def test_by_the_state_of_the_container(more, says):
    one = container(**{**FAILS, **more})
    reason = not_ready(project(one), one)
    assert says in reason
    assert bool(reason) is bool(says)


@pytest.mark.parametrize(
    ("more", "held"), [({**DATA, **NEVER}, True), (NEVER, True), ({**DATA, **BEFORE}, False), (BEFORE, False)]
)
def test_it_is_named_left_alone_and_held_when_its_service_is_named(more, held):
    db = container("db", **{**FAILS, **more})
    web = container(**{**FAILS, **BEFORE}, depends="db:service_healthy:false")
    shop = project(db, web, services={"db": {}, "web": {"depends_on": {"db": {}}}})
    unasked = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in unasked.order] == ([] if held else ["db", "web"])
    assert problem_of(shop, db), "it is named in either case"
    waits = waits_for(shop, web)
    assert bool(waits) is held
    assert waits.startswith("depends on shop-db-1, which has not passed" if held else "")
    (action,) = plan_restart(shop, ["db"]).plan.actions
    assert bool(action.detail.get("needs_approval")) is held


ALONE = {**FAILS, **BEFORE}


@pytest.mark.parametrize(
    ("others", "why"),
    [
        pytest.param([{"state": "paused"}], "which is paused, by a person or a job", id="paused"),
        pytest.param([{"state": "exited", "policy": "always"}], "which was stopped on purpose", id="stopped"),
        pytest.param([{"health": "starting", "up": 20}], "which has not passed its health check yet", id="starts"),
        pytest.param([{"health": "starting", "up": 4000}], "", id="should have said something by now"),
        pytest.param([{"state": "paused"}, {}], "", id="another one serves"),
        pytest.param([{"state": "paused"}, {"state": "paused"}], "which is paused", id="both are paused"),
        pytest.param([{"state": "exited", "health": ""}], "", id="a job that is done"),
        pytest.param([{"health": ""}], "", id="runs, without a check"),
        pytest.param([{"health": "unhealthy", "exits": [127], "said": ""}], "", id="was never checked"),
        pytest.param([ALONE], "", id="fails, and is restarted first"),
        pytest.param([], "", id="has no container"),
    ],
)  # fmt: skip
def test_what_depends_on_one_that_was_set_apart_or_starts_is_not_blamed(others, why):
    needed = [container("db", number, **more) for number, more in enumerate(others, 1)]
    web = container(**ALONE, depends="db:service_healthy:false")
    shop = project(*needed, web, services={"db": {}, "web": {"depends_on": {"db": {}}}})
    assert why in waits_for(shop, web)
    assert bool(waits_for(shop, web)) is bool(why)
    unasked = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert ("web" in [one.service for one, dummy in unasked.order]) is not bool(why)
    assert [one.service for one, dummy in plan_restart(shop, ["web"]).order] == ["web"], "its service was named"


def test_what_lost_the_network_of_another_is_restarted_also_while_that_one_starts():
    vpn = container("vpn", health="starting", up=5)
    agent = container("agent", health="", up=60, network=f"container:{vpn.id}", depends="vpn:service_started:false")
    shop = project(vpn, agent, services={"vpn": {}, "agent": {"network_mode": "service:vpn"}})
    assert waits_for(shop, agent) == ""
    unasked = plan_restart(shop, ["vpn", "agent"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in unasked.order] == ["agent"]


def test_when_it_was_started_is_not_guessed():
    one = replace(container(**ALONE), started=None)
    assert not_ready(project(one), one) == "may still start, since when it was started is unknown"


@pytest.mark.parametrize(
    ("db", "why"),
    [
        pytest.param(
            {"state": "exited", "exit_code": 1}, "left alone: has ended, and whether it is a job", id="failed"
        ),
        pytest.param({"state": "exited", "up": 9000, "ended": 60}, "has ended without an error; whether", id="stopped"),
        pytest.param({"state": "created"}, "left alone: was never started", id="never started"),
        pytest.param({**ALONE, **DATA, **NEVER}, "may still load or recover", id="recovers"),
        pytest.param(ALONE, "", id="is restarted first"),
    ],
)
@pytest.mark.parametrize("files", [True, False])
def test_what_depends_on_one_that_this_plan_leaves_as_it_is_is_left_too(db, why, files):
    """Directly or not, by the files or by the labels alone."""
    chain = [
        container("db", **{"health": "" if "state" in db else "healthy", **db}),
        container("api", **ALONE, depends="db:service_healthy:false"),
        container("web", **ALONE, depends="api:service_healthy:false"),
    ]
    services: dict[str, Any] = {"db": {}, "api": {"depends_on": {"db": {}}}, "web": {"depends_on": {"api": {}}}}
    shop = project(*chain, services=services)
    shop = shop if files else replace(shop, model=None, why_no_model="it was started from standard input")
    planned = plan_restart(shop, ["db", "api", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in planned.order] == ([] if why else ["db", "api", "web"])
    reasons = {item.detail["service"]: item.reason for item in planned.plan.excluded}
    assert why in reasons.get("web", "")
    assert why in reasons.get("api", "")


LOOPS = {"health": "", "state": "restarting", "restarts": 9, "exit_code": 1, "policy": "always"}


@pytest.mark.parametrize(
    ("db", "restarted", "held"),
    [
        pytest.param([{**LOOPS, **DATA}], ["db"], True, id="loops, and is not replaced"),
        pytest.param([{**LOOPS, **DATA}, {"health": "healthy"}], ["db", "web"], True, id="another one is healthy"),
        pytest.param([LOOPS], ["db", "web"], False, id="is replaced without an approval"),
        pytest.param([ALONE], ["db", "web"], False, id="is restarted without an approval"),
    ],
)
def test_what_depends_on_one_whose_restart_needs_an_approval_is_not_restarted_without_it(db, restarted, held):
    replicas = [container("db", number, **more) for number, more in enumerate(db, 1)]
    web = container("web", **ALONE, depends="db:service_healthy:false")
    shop = project(*replicas, web, services={"db": {}, "web": {"depends_on": {"db": {}}}})
    planned = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in planned.order] == restarted
    assert bool(planned.plan.actions[0].detail.get("needs_approval")) is held
    if "web" not in restarted:
        (left,) = planned.plan.excluded
        assert "depends on shop-db-1, which is left alone: its restart needs an approval" in left.reason
        assert planned.unhelped == (web,)
        assert [one.service for one, dummy in plan_restart(shop, ["db", "web"]).order] == ["db", "web"], "if named"


def test_what_was_set_apart_before_it_was_started_and_passed_is_no_excuse():
    mail = container("mail", state="exited", health="", policy="always", up=31 * 86400, ended=30 * 86400)
    web = container(**ALONE, depends="mail:service_started:false")
    services: dict[str, Any] = {"mail": {}, "web": {"depends_on": {"mail": {}}}}
    assert waits_for(project(mail, web, services=services), web) == ""
    later = container("mail", state="exited", health="", policy="always", up=31 * 86400, ended=60)
    assert "was stopped on purpose" in waits_for(project(later, web, services=services), web)


def test_what_loads_is_held_also_as_the_sharer_of_another():
    vpn = container("vpn", **ALONE)
    db = container("db", **{**FAILS, **DATA, **NEVER}, network=f"container:{vpn.id}")
    shop = project(vpn, db, services={"vpn": {}, "db": {"network_mode": "service:vpn"}})
    planned = plan_restart(shop, ["vpn", "db"], unhealthy_only=True, named=False)
    assert all("may still load" in action.detail["needs_approval"] for action in planned.plan.actions)
    assert [one.service for one, dummy in planned.order] == ["vpn", "db"]
    assert (planned.plan.excluded, planned.unhelped) == ((), ()), "each once"


@pytest.mark.parametrize(
    "target", ["/opt/oracle/oradata", "/usr/share/elasticsearch/data", "/var/opt/mssql", "/root/.cache/huggingface"]
)
def test_folders_of_data_that_are_bound_from_the_host(target):
    bound = {"Type": "bind", "Destination": target, "RW": True, "Source": "/srv/x"}
    old = {"up": 600, "streak": 60, "interval": 10}
    one = container(**{**FAILS, **old}, mounts=[bound])
    assert "keeps data" in not_ready(project(one), one)
    other = container(**{**FAILS, **old}, mounts=[{**bound, "Destination": "/etc/app"}])
    assert not_ready(project(other), other) == ""


def test_a_check_that_runs_seldom_gives_more_time():
    one = container(**{**FAILS, "up": 185, "streak": 3, "interval": 60})
    assert "may still start" in not_ready(project(one), one)
    late = container(**{**FAILS, "up": 400, "streak": 6, "interval": 60})
    assert not_ready(project(late), late) == ""


PAUSED, STOPPED = {"state": "paused"}, {"state": "exited", "policy": "always", "ended": 60, "exit_code": 137}


def beside(said, name="db", apart=PAUSED, address="172.18.0.5", up=4000):
    """web fails, and its files say nothing of what it depends on."""
    other = replace(container(name, **{"health": "", **apart}), networks=(("shop_default", address),))
    web = container(**{**ALONE, "said": said, "up": up})
    return project(other, web, services={name: {}, "web": {}}), web


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("db timeout", "db"),
        ('psycopg2.OperationalError: connection to server at "db" (172.18.0.5), port 5432 failed', "db"),
        ('{"status":"DOWN","database":"down"}', "database"),
        ("redis.exceptions.TimeoutError: Timeout connecting to redis://cache:6379/0", "cache"),
        ("postgres://shop:***@db/shop: timeout", "db"),
        ("Get http://api/ready: context deadline exceeded", "api"),
        ("could not connect to shop-db-1", "db"),
        ("dial tcp 172.18.0.5:5432: i/o timeout", "db"),
        ("Redis: no answer", "redis"),
        ("connect ECONNREFUSED server:3000", "server"),
    ],
)
@pytest.mark.parametrize("apart", [PAUSED, STOPPED])
def test_what_a_check_names_and_was_set_apart_is_looked_at_first(said, name, apart):
    shop, web = beside(said, name, apart)
    why = f"has a check that names shop-{name}-1, which {'is paused' if apart is PAUSED else 'was stopped on purpose'}"
    assert waits_for(shop, web).startswith(why)
    assert container_dict(shop, web)["waits_for"].startswith(why)
    unasked = plan_restart(shop, [name, "web"], unhealthy_only=True, named=False)
    assert unasked.order == ()
    assert [one.service for one, dummy in plan_restart(shop, ["web"]).order] == ["web"], "its service was named"


@pytest.mark.parametrize(
    ("said", "more"),
    [
        pytest.param("HTTP Error 503: Service Unavailable", {}, id="names none"),
        pytest.param("django.db.utils.OperationalError: no", {}, id="a module"),
        pytest.param("File /srv/db/check.py, line 3", {}, id="a folder"),
        pytest.param("db.py: no answer", {}, id="a file"),
        pytest.param("<hr><center>nginx</center>", {"name": "nginx"}, id="who signs a page"),
        pytest.param("curl: (7) Couldn't connect to server", {"name": "server"}, id="a word of curl"),
        pytest.param("HTTP Error 502: Bad Gateway", {"name": "gateway"}, id="a word of HTTP"),
        pytest.param("mongodb-db2 timed out, dbname=x", {}, id="a part of a word"),
        pytest.param("dial tcp 172.18.0.55:5432: i/o timeout", {}, id="another address"),
        pytest.param("db timeout", {"apart": {}}, id="it runs"),
        pytest.param("db timeout", {"apart": {"state": "exited"}}, id="a job that is done"),
        pytest.param("db timeout", {"apart": {**ALONE}}, id="it fails, too, and is restarted"),
        pytest.param("db timeout", {"apart": {**STOPPED, "ended": 9000}}, id="was stopped before, and this one passed"),
    ],
)
def test_what_a_check_does_not_name_or_was_not_set_apart_is_no_reason(said, more):
    shop, web = beside(said, **more)
    assert (waits_for(shop, web), container_dict(shop, web)["waits_for"]) == ("", "")
    assert [one.service for one, dummy in plan_restart(shop, ["web"], unhealthy_only=True, named=False).order] == [
        "web"
    ]


@pytest.mark.parametrize(
    ("apart", "why"),
    [
        pytest.param({"state": "exited", "exit_code": 1}, "which is exited", id="fell, and is not started again"),
        pytest.param({"state": "created"}, "which is created", id="could not be started"),
        pytest.param({"health": "starting", "up": 20}, "which has not passed its health check yet", id="starts"),
        pytest.param({**FAILS, **DATA, **NEVER}, "may still load or recover", id="recovers"),
    ],
)
def test_what_a_check_names_counts_as_what_the_files_name(apart, why):
    shop, web = beside("db timeout", "db", apart)
    assert waits_for(shop, web).startswith("has a check that names shop-db-1, which ")
    assert why in waits_for(shop, web)
    planned = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert "web" not in [one.service for one, dummy in planned.order]


def test_what_a_check_names_and_is_restarted_first_is_no_reason():
    loops, web = container("db", **LOOPS), container(**{**ALONE, "said": "db: connection refused"})
    shop = project(loops, web, services={"db": {}, "web": {}})
    planned = plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False)
    assert [one.service for one, dummy in planned.order] == ["db", "web"]


def test_another_replica_of_what_a_check_names_serves():
    paused, db, web = container("db", **PAUSED), container("db", 2), container(**{**ALONE, "said": "db timeout"})
    assert waits_for(project(paused, db, web), web) == ""


def test_what_waits_is_reported_of_a_problem_alone():
    shop, web = beside("db timeout")
    well = replace(web, health="healthy")
    assert container_dict(replace(shop, containers=(shop.containers[0], well)), well)["waits_for"] == ""


SILENT = "curl: (22) The requested URL returned error: 503"


def logging(line, apart, name="db"):
    """web fails with a check that names nothing, and says the rest in its log."""
    shop, web = beside(SILENT, name, apart)
    return replace(shop, logs={web.id: ("2026-11-23T14:59:58Z started", f"2026-11-23T14:59:59Z {line}")}), web


@pytest.mark.parametrize("apart", [PAUSED, STOPPED])
@pytest.mark.parametrize(
    "line",
    [
        'connection to server at "db" (172.18.0.5), port 5432 failed: timeout expired',
        "dial tcp: lookup db on 127.0.0.11:53: no such host",
        "connect ETIMEDOUT 172.18.0.5:5432",
    ],
)
def test_what_was_not_reached_by_the_log_and_was_set_apart_is_looked_at_first(line, apart):
    shop, web = logging(line, apart)
    assert waits_for(shop, web).startswith("has a log that names shop-db-1, which ")
    assert plan_restart(shop, ["db", "web"], unhealthy_only=True, named=False).order == ()
    assert [one.service for one, dummy in plan_restart(shop, ["web"]).order] == ["web"], "its service was named"


@pytest.mark.parametrize(
    ("line", "apart"),
    [
        pytest.param("connected to db:5432", PAUSED, id="it was reached"),
        pytest.param("KeyError: 'amount'", PAUSED, id="another error"),
        pytest.param("connect ETIMEDOUT 172.18.0.5:5432", {}, id="it runs"),
        pytest.param("connect ETIMEDOUT 172.18.0.5:5432", {**STOPPED, "ended": 9000}, id="this one passed without it"),
    ],
)
def test_what_its_log_does_not_name_or_was_not_set_apart_is_no_reason(line, apart):
    shop, web = logging(line, apart)
    assert waits_for(shop, web) == ""
    assert [one.service for one, dummy in plan_restart(shop, ["web"], unhealthy_only=True, named=False).order] == [
        "web"
    ]


@pytest.mark.parametrize(
    ("setting", "apart", "held"),
    [
        pytest.param("DATABASE_URL=postgres://shop:x@db/shop", PAUSED, True, id="a URL"),
        pytest.param("DB_HOST=db", STOPPED, True, id="a host"),
        pytest.param("DB_HOST=172.18.0.5", PAUSED, True, id="an address"),
        pytest.param("DB_HOST=db", {}, False, id="it runs"),
        pytest.param("DB_NAME=db", PAUSED, False, id="a name that is no address"),
        pytest.param("DB_HOST=db", {**STOPPED, "ended": 9000}, False, id="this one passed without it"),
    ],
)
def test_whether_a_restart_helps_what_has_the_address_of_one_that_was_set_apart_asks_a_person(setting, apart, held):
    shop, web = beside(SILENT, "db", apart)
    web = replace(web, environment=(setting,))
    shop = replace(shop, containers=(shop.containers[0], web))
    assert waits_for(shop, web) == ""
    (action,) = plan_restart(shop, ["web"], unhealthy_only=True, named=False).plan.actions
    why = action.detail.get("needs_approval", "")
    assert why.startswith("whether its own restart helps is unknown: its settings name shop-db-1") is held
    assert bool(why) is held
    (action,) = plan_restart(shop, ["web"]).plan.actions
    assert "needs_approval" not in action.detail, "its service was named"


@pytest.mark.parametrize(
    ("said", "apart", "held"),
    [
        pytest.param('{"database":{"status":"down"}}', PAUSED, True, id="a database is down, and one is paused"),
        pytest.param("db: timeout", STOPPED, True, id="one was stopped"),
        pytest.param('{"database":{"status":"down"}}', {}, False, id="it runs"),
        pytest.param('{"cache":{"status":"down"}}', PAUSED, False, id="another kind"),
        pytest.param(SILENT, PAUSED, False, id="it speaks of none"),
    ],
)
def test_whether_a_restart_helps_where_the_check_speaks_of_the_kind_of_one_that_was_set_apart_asks_a_person(
    said, apart, held
):
    shop, dummy = beside(said, "store", {**apart, "ref": "postgres:16"})
    (action,) = plan_restart(shop, ["web"], unhealthy_only=True, named=False).plan.actions
    why = action.detail.get("needs_approval", "")
    assert ("its check speaks of what may be shop-store-1, which" in why) is held
    assert bool(why) is held
