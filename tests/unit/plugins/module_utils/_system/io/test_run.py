from __future__ import annotations

import multiprocessing
import subprocess
import sys

from ansible_collections.pafar.runbook.plugins.module_utils._system.io.run import state_of_run, this_run


def put_this_run(results):
    results.put(this_run())


def test_a_run_is_the_process_that_has_forked_this_one():
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    task = context.Process(target=put_this_run, args=(results,))
    task.start()
    assert results.get(timeout=60) == this_run()
    task.join()


def test_whether_a_run_is_active_is_seen_and_not_guessed():
    run = this_run()
    assert state_of_run(run) == "runs"
    other = subprocess.run(
        [sys.executable, "-c", f"from {this_run.__module__} import this_run; print(this_run())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert state_of_run(other.stdout.strip()) == "ended"
    boot, dummy, text = run.partition(":")
    assert state_of_run(f"{boot[:-1]}x:{text}") == "unknown", "another controller, or before its last boot"
    pid, dummy, space = text.partition("/")
    assert state_of_run(f"{boot}:{pid}/{int(space) + 1}") == "unknown", "another container"
    assert state_of_run("") == state_of_run("rubbish") == "unknown"
