"""The systemd units stop the worker as it must be stopped, bring it back, and keep both from what they do not need."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
UNITS = {path.name: path for path in sorted((ROOT / "deploy" / "systemd").iterdir())}
SERVICES = [name for name in UNITS if name.endswith(".service")]
HARDENING = {
    "User": "intacct-usage",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "RestrictNamespaces": "yes",
    "CapabilityBoundingSet": "",
    "SystemCallFilter": "@system-service",
}


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # keep the names as they are written
    parser.read_string(UNITS[name].read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("name", ["intacct-usage-web.service", "intacct-usage-worker.service"])
def test_a_service_comes_back_and_is_stopped_gently(name: str) -> None:
    service = unit(name)["Service"]

    assert {key: service[key] for key in ("KillMode", "Restart", "TimeoutStopSec")} == {
        "KillMode": "mixed",
        "Restart": "always",
        "TimeoutStopSec": "30",
    }
    assert unit(name)["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_kept_from_what_it_does_not_need(name: str) -> None:
    service = unit(name)["Service"]

    assert {key: service.get(key) for key in HARDENING} == HARDENING


@pytest.mark.parametrize("name", SERVICES)
def test_every_command_exists_in_the_repository_or_the_virtual_environment(name: str) -> None:
    program, *arguments = unit(name)["Service"]["ExecStart"].split()
    inside = program.removeprefix("/opt/intacct-api-usage/")

    assert inside.startswith(".venv/bin/") or (ROOT / inside).is_file()
    if arguments[0] == "manage.py":
        assert (ROOT / "intacct_usage" / "management" / "commands" / f"{arguments[1]}.py").is_file()


def test_backup_and_prune_have_their_times_and_make_up_for_missed_ones() -> None:
    timers = [name for name in UNITS if name.endswith(".timer")]

    assert timers == ["intacct-usage-backup.timer", "intacct-usage-prune.timer"]
    assert all(unit(name)["Timer"]["Persistent"] == "yes" for name in timers)
    assert all(name.replace(".timer", ".service") in UNITS for name in timers)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_reads_the_units(name: str) -> None:
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(UNITS[name])], capture_output=True, text=True, timeout=60
    )

    complaints = [line for line in found.stderr.splitlines() if "is not executable: No such file" not in line]
    assert complaints == []
