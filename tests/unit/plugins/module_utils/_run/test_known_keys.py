"""The table of keys is that of the code which reads each variable: a key of a newer version is not refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.settings import DEFAULTS, REQUIRED
from ansible_collections.pafar.runbook.plugins.module_utils._compose.options import COMPOSE_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError
from ansible_collections.pafar.runbook.plugins.module_utils._disk import options as disk
from ansible_collections.pafar.runbook.plugins.module_utils._endpoints.options import PROBE_ARGS, keys_of
from ansible_collections.pafar.runbook.plugins.module_utils._impact import questions
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.business_hours import business_hours
from ansible_collections.pafar.runbook.plugins.module_utils._oncall import steps
from ansible_collections.pafar.runbook.plugins.module_utils._oncall.people import FIELDS
from ansible_collections.pafar.runbook.plugins.module_utils._postgres.options import POSTGRES_ARGS
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_keys import KEYS
from ansible_collections.pafar.runbook.plugins.module_utils._run.known_names import SETTINGS


def names_of(args: dict[str, Any]) -> set[str]:
    """The options of an argument spec, also by their aliases."""
    return {*args, *(alias for spec in args.values() for alias in spec.get("aliases", ()))}


LAYER = "runbook_oncall.*.layers.*"
READ: dict[str, Collection[str]] = {
    "runbook_postgres": names_of(POSTGRES_ARGS),
    "runbook_compose": names_of(COMPOSE_ARGS),
    "runbook_backups.*": disk._BACKUP_KEYS,
    "runbook_endpoints.*": names_of(PROBE_ARGS["targets"]["options"]),
    "runbook_announce": REQUIRED,
    **{f"runbook_announce.{channel}": {*REQUIRED[channel], *DEFAULTS[channel]} for channel in REQUIRED},
    "runbook_people.*": FIELDS,
    "runbook_oncall": steps.STEPS,
    "runbook_oncall.*": (*steps.KINDS, *steps._FEED),
    LAYER: steps._LAYER,
    f"{LAYER}.hours.*": steps._HOURS,
    f"{LAYER}.overrides.*": steps._OVERRIDE,
    "runbook_objectives.*": questions._OBJECTIVE,
    "runbook_charts.*": questions._CHART,
}


@pytest.mark.parametrize("path", READ)
def test_the_keys_are_those_that_are_read(path: str) -> None:
    assert sorted(KEYS[path]) == sorted(READ[path])


def test_the_other_keys_are_taken_and_no_others() -> None:
    """Where the code has no list of them."""
    assert set(KEYS) - set(READ) == {"runbook_business_hours", "runbook_endpoint_key_variables.*"}
    hours = {"zone": "UTC", "starts": "09:00", "ends": "17:00", "days": "mon-fri", "holidays": []}
    assert set(hours) == set(KEYS["runbook_business_hours"])
    business_hours(hours)
    key = dict.fromkeys(KEYS["runbook_endpoint_key_variables.*"], "x")
    assert list(keys_of({"keys": {}, "key_variables": {"stripe": key}})) == ["stripe"]
    with pytest.raises(InputError):
        business_hours({**hours, "start": "09:00"})
    with pytest.raises(InputError):
        keys_of({"keys": {}, "key_variables": {"stripe": {**key, "other": "x"}}})


def test_the_variables_are_settings() -> None:
    assert {path.partition(".")[0] for path in KEYS} <= set(SETTINGS)
