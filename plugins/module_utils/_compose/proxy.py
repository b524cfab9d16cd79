# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the proxy in front knows the replicas that run. Pure.

A stock nginx resolves the name of its upstream once, when it reads its configuration: a replica that was started
later gets no traffic, and one that is gone still does, until it is reloaded (nginx, ngx_http_proxy_module).
"""

from __future__ import annotations

import re
from typing import Collection, Iterator, Mapping, Sequence, TypedDict

from .container import Container
from .health import HealthCheck
from .project import Project

# Of nginx and HAProxy where a name leads nowhere, which is all that a service without replicas does to their test.
_NO_NAME = re.compile(
    r"host not found in (?:upstream |resolver )?\"(?P<nginx>[^\":]+)|could not resolve address '(?P<haproxy>[^':]+)",
    re.I,
)
_ERROR = re.compile(r"\[(?:emerg|alert|crit|error|fatal)\]|\berrors?\b|\bfailed\b|\binvalid\b|\bunknown\b", re.I)
# Lines that are no error of their own: that sum others up, and what a user without the right to the log file meets.
_SUMS_UP = re.compile(
    r"could not open error log file|configuration file \S+ test failed|(?:fatal )?errors? found in configuration"
    r"|failed to initiali[sz]e server",
    re.I,
)
_BY_THEMSELVES = ("traefik", "caddy", "envoy")  # they ask for addresses again and again, and no reload tells them any
_HOST_NETWORK = "host"
# Of the configuration of nginx: quoted words, comments, what ends a statement or a block, and plain words.
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"(?P<double>(?:\\.|[^"\\])*)"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<mark>[{};])"""
    r"""|(?P<word>(?:\\.|\$\{[^}]*\}|[^\s;{}\\])+)""",
    re.S,
)
_PASS = re.compile(r"(?:proxy|grpc|fastcgi|uwsgi|scgi|memcached)_pass")
# Of HAProxy: what begins a section, and the place of the address in a line that declares servers (configuration manual,
# 4.2 and 5.2).
_HAPROXY_SECTIONS = (
    "global", "defaults", "frontend", "backend", "listen", "resolvers", "peers", "mailers", "program", "cache", "ring",
    "userlist", "http-errors", "fcgi-app", "log-forward",
)  # fmt: skip
_HAPROXY_SERVERS = {"server": 2, "server-template": 3}
_HAPROXY_FAMILY = re.compile(r"^(?:ipv[46]|tcp[46]?|quic[46])@")
_HAPROXY_COMMENT = re.compile(r"(?<!\\)#")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
MARGIN = 1.5  # seconds, where the age of a process is known in whole seconds


class StaleProxy(TypedDict):
    """A container of the proxy that read its configuration, ``seconds`` ago, before ``replicas`` of ``service``."""

    proxy: str
    service: str
    seconds: float
    replicas: list[str]


def only_missing_names(output: str) -> frozenset[str]:
    """The names that a proxy's test did not find, if that is all that is wrong with its configuration; else none.

    >>> sorted(only_missing_names('nginx: [emerg] host not found in upstream "web:80" in /etc/nginx/nginx.conf:3'))
    ['web']
    """
    names = set()
    for line in output.splitlines():
        missing = _NO_NAME.search(line)
        if missing:
            names.add(missing["nginx"] or missing["haproxy"])
        elif _ERROR.search(line) and not _SUMS_UP.search(line):
            return frozenset()
    return frozenset(names)


def why_not_tested(code: int, output: str) -> str:
    """Why a proxy's test could not be carried out, in a clause: then it says nothing of the configuration. Empty where
    it was."""
    return HealthCheck(exit_codes=(code,), output=output).why_not_carried_out()


def names_of(project: Project, service: str, replicas: Sequence[Container]) -> frozenset[str]:
    """By which a proxy may reach a service: its own, those of its containers, also where there is none, and its aliases
    in the files."""
    spec = project.spec(service)
    fixed = [spec.container_name] if spec and spec.container_name else []
    networks = spec.raw.get("networks") if spec else None
    aliases = [
        str(alias)
        for options in (networks.values() if isinstance(networks, Mapping) else ())
        if isinstance(options, Mapping)
        for alias in options.get("aliases") or ()
    ]
    return frozenset([service, *(replica.name for replica in replicas), *fixed, *aliases])


def why_no_proxy(project: Project, proxy: str) -> str:
    """Where the service that is named as the proxy is none of the project, in a clause: nothing would reload it. Empty
    where it is one, none is named, or that is not known."""
    if not proxy or project.model is None or proxy in project.service_names:
        return ""
    return (
        f"the proxy {proxy} is no service of the compose project {project.name}, which has"
        f" {', '.join(project.service_names)}; one of another project cannot be reloaded here"
    )


def may_be_behind(project: Project, service: str, proxy: Container) -> bool:
    """Whether a proxy may send requests to a service: one with which it has no network in common it does not reach by
    its address. True where that is not known: nothing of it is there, or one of both has the network of the host, or
    lives in that of another container."""
    own, replicas = set(dict(proxy.networks)), project.replicas(service)
    for replica in replicas:
        networks = set(dict(replica.networks))
        if not networks or _HOST_NETWORK in networks or own & networks:
            return True
    return not replicas or not own or _HOST_NETWORK in own


def finds_addresses(processes: Sequence[Mapping[str, str]]) -> bool:
    """Whether a proxy asks for the addresses of its backends by itself, whenever they change."""
    programs = [process["command"].split()[0].rpartition("/")[2] for process in processes if process["command"].strip()]
    return any(program in _BY_THEMSELVES for program in programs)


