"""`manage.py simulator` runs the services until it is told to stop, without a database and without keys."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.workers.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
BARE = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}

SCENARIO = """
company_count = 3
history_days = 1
[senders]
"send'er" = "pass 'word' $HOME"
[users]
reader = "ü & <more>"
[mail]
username = "us"
password = "pw"
"""


@contextmanager
def running(tmp_path: Path, *arguments: str):
    """The command as a process of its own, yielded when it is ready; killed at the end if it still runs."""
    (tmp_path / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    ready = tmp_path / "ready.json"
    command = [sys.executable, "manage.py", "simulator", "--scenario", str(tmp_path / "scenario.toml")]
    command += ["--port-base", "0", "--folder", str(tmp_path / "demo"), "--ready-file", str(ready), *arguments]
    output = (tmp_path / "output").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=BARE, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 90
        while not ready.exists():
            assert process.poll() is None, (tmp_path / "output").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process, json.loads(ready.read_text())
    finally:
        process.kill()
        process.wait(60)
        output.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_success_and_the_ready_file_goes(tmp_path, number) -> None:
    with running(tmp_path) as (process, endpoints):
        status = requests.get(endpoints["companies_url"], timeout=30).status_code
        process.send_signal(number)
        code = process.wait(60)

    assert (status, code, (tmp_path / "ready.json").exists()) == (401, 0, False)


def test_it_prints_addresses_users_and_passwords_and_calls_them_demo(tmp_path) -> None:
    with running(tmp_path) as (process, endpoints):
        process.terminate()
        process.wait(60)

    printed = (tmp_path / "output").read_text()
    assert printed.startswith("Demo data: companies, people and passwords are made up;")
    assert endpoints["gateway_url"] in printed
    assert f"OUTBOUND_ALLOW={endpoints['allow']}" in printed
    assert re.search(r"^ +user reader +ü & <more>$", printed, re.MULTILINE)
    assert "3 companies." in printed


def test_the_env_file_is_read_by_a_shell_and_for_its_owner_alone(tmp_path) -> None:
    env_file = tmp_path / "services.env"
    with running(tmp_path, "--env-file", str(env_file), "--mail-folder", str(tmp_path / "mail")) as (_, endpoints):
        wait_until(env_file.exists)
        script = '. "$1"; printf "%s\\n" "$SIMULATOR_SENDER_ID" "$SIMULATOR_SENDER_PASSWORD" "$OUTBOUND_ALLOW"'
        read = subprocess.run(["sh", "-euc", script, "sh", env_file], capture_output=True, text=True, check=True)
        mode = env_file.stat().st_mode & 0o777

    assert read.stdout.splitlines() == ["send'er", "pass 'word' $HOME", endpoints["allow"]]
    assert (mode, endpoints["mail_folder"]) == (0o600, str(tmp_path / "mail"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        ("company_count = -1", '"company_count" must be at least 0, not -1.'),
    ],
)
def test_a_broken_scenario_is_told_in_one_sentence(tmp_path, text, sentence) -> None:
    path = tmp_path / "scenario.toml"
    if text is not None:
        path.write_text(text)
    command = [sys.executable, "manage.py", "simulator", "--scenario", str(path)]

    ended = subprocess.run(command, cwd=ROOT, env=BARE, capture_output=True, text=True, timeout=90)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.strip().endswith(sentence)
    assert "\n" not in ended.stderr.strip()
