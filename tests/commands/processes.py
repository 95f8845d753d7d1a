"""Runs manage.py as a process of its own, against the test database or another one."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.databases import database_url

ROOT = Path(__file__).parent.parent.parent


def environment(database: str = "", **variables: str) -> dict[str, str]:
    keys = {"SECRET_KEY": settings.SECRET_KEY, "ENCRYPTION_KEY": ",".join(settings.ENCRYPTION_KEYS)}
    return {**os.environ, **keys, "DATABASE_URL": database or database_url(), **variables}


def manage(*arguments: str, database: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(database, **variables),
        capture_output=True,
        text=True,
        timeout=180,
    )


def python(script: str, *arguments: str, database: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script with Django set up, as one process."""
    start = "import django; django.setup()\n"
    return subprocess.run(
        [sys.executable, "-c", start + script, *arguments],
        cwd=ROOT,
        env=environment(database, **variables),
        capture_output=True,
        text=True,
        timeout=180,
    )
