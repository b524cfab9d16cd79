"""What incident_impact_info counts, from a real Prometheus whose samples are known."""

from __future__ import annotations

import random
from typing import Any

import pytest

from support.modules import run_module
from support.prometheus import MISSING, PROGRAMS, open_metrics, prometheus

pytestmark = pytest.mark.skipif(not all(PROGRAMS), reason=MISSING)
START = 1_795_446_000.0  # 2026-11-23 15:00:00 UTC
BEGAN, ENDED, SCRAPE = 603, 691, 2  # seconds after START; the users' own clock
OBJECTIVES = {
    "bookings": {
        "good": 'requests_total{kind="book",outcome="ok"}', "all": 'requests_total{kind="book"}',
        "fast": 'request_seconds_bucket{kind="book",le="0.5"}', "limit": 0.5, "target": 99, "days": 30,
    },
    "payments": {"good": 'requests_total{kind="pay",outcome="ok"}', "all": 'requests_total{kind="pay"}'},
}  # fmt: skip


def stamp(seconds: float) -> str:
    return f"2026-11-23T15:{int(seconds // 60):02d}:{seconds % 60:02.0f}Z"


class Users:
    """Ten requests a second for half an hour; those that fail make a series of their own with the first one."""

    def __init__(self, seed: int, restart: float | None = None) -> None:
        rng = random.Random(seed)
        self.done: list[tuple[float, str, str, float]] = []
        for number in range(18000):
            at, kind = number / 10, rng.choice(["book", "book", "pay"])
            bad = BEGAN <= at <= ENDED and kind == "book" and rng.random() < 0.7
            took = rng.choice([0.1, 0.9]) if BEGAN <= at <= ENDED else 0.1
            self.done.append((at, kind, "timeout" if bad else "ok", took))
        self.restart = restart

    def counted(self, **wanted: Any) -> int:
        return sum(self._fits(each, **wanted) for each in self.done)

    @staticmethod
    def _fits(done: tuple[float, str, str, float], **wanted: Any) -> bool:
        at, kind, outcome, took = done
        has = {"kind": kind, "outcome": outcome, "is_slow": took > 0.5, "in_impact": BEGAN <= at <= ENDED}
        return all(has[name] == value for name, value in wanted.items())

    def series(self) -> list[tuple[str, str, list[tuple[float, float]]]]:
        found: dict[tuple[str, str], list[tuple[float, float]]] = {}
        totals: dict[tuple[str, str], int] = {}
        pending = iter(self.done)
        ahead = next(pending)
        for scraped in range(0, 1800, SCRAPE):
            if self.restart is not None and scraped - SCRAPE < self.restart <= scraped:
                totals = {}
            while ahead and ahead[0] < scraped:
                _at, kind, outcome, took = ahead
                for key in (
                    ("requests_total", f'{{kind="{kind}",outcome="{outcome}"}}'),
                    *([("request_seconds_bucket", f'{{kind="{kind}",le="0.5"}}')] if took <= 0.5 else []),
                ):
                    totals[key] = totals.get(key, 0) + 1
                ahead = next(pending, None)  # type: ignore[arg-type]
            for key, number in totals.items():
                found.setdefault(key, []).append(
                    (START + scraped + 0.35, number + (0 if "timeout" in key[1] else 1000))
                )
        waiters = [(START + at, 40.0 if BEGAN <= at <= ENDED else 0.0) for at in range(0, 1800, SCRAPE)]
        return [*((name, labels, points) for (name, labels), points in sorted(found.items())), ("waiters", "", waiters)]


def measured(address: str, **options: Any) -> dict[str, Any]:
    given = {"since": stamp(BEGAN + 12), "until": stamp(ENDED - 3), "objectives": OBJECTIVES, **options}
    result = run_module("incident_impact_info", url=address, **given)
    assert "failed" not in result, result
    note: dict[str, Any] = result["note"]
    return note


@pytest.fixture(scope="module")
def users() -> Users:
    return Users(1)


