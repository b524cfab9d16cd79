"""A value that would be taken for another one is named: a word for true, a severity, a list in a list, a container."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.wrong_values import said_of_values, wrong_values


def names(variables, refused=None):
    return [each["name"] for each in wrong_values(variables) if refused is None or each["refused"] is refused]


@pytest.mark.parametrize("name", ["runbook_four_eyes", "preflight_strict", "unblock_sessions_exclude_superusers"])
@pytest.mark.parametrize("value", ["always", "enabled", "required", "disabled", "never", "truee", 2, 0.5, ["true"], {}])
def test_what_is_neither_true_nor_false_is_refused(name, value):
    assert names({name: value}, refused=True) == [name]


@pytest.mark.parametrize(
    "value",
    [
        True, False, "true", "YES", "y", "On", " true", "no", "n", "off", 1, 0, "1", "", None, "{{ site_rule }}",
        "{% if x %}true{% endif %}", object(),
    ],
)  # fmt: skip
def test_a_truth_is_left_alone_and_so_is_a_template(value):
    assert wrong_values({"runbook_four_eyes": value, "runbook_approval": "always", "site_thing": "always"}) == []


@pytest.mark.parametrize("name", ["triage_services", "triage_targets"])
@pytest.mark.parametrize("value", ["critical", None, "", "P4", "P", 1, ["P0"]])
def test_what_is_no_severity_is_named(name, value):
    assert names({name: {"backend": value, "nginx": "P0"}}, refused=False) == [f"{name}.backend"]


@pytest.mark.parametrize("value", ["P0", "p0", " P3 ", "{{ usual }}"])
def test_a_severity_is_one_in_any_case(value):
    assert wrong_values({"triage_services": {"backend": value}, "triage_targets": {}}) == []


@pytest.mark.parametrize("name", ["runbook_exclude_roles", "unblock_sessions_exclude_queries", "runbook_singletons"])
@pytest.mark.parametrize("value", [["a", ["b"]], [{"name": "x"}], [[]]])
def test_a_list_of_names_has_only_names(name, value):
    assert names({name: value}, refused=True) == [name]
    assert wrong_values({name: ["a", "b c", "{{ more }}", 1]}) == []
    assert wrong_values({name: "a, b"}) == []


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("runbook_postgres", [{"login_host": "x"}], "runbook_postgres"),
        ("runbook_announce", {"slack": [{"token": "x"}]}, "runbook_announce.slack"),
        ("runbook_announce", [{"slack": {}}], "runbook_announce"),
        ("runbook_people", {"ada": {"slack": "U1"}}, "runbook_people"),
        ("runbook_backups", {"path": "/x"}, "runbook_backups"),
        ("runbook_endpoints", {"db": {"host": "x"}}, "runbook_endpoints"),
        ("runbook_objectives", [{"good": "x"}], "runbook_objectives"),
        ("runbook_oncall", {"primary": [{"layers": []}]}, "runbook_oncall.primary"),
        ("runbook_oncall", {"primary": {"layers": {"zone": "x"}}}, "runbook_oncall.primary.layers"),
        (
            "runbook_oncall", {"primary": {"layers": [{"hours": {"days": "mon"}}]}},
            "runbook_oncall.primary.layers[1].hours",
        ),
        ("triage_services", ["backend"], "triage_services"),
    ],
)  # fmt: skip
def test_a_list_in_the_place_of_a_dictionary_is_named_and_the_reverse(variable, value, name):
    (wrong,) = wrong_values({variable: value})
    assert (wrong["name"], wrong["refused"]) == (name, False)
    assert "must be a " in wrong["why"]
    assert said_of_values([{**wrong, "place": "all.yml, line 3"}]).startswith(f"{name} (all.yml, line 3) must be a ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("runbook_postgres", {"login_host": "x", "connect_params": {"options": ["a"]}}),
        ("runbook_announce", {"slack": None, "mail": {"to": ["a"]}, "tracker": {"create": {"x": [1]}}}),
        ("runbook_people", [{"name": "ada"}]), ("runbook_people", []), ("runbook_backups", {}), ("runbook_oncall", []),
        ("runbook_charts", {"x": "query", "y": {"query": "q"}}), ("runbook_endpoints", "{{ endpoints }}"),
        ("runbook_oncall", {"primary": {"layers": [{"people": ["ada"], "hours": [{"days": ["mon"]}]}]}}),
        ("runbook_endpoint_key_variables", {"stripe": {"service": "x"}}), ("runbook_business", {"x": ["y"]}),
    ],
)  # fmt: skip
def test_a_container_that_is_right_is_left_alone(variable, value):
    assert wrong_values({variable: value}) == []


MISFITS = [
    ("unblock_sessions_limit", "ten", "must be a whole number"),
    ("unblock_sessions_limit", "2.5", "must be a whole number"),
    ("unblock_sessions_min_waiting", "30s", "must be a number"),
    ("triage_timeout", [5], "must be a number"),
    ("runbook_approval", "allways", "must be one of over_limit, always, never"),
    ("runbook_approval", True, "must be one of over_limit, always, never"),
    ("db_session_cancel_action", "kill", "must be one of auto, cancel, terminate"),
    ("unblock_sessions_strategy", "least-harm", "must be one of least_harm, root_blockers, queued_blockers"),
]


@pytest.mark.parametrize(("name", "value", "why"), MISFITS)
def test_what_a_role_would_refuse_is_named_as_it_was_given_and_refused_where_it_was_typed(name, value, why):
    (wrong,) = wrong_values({name: value})
    assert (wrong["name"], wrong["refused"]) == (name, False)
    assert wrong["why"].endswith(why)
    assert names({name: value}, refused=True) == []
    assert [each["refused"] for each in wrong_values({name: value}, typed=True)] == [True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("unblock_sessions_limit", 7), ("unblock_sessions_limit", "7"), ("unblock_sessions_limit", 7.0),
        ("unblock_sessions_min_waiting", "0.5"), ("unblock_sessions_min_waiting", " 5 "),
        ("unblock_sessions_limit", ""), ("unblock_sessions_limit", None), ("unblock_sessions_limit", "{{ site }}"),
        ("runbook_approval", "never"), ("runbook_approval", ""), ("runbook_approval", "{{ site }}"),
        ("incident_severity", "critical"), ("site_approval", "allways"), ("reclaim_disk_free", "20%"),
    ],
)  # fmt: skip
def test_a_number_and_a_word_that_fit_are_left_alone(name, value):
    assert wrong_values({name: value}, typed=True) == []
