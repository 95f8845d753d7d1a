"""script/serve: site and worker end together, whatever ends the script; a port that is taken is told at once."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.workers.processes import is_gone, wait_until

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 60  # for a machine that does much else: what never ends is what is looked for
PYTHON = f"""#!/bin/sh
[ "$1" = manage.py ] || exec {sys.executable} "$@"
echo $$ >worker.pid
exec sleep 600
"""
GUNICORN = f"""#!{sys.executable}
# SIGHUP ends gunicorn no more than this: there it reads the configuration again.
import os, signal, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
open("web.pid", "w").write(str(os.getpid()))
time.sleep(600)
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The script with a worker and a site that do nothing but wait."""
    for name in ("script/serve", "deploy/check_port.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(ROOT / name, tmp_path / name)
    for name, text in (("python", PYTHON), ("gunicorn", GUNICORN)):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    return tmp_path


def start(machine: Path, port: int) -> subprocess.Popen[bytes]:
    """Also where the tests themselves run under `nohup`, whose children would never see SIGHUP."""
    environment = {"PATH": os.environ["PATH"], "PORT": str(port)}
    return subprocess.Popen(
        ["env", "--default-signal=HUP", "script/serve"],
        cwd=machine,
        env=environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture
def running(machine: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """The script, and the processes of worker and site."""
    script = start(machine, free_port())
    files = [machine / "worker.pid", machine / "web.pid"]
    wait_until(lambda: all(file.exists() and file.read_text().strip() for file in files))
    yield script, [int(file.read_text()) for file in files]
    if script.poll() is None:
        os.killpg(script.pid, signal.SIGKILL)
    script.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_script_ends_site_and_worker(running, number: signal.Signals) -> None:
    script, processes = running

    script.send_signal(number)

    assert script.wait(PATIENCE_SECONDS) == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    wait_until(lambda: all(is_gone(process) for process in processes))


def test_a_closed_terminal_leaves_nothing_behind(running) -> None:
    script, processes = running

    os.killpg(script.pid, signal.SIGHUP)

    wait_until(lambda: all(is_gone(process) for process in processes))


@pytest.mark.parametrize("which", [0, 1])
def test_if_one_dies_the_other_is_ended_and_the_script_fails(running, which: int) -> None:
    script, processes = running

    os.kill(processes[which], signal.SIGKILL)

    assert script.wait(PATIENCE_SECONDS) == 1
    assert all(is_gone(process) for process in processes)


def test_a_taken_port_is_told_with_what_to_do_before_anything_starts(machine: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        script = start(machine, port)
        _, told = script.communicate(timeout=PATIENCE_SECONDS)

    assert script.returncode == 1
    assert told.decode() == (
        f"The site cannot listen on 127.0.0.1:{port}: another program listens there. "
        "End it, or choose another port, for example PORT=8001.\n"
    )
    assert not (machine / "worker.pid").exists()


def test_a_port_that_is_no_number_is_refused(machine: Path) -> None:
    script = start(machine, 99999)

    assert b"PORT must be a number from 1 to 65535." in script.communicate(timeout=PATIENCE_SECONDS)[1]
    assert script.returncode == 1
