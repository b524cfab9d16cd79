# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a health check lacks to be carried out, by its output. Pure.

A shell, an interpreter or a client says that something is missing; whether that is the check's or the program's is
known by who says it. A client that hands on a failure of the server (HTTP 5xx) has been carried out, whatever the
server writes into its answer. A module that is missing is the check's where the check's own script asks for it; where a
file of the program does, the program may lack it, too.

Sources: the messages of bash, dash, BusyBox, zsh, glibc's and musl's loaders, coreutils, curl, GNU Wget, Python,
Node.js, Ruby, Perl and PHP; runc.
"""

from __future__ import annotations

import re
from typing import Iterator, Sequence

from ..._core.lazy import lazy

# Of the engine and its runtimes where they cannot start the program in the container.
_NO_START = lazy(
    r"(?mi)^(?:error: )?OCI runtime exec failed"
    r"|^exec \S+: (?:exec format error|no such file or directory|permission denied)\s*$"
    r"|^(?:error: )?(?:exec: )?\"[^\"\n]*\": executable file not found|unable to start container process"
    r"|^\S*(?:exec: )?cannot exec in a (?:paused|stopped) container|^standard_init\S*: exec user process caused"
)
# Of a shell that does not find the program, also where `|| exit 1` hides the exit code 127; with the number of a line
# of a script the same. Of programs that start others, and of the loader of a program.
_NO_PROGRAM = lazy(
    r"(?m)^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:line )?(?:\d+: )?\S+: (?:command )?not found\s*$"
    r"|^\S+: (?:line )?\d+: \S+: not found\s*$|^\S+: (?:line \d+: |\d+: )?\S+: command not found\s*$"
    r"|^(?:\S*/)?zsh:(?:\d+:)? command not found: "
    r"|^\S+: can't open file .*(?:No such file or directory|Permission denied)"
    r"|^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:line )?(?:\d+: )?\S+: (?:Permission denied|No such file or directory)\s*$"
    r"|^\S+: (?:line )?\d+: \S+: Permission denied\s*$"
    r"|^\S+: (?:failed to run command|(?:can't|cannot|failed to|unable to) execute) "
    r"|^(?:\S*/)?(?:env|xargs|su-exec|nice|setsid|setpriv): \S+: (?:No such file or directory|Permission denied)\s*$"
    r"|^\S+: error while loading shared libraries: |^Error (?:loading shared library|relocating) "
)
# Of a server that answers a client of its own, and refuses the login or the database that the check gives it.
_CLIENTS = (
    "redis-cli", "valkey-cli", "keydb-cli", "mysql", "mysqladmin", "mariadb", "mariadb-admin", "psql", "mongosh",
    "mongo",
)  # fmt: skip
_REFUSED = lazy(
    r"(?m)^.*(?:\b(?:NOAUTH|WRONGPASS|NOPERM)\b|\bAccess denied for user '|\bERROR 1049 \(42000\)"
    r"|\bFATAL:  ?(?:role|database) \"[^\"\n]*\" does not exist|\bFATAL:  ?\w+ authentication failed for user "
    r"|\bFATAL:  ?no pg_hba\.conf entry|\bfe_sendauth: no password supplied"
    r"|\bMongo\w*Error: (?:Authentication failed|[Cc]ommand \w+ requires authentication)).*$"
)
# Of an interpreter that does not find the check's own script, and of a check that is written wrongly: a shell that does
# not understand it, a program that does not know one of its options, a client that was given no address.
_WRONG = lazy(
    r"(?mi)^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:-c: )?(?:line )?(?:\d+: )?(?:syntax error|unexpected EOF)"
    r"|^\S*sh: 0: can(?:not|'t) open |^\S*sh: (?:\d+: )?\.: can(?:not|'t) open |^\S*sh: (?:\.: line \d+: )?can't open '"
    r"|can(?:not|'t) (?:open|create) /dev/tcp/|/dev/tcp/\S+: No such file"
    r"|^Can't open perl script |^Could not open input file: "
    r"|^\S*python[\d.]*: (?:No module named |Error while finding module spec)"
    r"|Error: Could not find or load main class |Unable to access jarfile "
    r"|^\S+: (?:unrecognized|invalid|illegal) option(?: --|: | ')|^curl: option \S+ is unknown"
    r"|^\S+: (?:\[ERROR\] |error: )?(?:unrecogni[sz]ed|unknown|bad|unexpected) (?:option|argument|flag)s?:? '?-"
    r"|^Error: (?:No such (?:option|command)|Missing (?:option|argument)|Got unexpected extra argument)\b"
    r"|^flag provided but not defined: -|^Unrecognized option: -"
    r"|^Error: unknown (?:shorthand )?flag: |^Unrecognized option or bad number of args for: "
    r"|^curl: \((?:1|2|3|4|77)\) |^wget: (?:not an http or ftp url|missing URL)"
    r"|^pg_isready: error: |^\S+ - no attempt\s*$"
    r"|^error: this server does not implement the grpc health protocol|\bplease enable `ping` to use health check"
    r"|\bcode = Unimplemented\b[^\n]*\bgrpc\.health\.|\bserver does not support the reflection API\b"
)
# Of a command of the check that may not read a file, or not do what it is for (ping, kill).
_DENIED = lazy(
    r"(?mi)^(?:\S*sh: (?:line )?(?:\d+: )?)?(?P<command>[\w./-]+): (?:can(?:'t|not) open )?"
    r"(?:['\"]?/[^\s'\"]*['\"]?: )?"
    r"(?:permission denied(?: \(.*)?|(?:\S+ (?:- )?)?operation not permitted)\s*$"
)
# Of a shell, a runtime or a client that gets no process, no thread or no memory; of a shell whose command was killed.
_STARVED = lazy(
    r"(?mi)^(?:\S*/)?(?:ba|da|a|z|k)?sh: (?:line )?(?:\d+: )?(?:can(?:'t|not) fork\b|fork: )"
    r"|^\S+: (?:line )?(?:\d+: )?(?:can(?:'t|not) fork$|fork: (?:retry: )?(?:resource temporarily|cannot allocate))"
    r"|^runtime: failed to create new OS thread|^runtime/cgo: pthread_create failed|^curl: \(27\) "
    r"|\bgetaddrinfo\(\) thread failed to start"
    r"|^(?:error: )?OCI runtime exec failed.*\b(?:resource temporarily unavailable|cannot allocate memory)"
)
_KILLED = lazy(r"(?m)^(?:Killed\s*$|\S+: (?:line )?\d+:\s+\d+ Killed\b)")
_BY_SIGKILL = 137  # exit code; a check that kills its client so at a limit of its own is no sign of it
_KILLS = lazy(r"\btimeout\b.*\s(?:-s ?|--signal[= ])(?:SIG)?(?:KILL|9)\b|\btimeout\b.*\s(?:-k\b|--kill-after)")
# The address that each container has: what cannot be resolved there is no matter of the program.
_NO_LOCALHOST = lazy(
    r"(?mi)^.*(?:could not resolve host: |bad address '|unable to resolve host address \W|\blookup |ENOTFOUND "
    r"|EAI_AGAIN )localhost\b.*$"
)
_SAYS = (_NO_START, _NO_PROGRAM, _WRONG, _NO_LOCALHOST)
# The failure of a server in the words of a client: curl, GNU Wget and BusyBox, urllib, requests, httpx, axios. That it
# does not know a method (501) or a version (505) is no failure.
_SERVER_FAILED = lazy(
    r"(?mi)(?:^curl: \(22\) The requested URL returned error: |^wget: server returned error: HTTP/[\d.]+ "
    r"|\bERROR (?=...:)|^[< \t]*HTTP/[\d.]+ |\bHTTP Error |\bServer error '|\bstatus(?: code)?[:=]? "
    r"|(?=... Server Error\b))5(?!01|05)\d\d\b"
)
# The name of an exception with that of its library: Python, Java, C#; Ruby; PHP.
_EXCEPTION = lazy(
    r"(?m)(?:^|[( ])(?P<name>(?:[A-Za-z]\w*\.)+[A-Z]\w*(?:Error|Exception)|(?:[A-Z]\w*(?:::|\\))+[A-Z]\w+)(?=[:)\s]|$)"
)
_OF_CLIENTS = lazy(
    r"(?:urllib3?|requests|http|httpx|httpcore|aiohttp|socket|ssl|json|subprocess|asyncio|concurrent|javax?|System|Net|HTTP"
    r"|Errno|IO|Socket|OpenSSL|OpenURI|Timeout|JSON|Faraday|RestClient|HTTParty|GuzzleHttp|Mint|Finch|Req|HTTPoison)(?=\W)"
)
# A module that is not found: where it was asked for, the innermost place.
_PYTHON = lazy(
    r"^[ \t]*File \"(?P<file>[^\"\n]+)\", line \d+, in [^\n]+\n(?:(?![ \t]*File \")[^\n]*\n){0,2}?"
    r"(?P<says>(?:ModuleNotFoundError|ImportError): [^\n]*)",
    re.MULTILINE,
)
_NODE = lazy(
    r"(?P<says>Cannot find module '[^'\n]*')(?=[\s\S]{0,1500}requireStack: \[\s*(?:'(?P<file>[^'\n]*)')?)"
    r"|(?P<says_too>Cannot find (?:package|module) '[^'\n]*') imported from (?P<file_too>\S+)"
)
_PERL = lazy(r"(?m)^(?P<says>Can't locate \S+ in @INC[^\n]*?)(?: at (?P<file>\S+) line \d+\.?)?$")
_RUBY = lazy(r"(?m)^(?P<says>.*cannot load such file -- .*)$")
_RUBY_PLACE = lazy(r"(?m)(?:^|\bfrom )(?P<file>[^\s:<>]+):\d+:in ")
_RUBY_OWN = lazy(r"/rubygems/|/bundled_gems|/bundler/|/lib/ruby/")
_PHP = lazy(
    r"(?P<says>Call to undefined function \S+|Class \"?'?[\w\\]+\"?'? not found) in (?P<file>[^\s:]+)"
    r"(?::| on line )\d+"
)
# Exit codes for a call that is wrong: of curl an unknown option, address or feature, and no certificates. What is none
# of curl's, as of a signal or of the engine, is 1, too.
_MISUSED = {"curl": (2, 3, 4, 77), "wget": (2,)}
_NO_FILE = ": No such file or directory"
_MODULE = lazy(r"\bpython[\d.]*\s+(?:-[A-Za-z]+\s+)*?-m\s+([\w.]+)")
_TEXTS = ("-e", "<string>", "[eval]", "[eval]-wrapper")  # of an interpreter that was given the script as a text


def lacking(output: str, test: Sequence[str]) -> str:
    """The line that says what a run of the check lacked; empty where it was carried out, as far as its output says.

    ``test``: the command as the engine has it.
    """
    if server_failed(output):
        return ""
    match = next((match for match in (pattern.search(output) for pattern in _SAYS) if match), None)
    if match and not _is_read(line_at(output, match), test):
        return line_at(output, match)
    denied = next((match for match in _DENIED.finditer(output) if _is_own(match["command"], test)), None)
    if denied:
        return line_at(output, denied)
    return next((says for file, says in _modules(output) if not file or _is_own(file, test)), "")


def misused(code: int, test: Sequence[str]) -> str:
    """The client that was called wrongly, by its exit code, where the check is nothing but its call; else empty."""
    words = test[1:] if test[:1] == ("CMD",) else " ".join(test[1:]).split()
    alone = test[:1] == ("CMD",) or not re.search(r"[|&;`\n]|\$\(", " ".join(test[1:]))
    client = words[0].rpartition("/")[2] if words and alone else ""
    return client if code in _MISUSED.get(client, ()) else ""


def starved(code: int, output: str, test: Sequence[str]) -> str:
    """The line that says that a run of the check got no process or no memory, or was killed; empty where none does."""
    if server_failed(output):
        return ""
    own_limit = bool(_KILLS.search(" ".join(test[1:])))
    match = _STARVED.search(output) or (None if own_limit else _KILLED.search(output))
    if match:
        return line_at(output, match)
    return f"exit {code}, killed" if code == _BY_SIGKILL and not own_limit else ""


def refused(output: str, test: Sequence[str]) -> str:
    """The line in which a server refuses the login, or the database, that a check gives it by a client of its own;
    empty where none does. It answers then, and what the check says of it is of the check's own login."""
    match = _REFUSED.search(output)
    return line_at(output, match) if match and any(_is_own(client, test) for client in _CLIENTS) else ""


