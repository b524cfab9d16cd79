"""Whether a proxy knows the replicas that run."""

from __future__ import annotations

from ansible_collections.pafar.runbook.plugins.module_utils._compose.proxy import seconds_since_reload, unknown_to

from .facts import container

NGINX = [
    {"pid": "1", "ppid": "0", "seconds": "900", "command": "tini -- nginx"},
    {"pid": "2", "ppid": "1", "seconds": "900", "command": "nginx: master process"},
    {"pid": "3", "ppid": "2", "seconds": "60", "command": "nginx: worker process"},
    {"pid": "4", "ppid": "2", "seconds": "5", "command": "nginx: worker process"},
    {"pid": "5", "ppid": "2", "seconds": "700", "command": "nginx: worker process is shutting down"},
]


def test_its_oldest_worker_that_serves_tells_when_it_read_its_configuration():
    assert seconds_since_reload(NGINX) == 60
    assert seconds_since_reload([]) is None


def test_who_was_started_since_is_unknown_to_it():
    old, young = container(), container(number=2)
    assert unknown_to(60, [(old, 600), (young, 10)]) == [young]
    assert unknown_to(None, [(young, 10)]) == []
    assert unknown_to(60, [(young, 59)]) == [], "processes tell their age in whole seconds"
    assert unknown_to(60.0, [(young, 59.4)], margin=0.0) == [young], "and the kernel to a hundredth"
