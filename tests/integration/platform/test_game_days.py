"""Game days: each runbook against the real fault; and that a game day notices when a runbook does not help."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from rehearsal import faults
from support.rehearsals import PROJECT, game_day, rehearse
from support.servers import ROOT


def result_of(day) -> dict:
    return json.loads((day / "result.json").read_text())


@pytest.mark.parametrize("name", faults.names())
def test_the_runbook_relieves_it_and_harms_nobody(stand, tmp_path, name):
    done = game_day(stand.site.inventory, tmp_path, game_day_fault=name)
    assert done.rc == 0, done.text
    result = result_of(tmp_path)
    assert result["passed"] is True
    assert set(result["collateral"]) == {"requests_failed", "sessions_ended", "containers_restarted"}
    assert result["collateral"]["sessions_ended"] == result["collateral"]["containers_restarted"] == 0
    assert result["seconds_after_act"] <= 5
    assert result["success_after"] > 0.99
    assert json.loads((tmp_path / "check.json").read_text())["changed"] == []
    assert (tmp_path / "check.json").stat().st_mode & 0o077 == 0
    assert not faults.injected(stand)


def test_a_runbook_that_does_nothing_fails_its_game_day(stand, tmp_path):
    """Nobody waits for an hour, so the plan is empty; the users are not served, and that is what counts."""
    done = game_day(
        stand.site.inventory, tmp_path, game_day_fault="prepared_transaction",
        game_day_variables={"unblock_sessions_min_waiting": 3600},
    )  # fmt: skip
    assert done.rc != 0
    result = result_of(tmp_path)
    assert result["passed"] is False
    assert any("the symptom of prepared_transaction did not go" in one for one in result["wrong"])
    assert stand.success(2) == 1, "it was healed all the same"


def test_a_runbook_that_acts_under_check_fails_its_game_day(stand, tmp_path):
    """The step that watches over --check, given a run that ends the queue's cause."""
    argv = [sys.executable, "-m", "rehearsal", "--project", PROJECT]
    for step in (("begin", "--fault", "prepared_transaction"), ("inject-for",), ("present",)):
        subprocess.run([*argv, *step, "--day", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    act = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; "
    act += "c.cursor().execute('ROLLBACK PREPARED %s', ('settlement-2026-11-23',))"
    dsn = f"host=127.0.0.1 port={stand.env['POSTGRES_PORT']} dbname=pafar user=breakglass"
    done = subprocess.run(
        [*argv, "play", "--day", str(tmp_path), "--as", "check", "--", sys.executable, "-c", act, dsn],
        cwd=ROOT, check=False, capture_output=True, text=True,
        env={**os.environ, "PGPASSWORD": stand.env["BREAKGLASS_DB_PASSWORD"]},
    )  # fmt: skip
    assert done.returncode == 1
    assert "The runbook changed something under --check: prepared: settlement-2026-11-23@" in done.stderr


def test_injecting_twice_and_healing_twice(stand):
    assert rehearse("inject", "alter_queue").text.strip() == "alter_queue is injected."
    fault = faults.named("alter_queue")
    faults.await_symptom(stand, fault, True, 30)
    again = rehearse("inject", "alter_queue")
    assert again.rc == 0
    assert "is injected already" in again.text
    assert len(fault.culprits(stand)) == 2
    other = rehearse("inject", "lock_storm")
    assert other.rc == 1
    assert "alter_queue is injected and not healed; lock_storm was not" in other.text
    assert rehearse("heal", "alter_queue").text.strip() == "alter_queue is healed."
    assert "there was nothing to heal" in rehearse("heal", "alter_queue").text
    faults.await_symptom(stand, fault, False, 30)
    assert fault.culprits(stand) == []
    assert "injected" not in rehearse("status").text


@pytest.mark.parametrize(("number", "healed_by_itself"), [(signal.SIGTERM, True), (signal.SIGKILL, False)])
def test_an_interrupted_game_day_leaves_a_known_state(stand, tmp_path, number, healed_by_itself):
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal", "--project", PROJECT, "gameday", "prepared_transaction",
         "--docs", str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    fault = faults.named("prepared_transaction")
    try:
        stand.until("it is injected", lambda: fault.symptom(stand), seconds=60)
        if healed_by_itself:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
        text = process.communicate(timeout=60)[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0
    assert not list(tmp_path.iterdir()), "no table of a day that did not end"
    assert (faults.injected(stand) == []) is healed_by_itself, text
    if not healed_by_itself:
        assert rehearse("begin", "--fault", "alter_queue", "--day", str(tmp_path)).rc == 0
        begun = json.loads((tmp_path / "begin.json").read_text())
        assert begun["healed"] == ["prepared_transaction is healed."]
    time.sleep(0.5)
    faults.await_symptom(stand, fault, False, 30)
