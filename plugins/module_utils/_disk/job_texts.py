# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the text of a job (a crontab, a unit, a script) names: other scripts, and containers. Pure.

A text is no program that is run here: a variable is replaced only where nothing but literal words is given to it, and a
container that a command names by anything else is not known.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Sequence

_PATH = re.compile(r"(?<![\w.$/}-])/[\w.@+-]+(?:/[\w.@+-]+)*")
_BEHIND_VARIABLE = re.compile(r"[)}\"'\w]/([\w.@+-]+(?:/[\w.@+-]+)*)")  # $(dirname "$0")/lib.sh
_WORD = re.compile(r"(?<![\w.@+/~$-])(?:\./)?[\w@+][\w.@+-]*(?:/[\w.@+-]+)*")
_HOME = re.compile(r"(?<![\w/.])~(?=/|\s|$)|\$HOME\b|\$\{HOME\}|%h(?=/|\s|$)", re.M)
_HOME_OF = re.compile(r"(?<![\w/.])~([a-z_][\w-]*)(?=/)")
_LITERAL = re.compile(r"(?<![\w$.\"'-])([A-Za-z_]\w*)=(\"[^\"$`\n]*\"|'[^'\n]*'|[^\s\"'$`;&|()]*)(?=[\s;&|)]|$)", re.M)
_ENVIRONMENT = re.compile(r"^\s*Environment\s*=.*$", re.M)
_VARIABLES = 500  # that are replaced
_OF_UNIT = re.compile(r"^\s*(?:Exec\w+|Environment|WorkingDirectory)\s*=.*$", re.M)
_OPTIONS = r"(?:[ \t]+(?:-H|--host|-c|--context|--config|-l|--log-level)[ \t]+\S+|[ \t]+-{1,2}[\w-]+(?:=\S+)?)*"
_COMMAND = re.compile(
    rf"(?<![\w.-])docker(?:\.io)?[\"']?{_OPTIONS}[ \t]+(?:container[ \t]+)?"
    r"(start|restart|cp|commit|export|run|create)(?=[ \t])([^\n;|]*)"
)
_HANDED = re.compile(r"\bxargs\b[^\n;|&]*\bdocker\b[^\n;|&]*\s(?:start|restart|commit|export)\b")
_OF_API = re.compile(r"\.(?:re)?start\(|/containers/[^/\s\"']*[${`%][^\s\"']*/(?:re)?start\b")
_REDIRECTED = re.compile(r"\d*>{1,2}&?\s*(?:\$\([^)]*\)|\"[^\"]*\"|'[^']*'|[^\s;|&])+")
_OPEN = re.compile(r"[$`]|%[a-zA-Z]")
_RECIPE = re.compile(r"\w*file(?:\.\w+)?\Z", re.I)
_VOLUMES = re.compile(r"--volumes-from[= ]+(\S+)")


def joined(text: str) -> str:
    """With lines that go on in the next one as one line, and without comments."""
    return re.sub(r"(?m)^\s*#(?!!).*$", "", re.sub(r"\\\n\s*", " ", text))


def commands_of_unit(text: str) -> str:
    """The lines of a unit that say what is run, and where."""
    return "\n".join(_OF_UNIT.findall(text))


def expanded(text: str) -> str:
    """With the values of variables to which nothing but literal words is given.

    >>> expanded('X=report; docker start "$X"'), expanded('X=report; read X; docker start $X')
    ('X=report; docker start "report"', 'X=report; read X; docker start $X')
    """
    plain = _ENVIRONMENT.sub(lambda line: re.sub(r"Environment\s*=|[\"']", " ", line.group(0)), text)
    values: dict[str, list[str]] = {}
    for name, value in _LITERAL.findall(plain):
        values.setdefault(name, []).append(value.strip("\"'"))
    for name, given in list(values.items())[:_VARIABLES]:
        bare = re.findall(rf"(?<![\w$.{{-]){name}(?![\w.-])", plain)
        if len(set(given)) == 1 and len(bare) == len(given):
            value = given[0].replace("\\", r"\\")
            text = re.sub(rf"\$(?:{name}(?!\w)|{{{name}}})", value, text)
    return text


def at_homes(text: str, homes: Sequence[str]) -> str:
    """Once for each home that ``~`` and ``$HOME`` may stand for."""
    text = _HOME_OF.sub(lambda match: next((home for home in homes if home.endswith(f"/{match[1]}")), match[0]), text)
    if not _HOME.search(text):
        return text
    return "\n".join(_HOME.sub(home.replace("\\", r"\\"), text) for home in homes)


def paths_in(text: str) -> list[str]:
    """Absolute paths."""
    return sorted(set(_PATH.findall(text)))


def words_in(text: str) -> set[str]:
    """What may be a command, or a script in the folder where the job works."""
    return {word[2:] if word.startswith("./") else word for word in _WORD.findall(text)} | set(
        _BEHIND_VARIABLE.findall(text)
    )


def is_recipe(name: str) -> bool:
    """Whether a file is what a tool like make reads in the folder where it works.

    >>> is_recipe("Makefile"), is_recipe("Taskfile.yml"), is_recipe("status")
    (True, True, False)
    """
    return bool(_RECIPE.match(name))


def of_engine(text: str) -> bool:
    """Whether it may have to do with containers at all."""
    return "docker" in text.lower()


def unknown_container(text: str) -> str:
    """A command that uses a container which the text does not name; empty where there is none.

    >>> unknown_container('docker start "$X" >/dev/null'), unknown_container("docker start -a report >$LOG")
    ('docker start "$X" >/dev/null', '')
    """
    if not of_engine(text):
        return ""
    for match in _COMMAND.finditer(text):
        if any(map(_OPEN.search, _containers(match.group(1), _REDIRECTED.sub(" ", match.group(2))))):
            return match.group(0).strip()
    other = _HANDED.search(text) or _OF_API.search(text)
    return other.group(0).strip() if other else ""


def _containers(verb: str, rest: str) -> Iterator[str]:
    """The words of a command that name containers."""
    words = rest.split()
    if verb in ("run", "create"):
        yield from _VOLUMES.findall(rest)
    elif verb == "cp":
        yield from (word.partition(":")[0] for word in words if ":" in word)
    elif verb in ("commit", "export"):
        yield from [word for word in words if not word.startswith("-")][:1]
    else:
        yield rest


def is_named(text: str, name: str, short_id: str) -> bool:
    """Whether a container is named there, by its name or by an id, which may be shortened."""
    if re.search(rf"(?<![\w.-])(?:{re.escape(name)}|{re.escape(short_id)}[0-9a-f]*)(?![\w-]|\.\w)", text):
        return True
    return any(short_id.startswith(part) for part in re.findall(r"(?<![\w./-])[0-9a-f]{6,11}(?![\w.-])", text))


def homes_of(passwd: str, others: Iterable[str]) -> list[str]:
    """The homes of a host's users; ``others``: folders that are homes besides."""
    fields = (line.split(":") for line in passwd.splitlines())
    homes = {parts[5].rstrip("/") for parts in fields if len(parts) > 6 and parts[5].count("/") >= 1}
    return sorted({home for home in {*homes, *others} if home.startswith("/")})
