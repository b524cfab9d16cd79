"""A Redis is up where it can do its work; PING alone shows that it is there."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.redis_answers import (
    is_cluster,
    of_cluster,
    of_info,
    of_ping,
    of_queues,
    of_write,
)

# Lines of INFO as Redis 7.0 writes them.
INFO = {
    "redis_version": "7.0.15", "connected_clients": "3", "maxclients": "10000", "loading": "0",
    "used_memory": "1048576", "maxmemory": "0", "maxmemory_policy": "noeviction", "mem_not_counted_for_evict": "0",
    "rdb_last_bgsave_status": "ok", "aof_last_write_status": "ok", "role": "master", "cluster_enabled": "0",
}  # fmt: skip


def info(**changed: str) -> str:
    return "# Server\r\n" + "\r\n".join(f"{name}:{value}" for name, value in {**INFO, **changed}.items()) + "\r\n"


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ("+PONG", "up", "not known"),
        ("-NOAUTH Authentication required.", "up", "wants a password"),
        ("-WRONGPASS invalid username-password pair or user is disabled.", "up", "another password"),
        ("-ERR invalid password", "up", "another password"),
        ("-ERR invalid username-password pair or user is disabled.", "up", "another password"),
        ("-ERR invalid argument", "degraded", "answers with an error"),
        ("-LOADING Redis is loading the dataset in memory", "degraded", "loading"),
        ("-MISCONF Redis is configured to save RDB snapshots", "degraded", "disk"),
        ("-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "degraded", "lost"),
        ("-READONLY You can't write against a read only replica.", "degraded", "replica"),
        ("-CLUSTERDOWN Hash slot not served", "degraded", "cluster"),
        ("-ERR max number of clients reached", "down", "every connection"),
        ("-ERR max clients reached", "down", "every connection"),
        ("-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "down", "script"),
        ("-DENIED Redis is running in protected mode because protected mode is enabled", "down", "protected mode"),
        ("-ERR unknown command 'PING'", "degraded", "answers with an error"),
        ("-UNKNOWNWORD whatever it is", "degraded", "answers with an error"),
        ("HTTP/1.1 400 Bad Request", "down", "not Redis"),
        ("", "down", "not Redis"),
    ],
)
def test_what_its_answer_to_ping_means(said, state, words):
    meaning = of_ping(said)
    assert (meaning.state, words in meaning.why) == (state, True), meaning


@pytest.mark.parametrize(
    ("changed", "state", "words"),
    [
        ({}, "up", "nothing in INFO"),
        ({"maxmemory": "1048576"}, "degraded", "memory limit is reached"),
        ({"redis_mode": "sentinel"}, "degraded", "a sentinel"),
        ({"redis_mode": "standalone", "paused_actions": "none"}, "up", "nothing in INFO"),
        ({"paused_actions": "write"}, "degraded", "CLIENT PAUSE"),
        ({"paused_actions": "all"}, "degraded", "CLIENT PAUSE"),
        ({"master_failover_state": "no-failover"}, "up", "nothing in INFO"),
        ({"master_failover_state": "waiting-for-sync"}, "degraded", "hands over to a replica"),
        ({"maxmemory": "1048576", "maxmemory_policy": "allkeys-lru"}, "up", ""),
        ({"maxmemory": "1048576", "maxmemory_policy": "volatile-lru"}, "degraded", "memory limit is reached"),
        ({"maxmemory": "1048576", "maxmemory_policy": "volatile-lru", "db0": "keys=9,expires=3,avg_ttl=5"}, "up", ""),
        ({"maxmemory": "1048576", "mem_not_counted_for_evict": "4096"}, "up", ""),
        ({"role": "slave", "master_host": "10.0.0.1", "master_port": "6379", "master_link_status": "down",
          "slave_read_only": "1"}, "degraded", "its master is 10.0.0.1:6379, and its link to that is down"),
        ({"role": "slave", "slave_read_only": "0"}, "up", ""),
        ({"rdb_last_bgsave_status": "err"}, "degraded", "its last save failed"),
        ({"aof_last_write_status": "err"}, "degraded", "append-only"),
        ({"min_slaves_good_slaves": "0"}, "degraded", "too few replicas"),
        ({"min_slaves_good_slaves": "2"}, "up", "whether 2 replicas are enough"),
        ({"maxclients": "4"}, "degraded", "3 of 4 connections"),
        ({"loading": "1"}, "degraded", "loading"),
    ],
)  # fmt: skip
def test_what_info_says_of_its_work(changed, state, words):
    meaning = of_info(info(**changed))
    assert (meaning.state, words in meaning.why) == (state, True), meaning


@pytest.mark.parametrize("said", ["-NOPERM this user has no permissions", "-ERR unknown command 'INFO'", "", "x:y"])
def test_where_info_is_not_answered_its_work_is_not_known(said):
    meaning = of_info(said)
    assert (meaning.state, "whether it takes writes is not known" in meaning.why) == ("up", True)


@pytest.mark.parametrize(
    ("lengths", "later", "same", "blocked", "state", "words"),
    [
        ({"celery": 0}, None, (), "0", "up", ""),
        ({"celery": 0}, None, (), "1", "up", ""),
        ({"celery": 5000}, {"celery": 5000}, ("celery",), "0", "degraded", "none was taken within 1.0 s"),
        # A client that waits may do so for another list.
        ({"celery": 12}, {"celery": 12}, ("celery",), "1", "degraded", "1 client may wait for other lists"),
        ({"celery": 5000}, {"celery": 5003}, ("celery",), "0", "degraded", "5000 in celery"),
        ({"celery": 0, "mail": 3}, {"mail": 3}, ("mail",), "7", "degraded", "tasks wait (3 in mail)"),
        ({"celery": 9, "mail": 3}, {"celery": 9, "mail": 3}, ("mail",), "0", "degraded", "tasks wait (3 in mail)"),
        ({"celery": None}, None, (), "3", "degraded", "the queue celery cannot be read"),
        # Fewer: they are taken.
        ({"celery": 5000}, {"celery": 4990}, (), "0", "up", ""),
        ({"celery": 1}, {"celery": 0}, (), "0", "up", ""),
        ({"celery": 5000}, {"celery": 4999}, ("celery",), "0", "up", ""),
        # As many, or more, and another one is next: as many may have come as were taken.
        ({"celery": 1}, {"celery": 1}, (), "4", "up", "whether tasks are taken (1 in celery)"),
        ({"celery": 5000}, {"celery": 5003}, (), "0", "up", "whether tasks are taken (5000 in celery)"),
        ({"celery": 9, "mail": 3}, {"celery": 8, "mail": 3}, (), "0", "up", "whether tasks are taken (3 in mail)"),
        # Without a second look.
        ({"celery": 12}, None, (), "1", "up", "whether tasks are taken (12 in celery)"),
        ({"celery": 5000}, {"celery": None}, (), "0", "up", "whether tasks are taken (5000 in celery)"),
        ({}, None, (), "0", "up", ""),
    ],
)
def test_tasks_that_no_worker_takes(lengths, later, same, blocked, state, words):
    meaning = of_queues(lengths, info(blocked_clients=blocked), later, 1.0, same)
    said = meaning.unasked if state == "up" else meaning.why
    assert (meaning.state, words in said, bool(said)) == (state, True, bool(words)), meaning


def test_what_workers_took_long_ago_is_not_said_to_be_done():
    long_ago = "whether 2 tasks that workers took over 60 min ago are worked on"
    assert of_queues({"celery": 0}, info(), held=2).unasked == long_ago
    assert (
        of_queues({"celery": 3}, info(), {"celery": 3}, held=2).unasked
        == f"whether tasks are taken (3 in celery); {long_ago}"
    )
    assert of_queues({"celery": 0}, info()).unasked == ""


WELL, FULL, SAVES_NOT = (of_info(info()), of_info(info(maxclients="4")), of_info(info(rdb_last_bgsave_status="err")))
CLOSED = of_info("-NOPERM this user has no permissions to run the 'info' command")
OOM = "-OOM command not allowed when used memory > 'maxmemory'."


@pytest.mark.parametrize(
    ("answer", "beside", "state", "refuses", "words"),
    [
        ("", WELL, "up", False, "it answers, and takes writes"),
        ("", CLOSED, "up", False, "it answers, and takes writes"),
        ("", FULL, "degraded", False, "3 of 4 connections"),
        (OOM, WELL, "degraded", True, "memory limit is reached"),
        (OOM, CLOSED, "degraded", True, "memory limit is reached"),
        ("-NOREPLICAS Not enough good replicas to write.", WELL, "degraded", True, "too few replicas"),
        ("-MISCONF Redis is configured to save RDB snapshots", SAVES_NOT, "degraded", True, "refuses to write"),
        ("-READONLY You can't write against a read only replica.", CLOSED, "degraded", False, "it is a replica"),
        ("-BUSY Redis is busy running a script.", WELL, "down", True, "a script blocks"),
        (None, WELL, "degraded", False, "leaves a write without an answer"),
        ("-NOPERM this user has no permissions to run the 'set' command", WELL, "up", False, "is not known (NOPERM"),
        ("-ERR unknown command 'SET'", WELL, "up", False, "is not known (ERR unknown"),
        ("-ERR unknown command 'SET'", SAVES_NOT, "degraded", False, "its last save failed"),
        ("-MOVED 3999 127.0.0.1:6381", WELL, "up", False, "nothing in INFO"),
        ("HTTP/1.1 400", WELL, "up", False, "is not known"),
    ],
)
def test_what_its_answer_to_a_write_means(answer, beside, state, refuses, words):
    meaning = of_write(answer, beside)
    assert (meaning.state, meaning.refuses_writes, words in meaning.why) == (state, refuses, True), meaning
    assert bool(meaning.unasked) is ("not known" in meaning.why)


def test_the_state_of_a_cluster():
    assert is_cluster(info(cluster_enabled="1"))
    assert not is_cluster(info())
    assert of_cluster("cluster_state:fail\r\ncluster_slots_ok:0").state == "degraded"
    assert of_cluster("cluster_state:ok").state == of_cluster("-ERR").state == "up"


@pytest.mark.parametrize(
    ("meaning", "refuses"),
    [
        (of_ping("-OOM command not allowed when used memory > 'maxmemory'."), True),
        (of_ping("-BUSY Redis is busy running a script."), True),
        (of_ping("-ERR max number of clients reached"), True),
        (of_info(info(maxmemory="1048576")), True),
        (of_info(info(role="slave")), False),
        (of_info(info(role="slave", master_link_status="down")), False),
        (of_info(info(role="slave", maxmemory="1048576")), False),
        (of_info(info(role="slave", loading="1")), True),
        (of_ping("-READONLY You can't write against a read only replica."), False),
        (of_ping("-MASTERDOWN Link with MASTER is down"), True),
        (of_info(info(min_slaves_good_slaves="0", rdb_last_bgsave_status="err")), True),
        (of_cluster("cluster_state:fail\r\n"), True),
        (of_info(info(rdb_last_bgsave_status="err")), False),
        (of_info(info(maxclients="4")), False),
        (of_info(info(redis_mode="sentinel")), False),
        (of_ping("-ERR unknown command 'PING'"), False),
        (of_ping("HTTP/1.1 400 Bad Request"), False),
        (of_info(info()), False),
    ],
)
def test_whether_it_says_itself_that_it_takes_no_writes(meaning, refuses):
    assert meaning.refuses_writes is refuses
