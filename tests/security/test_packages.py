"""What the product is built from: pinned with sums, new enough, under licences that fit, and written down (D24)."""

import importlib.metadata
import json

import pytest
from packaging.version import Version

from tests.security.bill_of_materials import bill
from tests.security.packages import ROOT, Package, licence_of, locked, vendored

LOCK_FILES = ("requirements.txt", "requirements-dev.txt")
FLOORS = {
    "django": "5.2.19", "requests": "2.32.4", "urllib3": "2.6.3", "cryptography": "46.0.5",
    "pillow": "12.1.1", "gunicorn": "23.0.0", "pyjwt": "2.12.0", "certifi": "2024.7.4", "idna": "3.7",
    "sqlparse": "0.5.0", "django-q2": "1.11.1",
}  # fmt: skip
"""The first version without the holes that were known when each line was written. Raised, never lowered."""

FITTING = {
    "MIT", "MIT-0", "MIT-CMU", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "CNRI-Python",
    "MPL-2.0", "LGPL-3.0-only",
}  # fmt: skip
"""May be used, unchanged, in a program of any licence. MPL and LGPL bind their own files, which pip installs whole."""

WHY_BOUND = {"MPL-2.0": {"certifi", "hypothesis", "pathspec"}, "LGPL-3.0-only": {"psycopg", "psycopg-binary"}}


@pytest.mark.parametrize("file_name", LOCK_FILES)
def test_every_package_is_pinned_with_its_sums_and_names_no_index(file_name: str) -> None:
    text = (ROOT / file_name).read_text(encoding="utf-8")

    packages = locked(file_name)

    assert len(packages) >= 40
    assert all(each.hashes for each in packages)
    assert not [word for word in ("--index-url", "--extra-index-url", "--find-links", "://", "file:") if word in text]


def test_both_lock_files_hold_the_same_versions() -> None:
    everything = set(locked("requirements-dev.txt"))

    assert [each for each in locked("requirements.txt") if each not in everything] == []


@pytest.mark.parametrize("name", FLOORS)
def test_no_package_is_older_than_its_floor(name: str) -> None:
    (package,) = [each for each in locked("requirements.txt") if each.name == name]

    assert Version(package.version) >= Version(FLOORS[name])
    assert Version(importlib.metadata.version(name)) == Version(package.version)


def installed(package: Package) -> bool:
    return "win32" not in package.marker


def test_every_licence_is_known_and_fits() -> None:
    licences = {each.name: licence_of(each.name) for each in locked("requirements-dev.txt") if installed(each)}
    licences |= {package: licence for _file, package, _version, licence in vendored()}

    parts = {name: set(said.replace(" OR ", " AND ").split(" AND ")) for name, said in licences.items()}

    assert {name: said for name, said in parts.items() if not said <= FITTING} == {}
    for licence, names in WHY_BOUND.items():
        assert {name for name, said in parts.items() if licence in said} == names


def test_the_bill_of_materials_is_what_is_installed() -> None:
    written = json.loads((ROOT / "docs" / "sbom.json").read_text(encoding="utf-8"))

    assert written == json.loads(json.dumps(bill())), "Write it anew: script/sbom"
    assert len(written["components"]) == len(locked("requirements.txt")) + 4
