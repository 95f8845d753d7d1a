"""Third-party files are what `VERSIONS` says, and every icon a template names is in the sprite."""

import hashlib
import re
from pathlib import Path

import pytest

from intacct_usage.context import TABS
from intacct_usage.templatetags.product import STATUS_LOOKS

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (ROOT / "intacct_usage/static/vendor", ROOT / "tests/browser/vendor")
ICON_USES = (
    re.compile(r'{% icon "([a-z0-9-]+)"'),
    re.compile(r'{% badge "[a-z]+" "([a-z0-9-]+)"'),
    re.compile(r'symbol="([a-z0-9-]+)"'),
)


def listed(folder: Path) -> dict[str, str]:
    lines = (folder / "VERSIONS").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {file: digest for file, _package, _version, _licence, digest in rows}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_listed_with_its_sum(folder: Path) -> None:
    present = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.name != "VERSIONS"
    }

    assert present == listed(folder)


def test_no_vendored_file_names_a_source_map() -> None:
    named = [path.name for path in FOLDERS[0].iterdir() if b"sourceMappingURL" in path.read_bytes()]

    assert named == []


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    sprite = (FOLDERS[0] / "bootstrap-icons.svg").read_text(encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    named = {name for page in pages for use in ICON_USES for name in use.findall(page)}
    named |= {tab.icon for tab in TABS} | {look.icon for look in STATUS_LOOKS.values()}

    missing = sorted(name for name in named if f'id="{name}"' not in sprite)

    assert len(named) > 20
    assert missing == []
