"""What keeps a command from starting is one sentence that says what to change, never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from intacct_usage.lib import env
from tests.commands.processes import ROOT, environment, manage

NOT_A_FOLDER = "DATA_DIR: the folder /proc/nowhere cannot be made (No such file or directory). "


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Make one with `manage.py generate_encryption_key`; "),
        ({"ENCRYPTION_KEY": "abc"}, "ENCRYPTION_KEY: key 1 of 1 is not a Fernet key "),
        ({"TIME_ZONE": "London"}, "TIME_ZONE must be a time zone such as UTC or Europe/London, not “London”.\n"),
        ({"TIME_ZONE": "../UTC"}, "TIME_ZONE must be a time zone such as UTC or Europe/London, not “../UTC”.\n"),
        ({"TIME_ZONE": "Europe"}, "TIME_ZONE must be a time zone such as UTC or Europe/London, not “Europe”.\n"),
        (
            {"EMAIL_RECIPIENT_DOMAINS": "example.com, @x.example"},
            "EMAIL_RECIPIENT_DOMAINS: “@x.example” is no domain; write example.com, or *.example.com for all below it.",
        ),
        ({"FETCH_CONCURRENCY": "lots"}, "FETCH_CONCURRENCY must be a number, not “lots”.\n"),
    ],
)
def test_a_refused_setting_is_one_sentence(variables: dict[str, str], sentence: str) -> None:
    done = manage("check", database="sqlite:////nowhere/db.sqlite3", **variables)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"manage.py: {sentence}")
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_one_sentence() -> None:
    done = manage("migrate", database="sqlite:////proc/nowhere/db.sqlite3", DATA_DIR="/proc/nowhere")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"manage.py: {NOT_A_FOLDER}Name one that this user may write to.\n"


@pytest.mark.parametrize("database", ["postgres://someone:pa55word@127.0.0.1:1/x", "sqlite:////nowhere/db.sqlite3"])
def test_a_database_that_is_away_is_told_without_a_traceback(database: str) -> None:
    done = manage("migrate", database=database)

    assert done.returncode == 2
    assert done.stderr.startswith("manage.py: The database cannot be used: ")
    assert "Traceback" not in done.stderr
    assert "pa55word" not in done.stderr


def test_a_key_can_be_made_where_nothing_can_be_written() -> None:
    done = manage("generate_encryption_key", database="sqlite:////proc/nowhere/db.sqlite3", DATA_DIR="/proc/nowhere")

    assert (done.returncode, len(done.stdout.strip())) == (0, 44), done.stderr


def test_a_line_of_the_settings_file_that_is_not_understood_is_told_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# Settings\n\nexport SOME_NAME=x\nSECRET_KEY: s3cret-canary\n")

    with pytest.raises(ImproperlyConfigured) as refused:
        env.read_file(file)

    sentence = f"Line 4 of {file} is not understood; write NAME=value, or # before a remark."
    assert str(refused.value) == sentence


def test_a_settings_file_fills_in_what_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("SET_BEFORE=file\nSET_NOWHERE=file\n")
    monkeypatch.setenv("SET_BEFORE", "environment")
    monkeypatch.setenv("SET_NOWHERE", "removed again")
    monkeypatch.delenv("SET_NOWHERE")

    env.read_file(file)
    env.read_file(tmp_path / "absent")

    assert (os.environ["SET_BEFORE"], os.environ["SET_NOWHERE"]) == ("environment", "file")


def test_a_settings_file_that_cannot_be_read_is_not_taken_for_an_absent_one(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"cannot be read: .+ It must belong to the user that runs this\.$"):
        env.read_file(tmp_path)


def test_a_sqlite_that_is_too_old_is_one_sentence() -> None:
    start = (
        "import runpy, sqlite3, sys\n"
        "sqlite3.sqlite_version_info, sqlite3.sqlite_version = (3, 31, 1), '3.31.1'\n"
        "sys.argv = ['manage.py', 'check']\n"
        "runpy.run_path('manage.py', run_name='__main__')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", start],
        cwd=ROOT,
        env=environment("sqlite:////nowhere/db.sqlite3"),
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("manage.py: This Python has SQLite 3.31.1; 3.33 or newer is needed. ")
    assert done.stderr.count("\n") == 1
