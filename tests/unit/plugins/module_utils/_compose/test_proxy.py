"""Whether a proxy knows the replicas that run."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.proxy import (
    names_of,
    only_missing_names,
    seconds_since_reload,
    unknown_to,
)

from .facts import container, project

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


NGINX_NAME = 'nginx: [emerg] host not found in upstream "web:8000" in /etc/nginx/conf.d/default.conf:3'
NGINX_END = "nginx: configuration file /etc/nginx/nginx.conf test failed"
HAPROXY = (
    "[NOTICE]   (1) : haproxy version is 2.6.12-1\n"
    "[ALERT]    (1) : config : [/etc/haproxy.cfg:9] : 'server app/one' : could not resolve address 'web'.\n"
    "[ALERT]    (1) : config : Failed to initialize server(s) addr."
)


@pytest.mark.parametrize(
    ("output", "names"),
    [
        (NGINX_NAME, {"web"}),
        (f"{NGINX_NAME}\n{NGINX_END}", {"web"}),
        ('nginx: [emerg] host not found in "api" of the "proxy_pass" directive in /x:1', {"api"}),
        (HAPROXY, {"web"}),
        (f"{HAPROXY}\n{HAPROXY.replace('web', 'api')}", {"web", "api"}),
        ("", set()),
        (NGINX_END, set()),
        ('nginx: [emerg] unknown directive "sever" in /etc/nginx/nginx.conf:3', set()),
        (f'{NGINX_NAME}\nnginx: [emerg] unexpected "}}" in /etc/nginx/nginx.conf:3', set()),
        ("[ALERT] (1) : config : parsing [/etc/haproxy.cfg:2] : unknown keyword 'sever'", set()),
        ('cannot load certificate "/x": BIO_new_file() failed', set()),
    ],
)
def test_what_is_wrong_beside_names_that_are_not_found_is_another_error(output, names):
    assert only_missing_names(output) == names


def test_a_service_is_reached_by_its_own_name_by_that_of_a_container_and_by_its_aliases():
    replica = container(service="web")
    files = {"web": {"image": "x", "networks": {"default": None, "front": {"aliases": ["shop"]}}}}
    names = names_of(project(replica, services=files), "web", [replica])
    assert names == {"web", replica.name, "shop"}
    assert names_of(project(replica), "web", [replica]) == {"web", replica.name}
