# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What compose_info returns. I/O."""

from __future__ import annotations

from typing import Sequence

from ..project import ProjectReport, project_dict
from ..project_ref import Source
from .compose_cli import Compose
from .engine import engine
from .engine_transport import EngineLogin
from .observe import observe
from .request import check_services


def project_report(
    login: EngineLogin, source: Source, services: Sequence[str], configuration: bool, interval: float, lines: int
) -> ProjectReport:
    """The project as it runs, beside its files if ``configuration``; ``interval``: seconds until the second look."""
    with engine(login) as opened:
        project = observe(
            opened, Compose(login.host) if configuration else None, source, interval=interval, lines=lines
        )
    check_services(project, services)
    return project_dict(project, services)
