"""A partner's job in the worker's container that uses the database badly: a script of its own, by psycopg2."""

from __future__ import annotations

from rehearsal import backend
from rehearsal.platform import Platform

# sys.argv: the name of the job, what each session runs, how many at most, whether it keeps them (else it ends each).
SCRIPT = """
import os, sys, threading, time
import psycopg2
name, statement, most, keep = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "keep"
began, kept = time.monotonic(), []
def connect():
    return psycopg2.connect(host=os.environ["POSTGRES_HOST"], dbname=os.environ["POSTGRES_DB"], user="pafar",
                            password=os.environ["PAFAR_DB_PASSWORD"], application_name=name, connect_timeout=3)
def work():
    try:
        connection = connect()
        connection.autocommit = not statement.startswith("BEGIN")
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("BEGIN", "", 1).strip(" ;"))
        kept.append(connection) if keep else connection.close()
    except psycopg2.Error:
        pass
while time.monotonic() - began < 600 and len(kept) < most:
    hurry = os.path.exists(f"/tmp/{name}.hurry")  # at first it takes all there are, then one a second
    if keep:
        work()
    elif threading.active_count() <= most:
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.02 if hurry else 1)
time.sleep(600)
"""


def start(platform: Platform, name: str, statement: str, most: int, keep: bool) -> None:
    """Begin to take connections: fast until ``calm`` is called, then one a second, as a job that leaks."""
    words = [name, statement, str(most), "keep" if keep else "end"]
    platform.execute("celery-worker", "touch", f"/tmp/{name}.hurry")
    platform.execute("celery-worker", "python3", "-c", SCRIPT, *words, detach=True)


def take_all(platform: Platform, name: str, statement: str) -> None:
    """Until no slot is left for anybody else; the application loses its own in a short trouble of the network."""
    start(platform, name, statement, 60, keep=True)
    platform.until("every slot is taken", lambda: is_full(platform))
    platform.until("the application has none", lambda: cut_off(platform))
    calm(platform, name)


def calm(platform: Platform, name: str) -> None:
    """From now on it takes one connection a second."""
    platform.execute("celery-worker", "rm", "--force", f"/tmp/{name}.hurry")


def is_full(platform: Platform) -> bool:
    """Whether ordinary roles find no slot."""
    sql = (
        "SELECT count(*) >= current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int"
        " FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return bool(platform.query(sql)[0][0])


def cut_off(platform: Platform) -> bool:
    """End the application's sessions; true when it had none, so that the job has taken its slots."""
    ended = platform.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pafar-backend'"
    )
    return not ended and is_full(platform)


def stop(platform: Platform, name: str) -> None:
    """End the job and its sessions."""
    calm(platform, name)
    backend.signal(platform.container("celery-worker"), "SIGKILL", name)
    platform.end(name)
