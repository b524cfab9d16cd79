from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_keys import unknown_keys
from ansible_collections.pafar.runbook.plugins.module_utils._run.unknown_names import Own, refusal, unknown_names

LAYER = "runbook_oncall.primary.layers[1]"
# Variable, its value -> the key that is none, and what was meant.
MISSPELT = [
    ("runbook_postgres", {"login_prot": 1}, "runbook_postgres.login_prot", "runbook_postgres.login_port"),
    ("runbook_postgres", {"user": "x"}, "runbook_postgres.user", "runbook_postgres.login_user"),
    ("runbook_postgres", {"password": "x"}, "runbook_postgres.password", "runbook_postgres.login_password"),
    ("runbook_compose", {"projct": "x"}, "runbook_compose.projct", "runbook_compose.project"),
    ("runbook_compose", {"dockerhost": "x"}, "runbook_compose.dockerhost", "runbook_compose.docker_host"),
    ("runbook_announce", {"slak": {}}, "runbook_announce.slak", "runbook_announce.slack"),
    ("runbook_announce", {"email": {}}, "runbook_announce.email", "runbook_announce.mail"),
    ("runbook_announce", {"pagerduty": {}}, "runbook_announce.pagerduty", "runbook_announce.pager"),
    ("runbook_announce", {"statuspage": {}}, "runbook_announce.statuspage", "runbook_announce.page"),
    ("runbook_announce", {"slack": {"tokn": 1}}, "runbook_announce.slack.tokn", "runbook_announce.slack.token"),
    (
        "runbook_announce", {"slack": {"chanel": "x"}}, "runbook_announce.slack.chanel",
        "runbook_announce.slack.channel_from or runbook_announce.slack.standing_channel",
    ),
    ("runbook_announce", {"mail": {"too": []}}, "runbook_announce.mail.too", "runbook_announce.mail.to"),
    ("runbook_people", [{"name": "ada", "email": "x"}], "runbook_people[ada].email", "runbook_people[ada].mail"),
    ("runbook_people", [{"nme": "ada"}], "runbook_people[1].nme", "runbook_people[1].name"),
    ("runbook_oncall", {"primry": {}}, "runbook_oncall.primry", "runbook_oncall.primary"),
    ("runbook_oncall", {"primary": {"layers": [{"zon": 1}]}}, f"{LAYER}.zon", f"{LAYER}.zone"),
    (
        "runbook_oncall", {"primary": {"layers": [{"hours": [{"form": 1}]}]}}, f"{LAYER}.hours[1].form",
        f"{LAYER}.hours[1].from",
    ),
    ("runbook_backups", [{"max_ages": 1}], "runbook_backups[1].max_ages", "runbook_backups[1].max_age"),
    ("runbook_endpoints", [{"name": "db", "hst": 1}], "runbook_endpoints[db].hst", "runbook_endpoints[db].host"),
    ("runbook_business_hours", {"start": 1}, "runbook_business_hours.start", "runbook_business_hours.starts"),
    ("runbook_objectives", {"x": {"goood": 1}}, "runbook_objectives.x.goood", "runbook_objectives.x.good"),
    ("runbook_charts", {"x": {"qery": 1}}, "runbook_charts.x.qery", "runbook_charts.x.query"),
    (
        "runbook_endpoint_key_variables", {"stripe": {"servce": 1}}, "runbook_endpoint_key_variables.stripe.servce",
        "runbook_endpoint_key_variables.stripe.service",
    ),
    ("runbook_announce", {"jira": {}}, "runbook_announce.jira", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "key", "meant"), MISSPELT)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(name, value, key, meant):
    ((unknown),) = unknown_keys(name, value)
    assert (unknown["name"], unknown["meant"]) == (key, meant)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("runbook_postgres", "{{ the_login }}"),
        ("runbook_postgres", {"host": "x", "connect_params": {"options": "-c x=y"}}),
        ("runbook_announce", {"slack": {"links": {"Our page": "x"}, "vendors": {"Stripe": {"address": "x"}}}}),
        ("runbook_announce", {"slack": None, "tracker": {"create": {"anything": {"deep": 1}}, "headers": {"X": 1}}}),
        ("runbook_endpoints", [{"name": "x", "headers": {"X-Own": "y"}}, "{{ more }}"]),
        ("runbook_charts", {"our own name": "a query", "another": {"query": "q", "unit": "s"}}),
        ("runbook_oncall", {"primary": {"shifts": "x", "headers": {"Authorization": "y"}}}),
        ("runbook_reach", {"anything": "x"}),
    ],
)
def test_keys_of_the_sites_own_are_left_alone(name, value):
    assert unknown_keys(name, value) == []


def test_the_refusal_of_a_key_proposes_no_variable_of_ones_own():
    text = refusal(unknown_keys("runbook_announce", {"jira": {}, "slak": {}}))
    assert (
        "runbook_announce.jira: no key is like it; runbook_announce.slak: did you mean runbook_announce.slack?" in text
    )
    assert "runbook_own_variables" not in text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("runbook_slack_channel", "runbook_announce.slack"),
        ("runbook_alertmanager", "runbook_announce.alertmanager"),
        ("runbook_login_host", "runbook_postgres.login_host"),
        ("runbook_docker_host", "runbook_compose.docker_host"),
    ],
)
def test_a_key_that_is_written_as_a_variable_is_proposed_in_its_place(name, meant):
    assert unknown_names([name], Own())[0]["meant"] == meant
