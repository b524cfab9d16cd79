"""compose_info against a real engine: what runs, what is wrong, what differs, and what cannot be seen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

from support.modules import run_module
from support.servers import ROOT


def test_it_tells_of_every_service(shop):
    seen = shop.module("compose_info")
    assert set(seen["services"]) == {"web", "front", "worker", "db", "migrate"}
    web = seen["services"]["web"]
    assert (web["wanted"], web["running"], web["healthy"], web["drifted"]) == (2, 2, 2, 0)
    assert web["needs"] == ["db"]
    assert {one["state"] for one in web["containers"]} == {"running"}
    assert seen["project"]["files"] == [str(shop.file)]
    assert (seen["unhealthy"], seen["problem"]) == (0, []), "a job that ran once and ended well is no trouble"
    job = seen["services"]["migrate"]["containers"][0]
    assert (job["state"], job["exit_code"], job["exit_meaning"]) == ("exited", 0, "ended without an error")


def test_what_is_wrong_is_said_with_the_last_words(shop):
    # It lasts a moment, so that it runs when it is looked at: the engine has forgotten then what it ended with.
    shop.services["loop"] = {
        "image": "@", "command": ["sh", "-c", "echo password=hunter2 refused; sleep 1; exit 3"], "restart": "always",
    }  # fmt: skip
    shop.write()
    shop.compose("up", "--detach", "--no-build", "loop")
    shop.make_unhealthy(f"{shop.project}-web-1")
    shop.until("it loops", lambda: shop.containers("loop")[0]["RestartCount"] >= 3)
    seen = shop.module("compose_info")
    loop = seen["services"]["loop"]["containers"][0]
    assert loop["loops"] is True
    assert "its last exit was 3, failed with 3" in loop["problem"]
    assert any("password=(hidden) refused" in line for line in loop["log"])
    assert seen["services"]["web"]["healthy"] == 1
    assert seen["unhealthy"] == 2


def test_drift_names_what_differs_and_no_value(shop):
    shop.services["web"]["environment"]["COLOUR"] = "s3cret-green"
    shop.services["db"]["mem_limit"] = "100m"
    shop.write()
    shop.build("newer")
    seen = shop.module("compose_info")["services"]
    drift = seen["web"]["containers"][0]["drift"]
    assert any(one.startswith("image: ") for one in drift)
    assert "environment: COLOUR" in drift
    assert "s3cret" not in str(seen)
    assert any(one.startswith("memory limit: ") for one in seen["db"]["containers"][0]["drift"])


def test_what_was_scaled_by_hand_is_said(shop):
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=3", "worker")
    assert shop.module("compose_info")["services"]["worker"]["notes"] == [
        "the files ask for 1, 3 run: the next `up` reverts this"
    ]


def test_a_replica_that_was_removed_is_missing(shop):
    """web has two by its files; nothing of the removed one is left in the engine."""
    shop.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "web=1", "web")
    seen = shop.module("compose_info")
    assert seen["services"]["web"]["notes"] == ["the files ask for 2, 1 run, 1 have no container"]
    assert "web: the files ask for 2, 1 run, 1 have no container" in seen["problem"]


def test_files_that_cannot_be_read_are_named_and_the_rest_is_told(shop):
    shop.file.write_text("services:\n  web: [this is no service\n")
    seen = shop.module("compose_info")
    assert seen["project"]["readable"] is False
    assert str(shop.file) in seen["project"]["why_unreadable"]
    assert "yaml" in seen["project"]["why_unreadable"]
    assert seen["services"]["web"]["wanted"] is None
    assert seen["services"]["web"]["healthy"] == 2
    shop.file.unlink()
    assert f"{shop.file} is not on this host" in shop.module("compose_info")["project"]["why_unreadable"]


def test_it_is_found_by_name_by_folder_and_by_file(shop):
    for how in ({"project": shop.project}, {"project_directory": str(shop.folder)}, {"files": [str(shop.file)]}):
        assert run_module("compose_info", **how)["project"]["name"] == shop.project


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            {"project": "nosuch"}, "There is no container of the compose project nosuch", id="unknown project"
        ),
        pytest.param({"services": ["nosuch"]}, "has no service nosuch. It has: db, front", id="unknown service"),
        pytest.param({"files": ["compose.yml"]}, "must be an absolute path", id="relative file"),
        pytest.param({"docker_host": "unix:///nowhere/docker.sock"}, "there is no such socket", id="no engine"),
        pytest.param({"docker_host": "tcp://127.0.0.1:1"}, "nothing listens there", id="nothing listens"),
        pytest.param({"engine_timeout": 0}, "engine_timeout is 0 and must be", id="no limit"),
    ],
)
def test_bad_input_is_one_clear_paragraph(shop, options, said):
    done = run_module("compose_info", **{"project": shop.project, **options})
    assert done["failed"] is True
    assert said in done["msg"]
    assert "Nothing was done" in done["msg"] or "must be" in done["msg"]


def test_an_engine_that_hangs_is_named_in_time(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "docker.sock"))
        server.listen(5)
        stop = threading.Event()
        threading.Thread(target=stop.wait, daemon=True).start()
        done = run_module("compose_info", docker_host=f"unix://{tmp_path}/docker.sock", engine_timeout=1)
        assert not stop.is_set(), "it ended while the engine still hung"
        stop.set()
    assert "does not answer within 1 s" in done["msg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody who may not")
def test_no_permission_on_the_socket(tmp_path):
    script = (
        "import os, socket, sys, docker, requests\n"
        "from ansible_collections.pafar.runbook.plugins.module_utils._compose.endpoint.engine_endpoint"
        " import EngineEndpoint\n"
        "from ansible_collections.pafar.runbook.plugins.module_utils._compose.io.engine import Engine, EngineLogin\n"
        "path = sys.argv[1]\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(path); s.listen(); os.chmod(path, 0o600); os.setuid(65534)\n"
        "try:\n    Engine(EngineLogin(EngineEndpoint(f'unix://{path}'), 2))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / "docker.sock")],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
    )  # fmt: skip
    assert "PrivilegeError" in done.stdout, done.stdout + done.stderr
    assert "group docker" in done.stdout
