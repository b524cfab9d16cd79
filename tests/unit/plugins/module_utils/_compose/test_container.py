"""What an inspection says: loops, exit codes, identity, secrets."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import exit_meaning, moment
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import problem_of

from .facts import NOW, container, project


@pytest.mark.parametrize(
    ("more", "loops"),
    [
        pytest.param({"state": "restarting", "restarts": 1}, True, id="between two starts"),
        pytest.param({"restarts": 5, "up": 3}, True, id="restarted often and just started"),
        pytest.param({"restarts": 1, "up": 3}, False, id="restarted once"),
        pytest.param({"restarts": 5, "up": 30}, False, id="has lasted"),
        pytest.param({"restarts": 5, "up": 90000}, False, id="looped last week"),
        pytest.param({"restarts": 20, "up": 40, "age": 900}, True, id="falls each 45 s, and runs just now"),
        pytest.param({"restarts": 8, "up": 100, "age": 800}, True, id="falls each 100 s"),
        pytest.param({"restarts": 20, "up": 400, "age": 900}, False, id="has recovered"),
        pytest.param({"restarts": 3, "up": 60, "age": 90}, False, id="waited for another at its first start"),
        pytest.param({"restarts": 30, "up": 60, "age": 90000}, False, id="falls each hour"),
    ],
)
def test_whether_it_loops_now(more, loops):
    assert container(**more).loops(NOW) is loops


def test_another_start_is_another_target_but_not_of_what_loops():
    assert container(up=600).target != container(up=500).target
    assert container(restarts=9, up=3).target == container(restarts=9, up=2).target
    assert container(number=2).target != container(number=1).target


@pytest.mark.parametrize(
    ("code", "oom", "said"),
    [
        (0, False, "without an error"), (1, False, "failed with 1"), (137, False, "did not stop in time"),
        (137, True, "out of memory"), (143, False, "SIGTERM"), (139, False, "SIGSEGV"), (126, False, "executed"),
        (127, False, "not found"), (125, False, "could not start"), (200, False, "failed with 200"),
    ],
)  # fmt: skip
def test_exit_codes_have_a_meaning(code, oom, said):
    assert said in exit_meaning(code, oom)


def test_times_of_the_engine():
    assert moment("0001-01-01T00:00:00Z") is None
    assert moment("") is None
    assert moment("2026-11-23T15:00:00+01:00").hour == 14


def test_the_health_checks_words_hold_no_secret():
    assert container(said="refused: password=hunter2\n").health_output == "refused: password=(hidden)"


def test_a_job_that_ended_well_is_done_and_one_that_should_run_is_not():
    assert container(state="exited", policy="no").done
    assert not container(state="exited", policy="always").done
    assert not container(state="exited", exit_code=1, policy="no").done


@pytest.mark.parametrize(
    ("seen", "exits", "said"),
    [
        pytest.param({"state": "restarting", "exit_code": 3}, {}, "its last exit was 3, failed with 3", id="between"),
        pytest.param({"restarts": 7, "up": 2}, True, "its last exit was 3, failed with 3", id="by the events"),
        pytest.param({"restarts": 7, "up": 2}, {}, "its last exit code is not known", id="not known"),
    ],
)
def test_what_one_that_loops_ended_with(seen, exits, said):
    one = container(**seen)
    assert said in problem_of(project(one, exits={one.id: 3} if exits else {}), one)
