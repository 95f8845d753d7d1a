"""Names of report files: safe on every system, telling what is inside and when it was made."""

import re
import unicodedata
from datetime import date

from intacct_usage.lib.demo_data import demo_part
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ReportScope

NAME_PART_LIMIT = 40


def report_file_name(kind: ReportKind, report_format: ReportFormat, scope: ReportScope, today: date) -> str:
    """For example `intacct-usage-summary_uk-companies_2026-01-to-2026-03_made-2026-04-01.xlsx`; ASCII only.

    Demo data says so at the end: a CSV file has no other place for it.
    """
    what = f"intacct-usage-{kind.value}_{_filter_part(scope)}_{scope.period.file_name_part}"
    return f"{what}_made-{today.isoformat()}{demo_part()}.{report_format.value}"


def chart_file_name(extension: str, *, company: str = "") -> str:
    """Of the usage chart: its figures as `csv`, its picture as `png`; of one company, with the latin part of its ID."""
    of_company = _latin_part(company)
    return f"intacct-usage-by-month{f'_{of_company}' if of_company else ''}{demo_part()}.{extension}"


def _filter_part(scope: ReportScope) -> str:
    """A filter whose name has no Latin letter or digit goes by its number."""
    part = _latin_part(scope.filter_name)
    if part or scope.query_filter is None:
        return part
    return f"filter-{scope.query_filter.pk}"


def _latin_part(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:NAME_PART_LIMIT].rstrip("-")
