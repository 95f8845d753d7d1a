"""script/server where nothing is set up yet: keys, database, and the way to the first account in one command."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ("intacct_usage", "usage", "notifications", "scheduling", "templates")
LINK = r"http://127\.0\.0\.1:{port}/accounts/first-administrator/#([\w-]{{43}})\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The program without .env and data; installing packages and serving are left out, they have tests elsewhere."""
    for name in PROGRAM:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", ".env.example", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    for name in ("script/server", "deploy/check_port.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    for stub in ("prepare", "serve"):
        (tmp_path / "script" / stub).write_text("#!/bin/sh\n")
        (tmp_path / "script" / stub).chmod(0o755)
    return tmp_path


def run(machine: Path, *command: str, **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(machine), **variables}
    done = subprocess.run(
        command, cwd=machine, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_command_leads_from_nothing_to_the_first_administrator(machine: Path) -> None:
    port = str(free_port())
    first = run(machine, "script/server", PORT=port)
    settings = (machine / ".env").read_text()
    second = run(machine, "script/server", PORT=port)
    variables = {"DJANGO_SUPERUSER_PASSWORD": "correct horse battery staple"}
    words = ["--noinput", "--username", "root", "--email", "root@example.com"]
    run(machine, ".venv/bin/python", "manage.py", "createsuperuser", *words, **variables)
    third = run(machine, "script/server", PORT=port)

    tokens = [re.findall(LINK.format(port=port), text) for text in (first, second, third)]
    assert [len(found) for found in tokens] == [1, 1, 0]
    assert tokens[0] != tokens[1]
    assert (machine / ".env").read_text() == settings
    assert stat.S_IMODE((machine / ".env").stat().st_mode) == 0o600
    assert re.search(r"^ENCRYPTION_KEY=[\w-]{43}=$", settings, re.MULTILINE)
