"""Sums over days and months read an index alone, however long the history is; shown by the database's own plans."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from tests.factories import make_company, make_sender
from usage.analysis.breakdown import top_partners
from usage.analysis.charts import monthly_usage
from usage.models import CompanyDay, CompanyMonth
from usage.models.company_day import UNSETTLED_STATES, HasUnsettledState
from usage.periods import ReportPeriod
from usage.records.window_sql import settle_days
from usage.reports import ReportScope
from usage.reports.coverage import coverage
from usage.reports.totals import sum_totals, totals_by_company

FIRST_DAY = date(2025, 1, 1)
DAYS = 360
TODAY = FIRST_DAY + timedelta(days=DAYS)
WHOLE_MONTHS = ReportScope(None, ReportPeriod(date(2025, 3, 1), date(2025, 8, 31)))
CUT_MONTH = ReportScope(None, ReportPeriod(date(2025, 3, 1), date(2025, 3, 20)))
TABLES = ("usage_companyday", "usage_companymonth")


@pytest.fixture
def history(transactional_db: None) -> Iterator[None]:
    """A year of twenty companies: enough for the planner to have a choice. Committed, because VACUUM wants it so."""
    sender = make_sender()
    companies = [make_company() for _ in range(20)]
    days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    CompanyDay.objects.bulk_create(
        CompanyDay(company=company, day=day, state="fetched" if day < days[-1] else "provisional", records=3)
        for company in companies
        for day in days
    )
    CompanyMonth.objects.bulk_create(
        CompanyMonth(company=company, month=day, sender=sender, records=90, transactions=120)
        for company in companies
        for day in days
        if day.day == 1
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE usage_companyday, usage_companymonth"
        )
        with index_wanted(cursor):
            yield


@contextmanager
def index_wanted(cursor: CursorWrapper) -> Iterator[None]:
    """PostgreSQL takes no index for tables of a few pages, which these are."""
    if connection.vendor == "sqlite":
        yield
        return
    others = ("enable_seqscan", "enable_bitmapscan")
    for plan in others:
        cursor.execute(f"SET {plan} = off")
    yield
    for plan in others:
        cursor.execute(f"RESET {plan}")


def plans(read: Callable[[], object]) -> list[str]:
    """The plan of each statement over many days or months that this makes; not of those that want the first one."""
    with CaptureQueriesContext(connection) as asked:
        read()
    statements = [one["sql"] for one in asked if _sums(one["sql"])]
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        return [_explained(cursor, explain + statement) for statement in statements]


def _sums(statement: str) -> bool:
    return any(table in statement for table in TABLES) and "LIMIT 1" not in statement


def _explained(cursor: CursorWrapper, statement: str) -> str:
    cursor.execute(statement)
    return "\n".join(str(row[-1]) for row in cursor.fetchall())


def read_alone(plan: str, index: str) -> bool:
    words = f"COVERING INDEX {index}" if connection.vendor == "sqlite" else f"Index Only Scan using {index}"
    return words in plan and f"{TABLES[0]} USING INDEX" not in plan


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda: sum_totals(WHOLE_MONTHS), "usage_companymonth_sums"),
        (lambda: totals_by_company(WHOLE_MONTHS), "usage_companymonth_sums"),
        (lambda: monthly_usage(WHOLE_MONTHS, TODAY), "usage_companymonth_sums"),
        (lambda: top_partners(WHOLE_MONTHS, 10), "usage_companymonth_sums"),
        (lambda: sum_totals(CUT_MONTH), "usage_companyday_sums"),
        (lambda: totals_by_company(CUT_MONTH), "usage_companyday_sums"),
        (lambda: monthly_usage(CUT_MONTH, TODAY), "usage_companyday_sums"),
        (lambda: coverage(WHOLE_MONTHS), "usage_companyday_unsettled"),
    ],
    ids=["months", "months by company", "chart", "partners", "days", "days by company", "cut chart", "coverage"],
)
def test_sums_read_an_index_alone(history: None, read: Callable[[], object], index: str) -> None:
    found = plans(read)

    assert found
    assert all(read_alone(plan, index) for plan in found), "\n\n".join(found)


def test_days_to_settle_are_found_by_their_own_index(history: None) -> None:
    def settle() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            settle_days(cursor, [CompanyDay.objects.values_list("company_id", flat=True)[0]], TODAY)

    assert all("usage_companyday_unsettled" in plan for plan in plans(settle)[1:])


def test_the_days_of_the_index_are_those_of_the_condition() -> None:
    listed = ", ".join(f"'{state}'" for state in UNSETTLED_STATES)

    assert HasUnsettledState.template == f"%(expressions)s IN ({listed})"
    assert set(UNSETTLED_STATES) == set(CompanyDay.State.values) - {"fetched", "empty"}
