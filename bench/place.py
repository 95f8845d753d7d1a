"""Where a benchmark lives: a folder, a database and the environment of the processes it starts; removed at the end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
DATABASES = ("sqlite", "postgresql")
LONGEST_SECONDS = 3 * 3600.0  # a soak of two hours is the longest there is


@dataclass
class Place:
    """A folder of its own with one empty, migrated database; `run` starts our Python programs inside of it."""

    folder: Path
    database: str
    environment: dict[str, str] = field(repr=False)

    def run(self, module: str, *arguments: str, **environment: str) -> dict[str, float]:
        """Run `python -m module` and return the JSON object that is the last line of its output."""
        return run_json([PYTHON, "-m", module, *arguments], {**self.environment, **environment})

    def manage(self, *arguments: str, **environment: str) -> str:
        return subprocess.run(
            [PYTHON, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            check=True,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        ).stdout


def run_json(command: Sequence[str], environment: dict[str, str]) -> dict[str, float]:
    """The JSON object in the last line a program prints. Its error output is shown; raises when it fails."""
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=LONGEST_SECONDS
    )
    found: dict[str, float] = json.loads(finished.stdout.splitlines()[-1])
    return found


@contextmanager
def place(database: str, kept: Path | None = None) -> Iterator[Place]:
    """A database of the kind named, migrated: empty and gone afterwards, or the one that stays in the folder `kept`."""
    folder = Path(tempfile.mkdtemp(prefix="usage-bench-")) if kept is None else kept
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _database_url(database, folder, kept=kept is not None) as url:
            made = Place(folder, database, environment_for(folder, url))
            made.manage("migrate", "--verbosity", "0")
            yield made
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def kept_folder(database: str, records: int) -> Path:
    """Where `script/bench fill` leaves a database of that many records."""
    return Path(tempfile.gettempdir()) / "usage-bench" / f"{database}-{records}"


def safe_environment() -> dict[str, str]:
    """What a process needs to run, and none of the settings of an installation."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}


def environment_for(folder: Path, database_url: str) -> dict[str, str]:
    return {
        **safe_environment(),
        "DJANGO_SETTINGS_MODULE": "intacct_usage.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "bench-only-secret-key-bench-only-secret-key-bench-only-secret-key",
        "ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "LOG_FORMAT": "text",
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
    }


@contextmanager
def _database_url(database: str, folder: Path, *, kept: bool) -> Iterator[str]:
    if database == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    with private_postgresql(folder / "server" if kept else None) as url:
        yield url


@contextmanager
def private_postgresql(kept: Path | None = None) -> Iterator[str]:
    """A PostgreSQL server of our own on a socket, with durable settings; `BENCH_DATABASE_URL` names another instead.

    Its data stay in the folder `kept`, if one is given.
    """
    named = os.environ.get("BENCH_DATABASE_URL")
    if named:
        yield named
        return
    folder = kept or Path(tempfile.mkdtemp(prefix="usage-bench-pg-"))
    data, socket = folder / "data", folder / "socket"
    is_new = not data.exists()
    for made in (folder, data, socket):
        made.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(data, "postgres")
        shutil.chown(socket, "postgres")
    try:
        if is_new:
            _as_postgres("initdb", "-D", str(data), "-A", "trust", "-U", "bench", "-E", "UTF8")
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{socket}' -c max_connections=300 "
            "-c shared_buffers=512MB -c max_wal_size=4GB"
        )
        _as_postgres("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
        yield f"postgres://bench@/postgres?host={socket}"
    finally:
        if (data / "postmaster.pid").exists():
            _as_postgres("pg_ctl", "-D", str(data), "-m", "immediate" if kept is None else "fast", "stop")
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def chosen_databases(named: str | None) -> list[str]:
    """The one that was named, else both, as far as PostgreSQL is installed."""
    return [named] if named else [*DATABASES] if has_postgresql() else ["sqlite"]


def has_postgresql() -> bool:
    return bool(os.environ.get("BENCH_DATABASE_URL")) or _postgresql_programs() is not None


def _postgresql_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def _as_postgres(program: str, *arguments: str) -> None:
    programs = _postgresql_programs()
    if programs is None:
        sys.exit("PostgreSQL's programs were not found; install it or set BENCH_DATABASE_URL to an empty database.")
    command = [str(programs / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)


@contextmanager
def started(command: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended afterwards; its standard output is a pipe."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def gateway(**plan: float) -> Iterator[str]:
    """`host:port` of a benchmark gateway with this plan (see `bench.gateway.Plan`)."""
    with started([PYTHON, "-m", "bench.gateway", json.dumps(plan)]) as process:
        assert process.stdout is not None
        yield f"127.0.0.1:{process.stdout.readline().strip()}"
