"""A period is cut into whole months and single days that cover it once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from usage.periods import ReportPeriod, first_of_month
from usage.reports.totals import split_months

DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
ENDS = st.none() | DAYS


@given(first=ENDS, last=ENDS, day=DAYS)
def test_each_day_is_counted_once_if_it_lies_in_the_period_and_else_never(
    first: date | None, last: date | None, day: date
) -> None:
    period = ReportPeriod(first, last)

    months, edges = split_months(period)

    by_month = months is not None and months.contains(first_of_month(day))
    assert by_month + sum(edge.contains(day) for edge in edges) == period.contains(day)


@given(first=ENDS, last=ENDS)
def test_whole_months_begin_on_a_first_and_end_on_a_last_day(first: date | None, last: date | None) -> None:
    months, _edges = split_months(ReportPeriod(first, last))

    if months is not None:
        assert months.first_day is None or months.first_day.day == 1
        assert months.last_day is None or (months.last_day + timedelta(days=1)).day == 1
