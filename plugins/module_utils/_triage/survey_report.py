# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of one host's survey, as triage_info returns them. Pure."""

from __future__ import annotations

from typing import TypedDict

from .._compose.project_report import ProjectReport
from .._endpoints.reached import ReachedReport
from .._logs.records import LogReport
from .._postgres.activity_report import ActivityReport
from .._resources.resource_report import ResourcesReport
from .changes import ChangesReport


class Answer(TypedDict, total=False):
    """What every part has besides its report: the seconds that it took.

    A part that could not be read has ``trouble_reading`` and ``error`` (the kind of error) instead of its report, so
    ``trouble_reading`` is asked for before anything else of it is.
    """

    trouble_reading: str
    error: str
    seconds: float


class ServicesPart(ProjectReport, Answer):
    """As compose_info returns it."""


class ChangesPart(ChangesReport, Answer):
    """What changed within a day."""


class ResourcesPart(ResourcesReport, Answer):
    """As host_resources_info returns it."""


class LogsPart(LogReport, Answer):
    """As log_tail returns it."""


class ReachedPart(ReachedReport, Answer):
    """As endpoint_probe_info returns it."""


class DatabasePart(ActivityReport, Answer):
    """As pg_activity_info returns it."""


class SurveyParts(TypedDict, total=False):
    """What triage_info returns: the parts that were asked for."""

    services: ServicesPart
    changes: ChangesPart
    resources: ResourcesPart
    logs: LogsPart
    reached: ReachedPart
    database: DatabasePart


class Survey(SurveyParts, total=False):
    """The result of triage_info on one host, which may have failed, or not have been reached."""

    unreachable: bool
    msg: str
    error: str
