"""The packages of the product: of the lock files, and what is served with the pages; their licences and sums."""

import importlib.metadata
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
VENDORED = ROOT / "intacct_usage" / "static" / "vendor" / "VERSIONS"
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)(?: ; ([^\\\n]+))?((?:\s*\\\n\s+--hash=sha256:[0-9a-f]{64})+)$", re.M)
HASH = re.compile(r"sha256:([0-9a-f]{64})")
LICENCE_WORDS = {
    "MIT License": "MIT", "BSD License": "BSD-3-Clause", "BSD": "BSD-3-Clause", "'BSD'": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip
"""How packages of old write their licence, and its SPDX identifier."""


class Package(NamedTuple):
    name: str
    version: str
    hashes: tuple[str, ...] = ()
    """SHA-256 of every file that may be installed as this package."""

    marker: str = ""
    """On which machines it is installed; empty for all."""


def locked(file_name: str) -> list[Package]:
    """Every package of a lock file. Raises ValueError for a line that is neither a package nor a comment."""
    text = (ROOT / file_name).read_text(encoding="utf-8")
    found = [Package(m[1], m[2], tuple(HASH.findall(m[4])), (m[3] or "").strip()) for m in ENTRY.finditer(text)]
    rest = [line for line in ENTRY.sub("", text).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if rest:
        raise ValueError(f"{file_name} has lines that name no hashed package: {rest[:3]}")
    return found


def licence_of(name: str) -> str:
    """The SPDX expression of an installed package. Raises PackageNotFoundError or KeyError."""
    metadata = importlib.metadata.metadata(name)
    if metadata.get("License-Expression"):
        return metadata["License-Expression"]
    classifiers = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if c.startswith("License")]
    said = [word for word in (metadata.get("License", ""), *classifiers) if word and word != "OSI Approved"]
    for word in said:
        if word in LICENCE_WORDS:
            return LICENCE_WORDS[word]
    if re.fullmatch(r"[A-Za-z0-9.-]+(?: (?:OR|AND) [A-Za-z0-9.-]+)*", said[0] if said else ""):
        return said[0]
    raise KeyError(f"{name} says no licence that is known here: {said}")


def vendored() -> list[tuple[str, str, str, str]]:
    """File, package, version and licence of what browsers are served."""
    rows = [line.split() for line in VENDORED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(row[0], row[1], row[2], row[3]) for row in rows]
