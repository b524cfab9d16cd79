from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._run.replaced import refusal

TIMEOUT = {"role": "app", "setting": "lock_timeout", "value": ""}
FIXED = {
    "scale_services_replicas": "3", "scale_services_expected": 5, "role_settings_settings": [TIMEOUT],
    "roll_back_release_accept_migrations": True, "runbook_compose": {"project": "shop"},
}  # fmt: skip


@pytest.mark.parametrize(
    "extra",
    [
        {"scale_services_replicas": "9"},
        {"scale_services_replicas": ""},
        {"role_settings_settings": []},
        {"role_settings_settings": [{**TIMEOUT, "value": "9s"}]},
        {"role_settings_settings": "[]"},
        {"roll_back_release_accept_migrations": "no"},
        {"runbook_compose": {"docker_host": "unix:///x"}},
        {"runbook_compose": {"project": "other"}},
        {"runbook_compose": None},
    ],
)
def test_what_would_replace_a_value_of_the_incident_is_refused_by_its_name(extra):
    (name,) = extra
    text = refusal(FIXED, {"runbook_site": "x", **extra})
    assert text.startswith(f"Extra variables replace what this run takes from the incident: {name} is ")
    assert "Nothing was done. Leave it out" in text


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"scale_services_replicas": 3, "scale_services_expected": "5"},
        {"role_settings_settings": [TIMEOUT]},
        {"roll_back_release_accept_migrations": "true"},
        {"runbook_compose": {"project": "shop", "docker_host": "unix:///x"}},
        {"role_settings_limit": 1, "runbook_approval": "always"},
    ],
)
def test_the_same_value_and_other_variables_are_none(extra):
    assert refusal(FIXED, extra) == refusal({}, extra) == ""


def test_several_are_named_and_no_secret_is():
    text = refusal({"a_password": "x", "b": 1}, {"a_password": "hunter2", "b": 2})
    assert "hunter2" not in text
    assert "a_password is another value, and another value there; b is 2, and 1 there." in text
    assert "Leave them out" in text
