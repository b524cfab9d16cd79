"""A workflow of AWX, job by job, each on a controller of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    given = {question["variable"]: question.get("default", "") for question in questions if sends_empty(question)}
    return {**given, **answers}


def sends_empty(question: Mapping[str, Any]) -> bool:
    """Of a choice without an answer AWX sends nothing."""
    return "default" in question or not str(question["type"]).startswith("multi")


@dataclass
class Workflow:
    """Its id may be changed, as for one that is started again. ``answers``: of its survey, which reach all nodes."""

    inventory: Mapping[str, Any]
    awx: Awx
    id: int = WORKFLOW
    answers: dict[str, Any] = field(default_factory=dict)

    def node(self, name: str, number: int, artifacts: Mapping[str, Any] | None = None) -> Job:
        """One job of the workflow. ``artifacts``: what the jobs before it hand over; an answer wins over them."""
        return self._job(name, meta_variables(number, workflow=self.id), {**(artifacts or {}), **self.answers})

    def alone(self, name: str, number: int, user: str = "ada", check: bool = False, **answers: Any) -> Job:
        """One job that a user starts, without a workflow."""
        return self._job(name, meta_variables(number, user), unanswered(name, **answers), check)

    def _job(self, name: str, meta: Mapping[str, Any], launched: Mapping[str, Any], check: bool = False) -> Job:
        template = TEMPLATES[name]
        return run_job(
            template["playbook"].removeprefix("playbooks/").removesuffix(".yml"),
            self.inventory,
            launched=launched,
            template=template.get("extra_vars"),
            meta=meta,
            environment=self.awx.environment(),
            check=check,
        )
