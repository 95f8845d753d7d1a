"""`manage.py export_report` writes the report asked for, or says in one sentence why not."""

import csv
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from tests.factories import make_company, make_filter, make_record
from tests.usage.reports.reading import about

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def records() -> None:
    uk = make_company("UK_1", query_filter=make_filter("UK Companies", "UK_"))
    make_record(uk, date(2026, 1, 31), record_no="1")
    make_record(uk, date(2026, 2, 10), record_no="2")
    make_record(make_company("ZZ_1"), date(2026, 2, 10), record_no="3")


def exported(path: Path, *options: str) -> list[str]:
    call_command("export_report", "detailed", "--format", "csv", "--output", str(path), *options)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["Record No"] for row in csv.DictReader(file)]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], ["1", "2", "3"]),
        (["--filter", "UK Companies"], ["1", "2"]),
        (["--filter", "uk companies"], ["1", "2"]),
        (["--filter", "Other"], ["3"]),
        (["--filter", "All Filters"], ["1", "2", "3"]),
        (["--from", "2026-02-10"], ["2", "3"]),
        (["--to", "2026-01-31"], ["1"]),
        (["--from", "2026-01-31", "--to", "2026-02-09"], ["1"]),
        (["--complete-months"], ["1"]),
    ],
)
def test_filter_and_days_limit_the_report(
    records: None, tmp_path: Path, options: list[str], numbers: list[str]
) -> None:
    with time_machine.travel("2026-02-15T12:00:00Z", tick=False):
        assert exported(tmp_path / "out.csv", *options) == numbers


@pytest.mark.parametrize("kind", ["detailed", "summary", "exceptions"])
def test_each_report_is_written_as_a_workbook(
    records: None, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.xlsx"

    call_command("export_report", kind, "--format", "xlsx", "--output", str(path))

    assert about(path)["Report"] == f"Intacct API usage: {kind.capitalize()}"
    assert f"bytes in {path}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["weekly"], "There is no report “weekly”. Reports: detailed, summary, exceptions."),
        (["detailed", "--format", "pdf"], "There is no format “pdf”. Formats: csv, xlsx."),
        (["detailed", "--filter", "US"], "There is no query filter “US”. Filters: “UK Companies”, “Other”."),
        (
            ["detailed", "--from", "10/02/2026"],
            "The first day “10/02/2026” is not a date; write it as YYYY-MM-DD, for example 2026-02-28.",
        ),
        (
            ["detailed", "--to", "2026-02-30"],
            "The last day “2026-02-30” is not a date; write it as YYYY-MM-DD, for example 2026-02-28.",
        ),
        (
            ["detailed", "--from", "2026-02-02", "--to", "2026-02-01"],
            "The first day, 2026-02-02, is after the last day, 2026-02-01.",
        ),
        (
            ["summary", "--from", "9999-12-15"],
            "The first day, 9999-12-15, is out of range; write one from 2000 to 2099.",
        ),
        (["summary", "--to", "0001-01-15"], "The last day, 0001-01-15, is out of range; write one from 2000 to 2099."),
        (["detailed", "--format", "xlsx"], "--output ends in .csv, but the format is xlsx; make them agree."),
    ],
)
def test_a_bad_argument_is_answered_by_one_sentence_and_no_file(
    records: None, tmp_path: Path, options: list[str], sentence: str
) -> None:
    with pytest.raises(CommandError) as raised:
        call_command("export_report", *options, "--output", str(tmp_path / "out.csv"))

    assert str(raised.value) == sentence
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written_is_answered_by_one_sentence(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing" / "out.csv", tmp_path

    with pytest.raises(CommandError, match=r"^The folder .*missing does not exist; make it first or choose another"):
        call_command("export_report", "summary", "--output", str(missing))
    with pytest.raises(CommandError, match=r"^--output must name a file; “.*” is a folder\.$"):
        call_command("export_report", "summary", "--output", str(folder))


def test_a_disk_error_is_answered_by_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)

    with pytest.raises(CommandError, match=r"cannot be written: File name too long\.$"):
        call_command("export_report", "summary", "--output", str(path))

    assert list(tmp_path.iterdir()) == []
