"""Installs what ours is compared with, from the package registries, into a folder of the benchmarks' own."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.place import PYTHON

FOLDER = Path(tempfile.gettempdir()) / "usage-bench" / "rivals"
PYTHON_SDK = "sageintacctsdk==1.28.1"
NODE_SDK = "@intacct/intacct-sdk@2.2.1"
RUST_XLSX = "rustpy-xlsxwriter==0.8.0"


def python_packages(requirement: str) -> Path:
    """A folder for PYTHONPATH that holds the package and what it needs, and nothing of ours."""
    folder = FOLDER / requirement.replace("==", "-")
    if not folder.exists():
        _run([PYTHON, "-m", "pip", "install", "--quiet", "--target", str(folder), requirement], folder)
    return folder


def node_packages() -> Path | None:
    """The folder above `node_modules`; None where Node.js is not installed."""
    folder = FOLDER / "node"
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.stderr.write("Node.js is not installed: its SDK is left out.\n")
        return None
    if not folder.exists():
        folder.mkdir(parents=True)
        _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), NODE_SDK], folder)
    return folder


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, check=True, timeout=600)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
