"""What an “About this report” sheet says, so that a file explains itself long after it was sent."""

from datetime import datetime

from django.utils import timezone

from intacct_usage.lib.demo_data import DEMO_LABEL, is_demo
from intacct_usage.lib.plurals import counted
from intacct_usage.lib.version import application_version
from usage.reports.coverage import coverage
from usage.reports.kinds import ReportKind
from usage.reports.scope import ReportScope
from usage.reports.xlsx_writer import Written

Fact = tuple[str, str]
CLOCK_NOTE = (
    "Created Date and Created Time are Intacct's own calendar and clock. Intacct does not state their zone, so they "
    "are shown as Intacct returned them."
)


def about_facts(kind: ReportKind, scope: ReportScope, generated_at: datetime, written: Written) -> list[Fact]:
    """Names and texts in their order on the sheet."""
    known = coverage(scope)
    facts = [
        ("Report", f"Intacct API usage: {kind.label}"),
        ("Filter", scope.filter_name),
        ("Filter definition", scope.filter_definition),
        ("Period", scope.period.label),
        ("Generated at", in_words(generated_at)),
        ("Data as of", in_words(known.data_as_of) if known.data_as_of else "never fetched"),
        ("Coverage", known.statement),
        ("Incomplete companies", known.incomplete_names or "none"),
        ("Rows", f"{written.rows:,} on {written.sheets:,} sheet{'s' if written.sheets > 1 else ''}"),
        ("Cut cells", _cuts(written.cut_cells)),
        ("Times of Intacct", CLOCK_NOTE),
        ("Other times", f"Zone {timezone.get_default_timezone_name()}"),
        ("Application version", application_version()),
    ]
    return [("Demo", DEMO_LABEL), *facts] if is_demo() else facts


def in_words(moment: datetime) -> str:
    """In the installation's zone, with the zone's name and offset."""
    local, zone = timezone.localtime(moment), timezone.get_default_timezone_name()
    offset = "" if zone == "UTC" else f" (UTC{local:%z})"
    return f"{local:%Y-%m-%d %H:%M:%S} {zone}{offset}"


def _cuts(count: int) -> str:
    if not count:
        return "none"
    cells = counted(count, "cell is", "cells are")
    return f"{cells} longer than the 32,767 characters Excel allows and end in a mark; the CSV file has them whole."
