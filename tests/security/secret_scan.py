"""Looks for secrets in the files of the repository, with detect-secrets; script/test runs it.

What it finds and .secrets.baseline does not hold ends it with 1. Only files that changed since the last clean scan are
read; a fresh clone reads all. A real secret is revoked, because it was on a disk in the clear; an invented value goes
into the baseline by `python -m tests.security.secret_scan --accept`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import configure_settings_from_baseline

ROOT = Path(__file__).parent.parent.parent
BASELINE = ROOT / ".secrets.baseline"
CLEAN_SINCE = ROOT / "var" / "secrets-clean"
NOT_READ = ("requirements.txt", "requirements-dev.txt", "docs/openapi.json", "docs/sbom.json", ".secrets.baseline")
"""Sums and generated files, long and full of what looks like secrets."""

Finding = tuple[str, str, str]
"""File, kind and sum of the value. The line is left out: it moves with every edit."""


def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.splitlines() if name not in NOT_READ and "/vendor/" not in name]


def changed(names: list[str], since: Path) -> list[str]:
    """Those written after `since` and the baseline; all of them if there was no clean scan."""
    if not since.exists() or since.stat().st_mtime < BASELINE.stat().st_mtime:
        return names
    return [
        name for name in names if (ROOT / name).is_file() and (ROOT / name).stat().st_mtime >= since.stat().st_mtime
    ]


def findings(names: list[str]) -> Iterator[Finding]:
    for name in names:
        for found in scan_file(str(ROOT / name)):
            yield name, found.type, found.secret_hash


def accepted() -> set[Finding]:
    known = json.loads(BASELINE.read_text(encoding="utf-8"))["results"]
    return {(name, each["type"], each["hashed_secret"]) for name, several in known.items() for each in several}


def accept(found: set[Finding]) -> None:
    content = json.loads(BASELINE.read_text(encoding="utf-8"))
    content["results"] = {}
    for name, kind, digest in sorted(found):
        content["results"].setdefault(name, []).append({"type": kind, "hashed_secret": digest})
    BASELINE.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    configure_settings_from_baseline(json.loads(BASELINE.read_text(encoding="utf-8")))
    if "--accept" in arguments:
        accept(set(findings(files())))
        return 0
    new = sorted(set(findings(changed(files(), CLEAN_SINCE))) - accepted())
    for name, kind, _digest in new:
        sys.stderr.write(f"{name}: {kind}\n")
    if new:
        sys.stderr.write(
            "Remove what is a secret and revoke it; accept what is invented: see tests/security/secret_scan.py.\n"
        )
        return 1
    CLEAN_SINCE.parent.mkdir(exist_ok=True)
    CLEAN_SINCE.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
