"""proxy.py, an HTTP proxy written by others, as a process of its own: for proving that ours is not too kind."""

import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 60


class IndependentProxy:
    """Runs between `__enter__` and `stop`; asks for user and password. `folder` takes its log."""

    def __init__(self, folder: Path, *, user: str, password: str) -> None:
        self._folder = folder
        self._login = f"{user}:{password}"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def targets(self) -> set[str]:
        """`host:port` of what it says it carried; complete once it is stopped."""
        log = (self._folder / "proxy.log").read_text()
        return set(re.findall(r" - (?:CONNECT|GET|POST) (\S+?:\d+)", log))

    def __enter__(self) -> Self:
        port_file = self._folder / "port"
        arguments = ["--hostname", "127.0.0.1", "--port", "0", "--port-file", str(port_file), "--num-acceptors", "1"]
        arguments += ["--num-workers", "1", "--basic-auth", self._login, "--data-dir", str(self._folder)]
        arguments += ["--log-file", str(self._folder / "proxy.log"), "--log-level", "INFO"]
        self._process = subprocess.Popen([sys.executable, "-m", "proxy", *arguments], stdout=subprocess.DEVNULL)
        ends_at = time.monotonic() + START_SECONDS
        while not port_file.exists() or not port_file.read_text().strip():
            assert time.monotonic() < ends_at, "proxy.py did not start"
            time.sleep(0.02)
        self.address = f"127.0.0.1:{port_file.read_text().strip()}"
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)
            self._process = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
