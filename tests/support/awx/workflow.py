"""A workflow of AWX, job by job, each on a controller of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support.awx.api import WORKFLOW, Awx
from support.awx.jobs import Job, meta_variables, run_job
from support.awx.objects import read

PEOPLE = [
    {"name": "Ada Lovelace", "mail": "ada@example.org", "awx_user": "ada"},
    {"name": "Bob Berg", "mail": "bob@example.org", "awx_user": "bob"},
]
TEMPLATES: dict[str, dict[str, Any]] = {template["name"]: template for template in read()["awx_job_templates"]}


def unanswered(name: str, **answers: Any) -> dict[str, Any]:
    """What AWX sends where nothing is filled in: the default of each question, or an empty text; and the answers."""
    questions = TEMPLATES[name].get("survey", [])
    assert set(answers) <= {question["variable"] for question in questions}
    return {**{question["variable"]: question.get("default", "") for question in questions}, **answers}


@dataclass
class Workflow:
    """Its id may be changed, as for a workflow that is started anew."""

    inventory: Mapping[str, Any]
    awx: Awx
    id: int = WORKFLOW

    def job(self, name: str, number: int, check: bool = False, **launched: Any) -> Job:
        """One job of a template, with what is given at its launch."""
        template = TEMPLATES[name]
        return run_job(
            template["playbook"].removeprefix("playbooks/").removesuffix(".yml"),
            self.inventory,
            launched=launched,
            template=template.get("extra_vars"),
            meta=meta_variables(number, workflow=self.id),
            environment=self.awx.environment(),
            check=check,
        )
