"""`manage.py export_report`: one report into one file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from intacct_usage.lib import clock
from intacct_usage.lib.plurals import counted
from intacct_usage.lib.progress import ProgressLine
from intacct_usage.management.product_command import ProductCommand
from usage.reports import (
    ReportFile,
    ReportFormat,
    ReportKind,
    ReportOrder,
    ReportRequestError,
    row_count,
    scope_from_words,
    write_order,
)


class Command(ProductCommand):
    help = "Write a report (detailed, summary or exceptions) to a file as CSV or Excel."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("report", help=f"One of {', '.join(ReportKind.values)}.")
        parser.add_argument("--format", default="csv", help="csv (default) or xlsx.")
        parser.add_argument("--output", required=True, metavar="PATH", help="The file to write; one there is replaced.")
        parser.add_argument("--filter", default="", metavar="NAME", help="Only companies of this filter, or “Other”.")
        parser.add_argument("--from", default="", metavar="D", dest="first_day", help="First day, YYYY-MM-DD.")
        parser.add_argument("--to", default="", metavar="D", dest="last_day", help="Last day, YYYY-MM-DD.")
        parser.add_argument("--complete-months", action="store_true", help="Leave out the running month.")

    def handle(self, *args: Any, **options: Any) -> None:  # Any: Django's own command signature
        order = self._order(options)
        try:
            written = self._write(order, _checked_path(options["output"], order.report_format))
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror or error}.") from error
        self.stdout.write(
            f"{order.kind.label} report: {counted(written.rows, 'row')}, {written.size_bytes:,} bytes in {written.path}"
        )

    def _order(self, options: dict[str, Any]) -> ReportOrder:  # Any: parsed options are texts and flags
        if options["report"] not in ReportKind.values:
            raise CommandError(f"There is no report “{options['report']}”. Reports: {', '.join(ReportKind.values)}.")
        if options["format"] not in ReportFormat.values:
            raise CommandError(f"There is no format “{options['format']}”. Formats: {', '.join(ReportFormat.values)}.")
        try:
            scope = scope_from_words(
                options["filter"],
                options["first_day"],
                options["last_day"],
                complete_months=options["complete_months"],
                today=clock.today(),
            )
        except ReportRequestError as error:
            raise CommandError(error.message) from error
        return ReportOrder(ReportKind(options["report"]), ReportFormat(options["format"]), scope, clock.now())

    def _write(self, order: ReportOrder, path: Path) -> ReportFile:
        line = ProgressLine(sys.stderr, f"{order.kind.label} report")
        total = row_count(order.kind, order.scope)
        try:
            return write_order(order, path, progress=lambda done: line.show(done, max(done, total)))
        finally:
            line.close()


def _checked_path(text: str, report_format: ReportFormat) -> Path:
    path = Path(text)
    if not text.strip() or path.is_dir():
        raise CommandError(
            f"--output must name a file; “{text}” is a folder." if text else "--output must name a file."
        )
    if not path.parent.is_dir():
        raise CommandError(f"The folder {path.parent} does not exist; make it first or choose another --output.")
    other_formats = set(ReportFormat.values) - {report_format.value}
    if path.suffix.lower().removeprefix(".") in other_formats:
        raise CommandError(f"--output ends in {path.suffix}, but the format is {report_format.value}; make them agree.")
    return path