def nginx_of(processes: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The command that prints the configuration of an nginx that runs; empty where none does."""
    for process in processes:
        dummy, found, command = process["command"].partition("master process ")
        words = command.split() if found and process["command"].startswith("nginx:") else []
        if words:
            files = [pair for pair in zip(words, words[1:]) if pair[0] in ("-c", "-p")]
            return (words[0], "-T", *(word for pair in files for word in pair))
    return ()


def names_resolved_once(configuration: str) -> frozenset[str]:
    """Names of which an nginx asks for the address only when it reads its configuration (as `nginx -T` prints it).

    With a variable, or with `resolve`, it asks again while it runs.

    >>> names_resolved_once("upstream a { server web:80; } server { location / { proxy_pass http://a; } }")
    frozenset({'web'})
    """
    groups: set[str] = set()
    servers: set[str] = set()
    passes: set[str] = set()
    for block, words in _statements(configuration):
        if block[:1] == ["upstream"]:
            groups.update(name.lower() for name in block[1:])
            if words[0] == "server" and len(words) > 1 and "resolve" not in words[2:]:
                servers.add(_host_of(words[1]))
        elif _PASS.fullmatch(words[0]) and len(words) > 1 and "$" not in words[1]:
            passes.add(_host_of(words[1]))
    return frozenset(servers | (passes - groups)) - {""}


def haproxy_files(processes: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The files that an HAProxy read which runs, by its command; empty where none does, or one is not known."""
    for process in processes:
        words = process["command"].split()
        if not words or words[0].rpartition("/")[2] != "haproxy":
            continue
        files = [file for option, file in zip(words, words[1:]) if option == "-f"]
        files += words[words.index("--") + 1 :] if "--" in words else []
        return tuple(files) if all(file.startswith("/") for file in files) else ()
    return ()


def names_haproxy_resolves_once(configuration: str) -> frozenset[str] | None:
    """Names of which an HAProxy asks for the address only when it reads its configuration: those of servers without
    `resolvers`, of their own or by `default-server`. None where one is in a variable, or has defaults by their name.

    >>> names_haproxy_resolves_once("backend a\\n server one web:80\\n server two api:80 resolvers docker")
    frozenset({'web'})
    """
    usual = resolved = False  # whether servers have resolvers by `defaults`, and by what their section says so far
    kind = ""
    once: set[str] = set()
    for line in configuration.splitlines():
        words = _HAPROXY_COMMENT.split(line)[0].split()
        place = _HAPROXY_SERVERS.get(words[0], 0) if words and kind in ("backend", "listen") else 0
        if not words:
            continue
        if words[0] in _HAPROXY_SECTIONS:
            if "from" in words[2:]:
                return None  # other defaults than those above it
            usual = usual and words[0] != "defaults"
            kind, resolved = words[0], usual
        elif words[0] == "default-server":
            resolved = resolved or "resolvers" in words
            usual = resolved if kind == "defaults" else usual
        elif place and len(words) > place and not (resolved or "resolvers" in words):
            if "$" in words[place]:
                return None
            once.add(_host_of(_HAPROXY_FAMILY.sub("", words[place])))
    return frozenset(once) - {""}


def _statements(configuration: str) -> Iterator[tuple[list[str], list[str]]]:
    """The words of the block around each statement, and its own."""
    blocks: list[list[str]] = []
    words: list[str] = []
    for token in _TOKEN.finditer(configuration):
        mark = token["mark"]
        if mark == "{":
            blocks.append(words)
        elif mark == "}":
            blocks = blocks[:-1]
        elif mark and words:
            yield (blocks[-1] if blocks else []), words
        if mark:
            words = []
            continue
        word = next((text for text in (token["double"], token["single"], token["word"]) if text is not None), None)
        words += [] if word is None else [word]


def _host_of(address: str) -> str:
    """``http://web:8000/x`` is of web; a socket is of no host."""
    host = re.sub(r"^\w+://", "", address)
    return "" if host.startswith("unix:") else re.split(r"[:/]", host)[0].lower()


def is_among(names: frozenset[str], hosts: frozenset[str], networks: Collection[str] = ()) -> bool:
    """Whether one of the ``names`` is meant by one of the ``hosts``, also with one of the ``networks`` behind it. With
    another name behind it, it is a host elsewhere."""
    behind = {".", *(f".{network.lower()}" for network in networks)}
    meant = hosts | {host[: -len(end)] for host in hosts for end in behind if host.endswith(end)}
    return any(name.lower() in meant for name in names)


def workers(processes: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Those that serve: processes without children, and not on their way out."""
    parents = {process["ppid"] for process in processes}
    leaves = [process for process in processes if process["pid"] not in parents]
    return [process for process in leaves if "shutting down" not in process["command"]]


def seconds_since_reload(processes: Sequence[Mapping[str, str]]) -> float | None:
    """How long ago it read its configuration: as long as its oldest worker has served. None: not known.

    A worker that crashed is replaced without a new look at the configuration, so the oldest counts.
    """
    ages = [float(worker["seconds"]) for worker in workers(processes) if _NUMBER.fullmatch(worker["seconds"].strip())]
    return max(ages) if ages else None


def unknown_to(
    since_reload: float | None, replicas: Sequence[tuple[Container, float]], margin: float = MARGIN
) -> list[Container]:
    """Replicas (with their uptime) that were started after the proxy last looked.

    ``margin``: seconds by which the ages may be wrong; 0 where they come from the kernel.
    """
    if since_reload is None:
        return []
    return [replica for replica, uptime in replicas if replica.running and uptime + margin < since_reload]
