"""The page for an auditor names tests that exist, and its score is the one of its rows."""

import re
from collections import Counter
from pathlib import Path

from tests.security.packages import ROOT, locked

TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
PROOF = re.compile(r"`((?:[a-z_]+/)*test_[a-z0-9_]+)(?:::(test_\w+))?`")
ITEM = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (met|gap) \| (.+) \| (.+) \|$", re.M)
THREAT = re.compile(r"^\| (T\d+) \| (.+) \| (.+) \| (.+) \|$", re.M)
MARGIN = {"gaps": 4, "level 1": 56, "level 2": 118}


def missing(page: str) -> list[str]:
    """Proofs that name no test."""
    found = []
    for file, name in PROOF.findall(page):
        path = TESTS / f"{file}.py"
        if not path.is_file() or (name and f"def {name}(" not in path.read_text(encoding="utf-8")):
            found.append(f"{file}::{name}")
    return found


def test_every_proof_exists() -> None:
    assert len(set(PROOF.findall(PAGE))) > 90
    assert missing(PAGE) == []
    assert missing("`access/test_nothing` `access/test_totp::test_no_such_thing`") == [
        "access/test_nothing::",
        "access/test_totp::test_no_such_thing",
    ]


def test_every_threat_has_a_defence_and_a_proof() -> None:
    threats = THREAT.findall(PAGE)

    assert [number for number, *_ in threats] == [f"T{number}" for number in range(1, 39)]
    assert [
        number for number, _threat, defence, proof in threats if not defence.strip() or not PROOF.search(proof)
    ] == []


def test_the_score_is_the_one_of_the_rows() -> None:
    items = ITEM.findall(PAGE)
    levels = Counter(level for _item, level, *_ in items)
    gaps = [(item, level) for item, level, state, *_ in items if state == "gap"]

    assert len({item for item, *_ in items}) == len(items) == 174
    assert (levels["1"], levels["2"]) == (MARGIN["level 1"], MARGIN["level 2"])
    assert [item for item, level in gaps if level == "1"] == []
    assert len(gaps) <= MARGIN["gaps"]
    assert f"| 56 and {MARGIN['level 2'] - len(gaps)}, [below]" in PAGE
    assert [item for item, *_, proof in items if not PROOF.search(proof)] == []


def test_every_gap_is_among_the_declared_exceptions() -> None:
    declared = PAGE.partition("## Declared exceptions")[2].partition("## OWASP")[0]

    assert [
        item for item, _level, state, *_ in ITEM.findall(PAGE) if state == "gap" and f"({item})" not in declared
    ] == []


def test_files_commands_and_counts_it_names_are_there() -> None:
    scripts = set(re.findall(r"`script/(\w+)", PAGE))
    links = set(re.findall(r"\]\(([a-z.-]+\.(?:md|json))", PAGE))
    pytest_files = set(re.findall(r"\btests/[\w/]+(?:\.py)?", PAGE))

    assert {name for name in scripts if not (ROOT / "script" / name).is_file()} == set()
    assert {name for name in links if not (ROOT / "docs" / name).is_file()} == set()
    assert {name for name in pytest_files if not Path(ROOT / name).exists()} == set()
    counts = len(locked("requirements.txt")), len(locked("requirements-dev.txt"))
    assert f"{counts[0]} packages installed, {counts[1]} with those of development" in PAGE
