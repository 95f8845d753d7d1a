"""script/prepare on machines that lack something: one clear sentence, nothing half made."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TOOLS = ("sh", "dirname", "basename", "cat", "cksum", "env", "sed")
NO_PYTHON = "Python 3.11, 3.12 or 3.13 is needed and was not found. Install one of them, or set PYTHON to its path."
NO_VENV = "This Python has no venv module. On Debian or Ubuntu install it with: apt-get install python3-venv"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder with the script, an empty requirements file, and a bin/ with nothing but the plainest tools."""
    (tmp_path / "script").mkdir()
    shutil.copy(ROOT / "script" / "prepare", tmp_path / "script" / "prepare")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def install_python(machine: Path, script: str) -> None:
    python = machine / "bin" / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def prepare(machine: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine / "bin"), "HOME": str(machine), **variables}
    return subprocess.run(["script/prepare"], cwd=machine, env=environment, capture_output=True, text=True)


def test_without_python_it_says_which_is_needed(machine: Path) -> None:
    result = prepare(machine)

    assert (result.returncode, result.stderr.strip(), result.stdout) == (1, NO_PYTHON, "")


def test_an_old_python_is_not_taken(machine: Path) -> None:
    install_python(machine, "exit 1  # what the version check answers on Python 3.9")

    result = prepare(machine)

    assert (result.returncode, result.stderr.strip()) == (1, NO_PYTHON)


def test_a_python_without_venv_is_told_how_to_get_it(machine: Path) -> None:
    install_python(machine, f'case "$*" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"')

    result = prepare(machine)

    assert (result.returncode, result.stderr.strip()) == (1, NO_VENV)
    assert not (machine / ".venv").exists()


def test_packages_that_cannot_be_installed_are_one_sentence_and_tried_again(machine: Path) -> None:
    (machine / "requirements.txt").write_text(f"absent-package==1.0 --hash=sha256:{'0' * 64}\n")
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}

    first = prepare(machine, PYTHON=sys.executable, **offline)
    second = prepare(machine, PYTHON=sys.executable, **offline)

    assert (first.returncode, second.returncode) == (1, 1)
    assert "The packages could not be installed; the lines above say why." in second.stderr


def test_a_prepared_machine_is_left_alone(machine: Path) -> None:
    first = prepare(machine, PYTHON=sys.executable)

    second = prepare(machine, PYTHON=sys.executable)

    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")
    assert first.stdout.startswith("Installing packages of requirements.txt into .venv")
