"""A disk without room is told on every page before it stops the work."""

from collections import namedtuple
from collections.abc import Callable

import pytest
from django.test import Client

from intacct_usage.lib import disk

Usage = namedtuple("Usage", "total used free")
MIB = 1024**2


@pytest.mark.parametrize(("free", "told"), [(10, True), (257, False)])
def test_a_disk_without_room_is_told_on_every_page(
    client_as: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch, free: int, told: bool
) -> None:
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: Usage(1000 * MIB, (1000 - free) * MIB, free * MIB))

    page = client_as("Viewer").get("/about/").content.decode()

    assert ("are free where DATA_DIR is; 256 are needed. Free some space first." in page) == told
