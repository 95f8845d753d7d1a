"""A CSV cell is text or a number, whatever a company calls itself."""

import csv
import io

import pytest

from tests.usage.reports.payloads import CONTROLS, FORMULAS, HARMLESS
from usage.reports.csv_writer import CsvWriter
from usage.reports.tables import Column, ColumnKind, Table

TEXTS = (Column("A", ColumnKind.TEXT, 10), Column("B", ColumnKind.SHARED_TEXT, 10))


def written(text: str) -> list[str]:
    data = b"".join(CsvWriter(Table(TEXTS, [(text, text)])).chunks())
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1]


def test_the_table_of_payloads_is_long_enough() -> None:
    assert len(FORMULAS) >= 40
    assert len(set(FORMULAS)) == len(FORMULAS)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_a_leading_apostrophe_and_loses_nothing(text: str) -> None:
    assert written(text) == ["'" + text, "'" + text]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_text_that_cannot_run_stays_as_it_is(text: str) -> None:
    assert written(text) == [text, text]


@pytest.mark.parametrize(("text", "shown"), CONTROLS.items())
def test_a_character_no_file_carries_safely_is_shown_instead(text: str, shown: str) -> None:
    assert written(text) == [shown, shown]


def test_every_text_is_quoted_so_that_no_other_separator_splits_it() -> None:
    line = list(CsvWriter(Table(TEXTS, [("a;=1+1", "")])).chunks())[1]

    assert line == b'"a;=1+1",""\r\n'


def test_numbers_and_dates_are_bare_and_absent_ones_are_empty() -> None:
    kinds = (ColumnKind.NUMBER, ColumnKind.DATE, ColumnKind.CLOCK, ColumnKind.MOMENT)
    columns = tuple(Column(kind.name, kind, 10) for kind in kinds)
    rows = [(-5, "2026-02-10", "2026-02-10 23:59:59", None), (0, None, None, None)]

    lines = list(CsvWriter(Table(columns, rows)).chunks())[1]

    assert lines == b"-5,2026-02-10,2026-02-10 23:59:59,\r\n0,,,\r\n"
