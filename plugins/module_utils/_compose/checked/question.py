# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a health check asks of its own container by HTTP, and what the answer to the same question says of it. Pure.

A check that has always failed is wrong only where its own question is answered: that something else answers (the page
at ``/``, another port) says nothing of what it asks for.
"""

from __future__ import annotations

import re
from typing import Mapping, NamedTuple, Sequence

from ..._core.lazy import lazy

_URL = lazy(
    r"(?<![\w./@:-])(?P<scheme>https?://)?(?P<host>localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\])"
    r"(?::(?P<port>\d{1,5}))?(?P<path>/[^\s'\"`|;()<>\\$]*)?(?=[\s'\"`|;)]|\Z)"
)
_VARIABLE = lazy(r"\$(?:\{(?P<name>\w+)(?::?-(?P<usual>[^}$]*))?\}|(?P<bare>\w+))")
_CLIENT = lazy(r"(?:^|[\s/'\"`(])(?:curl|wget)\s")  # which take an address without a scheme
# What is not repeated: a request that changes something, or with a login, headers or a way of its own.
_OWN_WAY = lazy(
    r"\s(?:(?:-X|--request|--method)[= ]?['\"]?(?!GET|HEAD)[A-Z]|-d\b|-F\b|--data|--post-|--form|-u\b|--user\b"
    r"|-b\b|--cookie|--cert\b|--unix-socket|--abstract-unix|--resolve|--connect-to|-x\b|--proxy"
    r"|(?:-H|--header)(?![= ]*['\"]?(?i:Host:)))"
)
_HEAD = lazy(r"\s(?:-[a-zA-Z]*I[a-zA-Z]*|--head|--spider|(?:-X|--request|--method)[= ]?['\"]?HEAD)\b")
_HOST = lazy(r"\s(?:-H|--header)[= ]*['\"]?Host:\s*(?P<host>[\w.:-]+)", re.IGNORECASE)
_UNTRUSTING = lazy(r"\s(?:-[a-zA-Z]*k[a-zA-Z]*|--insecure|--no-check-certificate)\b")
# Of a check that asks no page: a port that is tried, and the clients of servers, each with the port that it takes by
# default. Without a host they ask their own container.
_HERE = r"(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1\]?)"
_TRIED = lazy(
    rf"(?:\b(?:nc|ncat|netcat)\s(?:[^|;&\n]*\s)?{_HERE}\s+|/dev/tcp/{_HERE}/|[('\"\s]{_HERE}['\"]?,\s*|\B:)(?P<port>\d{{2,5}})\b"
)
_CLIENTS = {
    "pg_isready": 5432, "psql": 5432, "redis-cli": 6379, "valkey-cli": 6379, "mysqladmin": 3306, "mariadb-admin": 3306,
    "mongosh": 27017,
}  # fmt: skip
_OF_SERVER = lazy(rf"(?:^|[\s/;&|('\"`])(?P<client>{'|'.join(_CLIENTS)})(?=\s|$)(?P<words>[^|;&\n]*)")
_ELSEWHERE = lazy(
    rf"\s(?:-[sS]|--socket)[= ]?\S|\s(?:-h|--host)[= ]?(?!{_HERE}(?:\s|$)|/)\S|\w://(?!(?:[^\s/@]*@)?{_HERE})"
)
_PORT = lazy(r"\s(?:-p|-P|--port)[= ]?(?P<port>\d{2,5})\b")
_LOOKS = lazy(r"(?<!\|)\|(?!\|)|\$\(|`")  # pipes and substitutions of a shell


class Question(NamedTuple):
    """A request to the container itself. ``host``: the header. ``looks``: whether more than the status may count."""

    port: int
    path: str = "/"
    host: str = "localhost"
    method: str = "GET"
    secure: bool = False
    looks: bool = False


def question_of(test: Sequence[str], environment: Sequence[str] = (), names: Sequence[str] = ()) -> Question | None:
    """The one request that a check makes of its own container; None where it makes none, several, one that is not
    repeated here, or where that is not known. ``environment``: of the container, by which its variables are replaced;
    ``names``: by which it is reached, too."""
    text = _with_values(" ".join(test[1:]), environment)
    for name in filter(None, names):
        text = re.sub(rf"(?<=://){re.escape(name)}(?=[:/\s'\"]|\Z)", "localhost", text)
    urls = [
        url for url in _URL.finditer(text) if url["scheme"] or (_CLIENT.search(text) and (url["port"] or url["path"]))
    ]
    if len({url.group() for url in urls}) != 1 or _OWN_WAY.search(text):
        return None
    url, secure = urls[0], urls[0]["scheme"] == "https://"
    if secure and not _UNTRUSTING.search(text):
        return None  # whether it trusts the certificate is a part of what it asks
    header = _HOST.search(text)
    return Question(
        int(url["port"] or (443 if secure else 80)),
        (url["path"] or "/").partition("#")[0],
        header["host"] if header else url["host"] + (f":{url['port']}" if url["port"] else ""),
        "HEAD" if _HEAD.search(text) else "GET",
        secure,
        not _CLIENT.search(text) or bool(_LOOKS.search(text)),
    )


def asked_port(test: Sequence[str], environment: Sequence[str] = (), names: Sequence[str] = ()) -> int | None:
    """The port of its own container on which a check asks, by HTTP or otherwise; None where it asks on none, on
    several, or that is not known. The arguments as those of ``question_of``."""
    question = question_of(test, environment, names)
    if question is not None:
        return question.port
    text = _with_values(" ".join(test[1:]), environment)
    for name in filter(None, names):
        text = re.sub(rf"(?<=[\s/'\"]){re.escape(name)}(?=[:/\s'\"]|\Z)", "localhost", text)
    urls = {
        int(url["port"] or (443 if url["scheme"] == "https://" else 80)) for url in _URL.finditer(text) if url["scheme"]
    }
    tried = {int(match["port"]) for match in _TRIED.finditer(text)}
    clients = [match for match in _OF_SERVER.finditer(text) if not _ELSEWHERE.search(match["words"])]
    served = {
        int(port["port"]) if (port := _PORT.search(match["words"])) else _CLIENTS[match["client"]] for match in clients
    }
    ports = urls | tried | served
    return ports.pop() if len(ports) == 1 else None


def _with_values(text: str, environment: Sequence[str]) -> str:
    """The text with the values of the variables that are known; the others stay, and no address is read of them."""
    values: Mapping[str, str] = dict(pair.partition("=")[::2] for pair in environment)

    def value(match: re.Match[str]) -> str:
        name = match["name"] or match["bare"]
        usual = match["usual"]
        return values.get(name) or (match.group() if usual is None else usual)

    return _VARIABLE.sub(value, text)


def fails(status: int) -> bool:
    """Whether a status is a failure of the server, and not of a request that it does not know (501, 505)."""
    return status >= 500 and status not in (501, 505)


def what_answers(question: Question, status: int | None) -> str:
    """What the answer to its own question says of a check that has failed since the start, in a clause; empty where the
    check is right: the server fails, or gives no answer (``status`` None)."""
    if status is None or fails(status):
        return ""
    asked = f"{question.method} {question.path.partition('?')[0]} on port {question.port}"
    clause = f"it has failed since the start, while the container answers what it asks for with HTTP {status} ({asked})"
    further = status < 400 and (question.looks or status >= 300)
    return f"{clause}; what else the check looks at is not known" if further else clause
