"""A thousand random folders of backups against a plain reading of the site's rule.

The reading knows of each file which database it is of and when it was made; the product knows names and times of change
alone. Of each database the newest that the rule names stay, by each entry that names the file; never may one of these
go. What else may go is counted too: a rule that keeps everything would be no rule.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._disk.backup import Dump
from ansible_collections.pafar.runbook.plugins.module_utils._disk.retention import Rule, agreed, judge
from ansible_collections.pafar.runbook.plugins.module_utils._disk.series import Backup, series_of

DAY = 86400.0
NOW = 1_795_700_000.0
WHOLE = b"--\n-- PostgreSQL database dump complete\n--\n"
DATABASES = ["shop", "crm", "shop2", "db10", "mon", "may", "a-b", "x.y", "t_2026", "archive-2024"]


@dataclass(frozen=True)
class Real:
    """A file as it was made. ``of``: the database; ``made``: seconds since 1970."""

    of: str
    made: float
    name: str
    changed: float
    whole: bool


def form(pattern: str, at: float) -> str:
    return time.strftime(pattern, time.gmtime(at))


Name = Callable[[float], str]


def dated(rng: random.Random) -> str:
    return rng.choice(["%Y-%m-%d", "%Y%m%d", "%Y_%m_%d", "%Y.%m.%d", "%b-%d-%Y", "%d-%m-%Y", "%Y%m%dT%H%M%SZ"])


def by_name(rng: random.Random) -> Iterator[tuple[str, Name]]:
    pattern, end = dated(rng), rng.choice(["", "_02h00m", "T0230", "-full"])
    for base in rng.sample(DATABASES, rng.randint(1, 4)):
        yield base, lambda at, base=base: f"{base}-{form(pattern, at)}{end}"  # type: ignore[misc]


def by_number(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """Customers, ports, shards, years, dates and epochs as names, before and behind the date."""
    numbers = [
        lambda: str(rng.randint(1000, 2359)),
        lambda: str(rng.choice([5432, 5433, 1433, 1521, 6432, 3306])),
        lambda: str(rng.randint(10_000_000, 29_991_231)),
        lambda: form("%Y%m%d", NOW - DAY * rng.randint(0, 2000)),
        lambda: str(int(NOW - DAY * rng.randint(0, 2000))),
        lambda: str(rng.randint(100_000, 235_959)),
        lambda: str(rng.randint(2019, 2026)),
        lambda: form("%Y_%m_%d", NOW - DAY * rng.randint(10, 2000)),
        lambda: str(rng.randint(1, 12)),
        lambda: form("%Y%m", NOW - DAY * rng.randint(0, 2000)) + str(rng.randint(1000, 9999)),
    ]
    number, pattern = rng.choice(numbers), rng.choice(["%Y%m%d", "%Y-%m-%d"])
    place = rng.choice(["{n}_{d}", "{d}-{n}", "{d}_{n}_shop", "t-{n}-{d}", "{d}T0200-{n}", "{n}.{d}", "{d}_0200_{n}"])
    for value in {number() for dummy in range(rng.randint(2, 6))}:
        yield value, lambda at, value=value: place.format(n=value, d=form(pattern, at))  # type: ignore[misc]


def by_epoch(rng: random.Random) -> Iterator[tuple[str, Name]]:
    for base in rng.sample(DATABASES, rng.randint(1, 3)):
        yield base, lambda at, base=base: f"{base}-{int(at)}"  # type: ignore[misc]


def by_time(rng: random.Random) -> Iterator[tuple[str, Name]]:
    pattern = rng.choice(["%Y%m%d_%H%M", "%Y-%m-%d-%H%M%S", "%Y-%m-%d_%H-%M", "%Y%m%d%H%M%S"])
    for base in rng.sample(DATABASES, rng.randint(1, 3)):
        yield base, lambda at, base=base: f"{base}_{form(pattern, at)}"  # type: ignore[misc]


def by_partition(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """A partition of each day, dumped once: each is its own."""
    day = rng.choice(["%Y_%m_%d", "%Y%m%d"])
    for age in range(1, rng.randint(3, 9)):
        part = form(day, NOW - DAY * age - DAY)
        yield part, lambda at, part=part: f"events_{part}_{form('%Y%m%d', at)}"  # type: ignore[misc]


def without_date(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """One file for each, written again each night."""
    kind = rng.choice(
        [lambda: form("%Y%m%d", NOW - DAY * rng.randint(5, 2000)), lambda: str(rng.randint(10**9, 2 * 10**9))]
    )
    for value in {kind() for dummy in range(rng.randint(2, 8))}:
        yield value, lambda dummy, value=value: f"customer-{value}"  # type: ignore[misc]


def by_release(rng: random.Random) -> Iterator[tuple[str, Name]]:
    for release in rng.sample(["pg16", "pg17", "v1.2.3", "v1.2.4", "15.4", "15.5"], 3):
        yield release, lambda at, release=release: f"shop-{release}-{form('%Y%m%d', at)}"  # type: ignore[misc]


def by_birthday(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """A date as a name, and postal codes, and ids of base 16."""
    born = [f"{rng.randint(1, 28):02}-{rng.randint(1, 12):02}-{rng.randint(1950, 2005)}" for dummy in range(3)]
    for value in {*born, str(rng.randint(10_000, 99_999)), f"{rng.getrandbits(32):08x}"}:
        yield value, lambda at, value=value: f"of-{value}_{form('%Y%m%d', at)}"  # type: ignore[misc]


def by_host(dummy: random.Random) -> Iterator[tuple[str, Name]]:
    for number in range(1, 4):
        yield f"db{number}", lambda at, number=number: f"shop.db{number}.eu-1.{form('%Y-%m-%dT%H%M%SZ', at)}"  # type: ignore[misc]


def by_part(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """Parts of one backup, its kinds, and shards whose numbers look like a time."""
    pattern = rng.choice(["{d}-part{n}", "{d}-{n}", "{n:04}_{d}_0200", "{d}_{n:04}"])
    for number in rng.sample(range(1, 24), 3):
        yield f"{number}", lambda at, number=number: "shop-" + pattern.format(n=number, d=form("%Y%m%d", at))  # type: ignore[misc]


def by_day_of_the_week(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """Databases that are called like days, and names that say the day."""
    for base in ("mon", "sun", "shop"):
        middle = rng.choice(["", "%a-"])
        yield base, lambda at, base=base, middle=middle: f"{base}-{form(middle + '%Y%m%d', at)}"  # type: ignore[misc]


def by_hour(rng: random.Random) -> Iterator[tuple[str, Name]]:
    pattern = rng.choice(["%Y-%m-%d-%H", "%Y_%m_%d_%H", "%Y.%m.%d.%H", "%Y-%m-%dT%H"])
    for base in rng.sample(DATABASES, rng.randint(1, 3)):
        yield base, lambda at, base=base: f"h-{base}-{form(pattern, at)}"  # type: ignore[misc]


def by_instant(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """With a fraction and a zone, as JavaScript, Python and others write it."""
    pattern = rng.choice(["%Y-%m-%dT%H:%M:%S.{ms}Z", "%Y-%m-%dT%H-%M-%S-{ms}Z", "%Y%m%dT%H%M%S.{ms}+0000"])
    for base in rng.sample(DATABASES, rng.randint(1, 3)):
        yield base, lambda at, base=base: f"i-{base}-{form(pattern.format(ms=f'{int(at * 1000) % 1000:03}'), at)}"  # type: ignore[misc]


def by_day_first(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """Each database in an order of its own."""
    end = rng.choice(["", "_0230", "-%H%M", "_%H-%M"])
    for base in rng.sample(DATABASES, rng.randint(1, 3)):
        pattern = rng.choice(["%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%d%m%Y", "%m%d%Y"])
        yield base, lambda at, base=base, pattern=pattern: f"d-{base}-{form(pattern + end, at)}"  # type: ignore[misc]


def by_range(rng: random.Random) -> Iterator[tuple[str, Name]]:
    """From a day to another: each holds what no other does."""
    pattern, between = rng.choice(["%Y%m%d", "%Y-%m-%d"]), rng.choice(["-", "_", "_to_"])
    days = rng.choice([1, 7, 30])
    for number in range(rng.randint(2, 9)):
        start, end = (form(pattern, NOW - DAY * days * (number + more)) for more in (1, 0))
        yield f"{start} {end}", lambda dummy, name=f"r-{start}{between}{end}": name  # type: ignore[misc]


KINDS = [
    by_name, by_number, by_epoch, by_time, by_partition, without_date, by_release, by_birthday, by_host, by_part,
    by_day_of_the_week, by_hour, by_instant, by_day_first, by_range,
]  # fmt: skip


def folder(rng: random.Random) -> list[Real]:
    files: dict[str, Real] = {}
    copied = rng.random() < 0.2
    kinds = rng.sample(KINDS, rng.randint(1, 3))
    for kind in kinds:
        every = rng.choice([DAY, DAY, DAY, 7 * DAY, 3600.0])
        number = 1 if kind in (by_partition, without_date) else rng.randint(1, 10)
        for of, name in kind(rng):
            begun = NOW - rng.uniform(60, 0.9 * DAY)
            for place in range(number):
                if rng.random() < 0.1:
                    continue  # a night without one
                made = begun - every * place - rng.uniform(0, 600)
                changed = NOW - rng.uniform(0, 3600) if copied else made + rng.uniform(0, 3000)
                full = name(made) + ".sql.gz"
                files.setdefault(full, Real(f"{kind.__name__} {of}", made, full, changed, rng.random() > 0.05))
    return list(files.values())


def entries(rng: random.Random) -> list[tuple[str, Rule]]:
    """One to three entries of one folder, that may name the same files."""

    def rule() -> Rule:
        periods = {"day": rng.randint(0, 5), "week": rng.randint(0, 4), "month": rng.randint(0, 3)}
        return Rule(rng.randint(1, 5), 100 * DAY, rng.choice([None, periods]))

    patterns = rng.sample(["*.sql.gz", "shop*", "*-2*", "t-*.gz", "*[0-9].sql.gz"], rng.randint(0, 2))
    return [(pattern, rule()) for pattern in ["*.sql.gz", *patterns]]


def must_stay(files: list[Real], rules: list[tuple[str, Rule]]) -> set[str]:
    """The plain reading: of each database, of what is whole, the newest; and the newest of each of the last periods."""
    kept: set[str] = set()
    for pattern, rule in rules:
        databases: dict[str, list[Real]] = defaultdict(list)
        for file in sorted(files, key=lambda file: -file.made):
            if fnmatch(file.name, pattern) and file.whole:
                databases[file.of].append(file)
        for newest_first in databases.values():
            kept |= {file.name for file in newest_first[: rule.keep]}
            for period, pattern_of in (("day", "%Y-%m-%d"), ("week", "%G-%V"), ("month", "%Y-%m")):
                buckets: dict[str, str] = {}
                for file in newest_first:
                    buckets.setdefault(form(pattern_of, file.made), file.name)
                kept |= set(list(buckets.values())[: (rule.periods or {}).get(period, 0)])
    return kept


def removed(files: list[Real], rules: list[tuple[str, Rule]]) -> set[str]:
    """What the product would remove."""
    backups = [
        Backup(file.name, 1000, 1000, file.changed, place, int(file.changed * 1e9)) for place, file in enumerate(files)
    ]
    whole = {file.name: file.whole for file in files}

    def read(backup: Backup) -> Dump:
        return Dump(backup.name, backup.size, 0.0, b"--", WHOLE if whole[backup.name] else b"torn")

    decisions = []
    for pattern, rule in rules:
        go: set[int] = set()
        named = [backup for backup in backups if fnmatch(backup.name, pattern)]
        for series in series_of(named):
            go |= {backup.inode for backup in judge(series.backups, rule, NOW, read).go}
        decisions.append((go, {backup.inode for backup in named} - go))
    return {files[inode].name for inode in agreed(decisions)}


@pytest.mark.parametrize("hundred", range(10))
def test_nothing_goes_that_the_rule_keeps(hundred):
    gone = may_go = 0
    for seed in range(100 * hundred, 100 * hundred + 100):
        rng = random.Random(seed)
        files, rules = folder(rng), entries(rng)
        kept, went = must_stay(files, rules), removed(files, rules)
        assert not went & kept, f"seed {seed}: {rules}: {sorted(went & kept)} of {sorted(file.name for file in files)}"
        gone += len(went)
        may_go += len({file.name for file in files} - kept)
    assert gone > 0.3 * may_go
