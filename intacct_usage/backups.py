"""What a backup file is on each database, and what is checked before one is made or put back."""

import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg.conninfo import make_conninfo

SQLITE_MAGIC = b"SQLite format 3\x00"
POSTGRESQL_MAGIC = b"PGDMP"
CONNECTION_WORDS = ("host", "port", "user", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout")

LOCK_SECONDS = 30

Migration = tuple[str, str]


class BackupError(Exception):
    """Why no backup was made or put back; `message` says what to do."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def database_file() -> Path:
    """The file of a SQLite database."""
    return Path(str(connection.settings_dict["NAME"]))


def check_kind(path: Path) -> None:
    """Raises BackupError unless the file is a backup of this kind of database."""
    try:
        with path.open("rb") as file:
            beginning = file.read(16)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    made_on = {SQLITE_MAGIC[:5]: "SQLite", POSTGRESQL_MAGIC: "PostgreSQL"}.get(beginning[:5])
    if made_on is None:
        raise BackupError(f"{path} is not a backup: neither of SQLite nor of PostgreSQL.")
    if (made_on == "SQLite") != is_sqlite():
        raise BackupError(
            f"{path} was made on {made_on}, and DATABASE_URL names a {connection.display_name} database. "
            "A backup goes back to the kind of database it was made on."
        )


def applied_migrations(path: Path) -> set[Migration]:
    """The schema of a backup. Raises BackupError for a damaged file."""
    return _migrations_of_sqlite(path) if is_sqlite() else _migrations_of_dump(path)


def check_schema(path: Path) -> set[Migration]:
    """Migrations this version has beyond the backup's. Raises BackupError for a backup of a newer version."""
    applied = applied_migrations(path)
    known = set(MigrationLoader(None).disk_migrations)
    own_labels = {label for label, _ in known}
    newer = sorted(migration for migration in applied - known if migration[0] in own_labels)
    if not any(label == "usage" for label, _ in applied):
        raise BackupError(f"{path} holds no database of this product.")
    if newer:
        first = ".".join(newer[0])
        raise BackupError(
            f"{path} was made by a newer version of this program ({len(newer)} unknown migrations, the first is "
            f"{first}). Install that version first, then restore."
        )
    return known - applied


def run_tool(name: str, arguments: Sequence[str]) -> str:
    """Run a PostgreSQL client program; what it printed. The password goes through its environment, never its arguments.

    Raises BackupError if it is missing or fails, with its own last words.
    """
    program = shutil.which(name)
    if program is None:
        raise BackupError(
            f"{name} was not found. Install the PostgreSQL client tools (Debian and Ubuntu: "
            "apt install postgresql-client), of the server's version or newer."
        )
    parameters = connection.get_connection_params()
    variables = {
        "PATH": str(Path(program).parent),
        "PGPASSWORD": str(parameters.get("password") or ""),
        "PGOPTIONS": f"-c lock_timeout={LOCK_SECONDS}s",  # a session that holds a table ends the attempt, not our day
    }
    command = [program, *arguments]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - the program is found on PATH, the arguments are ours
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise BackupError(f"{name} failed: {words}")
    return done.stdout


def connection_words() -> str:
    """Where the PostgreSQL database is, as its client programs take it, without the password."""
    parameters = connection.get_connection_params()
    named = {word: parameters[word] for word in CONNECTION_WORDS if parameters.get(word)}
    return make_conninfo(**named)


def _migrations_of_sqlite(path: Path) -> set[Migration]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as backup:
            (verdict,) = backup.execute("PRAGMA quick_check(1)").fetchone()
            rows = backup.execute("SELECT app, name FROM django_migrations").fetchall()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is damaged or holds no database of this product ({error}).") from error
    if verdict != "ok":
        raise BackupError(f"{path} is damaged ({verdict}).")
    return {(str(app), str(name)) for app, name in rows}


def _migrations_of_dump(path: Path) -> set[Migration]:
    script = run_tool("pg_restore", ["--data-only", "--table=django_migrations", "--file=-", str(path)])
    found, reading = set(), False
    for line in script.splitlines():
        if line.startswith("COPY "):
            reading = True
        elif line == "\\.":
            reading = False
        elif reading:
            _, app, name, *_ = line.split("\t")
            found.add((app, name))
    return found
