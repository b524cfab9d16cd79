"""What changed lately, as triage tells it: one line for what one deployment made."""

from __future__ import annotations

from datetime import UTC, datetime

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
