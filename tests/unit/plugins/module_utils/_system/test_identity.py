"""A process that a later run can recognise."""

from __future__ import annotations

import os

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._system.identity import (
    ENDED,
    RUNS,
    UNKNOWN,
    Identity,
    identity_of,
    start_and_state,
    state_of,
)

STAT = "77 (a ) name) {state} 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 {ticks} 1 2"
RUN = Identity(77, 5000, 42, "0a1b2c3d4e5f")


def stat(state="S", ticks=5000):
    return STAT.format(state=state, ticks=ticks)


def test_it_is_read_as_it_was_written():
    assert identity_of(RUN.text) == RUN
    assert identity_of("77@5000/42") == Identity(77, 5000, 42), "of an older version"
    assert [identity_of(text) for text in ("", "77", "77@5000", "a@b/c", "77@5000/42 ")] == [None] * 5


def test_start_and_state_stand_behind_whatever_name():
    assert start_and_state(stat("R")) == (5000, "R")
    assert start_and_state("") == (0, "")


@pytest.mark.parametrize(
    ("text", "space", "boot", "state"),
    [
        pytest.param(stat(), 42, RUN.boot, RUNS, id="the same"),
        pytest.param(stat(ticks=5001), 42, RUN.boot, ENDED, id="another process has its pid"),
        pytest.param("", 42, RUN.boot, ENDED, id="gone"),
        pytest.param(stat("Z"), 42, RUN.boot, ENDED, id="dead, and not yet reaped"),
        pytest.param(stat("X"), 42, RUN.boot, ENDED, id="dead"),
        pytest.param(stat("T"), 42, RUN.boot, RUNS, id="stopped by a signal it may continue"),
        pytest.param(stat(), 43, RUN.boot, UNKNOWN, id="of another pid namespace"),
        pytest.param(stat(), 0, RUN.boot, UNKNOWN, id="the own pid namespace is not known"),
        pytest.param("", 42, "ffffffffffff", UNKNOWN, id="of another host, or before a reboot"),
        pytest.param(stat(), 42, "ffffffffffff", UNKNOWN, id="of another host, with the same pid"),
        pytest.param("", 42, "", UNKNOWN, id="the own boot is not known"),
    ],
)
def test_what_is_known_of_it(text, space, boot, state):
    assert state_of(RUN, space, boot, text) == state


def test_of_a_process_without_its_boot_nothing_is_known():
    """Every host's first pid namespace has the same inode."""
    assert state_of(Identity(99, 345, 4026531836), 4026531836, "", "") == UNKNOWN
    assert state_of(Identity(99, 345, 4026531836), 4026531836, RUN.boot, "") == UNKNOWN


def test_this_process_by_the_real_file():
    with open(f"/proc/{os.getpid()}/stat", encoding="utf-8") as file:
        ticks, letter = start_and_state(file.read())
    assert (ticks > 0, letter) == (True, "R")
