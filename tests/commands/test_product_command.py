"""Commands start fast, because they check what they depend on and not every page of the site."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import SystemCheckError

from intacct_usage.management.product_command import ProductCommand

ROOT = Path(__file__).parent.parent.parent
OF_THEIR_OWN = {"simulator", "generate_encryption_key", "restore"}
"""They work without a database, or with one that is not there yet, and check nothing."""


def test_every_command_of_the_product_is_one() -> None:
    ours = {name for name, app in get_commands().items() if app == "intacct_usage"}
    loaded = {name: load_command_class("intacct_usage", name) for name in ours}

    assert {name for name, command in loaded.items() if not isinstance(command, ProductCommand)} == OF_THEIR_OWN


def test_unsafe_settings_of_the_worker_are_refused_by_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.Q_CLUSTER, "retry", 1)

    with pytest.raises(SystemCheckError, match="retry must be more than timeout"):
        ProductCommand().check(tags=ProductCommand.requires_system_checks)


def test_a_command_loads_neither_the_pages_nor_the_api() -> None:
    program = (
        "from tests import environment\nimport sys, django\ndjango.setup()\n"
        "from django.core.management import load_command_class\n"
        "command = load_command_class('intacct_usage', 'list_schedules')\n"
        "command.check(tags=command.requires_system_checks)\n"
        "print(sorted({'ninja', 'intacct_usage.urls', 'usage.views'} & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=180)

    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr
