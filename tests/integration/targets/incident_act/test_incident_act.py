"""What people do to an incident, from the acknowledgement to the end, by the module."""

from __future__ import annotations

import json
import multiprocessing

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._announce.io.person_act import act_of_person
from ansible_collections.pafar.runbook.plugins.module_utils._core.errors import RunbookError
from ansible_collections.pafar.runbook.plugins.module_utils._incident.record import record
from ansible_collections.pafar.runbook.plugins.module_utils._incident.stamps import moment_of
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.checklist import ITEMS
from ansible_collections.pafar.runbook.plugins.module_utils._lifecycle.options import ACT_ARGS

from support.modules import run_module


@pytest.fixture
def log(tmp_path):
    opening = {"hosts": ["db1"], "severity": "P1"}
    events = [{"kind": "mitigated", "note": {"mitigation": "x", "done": ["did it"]}}]
    record({"log": str(tmp_path), "id": "a", "opening": opening, "host": "db1", "events": events}, False)
    return tmp_path


def act(log, name, by="ada", **options):
    return run_module("incident_act", log=str(log), act=name, by=by, hosts=["db1"], **options)


def test_one_incident_from_the_acknowledgement_to_the_end(log):
    acknowledged = act(log, "acknowledge")
    head = f"(head {acknowledged['head']['seq']}:{acknowledged['head']['hash']})"
    assert (acknowledged["id"], acknowledged["lines"]) == ("a", [f"incident a {head}", "acknowledged (by ada)"])
    assert act(log, "take_role", role="incident_commander")["head"]["seq"] == 4
    offered = act(log, "offer_role", role="incident_commander", person="bob")
    assert "tried: x on db1: did it: not verified" in offered["events"][0]["note"]["handover"]
    assert "offered to bob, not to eve" in act(log, "accept_role", by="eve", role="incident_commander")["msg"]
    assert act(log, "accept_role", by="bob", role="incident_commander")["changed"] is True
    assert "no verification" in act(log, "resolve")["msg"]
    verified = [{"kind": "verified", "note": {"mitigation": "x", "outcome": "recovered"}}]
    record({"log": str(log), "id": "a", "host": "db1", "events": verified}, False)
    assert "of 10 min. Resolve it after" in act(log, "resolve")["msg"]
    assert act(log, "resolve", soak=0)["changed"] is True
    assert "The checklist is open at" in act(log, "close", id="a")["msg"]
    for item, each in ITEMS.items():
        if each.after and item != "timeline_documented":
            assert act(log, "waive", id="a", item=item, reason="of no use here")["changed"] is True
    assert act(log, "close", id="a")["changed"] is True
    status = run_module("incident_status", log=str(log), id="a")
    assert (status["incidents"][0]["phase"], status["incidents"][0]["lead"]) == ("closed", "bob")
    assert {row["item"] for row in status["checklist"] if row["after"] and row["state"] == "open"} == set()
    assert "No incident of" in act(log, "acknowledge")["msg"], "it has ended"


def take(log, person, barrier, results):
    given = {name: option.get("default", "") for name, option in ACT_ARGS.items()}
    given = {**given, "log": str(log), "id": "a", "act": "take_role", "role": "incident_commander", "by": person}
    barrier.wait()
    try:
        results.put(("took", act_of_person(given, False)["changed"]))
    except RunbookError as error:
        results.put(("refused", str(error)))


def test_of_people_who_take_one_role_at_once_one_has_it_and_the_others_are_told(log):
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(4), context.Queue()
    people = [
        context.Process(target=take, args=(log, name, barrier, results)) for name in ("ada", "bob", "eve", "mallory")
    ]
    for person in people:
        person.start()
    found = sorted((results.get(timeout=120) for dummy in people), key=str)
    for person in people:
        person.join()
    assert [kind for kind, dummy in found] == ["refused", "refused", "refused", "took"]
    assert all("holds the role incident_commander" in says for kind, says in found if kind == "refused")


