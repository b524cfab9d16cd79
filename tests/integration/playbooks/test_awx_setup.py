"""The configuration of AWX is loaded by the playbook itself, into a stand-in of awx.awx that checks every option."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

from support.awx.collection import made
from support.awx.objects import FOLDER, read
from support.servers import ROOT

SECRET = "a-secret-of-the-database"


@pytest.fixture
def collection(tmp_path):
    return made(tmp_path / "collections")


def load(collection, objects=None, secret=SECRET, **variables):
    given = {**({"awx_setup_objects": str(objects)} if objects else {}), **variables}
    options = ["-e", json.dumps(given)] if given else []
    paths = os.pathsep.join([str(collection.folder), str(ROOT / "playbooks/collections")])
    environment = {
        **os.environ, **collection.environment, "HOME": str(collection.folder), "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_COLLECTIONS_PATH": paths, "RUNBOOK_POSTGRES_PASSWORD": secret, "RUNBOOK_SLACK_TOKEN": secret,
    }  # fmt: skip
    return subprocess.run(
        ["ansible-playbook", "playbooks/awx_setup.yml", *options], cwd=ROOT, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_everything_is_loaded_and_a_second_time_nothing_changes(collection):
    first = load(collection)
    assert first.returncode == 0, first.stdout + first.stderr
    assert SECRET not in first.stdout + first.stderr
    objects, written = collection.objects(), read()
    for kind, name in (("job_template", "awx_job_templates"), ("workflow_job_template", "awx_workflows")):
        assert {f"{kind}/{each['name']}" for each in written[name]} == {
            key for key in objects if key.startswith(f"{kind}/")
        }
    assert objects["credential/Runbook database"]["inputs"]["password"] == SECRET
    # What AWX renders arrives as it is written: without !unsafe it is rendered here, with nothing or not at all.
    assert objects["credential_type/Runbook Slack"]["injectors"] == {"env": {"RUNBOOK_SLACK_TOKEN": "{{ token }}"}}
    for kind, key in (
        ("credential_type", "injectors"),
        ("notification_template", "messages"),
        ("job_template", "extra_vars"),
    ):
        for each in written[f"awx_{kind}s"]:
            assert objects[f"{kind}/{each['name']}"].get(key) == each.get(key), each["name"]
    plan = objects["job_template/Runbook: lock contention, plan"]
    assert plan["extra_vars"] == {"incident_only_approved": True}
    assert [question["variable"] for question in plan["survey_spec"]["spec"]][:2] == ["runbook_hosts", "incident_id"]
    assert all(each["ask_variables_on_launch"] is False for key, each in objects.items() if "template/Runbook:" in key)
    may_start = [each for key, each in objects.items() if key.startswith("role/") and each["role"] == "execute"]
    assert not any("Runbook: apply" in each.get("job_templates", []) for each in may_start)
    may_read = [each for key, each in objects.items() if key.startswith("role/") and each["role"] == "read"]
    for workflow in written["awx_workflows"]:
        for team in (*workflow["may_start"], *workflow["may_approve"]):
            shown = {name for each in may_read if team in each["teams"] for name in each["job_templates"]}
            nodes = [node["unified_job_template"] for node in workflow["workflow_nodes"]]
            assert {each["name"] for each in nodes if each["type"] == "job_template"} <= shown, "the plan is in its job"
    again = load(collection, secret="")
    assert again.returncode == 0, again.stdout
    assert collection.objects() == objects, "no secret is lost where the environment has none"
    assert changed_tasks(again.stdout) == {"Workflows"}, "awx.awx reports an approval as changed each time"


def changed_tasks(output):
    tasks = re.split(r"^TASK \[AWX setup \| (.*)\] .*$", output, flags=re.M)
    return {name for name, text in zip(tasks[1::2], tasks[2::2], strict=True) if re.search(r"^changed:", text, re.M)}


@pytest.fixture
def fewer(tmp_path):
    """The objects with one workflow and the templates of its nodes, and no schedule."""
    copy = tmp_path / "objects"
    shutil.copytree(FOLDER, copy)
    objects = read()
    workflow = objects["awx_workflows"][0]
    needed = {workflow["survey_of"], *(node["unified_job_template"]["name"] for node in workflow["workflow_nodes"])}
    templates = [each for each in objects["awx_job_templates"] if each["name"] in needed]
    (copy / "job_templates.yml").write_text(json.dumps({"awx_job_templates": templates}))
    (copy / "workflows.yml").write_text(json.dumps({"awx_workflows": [workflow]}))
    (copy / "schedules.yml").write_text(json.dumps({"awx_schedules": []}))
    return copy


def test_secrets_are_written_again_on_request_and_a_private_registry_has_a_credential(collection, fewer):
    for name, after, more in (
        (
            "credentials",
            "awx_credentials:\n",
            "  - {name: Registry, credential_type: Container Registry, inputs: {host: r}}\n",
        ),
        ("organization", "  pull: missing", "\n  credential: Registry"),
    ):
        path = fewer / f"{name}.yml"
        path.write_text(path.read_text().replace(after, after + more, 1))
    for secret, options in ((SECRET, {}), ("new", {"awx_setup_secrets": True})):
        done = load(collection, fewer, secret=secret, **options)
        assert done.returncode == 0, done.stdout
        objects = collection.objects()
        assert objects["notification_template/Runbook Slack"]["notification_configuration"]["token"] == secret
        assert objects["credential/Runbook database"]["inputs"]["password"] == secret
        assert objects["execution_environment/Runbook"]["credential"] == "Registry"


def test_a_misspelt_option_of_a_node_ends_it(collection, fewer):
    """awx.awx itself does not look at the options of nodes; the other options are in tests/contract/test_awx.py."""
    text = (fewer / "workflows.yml").read_text()
    (fewer / "workflows.yml").write_text(text.replace('"identifier": "plan"', '"identifer": "plan"', 1))
    done = load(collection, fewer)
    assert done.returncode != 0
    assert "identifer" in done.stdout