@pytest.fixture(scope="module")
def address(users, tmp_path_factory):
    with prometheus(tmp_path_factory.mktemp("prometheus"), open_metrics(users.series())) as url:
        yield url


def seconds(text: str) -> float:
    return int(text[14:16]) * 60 + float(text[17:-1])


def test_what_users_counted_themselves(address, users):
    note = measured(
        address,
        charts={"waiters": {"query": "waiters", "unit": "sessions"}},
        business={"paid": OBJECTIVES["payments"]["good"]},
    )
    assert abs(seconds(note["starts_at"]) - BEGAN) <= 3
    assert abs(seconds(note["ends_at"]) - ENDED) <= 3
    assert (note["estimated_by"], note["source"]) == ("series", f"Prometheus {address}")
    bookings, payments = note["requests"]
    failed = users.counted(kind="book", outcome="timeout")
    assert abs(bookings["failed"] - failed) <= 0.01 * failed
    slow = users.counted(kind="book", is_slow=True, in_impact=True)
    assert abs(bookings["slow"] - slow) <= 0.01 * slow
    asked = users.counted(kind="book", in_impact=True)
    assert abs(bookings["asked"] - asked) <= 2 * SCRAPE * 7
    assert payments["failed"] == 0
    assert payments["slow"] is None
    (chart,) = note["charts"]
    assert (chart["name"], max(value or 0 for value in chart["lines"][0]["points"])) == ("waiters", 40.0)
    assert len(chart["lines"][0]["points"]) == len(note["times"]) <= 61
    assert abs(note["business"][0]["during"] - users.counted(kind="pay", in_impact=True)) <= 2 * SCRAPE * 7


def test_the_budget_is_of_the_days_that_are_there(address):
    note = measured(address)
    budget = note["budgets"][0]
    assert (budget["days"], budget["target"]) == (30.0, 99.0)
    assert 0 <= budget["of_days"] <= 0.1
    assert budget["budget"] == round(0.01 * budget["asked"], 1) or abs(budget["budget"] - 0.01 * budget["asked"]) <= 0.1
    assert budget["used"] == note["requests"][0]["failed"]
    assert any("of the 30 days of the error budget" in sentence for sentence in note["missing"])


def test_what_is_written_is_not_estimated(address):
    note = measured(address, since=stamp(BEGAN - 60), began_is_written=True)
    assert note["estimated_by"] == "person"
    assert seconds(note["starts_at"]) == BEGAN - 60
    assert abs(seconds(note["ends_at"]) - ENDED) <= 3


def test_where_the_counters_show_nothing_the_events_count(address):
    note = measured(address, objectives={"payments": OBJECTIVES["payments"]})
    assert (note["estimated_by"], note["within"]) == ("alert", 0.0)
    assert seconds(note["starts_at"]) == BEGAN + 12
    assert any("do not show the impact" in sentence for sentence in note["missing"])


def test_before_there_was_anything(address):
    note = measured(address, since="2026-11-20T10:00:00Z", until="2026-11-20T10:05:00Z")
    assert [row["asked"] for row in note["requests"]] == [None, None]
    assert any("no series of requests" in sentence for sentence in note["missing"])


def test_a_restart_of_the_counters_within_the_impact(tmp_path):
    users = Users(2, restart=650.0)
    with prometheus(tmp_path / "prometheus", open_metrics(users.series())) as url:
        note = measured(url)
    failed, row = users.counted(kind="book", outcome="timeout"), note["requests"][0]
    assert any("began again" in sentence for sentence in note["missing"])
    assert row["failed"] <= failed
    assert row["asked"] >= 0.9 * users.counted(kind="book", in_impact=True)


def test_a_question_that_is_refused_costs_no_other(address):
    note = measured(address, charts={"broken": "sum(", "waiters": "waiters", "none": "no_such_series"})
    assert [chart["name"] for chart in note["charts"]] == ["waiters"]
    assert any(sentence.startswith("broken: Prometheus refuses the query") for sentence in note["missing"])
    assert any(sentence.startswith("none: Prometheus has no series") for sentence in note["missing"])
