"""Runs services of compose.yaml in a built root: same user, read-only, no capabilities, same environment and mounts."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bench.containers.image import ROOT, Image, say

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
START_SECONDS = 120


def filled(value: object) -> str:
    """A value with its ${NAME:-default} filled in from the environment."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: os.environ.get(found[1]) or found[2], str(value))


@dataclass
class Service:
    """`volumes` are folders by the name of the volume, `secrets` the folder of the secret files."""

    name: str
    image: Image
    volumes: Mapping[str, Path]
    secrets: Path
    user: str
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def words(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = COMPOSE["services"][self.name]
        return found

    def start(self, command: list[str] | None = None) -> "subprocess.Popen[bytes]":
        """The service's own command, or another as `docker compose exec` would run it."""
        environment = {name: filled(value) for name, value in self.words.get("environment", {}).items()}
        self._make_places()
        line = command or self.words.get("command") or self.image.command
        main = next((one for one in self.processes[:1] if one.poll() is None), None)
        enter = ["nsenter", "--mount", f"--target={main.pid}"] if main else ["unshare", "--mount"]
        script = self._entering() if main else f"{self._mounting()}\n{self._entering()}"
        process = subprocess.Popen(
            [*enter, "sh", "-euc", script, "sh", *line],
            env={**self.image.environment, **environment},
        )
        self.processes.append(process)
        return process

    def run(self, command: list[str] | None = None, *, expected: int = 0) -> None:
        code = self.start(command).wait(START_SECONDS)
        assert code == expected, f"{self.name} {command or ''} ended with {code}"

    def until_healthy(self, check: list[str]) -> None:
        """Ask as the engine does, until the check passes."""
        until(lambda: self.start(check).wait(START_SECONDS) == 0, f"{self.name} is healthy")

    def stop(self, number: int = signal.SIGTERM) -> float:
        """A signal to the main process; how long it took to end."""
        main, began = self.processes[0], time.monotonic()
        main.send_signal(number)
        code = main.wait(int(self.words["stop_grace_period"].removesuffix("s")))
        assert code == 0, f"{self.name} ended with {code}"
        return time.monotonic() - began

    def _make_places(self) -> None:
        """What an engine makes in the container before it mounts something there."""
        for place in (place for _, place in self._mounts()):
            if place.endswith(".sh"):
                (self.image.root / place[1:]).parent.mkdir(parents=True, exist_ok=True)
                (self.image.root / place[1:]).touch()
            else:
                (self.image.root / place[1:]).mkdir(parents=True, exist_ok=True)
        for mount in self.words.get("tmpfs", []):
            (self.image.root / _real(mount.partition(":")[0])[1:]).mkdir(parents=True, exist_ok=True)
        (self.image.root / "run/secrets").mkdir(parents=True, exist_ok=True)
        for name in self.words["secrets"]:
            (self.image.root / "run/secrets" / name).touch()

    def _mounting(self) -> str:
        """Mounts as compose.yaml names them, for a mount namespace of the service's own."""
        root, lines = self.image.root, []
        lines.append(f"mount --rbind {root} {root} && mount -o remount,bind,ro {root}")
        lines.append(f"mount -t tmpfs -o mode=1777,size=64m tmpfs {root}/dev/shm")  # noqa: S108  # as every engine does
        for mount in self.words.get("tmpfs", []):
            place, _, options = mount.partition(":")
            lines.append(f"mount -t tmpfs -o {options} tmpfs {root}{_real(place)}")
        for name, place in self._mounts():
            lines.append(f"mount --bind {name} {root}{place}")
        for name in self.words["secrets"]:
            lines.append(f"mount --bind {self.secrets / name} {root}/run/secrets/{name}")
        assert (self.words["read_only"], self.words["cap_drop"]) == (True, ["ALL"])
        return "\n".join(lines)

    def _entering(self) -> str:
        """The command as the service's user, without any right."""
        user, _, group = self.user.partition(":")
        rights = f"--reuid {user} --regid {group} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs"
        enter = f'cd {self.image.folder} && exec setpriv {rights} -- "$@"'
        return f"exec chroot {self.image.root} /bin/sh -c '{enter}' sh \"$@\""

    def _mounts(self) -> list[tuple[Path, str]]:
        found = []
        for mount in self.words["volumes"]:
            source, place, *_ = mount.split(":")
            found.append((ROOT / source if source.startswith(".") else self.volumes[source], place))
        return found


def _real(place: str) -> str:
    """Debian's /var/run is a link to /run, which from outside the root would lead to this machine's own."""
    return place.replace("/var/run/", "/run/")


def until(holds: Callable[[], bool], what: str) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < START_SECONDS, f"Not within {START_SECONDS} s: {what}"
        time.sleep(1)
    say(f"  {what} after {time.monotonic() - began:.0f} s")
