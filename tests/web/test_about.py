"""About: the state of the installation, and nothing that must not leave it."""

from datetime import timedelta
from pathlib import Path

import pytest

from intacct_usage.about import as_text, sections
from intacct_usage.commit import commit
from intacct_usage.lib.version import application_version
from scheduling.database_clock import database_now
from scheduling.models import WorkerBeat
from tests.environment import TEST_ENCRYPTION_KEY
from tests.web.conftest import ClientAs


def facts() -> dict[str, tuple[str, str]]:
    return {fact.name: (fact.value, fact.trouble) for section in sections() for fact in section.facts}


def beat(seconds_ago: float, version: str) -> None:
    at = database_now() - timedelta(seconds=seconds_ago)
    WorkerBeat.objects.create(
        instance="one", host="web-1", process_id=7, version=version, lanes=2, started_at=at, beat_at=at
    )


def test_every_account_sees_version_database_and_zone(client_as: ClientAs) -> None:
    page = client_as("").get("/about/").content.decode()

    assert application_version() in page
    assert "all applied" in page
    assert "Europe/London" in page


def test_the_text_to_copy_holds_the_same_and_no_secret(client_as: ClientAs, settings) -> None:
    client_as("Viewer")

    text = as_text(sections())

    assert f"Version: {application_version()}" in text
    assert not [
        secret for secret in (settings.SECRET_KEY, TEST_ENCRYPTION_KEY, str(settings.DATA_DIR)) if secret in text
    ]


def test_a_worker_that_never_ran_is_named_as_trouble(db) -> None:
    assert facts()["Worker"] == (
        "never seen",
        "not running: nothing is fetched or sent; start manage.py worker",
    )


def test_a_worker_alive_is_shown_with_its_beat(db) -> None:
    beat(1, application_version())

    value, trouble = facts()["Worker on web-1"]

    assert value.startswith("alive, last sign of life ")
    assert trouble == ""


def test_a_silent_worker_is_shown_with_when_it_was_last_seen(db) -> None:
    beat(3600, application_version())

    assert facts()["Worker"][0].startswith("last seen ")


def test_a_worker_of_another_version_is_to_be_restarted(db) -> None:
    beat(1, "0.0.1")

    assert facts()["Worker on web-1"][1] == "runs version 0.0.1; restart it"


@pytest.mark.parametrize("packed", [False, True])
def test_the_commit_is_read_from_a_checkout(tmp_path: Path, packed: bool) -> None:
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    if packed:
        (git / "packed-refs").write_text(f"# pack-refs\n{'b' * 40} refs/heads/main\n")
    else:
        (git / "refs/heads/main").write_text("a" * 40 + "\n")

    assert commit(tmp_path) == ("b" if packed else "a") * 12


def test_the_commit_of_an_image_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "COMMIT").write_text("c" * 40)

    assert commit(tmp_path) == "c" * 12


def test_no_checkout_is_no_commit(tmp_path: Path) -> None:
    assert commit(tmp_path) == ""
