# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One look at everything that a host can show, its parts beside each other. I/O."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..._compose.engine_options import engine_login_of
from ..._compose.io.compose_cli import Compose
from ..._compose.io.engine import engine
from ..._compose.io.engine_transport import EngineLogin
from ..._compose.io.observe import observe
from ..._compose.options import COMPOSE_ARGS, source_of
from ..._compose.project_ref import Source
from ..._compose.project_report import ProjectReport, nothing_left, project_dict
from ..._core.errors import InputError, ProjectUnknown
from ..._endpoints.io.matrix import probe
from ..._endpoints.options import keys_of, mark_not_secret, targets_of, trying_of
from ..._endpoints.reached import reached_report
from ..._logs.io.reader import read
from ..._logs.options import LOG_ARGS, limits_of, wanted_of, where_of
from ..._logs.records import LogReport
from ..._postgres.activity_report import ActivityReport, activity_result
from ..._postgres.exclusions import Exclusions
from ..._postgres.io.condition import with_condition
from ..._postgres.io.server import connect
from ..._postgres.locks.io.watch import read_watched
from ..._postgres.options import POSTGRES_ARGS, login_of
from ..._resources.io.usage import used
from ..survey_report import ServicesPart
from .changes import changes, last_deploy
from .parallel import Part, survey

_MIN_WAITING = 3.0  # seconds from which on a wait for a lock counts


def surveyed(module: AnsibleModule) -> dict[str, Any]:
    """What triage_info returns; see its documentation."""
    params = module.params
    compose = {**{name: spec.get("default") for name, spec in COMPOSE_ARGS.items()}, **(params["compose"] or {})}
    login, source = engine_login_of(compose), source_of(compose)
    parts: dict[str, Part] = {}
    after: dict[str, Part] = {}
    here: dict[str, Part] = {}
    parts_asked = params["parts"]
    if "services" in parts_asked or "changes" in parts_asked or "logs" in parts_asked:
        parts["services"] = lambda: _services(login, source)
    if "resources" in parts_asked:
        parts["resources"] = lambda: used(login, params["interval"], 0.0, source.project, 5)
    if "database" in parts_asked:
        parts["database"] = lambda: _database(params)
    if "changes" in parts_asked:
        after["changes"] = lambda services: changes(services, source, login)
    if "logs" in parts_asked:
        after["logs"] = lambda services: _logs(login, source, params, services)
    if params["targets"]:
        keys = keys_of(params)
        targets, how = targets_of(params, keys), trying_of({**params, "pause": 0.1})
        mark_not_secret(module)  # also where they are not asked: what is given is hidden until then
        if "reached" in parts_asked:
            here["reached"] = lambda: reached_report(probe(login, source, params["sources"], targets, keys, how))
    if not (parts or here):
        raise InputError("parts: nothing is to be examined. Nothing was done.")
    results = survey(parts, after, here)
    if "services" not in parts_asked:
        results.pop("services", None)
    return {"changed": False, **results}


def _services(login: EngineLogin, source: Source) -> ProjectReport:
    with engine(login) as opened:
        try:
            return project_dict(observe(opened, Compose(login.endpoint), source, interval=0.5))
        except ProjectUnknown as error:
            if any(not container.one_off for container in opened.containers(source.project)):
                raise
            # Nothing of it is left, which is no question of how it was asked for.
            return nothing_left(source, str(error), datetime.now(timezone.utc), login.endpoint)


def _logs(login: EngineLogin, source: Source, params: dict[str, Any], services: ServicesPart | None) -> LogReport:
    defaults = {name: spec.get("default") for name, spec in LOG_ARGS.items()}
    deployed = last_deploy(changes(services, source))
    defaults.update(
        services=["*"],
        level="warning",
        since=params["since"],
        last=20,
        signatures=10,
        new_since=deployed,
        max_bytes=params["log_bytes"],
        max_seconds=params["log_seconds"],
    )
    return read(login, source, where_of(defaults), wanted_of(defaults), limits_of(defaults))


def _database(params: dict[str, Any]) -> ActivityReport:
    given = {name: spec.get("default") for name, spec in POSTGRES_ARGS.items()}
    given.update(params["postgres"] or {})
    with connect(login_of(given)) as postgres:
        snapshot = with_condition(postgres, read_watched(postgres, _MIN_WAITING), disks=True)
        return activity_result(
            snapshot,
            Exclusions(own_pid=postgres.pid),
            statements="normalized",
            rows=20,
            min_waiting=_MIN_WAITING,
            long_running=params["long_running"],
        )
