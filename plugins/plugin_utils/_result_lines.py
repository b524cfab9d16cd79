# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of each result, whose subject is imported with the first result of it.

Every run imports the callback, and all subjects together take longer than a task. PRIVATE to this collection.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import Any, List

from ansible_collections.pafar.runbook.plugins.module_utils._core.console import Line

Lines = List[Line]


def of_activity(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._postgres.activity_lines import of_activity as lines

    return lines(result)


def of_announced(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._announce.announce_lines import of_announced as lines

    return lines(result)


def of_diagnosis(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.diagnosis_lines import of_diagnosis as lines

    return lines(result)


def of_explained(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._disk.explained_lines import of_explained as lines

    return lines(result)


def of_incident(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_incident as lines

    return lines(result)


def of_indexes(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._postgres.indexes.index_lines import of_indexes as lines

    return lines(result)


def of_log(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._logs.record_lines import of_log as lines

    return lines(result)


def of_opening(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_opening as lines

    return lines(result)


def of_preflight(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._preflight.check_lines import of_preflight as lines

    return lines(result)


def of_probes(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.probe_lines import of_probes as lines

    return lines(result)


def of_record(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._incident.incident_lines import of_record as lines

    return lines(result)


def of_resources(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._resources.resource_lines import of_resources as lines

    return lines(result)


def of_services(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._compose.service_lines import of_services as lines

    return lines(result)


def of_statements(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._postgres.workload.statement_lines import (
        of_statements as lines,
    )

    return lines(result)


def of_top_consumers(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._diagnosis.diagnosis_lines import (
        of_top_consumers as lines,
    )

    return lines(result)


def of_total(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._preflight.total import of_total as lines

    return lines(result)


def of_triage(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._triage.triage_lines import of_triage as lines

    return lines(result)


def of_unread(result: Any) -> Lines:
    from ansible_collections.pafar.runbook.plugins.module_utils._disk.explained_lines import of_unread as lines

    return lines(result)
