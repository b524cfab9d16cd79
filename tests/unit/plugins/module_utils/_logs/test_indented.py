"""Records that begin with blanks are records of their own; what is indented within one stays in it."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.assembly import records, whole_lines
from ansible_collections.pafar.runbook.plugins.module_utils._logs.continuation import goes_on, joins
from ansible_collections.pafar.runbook.plugins.module_utils._logs.dates import Zone
from ansible_collections.pafar.runbook.plugins.module_utils._logs.io.files import text_of

FORMAT = text_of(Zone(0.0, 1_795_903_200.0))


def read(text: str) -> list[tuple[str, str]]:
    """Level and text of each record of a file, the oldest first."""
    pieces = [FORMAT.decode(line.encode()) for line in reversed(text.strip("\n").split("\n"))]
    return [(record.level or "", record.text) for record in records(whole_lines(pieces), "x")][::-1]


CONSUL = """
==> Consul agent running!
    2026-11-28T22:00:00.100Z [INFO]  agent: started
    2026-11-28T22:00:00.200Z [WARN]  agent.raft: heartbeat timeout
    2026-11-28T22:00:00.300Z [ERROR] agent.anti_entropy: failed to sync remote state: error="No cluster leader"
    2026-11-28T22:00:00.400Z [DEBUG] agent: x
"""
NOMAD = """
    2026/11/28 22:00:00 [INFO] nomad: cluster leadership acquired
    2026/11/28 22:00:01 [ERR] nomad: failed to join
    2026/11/28 22:00:02 [WARN] raft: no known peers
"""
TRACING = """
 INFO app: started
ERROR app: payment failed
 WARN app::pool: pool exhausted
 INFO request{id=7}: app: served
DEBUG app: x
"""
COLOURED = "\n \x1b[32mINFO\x1b[0m app: started\n\x1b[31mERROR\x1b[0m app: failed\n \x1b[33mWARN\x1b[0m app: slow\n"
ALIGNED = """
   INFO 2026-11-28 22:00:00 shop: started
   ERROR shop: it failed
 WARNING shop: slow
CRITICAL shop: gone
"""
NEXT = """
 ✓ Ready in 100ms
 \u2a2f Error: boom
    at pay (/app/pay.js:3:9)
    at async f (/app/x.js:1:2)
 GET /pay 500 in 3ms
 ⚠ Fast Refresh had to perform a full reload
"""


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        (CONSUL, ["", "info", "warning", "error", "debug"]),
        (NOMAD, ["info", "error", "warning"]),
        (TRACING, ["info", "error", "warning", "info", "debug"]),
        (COLOURED, ["info", "error", "warning"]),
        (ALIGNED, ["info", "error", "warning", "critical"]),
    ],
)
def test_each_line_is_a_record(text, levels):
    assert [level for level, dummy in read(text)] == levels


def test_an_exception_of_nextjs_is_one_record_with_its_frames():
    assert [text.count("\n") for dummy, text in read(NEXT)] == [0, 2, 0, 0]
    assert read(NEXT)[1][0] == "error"


def test_the_same_behind_the_beginning_of_syslog():
    head = "Nov 28 22:00:00 web consul[7]: "
    older, newer = head + "    2026-11-28T22:00:00Z [INFO]  a: x", head + "    2026-11-28T22:00:00Z [ERROR] a: y"
    assert not joins(older, newer)
    assert joins(older, head + "    error: y")


WHOLE = [
    """2026-11-28 22:00:00 ERROR it failed
Traceback (most recent call last):
  File "/app/x.py", line 3, in pay
    ERROR = pay("2026-11-28 22:00:00 ERROR")
    raise CardDeclined()
ValueError: 2026-11-28 22:00:00 ERROR""",
    """2026-11-28 22:00:00 INFO statement:
    SELECT *
      FROM logs
     WHERE level = 'ERROR'
       AND at > '2026-11-28 22:00:00'
    2026-11-28 22:00:00 is a date""",
    """2026-11-28 22:00:00 INFO settings:
    date: 2026-11-28T22:00:00Z
    level: error
    - 2026-11-28T22:00:00Z
  INFO: text""",
    """2026-11-28 22:00:00 INFO {
    "date": "2026-11-28T22:00:00Z",
    "level": "ERROR",
    "list": [
      "2026-11-28T22:00:00Z [ERROR] x"
    ]
}""",
    """2026-11-28 22:00:00 ERROR shop.Pay: it failed
java.lang.IllegalStateException: 2026-11-28 22:00:00 [ERROR] x
\tat shop.Pay.pay(Pay.java:3)
\t2026-11-28T22:00:00Z [ERROR] in its message
Caused by: java.io.IOException: Error
\t... 3 more""",
    """2026-11-28 22:00:00.000 UTC [7] ERROR:  duplicate key value
2026-11-28 22:00:00.000 UTC [7] DETAIL:  Key (at)=(2026-11-28 22:00:00) already exists.
2026-11-28 22:00:00.000 UTC [7] STATEMENT:  INSERT INTO logs
\tVALUES ('2026-11-28 22:00:00', 'ERROR')""",
    """2026-11-28 22:00:00 INFO rows:
 at                  | level
---------------------+-------""".replace("\n---", "\n ---")
    + "\n 2026-11-28 22:00:00 | ERROR\n 2026-11-28 22:00:01 | INFO",
    """2026-11-28 22:00:00 ERROR build failed:
  ERROR: cannot find x
  2 of 3 failed
    ERROR x
    - error: y""",
]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_indented_in_a_record_stays_in_it(text):
    assert [record for dummy, record in read(text)] == [text]


@pytest.mark.parametrize(
    "line",
    ["    2026-11-28", "    2026-11-28T22:00:00Z", "    2026-11-28T22:00:00Z errors: 3", " INFO", " INFORMATION x",
     " warn app: x", "    INFO = 3", "\t2026-11-28T22:00:00Z [ERROR] x", "   ERROR", "  ✓ works",
     " GETTING /x 500 in 3"],
)  # fmt: skip
def test_lines_that_continue(line):
    assert goes_on(line)
