"""Game days: each runbook against the real fault; and that a game day notices when a runbook does not help."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rehearsal import faults, lifecycle
from support.rehearsals import LONGEST, PROJECT, game_day, rehearse
from support.servers import ROOT
from support.user_figures import QUIET, figures_of, served_for, wrong

TIMES = ("seconds_to_symptom", "seconds_to_recovery", "seconds_after_act", "success_after", "latency_ms")


def result_of(day) -> dict:
    return json.loads((day / "result.json").read_text())


# The days of `make test`: every runbook, every rule of the judge and every way to inject is among them and the tests
# below; the other days repeat these with another cause (`test_the_days_of_every_run_cover_what_the_others_do`).
EVERY_RUN = {
    "bad_release", "cpu_hog", "crash_loop", "database_cut", "memory_leak", "missing_index", "old_backups",
    "payment_service", "queue_of_sessions", "stale_upstream",
}  # fmt: skip
# Held by tests of their own in every run.
BY_ANOTHER_TEST = {"alter_queue", "stripe_key_revoked"}


def left(name: str, number: int) -> list[pytest.MarkDecorator]:
    """What leaves a day to `make test-all`."""
    kind = "game days that are held again" if number > 1 else "game days that repeat a tested path"
    return [pytest.mark.full(kind)] if number > 1 or name not in EVERY_RUN else []


HELD = 10  # times that `make test-all` holds each day: one that passes nine times of ten is no runbook
DAYS = [
    pytest.param(name, id=name if number == 1 else f"{name} {number} of {HELD}", marks=left(name, number))
    for number in range(1, HELD + 1)
    for name in faults.names()
]


def traits(fault: faults.Fault) -> set[str]:
    """What a fault asks of its runbook and of the judge."""
    options = ("variables", "touches", "unstable", "changes", "leaves", "latency")
    told = {name for name in options if getattr(fault, name)}
    told.add(f"playbook {fault.playbook}")
    told.add("relief" if fault.mitigation else "no relief")
    told.add("cause" if fault.cause else "no cause")
    return told


def test_the_days_of_every_run_cover_what_the_others_do():
    held = [fault for fault in faults.every() if fault.name in EVERY_RUN | BY_ANOTHER_TEST]
    covered = set().union(*map(traits, held))
    assert len(held) == len(EVERY_RUN | BY_ANOTHER_TEST)
    for fault in faults.every():
        assert traits(fault) <= covered, fault.name


def outcome(name: str, day: Path) -> str:
    """For the last lines of a test that fails: the day and what spoke against it."""
    path = day / "result.json"
    wrong = result_of(day)["wrong"] if path.exists() else ["it broke off; the playbook's output is above"]
    return f"game day {name}: {'; '.join(wrong)}"


@pytest.mark.parametrize("name", DAYS)
def test_the_runbook_relieves_it_and_harms_nobody(platform, tmp_path, name):
    """Times are printed; `make gameday` judges them, since here they would tell how busy the machine is."""
    done = game_day(platform.site.inventory, tmp_path, game_day_fault=name, game_day_timed=False)
    if done.rc != 0:
        pytest.fail(f"{done.text[-6000:]}\n{outcome(name, tmp_path)}", pytrace=False)
    result = result_of(tmp_path)
    print(json.dumps({key: result[key] for key in TIMES}))
    assert result["passed"] is True
    assert set(result["collateral"]) == {"requests_failed", "sessions_ended", "containers_restarted"}
    assert result["collateral"]["sessions_ended"] == result["collateral"]["containers_restarted"] == 0
    fault = faults.named(name)
    assert result["cause"] == fault.cause or not fault.cause
    if not fault.mitigation:
        assert result["seconds_after_act"] is None
        assert json.loads((tmp_path / "real.json").read_text())["changed"] == []
    # Replication, a backup and a vacuum against wraparound were there, each a real one, and are there still.
    beside = json.loads((tmp_path / "begin.json").read_text())["beside"]
    assert len(beside) == 3
    assert set(beside) <= set(json.loads((tmp_path / "real.json").read_text())["after"]["sessions"])
    assert json.loads((tmp_path / "check.json").read_text())["changed"] == []
    assert (tmp_path / "check.json").stat().st_mode & 0o077 == 0
    assert not faults.injected(platform)


@pytest.mark.full("figures of an incident beside its users")
@pytest.mark.parametrize("name", ["lock_storm", "pool_leak", "unrotated_log", "payment_code", "webhook_misconfigured"])
def test_the_figures_of_the_post_mortem_are_those_of_the_users(platform, tmp_path, name):
    """Impacts less than a minute apart are one, so the day begins when users have been served for longer."""
    served_for(platform, QUIET)
    done = game_day(platform.site.inventory, tmp_path, game_day_fault=name, game_day_timed=False)
    assert done.rc == 0, done.text[-6000:]
    figures = figures_of(platform, tmp_path)
    print(f"game day {name}: {figures}")
    assert figures is None or not wrong(figures), f"game day {name}: {'; '.join(wrong(figures))}"


def test_another_way_to_relieve_it_is_judged_alike(platform, tmp_path):
    """Told to end roots only, the runbook ends the report, and the migration comes through."""
    done = game_day(
        platform.site.inventory, tmp_path, game_day_fault="alter_queue", game_day_timed=False,
        game_day_variables={"unblock_sessions_strategy": "root_blockers"},
    )  # fmt: skip
    assert done.rc == 0, done.text
    assert "quarterly-report" in " ".join(result_of(tmp_path)["done"])


def test_the_password_is_on_no_command_line(platform, tmp_path):
    begun = rehearse("begin", "--fault", "alter_queue", "--day", str(tmp_path))
    assert begun.rc == 0, begun.text
    told = json.loads(begun.text)["variables"]
    assert told == str(tmp_path / "variables.json")
    assert os.stat(told).st_mode & 0o077 == 0
    assert platform.env["ONCALL_DB_PASSWORD"] in Path(told).read_text()
    assert platform.env["ONCALL_DB_PASSWORD"] not in begun.text


def test_a_runbook_that_does_nothing_fails_its_game_day(platform, tmp_path):
    """Nobody waits for an hour, so the plan is empty; the users are not served, and that is what counts."""
    done = game_day(
        platform.site.inventory, tmp_path, game_day_fault="prepared_transaction", game_day_timed=False,
        game_day_variables={"unblock_sessions_min_waiting": 3600},
    )  # fmt: skip
    assert done.rc != 0
    result = result_of(tmp_path)
    assert result["passed"] is False
    assert any("the symptom of prepared_transaction did not go" in one for one in result["wrong"])
    lifecycle.await_served(platform, LONGEST)  # it was healed all the same


def play_under_check(fault: str, day: Path, *act: str, **environment: str) -> str:
    """The steps of a day until --check, with something else in the place of the runbook; what the step says."""
    for step in (("begin", "--untimed", "--fault", fault), ("inject-for",), ("present",)):
        done = rehearse(*step, "--day", str(day))
        assert done.rc == 0, done.text
    done = rehearse("play", "--day", str(day), "--as", "check", "--", *act, **environment)
    assert done.rc == 1
    return done.text


def test_acting_under_check_is_seen(platform, tmp_path):
    act = "import psycopg2, sys; c = psycopg2.connect(sys.argv[1]); c.autocommit = True; "
    act += "c.cursor().execute('ROLLBACK PREPARED %s', ('settlement-2026-11-23',))"
    dsn = f"host=127.0.0.1 port={platform.env['POSTGRES_PORT']} dbname=pafar user=breakglass"
    said = play_under_check(
        "prepared_transaction",
        tmp_path,
        sys.executable,
        "-c",
        act,
        dsn,
        PGPASSWORD=platform.env["BREAKGLASS_DB_PASSWORD"],
    )
    assert "The runbook changed something under --check: prepared: prepared@" in said


def test_relief_under_check_is_seen_also_where_nothing_seems_changed(platform, tmp_path):
    """The maps answer again, the job ends by itself: sessions, tables and containers are what they were."""
    act = ("docker", "exec", platform.container("maps"), "curl", "-fsS", "-X", "PUT", "-d", '{"mode": "ok"}')
    said = play_under_check("lock_storm", tmp_path, *act, "http://127.0.0.1:8000/_mode")
    assert "After --check the symptom was gone" in said


def test_a_cancelled_bystander_is_seen_in_the_servers_log(platform):
    platform.session("bystander", "reporting", "SELECT pg_sleep(3600)")
    platform.until("it sleeps", lambda: platform.sessions("bystander"))
    pid = platform.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'bystander'")[0][0]
    began = time.time()
    platform.query("SELECT pg_cancel_backend(%s)", pid)
    platform.until("the log tells of it", lambda: pid in platform.signalled(began))


def test_injecting_twice_and_healing_twice(platform):
    assert rehearse("inject", "alter_queue").text.strip() == "alter_queue is injected."
    assert "is injected already" in rehearse("inject", "alter_queue").text, "also before anybody feels it"
    fault = faults.named("alter_queue")
    faults.await_symptom(platform, fault, True, LONGEST)
    again = rehearse("inject", "alter_queue")
    assert again.rc == 0
    assert "is injected already" in again.text
    assert len(fault.culprits(platform)) == 2
    other = rehearse("inject", "lock_storm")
    assert other.rc == 1
    assert "alter_queue is injected and not healed; lock_storm was not" in other.text
    assert rehearse("heal", "alter_queue").text.strip() == "alter_queue is healed."
    assert "there was nothing to heal" in rehearse("heal", "alter_queue").text
    faults.await_symptom(platform, fault, False, LONGEST)
    assert fault.culprits(platform) == []
    assert "injected" not in rehearse("status").text
    assert rehearse("heal").text.strip() == "Nothing was injected."


def test_the_payments_that_a_person_must_process_are_in_a_file(platform, tmp_path):
    done = game_day(platform.site.inventory, tmp_path, game_day_fault="stripe_key_revoked", game_day_timed=False)
    assert done.rc == 0, done.text
    path = next((tmp_path / "incidents").glob("*.payments-*.csv"))
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    # The database alone tells of those that were charged and never confirmed, as other days leave them.
    logged = [row for row in rows if row["known_from"] != "database"]
    assert logged
    assert {row["why"] for row in logged} == {"stripe_key_refused"}
    known = platform.query(
        "SELECT reference FROM bookings WHERE reference = ANY(%s)", [row["reference"] for row in rows]
    )
    assert len(known) == len(rows), "each is a booking of somebody's"
    assert platform.env["STRIPE_SECRET_KEY"] not in "".join(
        one.read_text() for one in tmp_path.rglob("*") if one.is_file() and one.name != "variables.json"
    )


@pytest.mark.parametrize(
    ("number", "when"),
    [
        pytest.param(signal.SIGTERM, "inject", id="asked to stop while it injects"),
        pytest.param(signal.SIGTERM, "symptom", id="asked to stop while the runbook is played with --check"),
        pytest.param(signal.SIGTERM, "check", id="asked to stop while the runbook acts"),
        pytest.param(signal.SIGKILL, "symptom", id="killed"),
    ],
)
# Never beside each other: they find the folder of their day by being the only ones that make one
def test_an_interrupted_game_day_leaves_a_known_state(platform, tmp_path, number, when):
    days = ROOT / ".cache/game-days"
    before = set(days.glob("*"))
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal", "--project", PROJECT, "gameday", "prepared_transaction",
         "--docs", str(tmp_path)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    fault, note = faults.named("prepared_transaction"), platform.site.folder / "faults/prepared_transaction.json"

    def reached() -> bool:
        return note.exists() if when == "inject" else any(day.joinpath(f"{when}.json").exists() for day in fresh())

    def fresh() -> set[Path]:
        return set(days.glob("*-prepared_transaction")) - before

    try:
        platform.until(f"it came to {when}", reached, seconds=LONGEST)
        if number == signal.SIGTERM:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
        text = process.communicate(timeout=LONGEST)[0]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode != 0
    assert not list(tmp_path.iterdir()), "no table of a day that did not end"
    if number == signal.SIGTERM:
        assert faults.injected(platform) == [], text
    else:
        assert faults.injected(platform) == ["prepared_transaction"]
        begun = rehearse("begin", "--fault", "alter_queue", "--day", str(tmp_path))
        assert begun.rc == 0, begun.text
        assert json.loads((tmp_path / "begin.json").read_text())["healed"] == ["prepared_transaction is healed."]
    faults.await_symptom(platform, fault, False, LONGEST)
    assert fault.culprits(platform) == []
