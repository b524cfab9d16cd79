"""Whether a proxy knows the replicas that run."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.container import container_of
from ansible_collections.pafar.runbook.plugins.module_utils._compose.proxy import (
    finds_addresses,
    haproxy_files,
    is_among,
    may_be_behind,
    names_haproxy_resolves_once,
    names_of,
    names_resolved_once,
    nginx_of,
    only_missing_names,
    seconds_since_reload,
    unknown_to,
    why_no_proxy,
    why_not_tested,
)

from .facts import container, inspected, project

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
        (
            f'nginx: [alert] could not open error log file: open() "/x" failed (13: Permission denied)\n{NGINX_NAME}',
            {"web"},
        ),
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
    fixed = {"web": {"image": "x", "container_name": "shop-api"}}
    assert names_of(project(services=fixed), "web", []) == {"web", "shop-api"}, "also where it has no container"


@pytest.mark.parametrize(
    ("code", "output", "said"),
    [
        (127, 'OCI runtime exec failed: exec failed: exec: "nginx": executable file not found in $PATH', "not found"),
        (126, "OCI runtime exec failed: exec failed: permission denied", "permission denied"),
        (127, "", "exit 127"),
        (1, NGINX_NAME, ""),
        (1, HAPROXY, ""),
        (1, 'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)', ""),
        (0, "", ""),
    ],
)
def test_a_test_that_cannot_be_carried_out_says_nothing_of_the_configuration(code, output, said):
    why = why_not_tested(code, output)
    assert (said in why) if said else why == ""


def test_a_proxy_that_is_no_service_of_the_project_is_named():
    shop = project(container(), services={"web": {}, "front": {}})
    assert "the proxy ngnix is no service of the compose project shop, which has front, web" in why_no_proxy(
        shop, "ngnix"
    )
    assert (why_no_proxy(shop, "front"), why_no_proxy(shop, "")) == ("", ""), "it need not run"
    assert why_no_proxy(project(container(), model=None), "front") == "", "what the files have is not known"


def at(service, *networks):
    facts = inspected(service)
    facts["NetworkSettings"]["Networks"] = {name: {"IPAddress": "10.0.0.2"} for name in networks}
    return container_of(facts)


@pytest.mark.parametrize(
    ("networks", "front", "behind"),
    [
        (["shop_default"], ["shop_default"], True),
        (["shop_back"], ["shop_front"], False),
        (["shop_back", "shop_front"], ["shop_front"], True),
        (["host"], ["shop_front"], True),
        (["shop_back"], ["host"], True),
        ([], ["shop_front"], True),  # it lives in the network of another container
    ],
)
def test_a_proxy_does_not_reach_a_service_with_which_it_has_no_network_in_common(networks, front, behind):
    proxy, replica = at("front", *front), at("web", *networks)
    assert may_be_behind(project(proxy, replica), "web", proxy) is behind
    assert may_be_behind(project(proxy), "web", proxy) is True, "nothing of it is there"


@pytest.mark.parametrize(
    ("commands", "by_itself"),
    [
        (["/usr/local/bin/traefik traefik --docker"], True),
        (["tini -- caddy run", "caddy run --config /etc/caddy/Caddyfile"], True),
        (["nginx: master process nginx", "nginx: worker process"], False),
        (["haproxy -W -f /usr/local/etc/haproxy/haproxy.cfg"], False),
        (["python proxy.py --like traefik", ""], False),
    ],
)
def test_some_proxies_find_addresses_by_themselves(commands, by_itself):
    assert finds_addresses([{"command": command} for command in commands]) is by_itself


def test_the_command_that_prints_the_configuration_of_the_nginx_that_runs():
    assert nginx_of(NGINX[:1]) == ()
    running = "nginx: master process /usr/sbin/nginx -g daemon off; -c /etc/own.conf"
    assert nginx_of([{"command": running}]) == ("/usr/sbin/nginx", "-T", "-c", "/etc/own.conf")
    assert nginx_of([{"command": "nginx: worker process"}]) == ()


STOCK = """
# configuration file /etc/nginx/nginx.conf:
events { worker_connections 1024; }
http {
    log_format main '$remote_addr "{x}" ; proxy_pass http://not;';
    # server old:80;
    upstream app { zone a 64k; server web:8000 max_fails=0; server Other.shop_default:8000 backup; keepalive 16; }
    upstream live { zone b 64k; server fresh:8000 resolve; resolver 127.0.0.11; }
    upstream sock { server unix:/run/app.sock; }
    map $host $target { default "http://by-map:80"; }
    server {
        set $late http://late:8000;
        location / { proxy_pass http://app; }
        location ~ "^/x{2}" { proxy_pass $late; }
        location /late/ { proxy_pass http://late2$uri; }
        location /php { fastcgi_pass php:9000; }
        location /direct { proxy_pass http://direct/a; }
        location /live { proxy_pass https://live; }
    }
}
stream { server { listen 5432; proxy_pass db:5432; } }
"""


def test_the_names_that_an_nginx_asks_for_once():
    assert names_resolved_once(STOCK) == {"web", "other.shop_default", "php", "direct", "db"}
    assert names_resolved_once("") == frozenset()
    assert names_resolved_once("}} ; { upstream ; server") == frozenset(), "what is broken is read as far as it goes"


def test_a_host_of_the_configuration_means_a_service_also_with_its_network():
    hosts, networks = frozenset({"web", "other.shop_default", "api.stripe.com"}), {"shop_default"}
    assert is_among(frozenset({"Web"}), hosts, networks)
    assert is_among(frozenset({"x", "other"}), hosts, networks)
    assert not is_among(frozenset({"worker"}), hosts, networks)
    assert not is_among(frozenset({"api"}), hosts, networks), "of another site"


@pytest.mark.parametrize(
    ("configuration", "once"),
    [
        pytest.param("backend b\n  server s1 web:80 check\n", {"web"}, id="stock"),
        pytest.param("listen b\n  server s1 ipv4@Web:80 # resolvers x\n", {"web"}, id="in a comment"),
        pytest.param("backend b\n  server s1 web:80 check resolvers docker init-addr none\n", set(), id="resolvers"),
        pytest.param("backend b\n  server-template web- 5 web:80 resolvers docker\n", set(), id="template"),
        pytest.param("backend b\n  server-template web- 5 web:80 check\n", {"web"}, id="a template that asks once"),
        pytest.param(
            "backend b\n server s0 old:80\n default-server resolvers docker\n server s1 web:80\n", {"old"}, id="default"
        ),
        pytest.param(
            "defaults\n  default-server check resolvers docker\nbackend b\n  server s1 web:80\nbackend c\n"
            "  server s1 api:80\ndefaults\n  mode tcp\nbackend d\n  server s1 db:5432\n", {"db"}, id="defaults"
        ),
        pytest.param("backend b\n  server s1 10.0.0.2:80\n  server s2 /run/x.sock\n", {"10.0.0.2"}, id="addresses"),
        pytest.param("backend b\n  server s1 ${WEB}:80\n", None, id="a variable"),
        pytest.param("defaults d\nbackend b from d\n  server s1 web:80\n", None, id="defaults with a name"),
        pytest.param("peers p\n  server here local:1024\nbackend b\n  server s1 web:80\n", {"web"}, id="peers"),
        pytest.param("", set(), id="nothing"),
    ],
)  # fmt: skip
def test_whose_address_an_haproxy_asks_for_once(configuration, once):
    assert names_haproxy_resolves_once(configuration) == once


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg", ["/usr/local/etc/haproxy/haproxy.cfg"]),
        ("/usr/sbin/haproxy -f /a.cfg -f /b.cfg -sf 7", ["/a.cfg", "/b.cfg"]),
        ("haproxy -db -- /c.cfg", ["/c.cfg"]),
        ("haproxy -f haproxy.cfg", []),
        ("haproxy", []),
        ("sh -c haproxy -f /a.cfg", []),
        ("", []),
    ],
)
def test_which_files_an_haproxy_has_read(command, files):
    assert haproxy_files([{"pid": "1", "ppid": "0", "seconds": "9", "command": command}]) == tuple(files)
