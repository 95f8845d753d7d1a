"""The application's version, kept in one place: pyproject.toml."""

import tomllib
from functools import cache
from pathlib import Path

PROJECT_FILE = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"


@cache
def application_version() -> str:
    """For example 1.4.0."""
    version = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))["project"]["version"]
    return str(version)
