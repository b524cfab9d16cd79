"""Draining: that it ends with its run, whatever ends that, and is found where it does not; and the site's own way."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io import rule
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io.namespace import namespace_of, strangers
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.io.watchdog import Watchdog
from ansible_collections.pafar.runbook.plugins.module_utils._compose.drain.rule import Mark
from ansible_collections.pafar.runbook.plugins.module_utils._core.times import moment
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import Identity
from ansible_collections.pafar.runbook.plugins.module_utils._system.io import identity

from rehearsal import engine
from support import cutting
from support.modules import run_module
from support.shop import CHECK, WAIT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: a rule in a network namespace needs root")


def drain(shop, number, owner):
    """A rule on a replica of web, as a run with this identity sets it."""
    (raw,) = engine.inspect("container", [f"{shop.project}-web-{number}"])
    replica = container_of(raw)
    mark = Mark(replica.short, int(time.time()), int(time.time()) + 600, owner, shop.project, "web")
    with namespace_of(replica) as namespace:
        assert rule.refuse(namespace, mark) == ""


def dead():
    """A process that has ended."""
    with subprocess.Popen(["sleep", "0"]) as process:
        own = identity.own()
    return Identity(process.pid, 1, own.space, own.boot)


FULL = pytest.mark.full("signals that end a run while a replica is drained")
SIGNALS = [
    pytest.param(number, id=number.name, marks=[] if number in (signal.SIGKILL, signal.SIGHUP) else [FULL])
    for number in cutting.SIGNALS
]


@pytest.mark.parametrize("number", SIGNALS)
def test_whatever_ends_the_run_ends_the_rule(shop, number):
    replica = f"{shop.project}-web-1"
    options = {"project": shop.project, "services": ["web"], "drain_wait": 60, "drain_timeout": 60}
    with cutting.running("compose_restart", **options) as process:
        cutting.until("it is drained", lambda: cutting.refuses(replica), process)
        assert shop.module("compose_info", configuration=False)["drains"][0]["run"] == "runs"
        process.send_signal(number)
        process.communicate()
    cutting.until("it accepts connections again", lambda: not cutting.refuses(replica))
    seen = shop.module("compose_info", configuration=False)
    assert (seen["drains"], seen["unhealthy"]) == ([], 0)
    cutting.forget(shop)


def test_a_rule_that_was_left_behind_is_named_and_removed_by_the_next_act(shop):
    drain(shop, 1, dead())
    before = shop.world()
    seen = shop.module("compose_info")
    assert [(row["container"], row["run"]) for row in seen["drains"]] == [(f"{shop.project}-web-1", "ended")]
    assert seen["unhealthy"] == 1
    assert any("has ended and left its rule" in line for line in seen["problem"])
    plan = shop.module("compose_scale", check=True, service="worker", replicas="1")["plan"]
    assert [action["action"] for action in plan["actions"]] == ["undrain"]
    done = shop.module("compose_restart", which="unhealthy")
    assert done["done"] == [f"removed the drain rule of {shop.project}-web-1, which a run that ended had left"]
    assert (done["remaining"], cutting.refuses(f"{shop.project}-web-1"), shop.world()) == (0, False, before)
    assert cutting.records(shop) == []


def test_a_replica_that_another_run_drains_is_left_alone_and_named(shop):
    drain(shop, 2, identity.own())  # this process lives
    try:
        plan = shop.module("compose_restart", check=True, services=["web"])["plan"]
        assert [action["who"] for action in plan["actions"]] == [f"{shop.project}-web-1"]
        assert "is being drained" in {row["who"]: row["reason"] for row in plan["excluded"]}[f"{shop.project}-web-2"]
        (row,) = shop.module("compose_info")["drains"]
        assert (row["run"], row["pid"]) == ("runs", os.getpid())
        assert cutting.refuses(f"{shop.project}-web-2")
    finally:
        engine.run(["docker", "restart", "--time", "0", f"{shop.project}-web-2"])


def test_who_lives_in_a_namespace_is_known_by_the_kernel(shop):
    """Also of another engine, whose containers this one does not list; here it is a container of the same engine."""
    replica, name = f"{shop.project}-web-1", f"{shop.project}-guest"
    raw, other = engine.inspect("container", [replica, f"{shop.project}-web-2"])
    assert strangers(container_of(raw)) == []
    engine.run(["docker", "run", "--detach", "--name", name, "--network", f"container:{replica}",
                shop.image, "sh", "-c", WAIT])  # fmt: skip
    try:
        assert cutting.pid_of(name) in strangers(container_of(raw))
        assert strangers(container_of(other)) == []
        done = shop.module("compose_scale", service="web", replicas="1", grace=1)
        assert cutting.pid_of(name), done
        assert not cutting.refuses(name)
    finally:
        engine.run(["docker", "rm", "--force", name], check=False)


HOOK = {"drain_command": ["touch", "/tmp/draining-{number}"], "drain_undo": ["rm", "-f", "/tmp/draining-{number}"]}


def test_the_command_of_the_site_is_undone_when_its_run_is_killed(shop):
    replica, proxy = f"{shop.project}-web-1", f"{shop.project}-front-1"
    options = {"project": shop.project, "services": ["web"], "drain_wait": 60, "drain_timeout": 60, **HOOK,
               "drain_in": "proxy", "proxy": "front", "proxy_reload": ["true"], "proxy_test": ["true"]}  # fmt: skip
    with cutting.running("compose_restart", **options) as process:
        cutting.until("it is drained", lambda: "draining-1" in shop.execute(proxy, "ls", "/tmp"), process)
        assert not cutting.refuses(replica)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    cutting.until("it is undone", lambda: "draining-1" not in shop.execute(proxy, "ls", "/tmp"))
    cutting.forget(shop)


def test_where_the_command_fails_the_rule_is_used_and_that_is_said(shop):
    replica = f"{shop.project}-web-1"
    hook = {"drain_command": ["false"], "drain_undo": ["true"]}
    done = shop.module("compose_restart", services=["web"], containers=[replica], grace=1, drain_wait=0.2, **hook)
    assert done["done"] == [
        f"{replica} was not drained by drain_command: the command failed in {replica} (exit 1): ",
        f"restarted {replica}",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drain_command": ["true"]}, "without a command in drain_undo"),
        ({**HOOK, "drain_in": "proxy"}, "no proxy is given"),
        ({"drain_wait": -1}, "drain_wait is -1"),
    ],
)
def test_options_that_would_not_drain_are_refused(options, said):
    assert said in run_module("compose_restart", check=True, project="none", services=["web"], **options)["msg"]


def test_a_watchdog_acts_when_its_time_is_over_and_not_when_it_is_dismissed(tmp_path):
    late, never = tmp_path / "late", tmp_path / "never"
    watchdog = Watchdog(late.touch, 0.2)
    cutting.until("its time is over", late.exists)
    dismissed = Watchdog(never.touch, 0.4)
    dismissed.dismiss()
    watchdog.dismiss()
    time.sleep(0.8)
    assert not never.exists()


def test_the_command_of_the_site_comes_first_and_is_undone_after_the_restart(shop):
    replica = f"{shop.project}-web-2"
    shop.services["web"]["command"] = ["sh", "-c", f"test -e /tmp/draining-2 && touch /tmp/found; {WAIT}"]
    shop.up()
    done = shop.module("compose_restart", services=["web"], containers=[replica], grace=1, drain_wait=0.2, **HOOK)
    assert done["remaining"] == 0, done
    assert done["done"] == [f"restarted {replica}"]
    assert sorted(shop.execute(replica, "ls", "/tmp").split()) == ["found"], "it was drained when it stopped"


@pytest.mark.parametrize("module", ["compose_restart", "compose_switch"])
def test_a_proxy_gets_a_replica_again_when_it_is_up(shop, module):
    """By the engine's own times: the undo in the proxy comes after the end of the first run of the check that passed.

    Not by the order of its events: it lists a container as healthy before it has written the event of that.
    """
    replica, proxy = f"{shop.project}-web-1", f"{shop.project}-front-1"
    options = {"containers": [replica], "grace": 1, "drain_wait": 0.2, **HOOK, "drain_in": "proxy", "proxy": "front",
               "proxy_reload": ["true"], "proxy_test": ["true"]}  # fmt: skip
    # Of a check's runs the engine keeps five: the first that passed must still be among them.
    shop.services["web"]["healthcheck"] = {**CHECK, "interval": "4s"}
    shop.up()
    began = time.time() - 0.1
    if module == "compose_restart":
        assert shop.module(module, services=["web"], **options)["remaining"] == 0
    else:
        assert shop.module(module, state="stopped", **options)["done"]
        shop.execute(proxy, "touch", "/tmp/draining-1")  # as of a proxy that keeps it
        began = time.time() - 0.1
        assert shop.module(module, state="started", **options)["done"]
    (raw,) = engine.inspect("container", [replica])
    started = moment(raw["State"]["StartedAt"])
    runs = [run for run in raw["State"]["Health"]["Log"] if moment(run["Start"]) >= started]
    passed = next(moment(run["End"]) for run in runs if run["ExitCode"] == 0)
    argv = ["docker", "events", "--since", f"{began:.3f}", "--until", f"{time.time() + 0.1:.3f}", "--filter",
            f"container={proxy}", "--format", "{{.TimeNano}} {{.Action}}"]  # fmt: skip
    events = [line.split(" ", 1) for line in engine.run(argv).stdout.splitlines()]
    undone = next(at for at, action in events if action.startswith("exec_create: rm -f /tmp/draining-1"))
    assert passed.timestamp() < int(undone) / 1e9, (runs, events)
    assert "draining-1" not in shop.execute(proxy, "ls", "/tmp")
