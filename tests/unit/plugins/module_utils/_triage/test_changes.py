"""What changed lately, as triage tells it: one line for what one deployment made."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._compose.project_report import ServiceReport
from ansible_collections.pafar.runbook.plugins.module_utils._triage.changes import changes_of_services

from support.reports import container
from support.reports import service as service_of

NOW = 1_795_600_000.0


def iso_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def service(image: str, built: float, made: float) -> ServiceReport:
    return service_of(
        container(
            "x",
            image=f"sha256:{image * 12}",
            image_made_at=iso_time(built),
            created_at=iso_time(made),
        )
    )


def test_a_deployment_is_one_line_of_images_and_one_of_containers():
    services = {
        "web": service("a", NOW - 700, NOW - 400),
        "worker": service("a", NOW - 700, NOW - 401),
        "proxy": service("b", NOW - 600, NOW - 399),
        "db": service("c", NOW - 90_000, NOW - 80_000),
    }
    found = {change["what"]: round(change["age"]) for change in changes_of_services(services, NOW)}
    assert found == {
        "containers were made: proxy, web, worker": 399,
        "images were built: proxy (bbbbbbbbbbbb); web, worker (aaaaaaaaaaaa)": 600,
        "containers were made: db": 80_000,
        "images were built: db (cccccccccccc)": 90_000,
    }


def test_what_has_no_time_is_left_out():
    lost = service_of(container("x", image="", image_made_at=None, created_at=None))
    assert changes_of_services({"web": lost}, NOW) == []


def replicas(*made: tuple[str, float]) -> ServiceReport:
    """By image and time."""
    rows = [(f"sha256:{image * 12}" if image else "", iso_time(at) if at else None) for image, at in made]
    old = iso_time(NOW - 90_000)
    return service_of(*(container("x", image=image, created_at=at, image_made_at=old) for image, at in rows))


@pytest.mark.parametrize(
    ("made", "deploys"),
    [
        ([("a", NOW - 60)], True),
        ([("a", NOW - 60), ("a", NOW - 90)], True),  # a release that rolls from one replica to the next
        ([("a", NOW - 60), ("b", NOW - 80_000)], True),  # and one of which the old replica still runs
        ([("a", NOW - 60), ("a", NOW - 80_000)], False),  # one more replica
        ([("a", NOW - 60), ("a", NOW - 50), ("a", NOW - 80_000)], False),
        ([("", NOW - 60), ("", NOW - 80_000)], True),  # of which image is not known
        ([("a", NOW - 60), ("a", 0.0)], True),
    ],
)
def test_one_more_replica_of_the_same_image_is_no_deployment(made, deploys):
    found = [each for each in changes_of_services({"web": replicas(*made)}, NOW) if "containers" in each["what"]]
    assert [(each["deploys"], round(each["age"]) < 100) for each in found] == [(deploys, True)]


def test_a_service_that_was_only_scaled_does_not_hide_the_last_deployment():
    services = {"web": replicas(("a", NOW - 30), ("a", NOW - 5000)), "api": replicas(("b", NOW - 4000))}
    assert {each["what"]: each["deploys"] for each in changes_of_services(services, NOW)} == {
        "containers were made: api": True,
        "containers were added to older ones of the same image: web": False,
        "images were built: api (bbbbbbbbbbbb); web (aaaaaaaaaaaa)": True,
    }
