# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what a container runs starts jobs by a clock, by its command. Pure.

Of such a process a second one starts every job a second time. Few compose files say so, and nearly all start it by a
program or a script whose name does.
"""

from __future__ import annotations

import re
import shlex
from typing import Mapping, Sequence


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Programs that do nothing else, by the name of their file or module.
_PROGRAMS = _set(
    "anacron chronos clockwork crond cron cronicle dagster-daemon dcron fcron go-crond jobber ofelia resque-scheduler"
    " rq-scheduler rqscheduler sidekiq-cron sidekiq-scheduler supercronic yacron"
)
# What a script, a module or a task of a runner is called that is one: clock.py, app.scheduler, npm run cron.
_NAMES = re.compile(
    r"(?:(?:run|start|launch)[-_:]?)?(?:celery[-_:]?)?(?:clock|clockwork|(?:ap|job|task|cron|rq)?[-_]?scheduler|cron|"
    r"cron[-_]?jobs?|beat|runapscheduler|periodic(?:[-_]tasks)?|quartz(?:[-_]scheduler)?)",
    re.I,
)
_PAIRS = (("airflow", "scheduler"), ("rq", "scheduler"), ("artisan", "schedule:work"), ("dagster", "daemon"))
_LOOPED = (("artisan", "schedule:run"), ("magento", "cron:run"), ("drush", "cron"))  # where a shell repeats them
_LOOPS = ("while", "until", "for")
_CONSUMES, _ITS_TRANSPORT = "messenger:consume", "scheduler_"  # of Symfony: the beginning of a transport's name
_RUNNERS = _set(
    "python python2 python3 pypy pypy3 node nodejs deno bun tsx ts-node ruby php java perl npm yarn pnpm npx rake rails"
    " honcho foreman invoke flask django-admin manage.py make task artisan service dotnet"
)
_WRAPPERS = _set(
    "exec env nohup nice ionice tini dumb-init s6-setuidgid gosu su-exec sudo chroot time setpriv bundle poetry pipenv"
    " uv pdm hatch rye run wait-for-it wait-for-it.sh dockerize sh bash ash dash start newrelic-admin run-program"
    " ddtrace-run opentelemetry-instrument busybox do then else while until if !"
)
_PLAIN = _set("main __main__ cli run runner index start")  # names of files that say nothing
_SCRIPT = re.compile(r"\.(?:py|pyc|js|mjs|cjs|ts|rb|sh|php|pl|jar|exe|dll|bash)$", re.I)
_ROLE = re.compile(r"(?:^|_)(?:ROLE|PROCESS|PROCESS_TYPE|SERVICE_TYPE|RUN_MODE)$")
_WITH_VALUE = _set("-A --app -b --broker --result-backend --loader --config --workdir")  # options of celery
_STEPS = re.compile(r"&&|\|\||[;|&\n]")


def scheduler_in(words: Sequence[str], environment: Mapping[str, str] | None = None, last_only: bool = False) -> str:
    """The scheduler that a container runs, as a person would name it; empty where none is seen.

    ``words``: entrypoint and command; ``environment``: by which some images choose what to run. ``last_only``: only
    what the last of several commands runs, since it serves requests and may have a scheduler beside it.

    >>> scheduler_in(["sh", "-c", "cd /srv && exec celery -A shop beat"]), scheduler_in(["celery", "worker"])
    ('celery beat', '')
    """
    steps = _steps(words)
    pairs = (*_PAIRS, *(_LOOPED if any(word in _LOOPS for step in steps for word in step) else ()))
    for step in steps[-1 if last_only else 0 :]:
        found = _of_celery(step) or _of_program(step, pairs)
        if found:
            return found
    for name, value in (environment or {}).items():
        if _ROLE.search(name) and _NAMES.fullmatch(value.strip()):
            return f"{name}={value.strip()}"
    return ""


def _steps(words: Sequence[str]) -> list[list[str]]:
    """The commands of a command line, each as its words; what is given to a shell in one word is taken apart."""
    steps: list[list[str]] = [[]]
    for word in words:
        text = str(word)
        if not re.search(r"\s", text.strip()):
            steps[-1].append(text.strip())
            continue
        first, *others = _STEPS.split(text)
        steps[-1] += _split(first)
        steps += [_split(part) for part in others]
    return [step for step in steps if step]


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text, comments=True)
    except ValueError:
        return text.split()


def _of_celery(step: Sequence[str]) -> str:
    names = [_stem(word) for word in step]
    if "celerybeat" in names:
        return "celery beat"
    if "celery" not in names and "celeryd" not in names:
        return ""
    after = step[names.index("celery" if "celery" in names else "celeryd") + 1 :]
    if _subcommand(after) == "beat":
        return "celery beat"
    within = _subcommand(after) in ("worker", "multi") and any(
        word in ("-B", "--beat") or re.fullmatch(r"-[A-Za-z]*B", word) for word in after
    )
    return "celery worker -B" if within else ""


def _subcommand(words: Sequence[str]) -> str:
    """The first word that is neither an option nor the value of one."""
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            return word
        if word in _WITH_VALUE:
            next(left, "")
    return ""


def _of_program(step: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """By the program, and by what a runner of scripts or tasks is to run."""
    names = [_stem(word) for word in step]
    for first, second in pairs:
        if any(pair == (first, second) for pair in zip(names, names[1:])):
            return f"{first} {second}"
    if _CONSUMES in names:
        transports = (word for word in step if word.startswith(_ITS_TRANSPORT))
        return next((f"{_CONSUMES} {word}" for word in transports), "")
    runs = False
    for word, name in zip(step, names):
        if word.startswith("-") or "=" in word:
            continue
        if name in _PROGRAMS or (not runs and _is_script(word) and _NAMES.fullmatch(name)):
            return name
        if runs and _is_named_so(word):
            return word
        if name in _RUNNERS or name == "manage" or (_is_script(word) and "entrypoint" in name):
            runs = True
        elif name not in _WRAPPERS and not runs:
            return ""  # an ordinary program, whose arguments say nothing
    return ""


def _is_named_so(word: str) -> bool:
    """Whether the last part of a path, a module or a task says it; or the one before a name that says nothing."""
    *before, last = re.split(r"[.:/]", _SCRIPT.sub("", word))
    return bool(_NAMES.fullmatch(last) or (before and last in _PLAIN and _NAMES.fullmatch(before[-1])))


def _is_script(word: str) -> bool:
    return bool(_SCRIPT.search(word)) or word.startswith(("/", "./", "bin/", "scripts/"))


def _stem(word: str) -> str:
    """The file of a path, without the ending of a script: ``/usr/local/bin/celery`` is ``celery``."""
    return _SCRIPT.sub("", word.rpartition("/")[2]).lower()