def server_failed(output: str) -> bool:
    """Whether a client says that the server answered with a failure (HTTP 5xx)."""
    return bool(_SERVER_FAILED.search(output))


def hands_on_fault(output: str) -> bool:
    """Whether the output shows that the program, or what it needs, fails: a failure of the server, or an exception of a
    library that is no client of HTTP and none of the language. Those may be of the check's own request."""
    names = [name["name"] for name in _EXCEPTION.finditer(output)]
    return server_failed(output) or any(not _OF_CLIENTS.match(name) for name in names)


def line_at(output: str, match: re.Match[str]) -> str:
    """The last line of what matched, whole."""
    last = match.start() + len(match.group().rstrip())  # a pattern may take the empty lines behind it, too
    begin, end = output.rfind("\n", 0, last) + 1, output.find("\n", last)
    return output[begin : end if end >= 0 else None].strip()


def _modules(output: str) -> Iterator[tuple[str, str]]:
    """(file that asks for it, what is said) of a module that is not found; no file where none is named."""
    for pattern in (_PYTHON, _NODE, _PERL, _PHP):
        match = pattern.search(output)
        if match:
            named = {name.replace("_too", ""): value for name, value in match.groupdict().items() if value}
            yield named.get("file", ""), line_at(output, match) if pattern is _PERL else named["says"]
    ruby = _RUBY.search(output)
    if ruby:
        places = [place["file"] for place in _RUBY_PLACE.finditer(output)]
        yield next((file for file in places if not _RUBY_OWN.search(file)), ""), ruby["says"].strip()


def _is_read(line: str, test: Sequence[str]) -> bool:
    """Whether a shell does not find a file that the command reads (``< FILE``): a mark of the program, and no means."""
    path = line[: -len(_NO_FILE)].rpartition(": ")[2] if line.endswith(_NO_FILE) else ""
    return (
        bool(path)
        and not path.startswith("/dev/tcp/")
        and any(re.search(rf"<\s*{re.escape(path)}", part) for part in test[1:])
    )


def _is_own(file: str, test: Sequence[str]) -> bool:
    """Whether a file is the check's own script or program: the command names it, as a module too, or is its text."""
    name = file.rpartition("/")[2]
    module = _MODULE.search(" ".join(test[1:]))
    if module and file.endswith(f"/{module[1].replace('.', '/')}.py"):
        return True
    words = (word for part in test[1:] for word in re.split(r"[\s;&|()'\"`<>=]+", part))
    return name in _TEXTS or any(word.rpartition("/")[2] == name for word in words)
