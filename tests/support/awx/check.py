"""Check a copy of extensions/awx without AWX: python -m support.awx.check FOLDER

awx.awx takes a misspelt key of a workflow's node, and AWX a workflow that never reaches its last job.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from support.awx.objects import ADDED, SPECS, as_given, misfits, node_misfits, objects_of, read, survey_misfits
from support.awx.values import answer_misfits, credential_type_misfits, notification_misfits, rule_misfits


def problems_of(folder: Path) -> list[str]:
    """What is wrong in the files of a folder, a sentence each."""
    objects = read(folder)
    found = [
        f"{module} {written.get('name', '?')}: {problem}"
        for module, written in objects_of(objects)
        for problem in [*_of_options(module, written), *_of_values(module, written)]
    ]
    return found + list(_of_names(objects))


def _of_options(module: str, written: Mapping[str, Any]) -> list[str]:
    options = {name: option for name, option in SPECS[module].items() if name not in ADDED or name in written}
    return misfits(as_given(module, written), options)


def _of_values(module: str, written: Mapping[str, Any]) -> list[str]:
    if module == "workflow_job_template":
        return node_misfits(written.get("workflow_nodes", []))
    if module == "job_template":
        return survey_misfits(written.get("survey", []))
    if module == "schedule":
        return rule_misfits(str(written.get("rrule")))
    if module == "credential_type":
        return credential_type_misfits(written)
    return notification_misfits(written) if module == "notification_template" else []


def _of_names(objects: Mapping[str, Any]) -> Iterator[str]:
    """What is named and is not there."""
    templates = {each["name"]: each for each in [*objects["awx_job_templates"], *objects["awx_workflows"]]}
    credentials = {each["name"] for each in objects["awx_credentials"]}
    teams = {each["name"] for each in objects["awx_teams"]}
    for each in templates.values():
        named = {*each.get("may_start", []), *each.get("may_approve", [])}
        yield from (f"{each['name']}: there is no team {name}" for name in sorted(named - teams))
        missing = set(as_given("job_template", each).get("credentials", [])) - credentials
        yield from (f"{each['name']}: there is no credential {name}" for name in sorted(missing))
    for workflow in objects["awx_workflows"]:
        nodes = [node.get("unified_job_template", {}) for node in workflow.get("workflow_nodes", [])]
        jobs = {str(node.get("name")) for node in nodes if node.get("type") == "job_template"}
        missing = {*jobs, workflow.get("survey_of", "")} - set(templates)
        yield from (f"{workflow['name']}: there is no template {name}" for name in sorted(missing))
    for schedule in objects["awx_schedules"]:
        if schedule.get("unified_job_template") not in templates:
            yield f"{schedule['name']}: there is no template {schedule.get('unified_job_template')}"
            continue
        survey = templates[schedule["unified_job_template"]].get("survey", [])
        answers = schedule.get("extra_data", {})
        asked = {question["variable"]: question for question in survey}
        yield from (f"{schedule['name']}: {name} is not asked" for name in answers if name not in asked)
        for name, question in asked.items():
            if name in answers:
                yield from (f"{schedule['name']}: {problem}" for problem in answer_misfits(question, answers[name]))
            elif question["required"]:
                yield f"{schedule['name']}: {name} has no answer"


def main(folder: Path) -> int:
    problems = problems_of(folder)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
