"""Redis' gravest mark is for failures, hints and the words of a start alike: what a line says decides."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._logs.exceptions.redis_words import level_of_redis
from ansible_collections.pafar.runbook.plugins.module_utils._logs.level import level_of

FAILED = [
    "Can't save in background: fork: Cannot allocate memory",
    "Background saving error",
    "Background AOF rewrite terminated with error",
    "Error writing to the AOF file: No space left on device",
    "Failed opening the temp RDB file temp-12.rdb (in server root dir /data) for saving: Read-only file system",
    "MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.",
    "Error condition on socket for SYNC: Connection refused",
    "MASTER aborted replication with an error: NOAUTH Authentication required.",
    "Short read or OOM loading DB. Unrecoverable error, aborting now.",
    "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your AOF file",
    "Fail to fsync the AOF file: Input/output error.",
    "Could not create server TCP listening socket *:6379: bind: Address already in use",
    "Failed listening on port 6379 (TCP), aborting.",
    "Internal error in RDB reading offset 0, function at rdb.c:2000 -> Unexpected EOF reading RDB file",
]
CRITICAL = [
    "Redis 7.0.15 crashed by signal: 11, si_code: 1",
    "=== REDIS BUG REPORT START: Cut & paste starting from here ===",
    "=== ASSERTION FAILED ===",
    "Out Of Memory allocating 134217728 bytes!",
    "Fatal error, can't open config file '/etc/redis/redis.conf': No such file or directory",
    "FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
    "== CRITICAL == This replica is sending an error to its master: 'x' after processing the command 'set'",
]
WARNINGS = [
    "WARNING Memory overcommit must be enabled! Without it, a background save or replication may fail.",
    "WARNING: The TCP backlog setting of 511 cannot be enforced because /proc/sys/net/core/somaxconn is set to 128.",
    "Warning: no config file specified, using the default config.",
    "You requested maxclients of 10000 requiring at least 10032 max file descriptors.",
    "Server can't set maximum open files to 10032 because of OS error: Operation not permitted.",
    "Current maximum open files is 4096. maxclients has been reduced to 4064 to compensate for low ulimit.",
    "AOF write error looks solved, Redis can write again.",
    "Server initialized",
    "User requested shutdown...",
    "Redis is now ready to exit, bye bye...",
    "Connection with replica 10.0.0.2:6379 lost.",
    "+sdown master mymaster 10.0.0.2 6379",
    "-failover-abort-not-elected master mymaster 10.0.0.2 6379",
    "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
]


@pytest.mark.parametrize(
    ("level", "said"),
    [(level, said) for level, all_said in (("error", FAILED), ("critical", CRITICAL), ("warning", WARNINGS))
     for said in all_said],
)  # fmt: skip
def test_what_failed_is_told_from_hints_and_from_the_words_of_a_start(level, said):
    assert level_of_redis("#", said) == level
    for head in (
        "1:M 27 Nov 2026 10:00:00.123 # ",
        "[7] 27 Nov 10:00:00.123 # ",
        "12:34:C 2026-11-27T10:00:00.123+00:00 # ",
    ):
        assert level_of(head + said) == level


@pytest.mark.parametrize(("mark", "level"), [(".", "debug"), ("-", "info"), ("*", "notice")])
def test_the_other_marks_say_it_themselves(mark, level):
    """What is not grave to Redis speaks of a failure all the same: a replica that goes away is no fault of it."""
    assert level_of_redis(mark, "Error trying again: connection refused") == level
    assert level_of(f"1:M 27 Nov 2026 10:00:00.123 {mark} DB saved on disk, no error") == level
