"""script/demo on a machine where other programs hold the ports it would take: it goes on, or says what to do."""

import email
import os
import shutil
import socket
import subprocess
from contextlib import suppress
from email import policy
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ("intacct_usage", "usage", "notifications", "scheduling", "templates")
REPORTS = {f"{report}.{ending}" for report in ("detailed", "summary", "exceptions") for ending in ("csv", "xlsx")}


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The program with its packages installed, and nothing under var/."""
    for name in PROGRAM:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    for name in ("script/demo", "deploy/check_port.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "script" / "prepare").write_text("#!/bin/sh\n")
    (tmp_path / "script" / "prepare").chmod(0o755)
    return tmp_path


def demo(machine: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(machine), **variables}
    return subprocess.run(["script/demo", *arguments], cwd=machine, env=environment, capture_output=True, text=True)


def test_it_goes_from_nothing_to_reports_and_mail_beside_whoever_holds_its_usual_ports(machine: Path) -> None:
    with socket.socket() as other:
        with suppress(OSError):  # taken by somebody else is as good
            other.bind(("127.0.0.1", 8700))
            other.listen()
        result = demo(machine, "--no-serve")

    newest = max((machine / "var/demo/mail").glob("*.eml"), key=os.path.getmtime)
    attached = list(email.message_from_bytes(newest.read_bytes(), policy=policy.default).iter_attachments())
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Their usual ports are in use; trying 8710 and those that follow." in result.stdout
    assert {path.name for path in (machine / "var/demo/reports").iterdir()} == REPORTS
    assert len(attached) == 3


def test_a_taken_port_of_the_site_is_told_before_anything_is_made(machine: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = demo(machine, PORT=port)

    assert result.returncode == 1
    assert result.stderr == (
        f"The site cannot listen on 127.0.0.1:{port}: another program listens there. "
        "End it, or choose another port, for example PORT=8001.\n"
    )
    assert not (machine / "var").exists()
