"""Writes the whole database into one file while the product runs: the file holds one moment of it."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from intacct_usage.backups import BackupError, connection_words, database_file, is_sqlite, run_tool


def back_up(path: Path) -> int:
    """Make the file, readable by this user only; its size in bytes. It appears whole or not at all.

    Raises BackupError, also if the file exists already.
    """
    if path.exists():
        raise BackupError(f"{path} exists already. Name a new file; a backup never overwrites one.")
    if not path.parent.is_dir():
        raise BackupError(f"{path.parent} is not a folder.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    except OSError as error:
        raise BackupError(f"{path.parent} cannot be written to: {error.strerror}.") from error
    os.close(handle)
    unfinished = Path(name)
    try:
        if is_sqlite():
            _copy_sqlite(unfinished)
        else:
            run_tool("pg_dump", ["--format=custom", f"--file={name}", f"--dbname={connection_words()}"])
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        os.link(unfinished, path)  # unlike a rename it fails if somebody made the file meanwhile
    except OSError as error:
        raise BackupError(f"{path} could not be written: {error.strerror}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path.stat().st_size


def _copy_sqlite(target: Path) -> None:
    """By SQLite's own backup in one step: a reader of one moment, whom no writer waits for (WAL)."""
    source_uri = f"{database_file().absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(source_uri, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied: {error}.") from error
    if verdict != "ok":
        raise BackupError(f"The database is damaged ({verdict}); the backup was not kept.")
