"""What tests of sending share: a certificate, and limits short enough to run into."""

from pathlib import Path

import pytest

from intacct_usage.simulator.certificates import CertificateFiles, make_certificate
from notifications.transports import smtp_dialogue


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging QUIT need not be waited for two seconds in every test."""
    monkeypatch.setattr(smtp_dialogue, "QUIT_SECONDS", 0.2)
    monkeypatch.setattr(smtp_dialogue, "EARLY_WORDS_SECONDS", 0.1)


@pytest.fixture(autouse=True)
def data_folder(settings: object, tmp_path: Path) -> Path:
    """Report files of one test lie apart from those of others."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return settings.DATA_DIR
