"""The look for secrets in the repository finds planted ones and nothing that was accepted."""

import os
from pathlib import Path

import pytest

from tests.security import secret_scan

PLANTED = {
    "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n",
    "AWS Access Key": "key = 'AKIA" + "QYLPMN5HFIQR7XYA'\n",
    "Basic Auth Credentials": "url = 'postgres://usage:" + "k7Wq9zLm2x@db.example.com/usage'\n",
    "Base64 High Entropy String": "ENCRYPTION_KEY = '" + "pT3vXq8ZkWm1Yc6RnLd0HsBf9GjUeAoi" + "7QxN2JtVw4M='\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the baseline of this one, scanned as if it were the repository."""
    (tmp_path / ".secrets.baseline").write_bytes(secret_scan.BASELINE.read_bytes())
    monkeypatch.setattr(secret_scan, "ROOT", tmp_path)
    monkeypatch.setattr(secret_scan, "BASELINE", tmp_path / ".secrets.baseline")
    monkeypatch.setattr(secret_scan, "CLEAN_SINCE", tmp_path / "var" / "secrets-clean")
    monkeypatch.setattr(secret_scan, "files", lambda: [path.name for path in tmp_path.glob("*.py")])
    return tmp_path


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found(repository: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "settings_of_mine.py").write_text(PLANTED[kind])

    assert secret_scan.main([]) == 1
    assert f"settings_of_mine.py: {kind}\n" in capsys.readouterr().err


def test_what_was_accepted_is_no_finding_any_more(repository: Path) -> None:
    (repository / "invented.py").write_text(PLANTED["Private Key"])

    assert secret_scan.main(["--accept"]) == 0
    assert secret_scan.main([]) == 0


def test_only_what_changed_since_a_clean_scan_is_read_again(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "old.py").write_text("a = 1\n")
    (repository / "new.py").write_text("a = 1\n")
    assert secret_scan.main([]) == 0
    os.utime(repository / "old.py", (1, 1))
    later = secret_scan.CLEAN_SINCE.stat().st_mtime + 1
    os.utime(repository / "new.py", (later, later))
    read: list[str] = []
    monkeypatch.setattr(secret_scan, "scan_file", lambda path: read.append(Path(path).name) or [])

    secret_scan.main([])

    assert read == ["new.py"]
