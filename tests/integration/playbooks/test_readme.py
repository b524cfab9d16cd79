"""From a clone to an approved act on a held plan and its undo: what the README and each step print is typed."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import pytest

from support.clients import Client
from support.servers import PASSWORD, ROOT, Server, with_contrib

MOST = 12  # commands


@pytest.fixture(scope="module")
def server():
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    with Server(with_contrib()[max(with_contrib())], settings) as running:
        running.prepare_site()
        running.run("CREATE EXTENSION pg_stat_statements", "DROP ROLE oncall", *statements_of_the_readme())
        yield running


@pytest.fixture
def slow(server):
    """An application that asks all the time for what has no index."""
    client, over = Client(server, "pafar-web").ready(), threading.Event()
    client.run("CREATE TABLE big AS SELECT i AS id, i % 5000 AS customer FROM generate_series(1, 60000) i")
    client.run("ANALYZE big")

    def ask() -> None:
        while not over.is_set():
            client.run("SELECT count(*) FROM big WHERE customer = 7")
            over.wait(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    yield
    over.set()
    asking.join()
    client.run("DROP TABLE big")
    client.connection.close()


def block_of_the_readme(language):
    """The lines of the first such block of the first incident."""
    section = (ROOT / "README.md").read_text().partition("## The first incident")[2]
    return re.search(rf"```{language}\n(.*?)```", section, re.S).group(1).splitlines()


def statements_of_the_readme():
    """Those that make the role, which has no other right."""
    return [line.replace("'...'", f"'{PASSWORD}'") for line in block_of_the_readme("sql")]


def commands_of_the_readme():
    """Those down to the menu."""
    return [line.removeprefix("$ ") for line in block_of_the_readme("console")]


def editor(server, folder):
    """An editor that sets the address and the port of this server, where the example has its own."""
    path = folder / "editor.py"
    path.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text()\n"
        f"for old, new in (('db1.example.org', '127.0.0.1'), ('5432', '{server.port}')):\n"
        "    assert old in text, old\n"
        "    text = text.replace(old, new)\n"
        "path.write_text(text)\n"
    )
    path.chmod(0o755)
    return path


@pytest.mark.usefixtures("slow")
def test_what_is_printed_is_typed_from_the_clone_to_the_undo(server, site, monkeypatch):
    first = commands_of_the_readme()
    assert [line.split()[0] for line in first] == ["git", "python3", "pip", "cp", "export", "ansible-playbook"]
    # The environment is that of the tests, made of the same requirements.
    typed = [line for line in first if line.split()[0] not in ("python3", "pip")]
    script = "\n".join(["set -e", *typed]).replace("https://github.com/pafar/runbook", f"-q {ROOT} runbook")
    script = script.replace("RUNBOOK_POSTGRES_PASSWORD=...", f"RUNBOOK_POSTGRES_PASSWORD={PASSWORD}")
    env = site.environment(EDITOR=str(editor(server, site.folder)))
    menu = subprocess.run(["bash", "-c", script], cwd=site.folder, env=env, capture_output=True, text=True, check=False)
    assert menu.returncode == 0, menu.stdout + menu.stderr
    clone = site.folder / "runbook"
    monkeypatch.setenv("RUNBOOK_POSTGRES_PASSWORD", PASSWORD)
    done, count = walk(server, site, menu, clone)
    assert "  changed: dropped public.big_customer_idx" in done.stdout, done.stdout
    assert len(first) + count + sum(" && " in line for line in first) <= MOST


def walk(server, site, menu, clone):
    """From the menu on, each command as the step before printed it; the last run, and how many commands there were."""
    playbook = re.search(r"the database is slow +(\w+)", menu.stdout).group(1)
    check = re.search(r"CHECK: .*\n +(ansible-playbook .*?--diff)", menu.stdout).group(1).replace("PLAYBOOK", playbook)
    held = site.typed(check, clone)
    assert held.returncode == 0, held.stdout + held.stderr
    assert "CREATE INDEX CONCURRENTLY big_customer_idx" in held.stdout
    assert "  outcome: db1 has a plan that is held" in held.stdout
    built = site.typed(site.next_command(held), clone)
    assert built.returncode == 0, built.stdout + built.stderr
    assert server.value("SELECT count(*) FROM pg_indexes WHERE indexname = 'big_customer_idx'") == 1
    assert "  next: to undo: " in built.stdout, built.stdout
    undone = site.typed(site.next_command(built), clone)
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert server.value("SELECT count(*) FROM pg_indexes WHERE tablename = 'big'") == 0
    return undone, 3