def test_check_mode_says_what_would_be_written(log):
    done = run_module("incident_act", check=True, log=str(log), act="acknowledge", id="a", text="<b>@here</b>")
    assert (done["path"], done["events"][0]["note"]["text"]) == ("", "<b>@here</b>")
    assert len((log / "a.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("hours", "words"),
    [({"zone": "Mars/Base"}, "is no time zone"), ({"zone": "UTC", "ends": "25:00"}, "business_hours"),
     ({"zones": "UTC"}, "is none of"), ({"ends": "17:00"}, "zone is missing"), ({"days": "mon-fri"}, "zone is missing"),
     ({"zone": "UTC", "days": ["someday"]}, "business_hours"), ({"zone": "UTC", "ends": 0}, "0 is no time"),
     ({"zone": "UTC", "starts": "9"}, "business_hours"),
     ({"zone": "UTC", "holidays": ["soon"]}, "business_hours"), ("9 to 5", "is no dictionary")],
)  # fmt: skip
def test_business_hours_that_are_none_are_named_and_keep_no_person_from_the_status(log, hours, words):
    done = run_module("incident_status", log=str(log), hours=hours)
    assert ([incident["id"] for incident in done["incidents"]], words in done["lines"][-1]) == (["a"], True)
    assert done["lines"][-1].endswith("Those of UTC count.")


def test_what_is_overdue_is_in_the_status(log):
    path = log / "b.jsonl"
    event = {
        "at": "2026-01-01T00:00:00.000000Z",
        "kind": "opened",
        "by": "ada",
        "host": "db1",
        "note": {"severity": "P0"},
    }
    path.write_text(json.dumps(event) + "\n")
    (late,) = [
        incident for incident in run_module("incident_status", log=str(log))["incidents"] if incident["id"] == "b"
    ]
    assert [line.partition(" was due ")[0] for line in late["overdue"]] == ["the acknowledgement", "an update"]


def reported(log, **options):
    given = {"text": "no booking can be paid", "reported_by": "support", "noticed_at": "2026-11-23T14:20:00Z"}
    return act(log, "report", **{**given, **options})


def test_what_users_report_opens_an_incident_with_the_alert_that_is_missing_as_work(tmp_path):
    found = reported(tmp_path, severity="P2")
    with open(found["path"]) as log:
        first, second = [json.loads(line) for line in log]
    assert (first["note"]["reported_by"], first["note"]["noticed_at"]) == ("support", "2026-11-23T14:20:00.000000Z")
    assert (first["note"]["severity"], first["note"]["hosts"]) == ("P2", ["db1"])
    assert second["kind"] == "action_item"
    page = run_module("incident_postmortem", log=str(tmp_path), id=found["id"])
    assert page["changed"] is True


def test_a_report_joins_the_open_incident_and_raises_its_severity(log):
    assert reported(log, severity="P0")["id"] == "a"
    assert run_module("incident_status", log=str(log), id="a")["incidents"][0]["severity"] == "P0"
    other = reported(log, id="new")
    assert other["id"] != "a"
    assert "no incident" in reported(log, id="nope")["msg"].lower()
    assert not (log / "nope.jsonl").exists()


@pytest.mark.parametrize("people", [{"ada": {"slack": "U1"}}, ["ada", "bob"], "ada", 5, [None, {"login": "ada"}]])
def test_people_in_another_form_keep_no_person_from_acknowledging(log, people):
    assert act(log, "acknowledge", people=people)["changed"] is True


def test_a_login_acts_under_the_name_of_its_person(log):
    people = [{"name": "Ada Lovelace", "login": "ada", "mail": "a@example.org"}]
    taken = act(log, "take_role", role="incident_commander", people=people)
    assert taken["events"][0]["note"]["person"] == "Ada Lovelace"
    assert act(log, "leave_role", role="incident_commander", people=people)["changed"] is True


TEAM = [
    {"name": "Ada Lovelace", "login": "ada, root.ada", "mail": "a@example.org"},
    {"name": "Bob", "awx_user": "bob.m"},
]


@pytest.mark.parametrize("written", ["bob.m", "BOB", "Bob"])
def test_a_role_is_offered_to_a_person_by_any_of_their_names_and_accepted_by_that_person(log, written):
    assert act(log, "take_role", by="root.ada", role="technical_lead", people=TEAM)["changed"] is True
    offered = act(log, "offer_role", role="technical_lead", person=written, people=TEAM)
    assert offered["events"][0]["note"]["person"] == "Bob"
    refused = act(log, "accept_role", role="technical_lead", person=written, people=TEAM)
    assert "Ada Lovelace accepts the role technical_lead in the name of Bob: give a reason" in refused["msg"]
    accepted = act(log, "accept_role", by="bob.m", role="technical_lead", people=TEAM)
    assert accepted["events"][0]["note"] == {"role": "technical_lead", "person": "Bob", "action": "accepted"}


def test_a_person_who_is_not_in_the_inventory_needs_a_reason(log):
    given = {"role": "technical_lead", "people": TEAM}
    refused = act(log, "offer_role", person="bobb", reason="", **given)
    assert "'bobb' is no one person of runbook_people; did you mean Bob?" in refused["msg"]
    assert "It has: Ada Lovelace, Bob." in act(log, "take_role", person="zzz", **given)["msg"]
    taken = act(log, "take_role", person="Zoe of the vendor", reason="she is here", **given)
    assert taken["events"][0]["note"]["person"] == "Zoe of the vendor"
    assert act(log, "acknowledge", by="a stranger", people=TEAM)["changed"] is True, "a person who acts is not doubted"


def test_after_a_relapse_it_is_resolved_by_a_new_verification_alone(log):
    verified = [{"kind": "verified", "note": {"mitigation": "x", "outcome": "recovered"}}]
    record({"log": str(log), "id": "a", "host": "db1", "events": verified}, False)
    assert act(log, "resolve", soak=0)["changed"] is True
    assert act(log, "reopen", id="a", reason="the locks are back")["changed"] is True
    assert "no verification is in the log since it was opened again" in act(log, "resolve")["msg"]
    rows = {row["item"]: row["state"] for row in run_module("incident_status", log=str(log), id="a")["checklist"]}
    assert (rows["recovery_verified"], rows["resolution_implemented"]) == ("open", "open")
    record({"log": str(log), "id": "a", "host": "db1", "events": verified}, False)
    assert act(log, "resolve", soak=0)["changed"] is True
    for soak, state in ((3600, "open"), (0, "done")):
        rows = {
            row["item"]: row["state"]
            for row in run_module("incident_status", log=str(log), id="a", soak=soak)["checklist"]
        }
        assert rows["recovery_verified"] == state


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"hours": {"zone": "Mars"}}, "zone 'Mars' is no time zone"), ({"hours": "9 to 5"}, "is no dictionary"),
        ({"public_every": {"P9": 1}}, "incident_public_update_every: 'P9'"), ({"public_every": [1]}, "no dictionary"),
    ],
)  # fmt: skip
def test_a_rule_of_the_site_that_is_misspelt_is_said_and_keeps_no_person_from_acting(log, wrong, says):
    acknowledged = act(log, "acknowledge", **wrong)
    assert (acknowledged["changed"], says in acknowledged["lines"][-1]) == (True, True)
    assert "Nothing was" not in acknowledged["lines"][-1]


