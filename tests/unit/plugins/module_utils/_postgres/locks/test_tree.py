from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._postgres.exclusions import Exclusions
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.locks.tree import tree

from support.snapshots import advisory, holds, prepared, relation, row_queue, session, snapshot, waits

SHARE, EXCLUSIVE = "AccessShareLock", "AccessExclusiveLock"


def drawn(scene, **given):
    return tree(scene, Exclusions(), **given)


def test_nobody_waits():
    assert drawn(snapshot([])) == ["no session waits for a lock"]


def test_a_queue_is_drawn_with_its_crowd_on_one_line():
    holder = session(1, "idle in transaction", query="UPDATE t SET guest = 'Ada' WHERE id = 7")
    lines = drawn(snapshot(row_queue(1, [2, 3, 4, 5]), holder, rows=dict.fromkeys((2, 3, 4, 5), "t (0,7)")))
    assert lines == [
        "4 sessions wait, the longest for 90 s",
        "1 app@booking web · idle in transaction for 100 s · blocks 4",
        "│    UPDATE t SET guest = ? WHERE id = ?",
        "├─ 2 app@booking web · has waited 90 s for row t (0,7)",
        "└─ 3 more wait for the same (row t (0,7)), the longest for 80 s",
    ]


def test_a_gate_hangs_between_and_a_protected_root_says_so():
    locks = [holds(1, relation(7), SHARE), waits(2, relation(7), EXCLUSIVE), waits(3, relation(7), SHARE, 50)]
    text = "\n".join(drawn(snapshot(locks, session(1, application="pg_dump")), width=200))
    assert "blocks 2 · protected: is a backup" in text
    assert "└─ 2 app@booking web · has waited 60 s for AccessExclusiveLock on" in text
    assert "queued blocker of 1" in text
    assert "   └─ 3 app@booking web" in text


def test_who_waits_for_several_stands_on_his_own():
    locks = [holds(1, advisory(7), "ShareLock"), holds(2, advisory(7), "ShareLock"), waits(3, advisory(7))]
    assert any("3 app@booking web" in line and "behind several blockers" in line for line in drawn(snapshot(locks)))


def test_prepared_transactions_and_deadlocks_are_named():
    scene = snapshot([holds("prepared:5", advisory(1)), waits(2, advisory(1))], prepared(5, "book\x1b[31m17"))
    assert "prepared transaction book [31m17 of app@booking" in "\n".join(drawn(scene, width=200))
    ring = [holds(1, advisory(1)), holds(2, advisory(2)), waits(1, advisory(2)), waits(2, advisory(1))]
    assert drawn(snapshot(ring))[-1] == "deadlock: 1 app@booking web and 2 app@booking web wait for each other"


def test_names_cannot_move_the_cursor():
    scene = snapshot(row_queue(1, [2]), session(1, application="web\x1b[2J\n\u202ex", query="SELECT 1\x07"))
    assert not any(ord(c) < 32 or c == "\u202e" for line in drawn(scene) for c in line)


def test_is_bounded_in_rows_and_width():
    chain = [lock for n in range(1, 400) for lock in (holds(n, advisory(n)), waits(n + 1, advisory(n)))]
    lines = drawn(snapshot(chain), rows=20, width=80)
    assert len(lines) == 20
    assert lines[-1] == "... more lines are not shown"
    assert max(map(len, lines)) <= 80


def test_a_wait_by_design_has_a_line_of_its_own_behind_the_queues():
    locks = [holds(1, advisory(77)), waits(2, advisory(77)), waits(3, advisory(77)), *row_queue(4, [5])]
    lines = drawn(snapshot(locks, session(1, "idle", application="scheduler")), width=200)
    assert lines[-1] == (
        "by design: 2 sessions wait for advisory lock 77, held by 1 app@booking scheduler (idle for 100 s);"
        " the application uses the lock in this way: no incident, unless its requests wait there"
    )
    assert len(drawn(snapshot(locks, session(1, "idle")), rows=3)) == 3
