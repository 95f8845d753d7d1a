"""`script/backup` writes a new backup, and only then removes old ones."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.commands.processes import ROOT, environment

OLD = "intacct-usage-20260101T000000Z.backup"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds an old backup and an old file that is none."""
    for name in (OLD, "notes.txt"):
        (tmp_path / name).write_text("old")
        os.utime(tmp_path / name, (time.time() - 60 * 86400,) * 2)
    return tmp_path


def back_up(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "script" / "backup"), str(folder)],
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_a_new_backup_takes_the_place_of_those_past_their_time(transactional_db: None, folder: Path) -> None:
    done = back_up(folder)

    [made] = folder.glob("*.backup")
    assert (done.returncode, done.stderr) == (0, "")
    assert made.name != OLD
    assert made.stat().st_mode & 0o777 == 0o600
    assert (folder / "notes.txt").exists()


def test_without_a_new_backup_the_old_one_stays(folder: Path) -> None:
    done = back_up(folder, database="sqlite:////nowhere/db.sqlite3")

    assert done.returncode != 0
    assert [path.name for path in folder.glob("*.backup")] == [OLD]


def test_a_wrong_number_of_days_is_refused_before_anything_is_done(folder: Path) -> None:
    done = back_up(folder, KEEP_DAYS="a lot")

    assert (done.returncode, done.stderr) == (2, "KEEP_DAYS must be a number of days, not “a lot”.\n")
    assert [path.name for path in folder.glob("*.backup")] == [OLD]
