"""A download link opens its one file, for two weeks, and nothing else."""

import pytest
from django.core import signing

from notifications.report_files import remove_old_folders, reports_folder
from notifications.report_links import (
    PATH_PREFIX,
    SALT,
    LinkError,
    LinkExpiredError,
    report_link,
    sign_report_link,
    verify_report_link,
)
from tests.notifications.mailing import stored_csv


def test_a_link_stands_on_the_address_of_the_site_and_opens_its_file() -> None:
    stored = stored_csv(['"C","1"'])

    link = report_link(stored)

    assert link.startswith(f"http://testserver{PATH_PREFIX}")
    assert verify_report_link(sign_report_link(stored)).location == stored.location


def test_a_link_ends_after_two_weeks(time_machine) -> None:
    time_machine.move_to("2026-03-01T00:00:00Z")
    token = sign_report_link(stored_csv(['"C","1"']))

    time_machine.move_to("2026-03-14T23:00:00Z")
    assert verify_report_link(token).size_bytes > 0
    time_machine.move_to("2026-03-15T01:00:00Z")
    with pytest.raises(LinkExpiredError, match="has expired"):
        verify_report_link(token)


@pytest.mark.parametrize("path", ["../db.sqlite3", "/etc/passwd", ""])
def test_even_a_signed_path_cannot_leave_the_folder(path) -> None:
    with pytest.raises(LinkError):
        verify_report_link(signing.dumps({"path": path}, salt=SALT))


@pytest.mark.parametrize("damage", [lambda token: token[:-1], lambda token: "x" + token, lambda token: "", str.upper])
def test_a_damaged_link_opens_nothing(damage) -> None:
    token = sign_report_link(stored_csv(['"C","1"']))

    with pytest.raises(LinkError, match="damaged"):
        verify_report_link(damage(token))


def test_a_link_of_another_purpose_opens_nothing() -> None:
    stored = stored_csv(['"C","1"'])

    with pytest.raises(LinkError, match="damaged"):
        verify_report_link(signing.dumps({"path": stored.path}, salt="something else"))


def test_old_files_are_removed_and_their_links_say_so() -> None:
    token = sign_report_link(stored_csv(['"C","1"']))

    assert remove_old_folders(older_than_days=30) == 0
    assert remove_old_folders(older_than_days=-1) == 1

    assert list(reports_folder().iterdir()) == []
    with pytest.raises(LinkExpiredError):
        verify_report_link(token)
