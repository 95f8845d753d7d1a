"""The three reports as CSV and XLSX files, and the figures that go with them."""

from usage.reports.coverage import Coverage, coverage
from usage.reports.figures import CompanyCounts, FilterFigures, SummaryFigures, summary_figures
from usage.reports.file_names import chart_file_name, report_file_name
from usage.reports.kinds import ReportFile, ReportFormat, ReportKind
from usage.reports.scope import ReportScope
from usage.reports.scope_words import ReportRequestError, scope_from_words
from usage.reports.totals import Totals
from usage.reports.writing import ReportOrder, row_count, row_counts, stream_csv, write_order, write_report

__all__ = [
    "CompanyCounts",
    "Coverage",
    "FilterFigures",
    "ReportFile",
    "ReportFormat",
    "ReportKind",
    "ReportOrder",
    "ReportRequestError",
    "ReportScope",
    "SummaryFigures",
    "Totals",
    "chart_file_name",
    "coverage",
    "report_file_name",
    "row_count",
    "row_counts",
    "scope_from_words",
    "stream_csv",
    "summary_figures",
    "write_order",
    "write_report",
]
