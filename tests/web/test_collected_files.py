"""Static files as an installation serves them: collected, fingerprinted, compressed, each named file found."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client

ROOT = Path(__file__).parent.parent.parent
NAMED = re.compile(r"""{% static ['"]([^'"]+)['"] %}""")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def as_installed(settings, collected: Path) -> Path:
    """Settings of an installation whose files were collected (once for this file)."""
    settings.STATIC_ROOT = collected
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    if not (collected / "staticfiles.json").exists():
        call_command("collectstatic", interactive=False, verbosity=0)
    return collected


def test_every_file_a_template_names_is_collected_with_a_fingerprint(as_installed: Path) -> None:
    templates = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    named = {name for text in templates for name in NAMED.findall(text)}

    addresses = {name: storages["staticfiles"].url(name) for name in named}

    assert len(named) > 15
    assert [name for name, address in addresses.items() if not re.search(r"\.[0-9a-f]{12}\.\w+$", address)] == []


def test_a_page_loads_its_fingerprinted_files_compressed_and_for_good(as_installed: Path, db) -> None:
    client = Client()
    page = client.get("/accounts/login/").content.decode()
    address = re.search(r'href="(/static/css/base\.[0-9a-f]{12}\.css)"', page).group(1)

    file = client.get(address, headers={"Accept-Encoding": "gzip"})

    assert (file.status_code, file.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in file.headers["Cache-Control"]


def test_a_file_carries_the_headers_of_pages(as_installed: Path, db) -> None:
    page = Client().get("/accounts/login/")
    address = re.search(r'href="(/static/css/base\.[0-9a-f]{12}\.css)"', page.content.decode()).group(1)

    file = Client().get(address)

    for name in (
        "Content-Security-Policy",
        "X-Frame-Options",
        "X-Content-Type-Options",
        "Cross-Origin-Resource-Policy",
    ):
        assert file.headers[name] == page.headers[name]
