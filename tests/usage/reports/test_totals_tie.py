"""Detailed (from the records), Summary (from the days) and figures (from the months) say the same."""

import random
from datetime import date, timedelta

import pytest

from tests.factories import make_company, make_filter, make_records, make_signature
from tests.usage.reports.reading import csv_records
from usage.models import QueryFilter
from usage.periods import ReportPeriod
from usage.reports import ReportKind, ReportScope, row_count, summary_figures

pytestmark = [pytest.mark.django_db, pytest.mark.database]

PERIODS = [
    (None, None),
    (date(2025, 12, 15), None),
    (None, date(2026, 2, 3)),
    (date(2026, 1, 1), date(2026, 1, 31)),
    (date(2025, 12, 15), date(2026, 2, 3)),
    (date(2026, 1, 10), date(2026, 1, 12)),
    (date(2026, 1, 31), date(2026, 2, 1)),
    (date(2026, 2, 1), date(2026, 1, 31)),
]


@pytest.fixture
def filters() -> list[QueryFilter]:
    """Companies of two filters and of none, some skipped or removed, with random usage over four months."""
    chance = random.Random(20260210)  # noqa: S311 - the same data in every run
    filters = [make_filter("UK", "UK_"), make_filter("US", "US_")]
    for number in range(9):
        gone = {"skipped_at": "2026-01-01T00:00Z"} if number == 3 else {}
        gone |= {"removed_at": "2026-01-01T00:00Z"} if number == 4 else {}
        company = make_company(query_filter=[*filters, None][number % 3], **gone)
        for _ in range(chance.randrange(12)):
            day = date(2025, 11, 20) + timedelta(days=chance.randrange(100))
            signature = make_signature(f"partner-{chance.randrange(3)}")
            make_records(company, day, chance.randrange(1, 4), transactions=chance.randrange(9), signature=signature)
    return filters


@pytest.mark.parametrize("ends", PERIODS)
@pytest.mark.parametrize("group", ["all", "UK", "other"])
def test_summary_and_figures_equal_the_detailed_sum(
    filters: list[QueryFilter], ends: tuple[date | None, date | None], group: str
) -> None:
    query_filter = filters[0] if group == "UK" else None
    scope = ReportScope(query_filter, ReportPeriod(*ends), other_only=group == "other")

    detailed = csv_records(ReportKind.DETAILED, scope)
    *summary, total = csv_records(ReportKind.SUMMARY, scope)
    figures = summary_figures(scope, date(2026, 2, 10))

    expected = (len(detailed), sum(int(row["Transactions"]) for row in detailed))
    assert (int(total["Record Count"]), int(total["Total Transactions"])) == expected
    assert sum_of(summary) == expected
    assert figures.totals == expected
    assert sum(part.records for part in figures.filters) == expected[0]
    assert sum(part.transactions for part in figures.filters) == expected[1]
    assert row_count(ReportKind.DETAILED, scope) == expected[0]
    assert row_count(ReportKind.SUMMARY, scope) == len(summary)


def sum_of(rows: list[dict[str, str]]) -> tuple[int, int]:
    return sum(int(row["Record Count"]) for row in rows), sum(int(row["Total Transactions"]) for row in rows)


def test_each_company_of_the_summary_equals_its_detailed_rows(filters: list[QueryFilter]) -> None:
    detailed = csv_records(ReportKind.DETAILED)

    *summary, total = csv_records(ReportKind.SUMMARY)

    for row in summary:
        own = [record for record in detailed if record["Company ID"] == row["Company ID"]]
        days = sorted(record["Created Date"] for record in own) or [""]
        assert (int(row["Record Count"]), row["First Date"], row["Last Date"]) == (len(own), days[0], days[-1])
        assert int(row["Total Transactions"]) == sum(int(record["Transactions"]) for record in own)
    all_days = sorted(record["Created Date"] for record in detailed)
    assert (total["Company ID"], total["First Date"], total["Last Date"]) == ("Total", all_days[0], all_days[-1])
