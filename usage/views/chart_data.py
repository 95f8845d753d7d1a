"""The usage chart as data for its script, as a sentence, as a table, and as a CSV file."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import number_format

from intacct_usage.lib.demo_data import DEMO_LABEL, is_demo
from intacct_usage.lib.redaction import escape_line
from usage.analysis.charts import MonthlyUsage, MonthState, UsageMonth
from usage.reports import ReportFormat, chart_file_name
from usage.reports.totals import Totals

STATE_HEADER = "Month state"
MOST_LETTERS = 60
TRANSACTIONS = "transactions"


def chart_context(
    usage: MonthlyUsage, measure: str = TRANSACTIONS, view: str = "", *, shown: MonthlyUsage | None = None
) -> dict[str, Any]:  # Any: template context
    """For `includes/chart.html`. `view` is “line” or “stacked”; empty, it is stacked where there are several filters.

    `shown` is what the chart draws where that is less than all of `usage`, which the table and the file hold.
    """
    shown = shown or usage
    return {
        "usage": usage,
        "chart": chart_data(shown, measure, view or ("stacked" if shown.is_stacked else "line")),
        "chart_summary": chart_summary(shown, measure),
    }


def chart_picture(shown: str, period: str, *, data_as_of: datetime | None, company: str = "") -> dict[str, str]:
    """Name of the PNG and the words it carries: `shown` is a filter or a company, which may come from outside."""
    age = f"{timezone.localtime(data_as_of):%-d %b %Y, %H:%M %Z}" if data_as_of else "– nothing fetched yet"
    return {
        "file_name": chart_file_name("png", company=company),
        "said": f"Showing {escape_line(shown, MOST_LETTERS)}, {period} · Data as of {age}",
        "demo": DEMO_LABEL if is_demo() else "",
    }


def months_label(usage: MonthlyUsage) -> str:
    """The range of a chart that nobody chose: “Feb 2026 to Mar 2026”."""
    names = [_label(row) for row in usage.months]
    return " to ".join(dict.fromkeys([*names[:1], *names[-1:]])) or "no months"


def chart_csv_response(usage: MonthlyUsage, *, company: str = "") -> HttpResponse:
    """The figures of the chart as a file: transactions and records, one column for each filter."""
    name = chart_file_name(ReportFormat.CSV.value, company=company)
    response = HttpResponse(
        "\ufeff",
        content_type=ReportFormat.CSV.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    csv.writer(response).writerows(chart_csv_rows(usage))
    return response


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
