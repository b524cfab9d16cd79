"""A run that is killed between its gate and its record: the next run of the incident completes the record."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time

import pytest

from support.clients import until
from support.cutting import kill_whole
from support.scenes import held, lasting, row_storm
from support.scope import ALL, left_out
from support.servers import ROOT

MOMENTS, ALL_MOMENTS = 3, 24
INCIDENT = "cut-off"


class Run:
    """A playbook of the incident, of which the gate is open and which goes on. ``before``: seconds until there."""

    def __init__(self, site, playbook="playbooks/db_lock_contention.yml", **extra):
        argv = ["ansible-playbook", playbook, "-i", str(site.inventory()), "-e", json.dumps(extra)]
        environment = {**os.environ, "HOME": str(site.folder), "ANSIBLE_NOCOLOR": "1"}
        began = time.monotonic()
        self.process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "| gate open" in line:
                self.before = time.monotonic() - began
                return
        raise AssertionError("the run ended before it acted: " + "".join(said))

    def kill_after(self, seconds):
        """Kill it, if it has not ended by then."""
        try:
            self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill_whole(self.process)
            self.process.stdout.close()


def check_record(events, ended, alive):
    """Every intent has its outcome, and each session that ended is in one, and none that did not.

    ``ended``, ``alive``: pids.
    """
    intents = [event for event in events if event["kind"] == "intended"]
    outcomes = [event for event in events if event["note"].get("intended")]
    assert [event["note"]["intended"] for event in outcomes] == [event["at"] for event in intents]
    recorded = [int(entry["pid"]) for event in events for entry in event["note"].get("acted_on", ())]
    recorded += [int(target.split("@")[0]) for event in events for target in event["note"].get("gone", ())]
    assert sorted(recorded) == sorted(ended), events
    assert not set(recorded) & set(alive)


@pytest.mark.parametrize("seed", range(ALL_MOMENTS if ALL else MOMENTS))
def test_no_act_is_without_a_record_after_the_next_run(server, session, site, seed):
    site.variables["incident_settle"] = 0  # all its processes are known to be gone
    if seed == 0:
        left_out("moments of a kill", 0 if ALL else ALL_MOMENTS - MOMENTS)
    holder, queue = row_storm(server, session, 4, row=40)
    bystander = held(session, "UPDATE bookings SET seats = 3 WHERE id = 41")
    lasting(server, 0.25)
    root, others = holder.pid, [client.pid for client in (bystander, *queue)]
    run = Run(site, incident_id=INCIDENT)
    # What comes after the gate takes about as long as what comes before it, on a machine as busy as this one now.
    run.kill_after(random.Random(seed).uniform(0, run.before))
    ended_by_it = not server.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {root}")
    kinds = [event["kind"] for event in site.events()]
    done = site.play(incident_id=INCIDENT)
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: holder.fate(0) == "terminated")
    events = site.events()
    assert [event["kind"] for event in events][: len(kinds)] == kinds, "the log is only added to"
    check_record(events, [root], others)
    completed = [event["note"] for event in events if event["kind"] == "reconciled"]
    if "intended" in kinds and "mitigated" not in kinds:
        (note,) = completed
        assert bool(note["gone"]) is not bool(note["standing"])
        # A session that was signalled just before the kill may end a moment after it was asked for here.
        assert note["gone"] or not ended_by_it
        assert note["outcome"] in done.stdout
    else:
        assert completed == []
        assert ended_by_it is ("mitigated" in kinds)


def test_another_playbook_completes_it_and_says_what_it_cannot_know(server, session, site):
    """First the server cannot be asked, then it can."""
    site.variables["incident_settle"] = 0
    holder, dummy = row_storm(server, session, 3, row=42)
    lasting(server, 0.25)
    root = holder.pid
    run = Run(site, incident_id=INCIDENT)
    until(lambda: "intended" in [event["kind"] for event in site.events()])
    run.kill_after(0)
    assert "mitigated" not in [event["kind"] for event in site.events()]
    site.variables["unblock_sessions_approval"] = "always"
    login = site.variables["runbook_postgres"]
    outcomes = []
    for port in (1, login["login_port"], login["login_port"]):
        site.variables["runbook_postgres"] = {**login, "login_port": port}
        site.play(playbook="playbooks/db_connection_exhaustion.yml", incident_id=INCIDENT)
        outcomes.append([event["note"]["outcome"] for event in site.events() if event["kind"] == "reconciled"])
    # Asked when all is over: what the killed run had signalled may end a moment after it.
    ended = not server.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {root}")
    seen = "carried out, or its targets ended otherwise" if ended else "not carried out"
    assert outcomes == [["outcome unknown"], ["outcome unknown", seen], ["outcome unknown", seen]]
    assert (holder.fate(0) == "alive") is not ended
