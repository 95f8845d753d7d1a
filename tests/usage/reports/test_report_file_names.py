"""File names are safe everywhere and tell what is inside."""

import re
from datetime import date

import pytest

from usage.models import QueryFilter
from usage.periods import ReportPeriod
from usage.reports import ReportFormat, ReportKind, ReportScope, chart_file_name, report_file_name

TODAY = date(2026, 4, 1)


def name_for(filter_name: str) -> str:
    scope = ReportScope(QueryFilter(pk=7, name=filter_name), ReportPeriod())
    return report_file_name(ReportKind.DETAILED, ReportFormat.CSV, scope, TODAY)


def test_a_name_tells_report_filter_period_and_day() -> None:
    scope = ReportScope(None, ReportPeriod(date(2026, 1, 1), date(2026, 3, 31)))

    name = report_file_name(ReportKind.SUMMARY, ReportFormat.XLSX, scope, TODAY)

    assert name == "intacct-usage-summary_all-filters_2026-01-to-2026-03_made-2026-04-01.xlsx"


@pytest.mark.parametrize(
    ("filter_name", "part"),
    [("UK Companies", "uk-companies"), ("Zürich/Genève", "zurich-geneve"), ("../../etc", "etc"), ("日本", "filter-7")],
)
def test_a_filter_goes_by_its_latin_letters(filter_name: str, part: str) -> None:
    assert name_for(filter_name) == f"intacct-usage-detailed_{part}_all-data_made-2026-04-01.csv"


def test_a_file_of_demo_data_says_so(settings) -> None:
    settings.INTACCT_ENDPOINT_URL = "http://127.0.0.1:8002/ia/xml/xmlgw.phtml"

    assert name_for("UK Companies") == "intacct-usage-detailed_uk-companies_all-data_made-2026-04-01_demo.csv"
    assert [chart_file_name(kind) for kind in ("csv", "png")] == [
        "intacct-usage-by-month_demo.csv",
        "intacct-usage-by-month_demo.png",
    ]


@pytest.mark.parametrize("filter_name", ['a"; rm -rf /', "CON", "x" * 500, "a\r\nb: c", "=1+1", "\u202egpj.exe"])
def test_no_filter_name_makes_an_unsafe_or_long_file_name(filter_name: str) -> None:
    name = name_for(filter_name)

    assert re.fullmatch(r"[a-z0-9][a-z0-9_.-]*\.csv", name)
    assert len(name) < 150
