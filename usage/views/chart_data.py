"""The usage chart as data for its script, as a sentence for screen readers, and as rows of CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.formats import number_format

from intacct_usage.lib.redaction import escape_line
from usage.analysis.charts import MonthlyUsage, MonthState, UsageMonth
from usage.reports.totals import Totals

STATE_HEADER = "Month state"
MOST_LETTERS = 60


def chart_data(usage: MonthlyUsage, measure: str, view: str) -> dict[str, Any]:  # Any: JSON
    """What `static/js/charts.js` draws. A month that was not fetched is null, not zero."""
    months = usage.months
    return {
        "view": view,
        "measure": measure,
        "labels": [_label(row) for row in months],
        "unfinished": [row.state is MonthState.UNFINISHED for row in months],
        "states": [row.state.label for row in months],
        "totals": [_value(row, row.totals, measure) for row in months],
        "series": [
            {
                "name": escape_line(one.name, MOST_LETTERS),
                "slot": one.slot,
                "values": [_value(row, row.by_series[position], measure) for row in months],
            }
            for position, one in enumerate(usage.series)
        ],
    }


def chart_summary(usage: MonthlyUsage, measure: str) -> str:
    """One sentence that says what the chart shows."""
    known = [row for row in usage.months if row.state is not MonthState.NOT_FETCHED]
    if not known:
        return "No usage is stored for this filter and range."
    if len(known) == 1:
        return f"{_month(known[0].month)}: {_grouped(_of(usage.totals, measure))} {measure}."
    peak = max(known, key=lambda row: _of(row.totals, measure))
    return (
        f"{_month(known[0].month)} to {_month(known[-1].month)}: {_grouped(_of(usage.totals, measure))} {measure} "
        f"in all, most of them in {_month(peak.month)} with {_grouped(_of(peak.totals, measure))}."
    )


def chart_csv_rows(usage: MonthlyUsage) -> Iterator[list[str | int]]:
    """Header and one row per month; an empty cell means not fetched."""
    series = [f"{one.name} ({measure})" for one in usage.series for measure in ("transactions", "records")]
    yield ["Month", STATE_HEADER, "Total transactions", "Total records", *(_harmless(name) for name in series)]
    for row in usage.months:
        cells = [row.totals, *row.by_series]
        figures: list[str | int] = [figure for one in cells for figure in (one.transactions, one.records)]
        if row.state is MonthState.NOT_FETCHED:
            figures = ["" for _ in figures]
        yield [f"{row.month:%Y-%m}", row.state.label or "complete", *figures]


def _harmless(text: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) else text


def _value(row: UsageMonth, totals: Totals, measure: str) -> int | None:
    return None if row.state is MonthState.NOT_FETCHED else _of(totals, measure)


def _of(totals: Totals, measure: str) -> int:
    return totals.records if measure == "records" else totals.transactions


def _label(row: UsageMonth) -> str:
    return _month(row.month)


def _month(month: date) -> str:
    return f"{month:%b %Y}"


def _grouped(figure: int) -> str:
    return str(number_format(figure, force_grouping=True))