@pytest.mark.parametrize(
    ("audience", "severity", "given", "minutes"),
    [
        ("inside", "P0", {}, 15), ("inside", "P1", {}, 30), ("inside", "P2", {}, 120), ("inside", "P3", {}, None),
        ("public", "P0", {}, 30), ("public", "P1", {}, 60), ("public", "P2", {}, 240), ("public", "P3", {}, None),
        ("public", "P0", {"public_every": {"P0": 20}}, 20), ("public", "P1", {"public_every": {"P0": 20}}, 60),
        ("public", "P1", {"public_every": {"P1": 0}}, None), ("public", "P1", {"public_every": {"P1": "soon"}}, 60),
    ],
)  # fmt: skip
def test_an_update_says_when_the_next_one_comes_by_the_severity(log, audience, severity, given, minutes):
    rated = [{"kind": "severity", "note": {"severity": severity, "reason": "as users feel it"}}]
    record({"log": str(log), "id": "a", "events": rated}, False)
    act(log, "update", text="It is known.", audience=audience, **given)
    said = json.loads((log / "a.jsonl").read_text().splitlines()[-1])
    promised = said["note"].get("next_at")
    assert (promised and round((moment_of(promised) - moment_of(said["at"])).total_seconds() / 60)) == minutes


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("name", ["report", "severity"])
def test_what_is_no_severity_is_refused_and_nothing_is_written(log, tmp_path_factory, name, check):
    folder = log if name == "severity" else tmp_path_factory.mktemp("empty")
    before = [path.read_bytes() for path in folder.glob("*.jsonl")]
    options = {"text": "no booking", "reported_by": "support", "reason": "x", "severity": "P7"}
    refused = act(folder, name, check=check, **options)
    assert refused["msg"].startswith("severity: 'P7' is no severity; use one of P0, P1, P2, P3, or unknown.")
    assert [path.read_bytes() for path in folder.glob("*.jsonl")] == before


LONG = "x" * 10_240
NO_TIME = "14:99 " + "x" * 150


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("acknowledge", {"text": LONG}, "text: at most 10000 characters are kept, and this has 10240."),
        ("severity", {"severity": "P2", "reason": LONG}, "reason: at most 10000 characters are kept"),
        ("take_role", {"role": "technical_lead", "person": LONG}, "person: at most 200 characters are kept"),
        ("waive", {"item": LONG, "reason": "x"}, "item: at most 1000 characters are kept"),
        ("report", {"text": "x", "reported_by": LONG}, "reported_by: at most 200 characters are kept"),
        ("report", {"text": "x", "reported_by": "x", "noticed_at": NO_TIME}, "noticed_at: '14:99 xxx"),
    ],
)
def test_what_is_longer_than_a_person_can_mean_is_refused_in_a_short_message(log, name, options, says):
    before = (log / "a.jsonl").read_bytes()
    refused = act(log, name, id="new" if name == "report" else "a", **options)
    assert refused["msg"].startswith(says)
    assert len(refused["msg"]) < 300
    assert len(list(log.glob("*.jsonl"))) == 1
    assert (log / "a.jsonl").read_bytes() == before


def test_an_incident_that_is_none_is_named_short_and_with_the_folder_of_the_log(log):
    assert act(log, "acknowledge", id="x" * 10_240)["msg"].startswith(
        f"There is no incident '{'x' * 117}...' in {log}."
    )
    status = run_module("incident_status", log=str(log), id="</b>x")
    assert status["msg"].startswith(f"There is no incident '</b>x' in {log}. The last ones are: a.")


def test_what_is_open_of_a_checklist_is_named_with_the_playbook_that_ticks_it(log):
    assert act(log, "resolve", id="a", reason="by hand")["changed"] is True
    refused = act(log, "close", id="a")["msg"]
    assert "tick it (playbooks/incident_checklist.yml -e incident_act_item=NAME), or waive it with" in refused
