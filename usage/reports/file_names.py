"""Names of report files: safe on every system, telling what is inside and when it was made."""

import re
import unicodedata
from datetime import date

from intacct_usage.lib.demo_data import demo_part
from usage.reports.kinds import ReportFormat, ReportKind
from usage.reports.scope import ReportScope

FILTER_PART_LIMIT = 40


def report_file_name(kind: ReportKind, report_format: ReportFormat, scope: ReportScope, today: date) -> str:
    """For example `intacct-usage-summary_uk-companies_2026-01-to-2026-03_made-2026-04-01.xlsx`; ASCII only.

    Demo data says so at the end: a CSV file has no other place for it.
    """
    what = f"intacct-usage-{kind.value}_{_filter_part(scope)}_{scope.period.file_name_part}"
    return f"{what}_made-{today.isoformat()}{demo_part()}.{report_format.value}"


def chart_file_name(extension: str) -> str:
    """Of the usage chart: its figures as `csv`, its picture as `png`."""
    return f"intacct-usage-by-month{demo_part()}.{extension}"


def _filter_part(scope: ReportScope) -> str:
    """A filter whose name has no Latin letter or digit goes by its number."""
    letters = unicodedata.normalize("NFKD", scope.filter_name).encode("ascii", "ignore").decode().lower()
    part = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:FILTER_PART_LIMIT].rstrip("-")
    if part or scope.query_filter is None:
        return part
    return f"filter-{scope.query_filter.pk}"
