"""A command that cannot use the database says so in one line, and never with the exit code of half a success."""

from pathlib import Path

from tests.commands.processes import manage


def test_a_database_without_tables_is_told_to_be_migrated(tmp_path: Path) -> None:
    ended = manage("fetch_usage", database=f"sqlite:///{tmp_path / 'empty.sqlite3'}")

    assert ended.returncode == 2
    assert ended.stderr.startswith("manage.py: The database needs `manage.py migrate` first (")
    assert ended.stderr.count("\n") == 1


def test_a_server_that_is_away_is_told_without_a_traceback() -> None:
    ended = manage("list_schedules", database="postgres://nobody:hush@127.0.0.1:1/none")

    assert ended.returncode == 2
    assert ended.stderr.startswith("manage.py: The database cannot be used: ")
    assert ended.stderr.endswith("Check DATABASE_URL, and that the database server runs.\n")
    assert "hush" not in ended.stderr
    assert "Traceback" not in ended.stderr
