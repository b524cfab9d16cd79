# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a container is named as another one reaches it: by a check, by a log, or by settings. Pure.

Many compose files say nothing of what depends on what. What a failing check prints names it, and so does a line of the
log that says that something was not reached; an address in the settings shows that it is used, and not whether it is
needed.
"""

from __future__ import annotations

import re
from typing import Sequence

from ..container import Container

# Names of services that are words in the messages of clients ("Couldn't connect to server", "502 Bad Gateway").
_OF_CLIENTS = ("server", "service", "client", "host", "gateway", "proxy")
_NOT_REACHED = re.compile(
    r"(?i)refused|reset by peer|timed?[ -]?out|unreachable|no route to|no such host|not known"
    r"|(?:can|could)(?: ?not|n't|'t)|unable|fail|error|exception|closed the connection"
    r"|\b(?:ENOTFOUND|EAI_AGAIN|ECONN\w+|EHOST\w+|ETIMEDOUT)\b"
)
# Where a client's message has the name of a host: in quotes, in a URL, with its port, behind the word for it.
_SIGNS = r"(?:['\"`]|//|@)"
_WORDS = (
    r"\b(?:host|to|at|lookup|resolve|server|hostname|address|for|ENOTFOUND|EAI_AGAIN|UnknownHostException)[ :=]{1,2}"
)
_BEHIND = r"(?![\w-]|\.\w)"
# Of a variable whose value is an address by itself, as DB_HOST=db or KAFKA_BROKERS=one:9092,two:9092.
_VARIABLE = re.compile(
    r"(?i)(?:^|[a-z0-9_])(?:HOST(?:NAME|S)?|SERVERS?|ADDR(?:ESS(?:ES)?)?|ENDPOINTS?|BROKERS?|NODES?|UR[IL]S?|DSN)$"
)
# Of those that may ask this one, and not of those that it asks.
_ASKING = re.compile(r"(?i)CORS|CSRF|ORIGIN|ALLOW|TRUSTED|NO_PROXY")
_SQL = ("database", "db", "sql", "databasebackend")
# By a part of the name of an image: what a check says of such a server.
_KINDS = {
    "postg": (*_SQL, "postgres", "postgresql", "npgsql", "pgsql", "pg", "jdbc"),
    "timescale": (*_SQL, "postgres", "postgresql", "npgsql", "pgsql", "pg", "jdbc"),
    "pgvector": (*_SQL, "postgres", "postgresql", "npgsql", "pgsql", "pg", "jdbc"),
    "mysql": (*_SQL, "mysql", "jdbc"),
    "mariadb": (*_SQL, "mysql", "mariadb", "jdbc"),
    "mongo": ("database", "db", "mongo", "mongodb"),
    "redis": ("redis", "cache", "cachebackend", "redishealthcheck"),
    "valkey": ("redis", "valkey", "cache", "cachebackend"),
    "memcached": ("memcached", "cache", "cachebackend"),
    "rabbitmq": ("rabbitmq", "rabbit", "amqp", "broker", "queue", "celery"),
    "kafka": ("kafka", "broker"),
    "elasticsearch": ("elasticsearch", "elastic", "search"),
    "opensearch": ("opensearch", "elasticsearch", "search"),
}
_KEYED = r"(?:^|[;\s])(?:host|server|data source|addr|address)\s{0,2}=\s{0,2}(?:tcp:)?"  # libpq's and .NET's


def is_named(container: Container, text: str) -> bool:
    """Whether a text names a container as another one reaches it: by its service, its name or an address. A part of a
    path, of a file's name or of a module is no name, and the program that signs a page of HTML is none."""
    name = _names_of(container)
    port = r"(?=:\d)" if container.service.lower() in _OF_CLIENTS else ""
    as_host = rf"(?:(?<=//)|(?<=@))(?:{name})(?![\w-]|\.\w)"
    as_word = rf"(?<![\w./@>-])(?:{name})(?![\w/<-]|\.\w){port}"
    return bool(re.search(f"{as_host}|{as_word}", text, re.IGNORECASE))


def is_not_reached(container: Container, lines: Sequence[str]) -> bool:
    """Whether a line of a log says that a container was not reached, or did not answer, and names it as a host."""
    name = _names_of(container)
    before = _SIGNS if container.service.lower() in _OF_CLIENTS else rf"(?:{_SIGNS}|{_WORDS})"
    host = re.compile(rf"{before}(?:{name}){_BEHIND}|(?<![\w./@>-])(?:{name}):\d{{2,5}}\b", re.IGNORECASE)
    return any(_NOT_REACHED.search(line) and host.search(line) for line in lines)


def is_in_settings(container: Container, environment: Sequence[str]) -> bool:
    """Whether a variable has the address of a container: in a URL, in a string of a connection, or by itself."""
    name = _names_of(container)
    within = re.compile(
        rf"(?:://(?:[^/\s@]*@)?|{_KEYED})(?:[^\s/;]*,)?(?:{name})(?=[:/,;?\s]|$)(?![^/\s]*@)", re.IGNORECASE
    )
    alone = re.compile(rf"(?:^|,)\s*(?:{name})(?=:\d|,|\s*$)", re.IGNORECASE)
    pairs = (pair.partition("=") for pair in environment if not _ASKING.search(pair.partition("=")[0]))
    return any(
        within.search(value) or (_VARIABLE.search(variable) and alone.search(value)) for variable, dummy, value in pairs
    )


def is_spoken_of(container: Container, text: str) -> bool:
    """Whether what a check prints speaks of a server of this kind, by the image of the container: `database: down` of
    PostgreSQL, `cache: timeout` of Redis. Libraries of health checks name the kind, and not the service."""
    image = container.image_ref.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    words = next((words for name, words in _KINDS.items() if name in image), ())
    found = rf"(?<![\w./@-])(?:{'|'.join(words)})(?![\w/-]|\.\w)"
    return bool(words) and bool(re.search(found, text, re.IGNORECASE))


def _names_of(container: Container) -> str:
    names = [container.service, container.name, *(address for dummy, address in container.networks)]
    return "|".join(re.escape(each) for each in names if each)
