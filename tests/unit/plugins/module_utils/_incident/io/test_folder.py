"""A log that this login may not see is neither empty nor without the incident: each way to it says so."""

from __future__ import annotations

import os
import pwd

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import InputError, LogError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.event import Event
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.history import history
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.joining import existing_incident, open_incident
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.log import append, ids, snapshot
from ansible_collections.pafar.runbook.plugins.module_utils._incident.io.verify import verify
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.io.status import incident_status
from ansible_collections.pafar.runbook.plugins.module_utils._preflight.io.log_access import log_access

from support.open_folder import open_folder
from support.snapshots import NOW


def write(log, incident="inc-1", create=True):
    opening = Event("opened", NOW, "ada", "db1", {"id": incident})
    return append(log, incident, lambda: opening, [Event("noted", NOW, "ada", "db1")], None, create=create)


@pytest.fixture(params=["the folder", "a folder above it"])
def closed_log(request):
    """A log with an incident, behind a folder that is closed to the login which looks."""
    with open_folder() as place:
        yield from _closed(place / "closed", request.param == "the folder")


def _closed(closed, itself):
    log = closed if itself else closed / "log"
    log.mkdir(parents=True)
    write(str(log))
    closed.chmod(0o000)
    root = os.geteuid() == 0
    if root:
        os.setresuid(65534, 65534, 0)
    try:
        yield str(log)
    finally:
        if root:
            os.setresuid(0, 0, 0)
        closed.chmod(0o755)


@pytest.mark.parametrize(
    "look",
    [
        lambda log: snapshot(log, "inc-1"),
        lambda log: snapshot(log, "nope"),
        ids,
        lambda log: history(log, "", "db1"),
        lambda log: history(log, "inc-1", "db1"),
        lambda log: verify(log, "", ()),
        lambda log: verify(log, "inc-1", ()),
        incident_status,
        lambda log: incident_status(log, "inc-1"),
        lambda log: existing_incident(log, "inc-1", ["db1"], 3600),
        lambda log: existing_incident(log, "", ["db1"], 3600),
        write,
        lambda log: write(log, "inc-2"),
        lambda log: write(log, "inc-2", create=False),
    ],
)
def test_a_closed_log_is_named_with_its_owner_and_what_to_do(closed_log, look):
    with pytest.raises(LogError) as refused:
        look(closed_log)
    text = str(refused.value)
    closed = closed_log.partition("/closed")[0] + "/closed"
    assert "Permission denied" in text
    assert f"{closed} belongs to {_login()}:" in text
    assert "with mode 0000" in text
    assert "There is no incident" not in text


def _login():
    return pwd.getpwuid(os.getresuid()[2]).pw_name


def test_a_run_still_gets_a_name_and_the_reason(closed_log):
    for id in ("", "inc-1"):
        report = open_incident(closed_log, id, "triage", ["db1"], 3600)
        assert (report["joined"], bool(report["id"])) == (False, True)
        assert "Permission denied" in report["problem"]


def test_the_preflight_does_not_know_what_others_may_write_there(closed_log):
    own, other = log_access(closed_log, "", ["nobody"])
    assert own.ready is False
    assert other.ready is not True


def test_a_folder_that_does_not_exist_has_no_incident(tmp_path):
    log = str(tmp_path / "none")
    assert ids(log) == []
    assert incident_status(log)["incidents"] == []
    with pytest.raises(InputError, match="The log is empty"):
        snapshot(log, "inc-1")
    assert not open_incident(log, "", "triage", ["db1"], 3600)["problem"]


def test_a_link_that_leads_to_itself_is_no_log_and_keeps_no_other_from_being_read(tmp_path):
    """It would stop the tick for all incidents."""
    write(str(tmp_path))
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "nowhere.jsonl").symlink_to("/nonexistent/x")
    assert ids(str(tmp_path)) == ["inc-1"]
    assert list(verify(str(tmp_path), "", [])["incidents"]) == ["inc-1"]
    with pytest.raises(InputError, match="There is no incident 'loop'"):
        snapshot(str(tmp_path), "loop")
